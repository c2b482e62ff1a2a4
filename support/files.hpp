// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tricycle {

using Bytes = std::vector<std::uint8_t>;

/// The whole file. Errors: missing, a directory, unreadable, longer than `most_bytes`.
[[nodiscard]] std::string read_text(const std::string& path, std::uint64_t most_bytes);
[[nodiscard]] Bytes read_bytes(const std::string& path, std::uint64_t most_bytes);

/// Of a file that no result depends on; "" where there is none.
[[nodiscard]] std::string first_line(const std::string& path);

/// From now on this process notes every file that it reads through these functions, and every preset that it
/// looked for and did not find.
void note_reads();

/// By path, as it was opened: the SHA-256 of what was read first, or empty where there was no such file.
[[nodiscard]] std::map<std::string, std::string> noted_reads();

/// Notes a file that this process reads by other ways.
void note_read(const std::string& path);
/// Output must not take the place of what it is made from. Errors: `output` is or holds a file that this
/// process has read.
void refuse_input(const std::string& output);

/// As read_bytes; a file that starts as gzip does is unpacked, to at most `most_bytes` and 512 MiB. Errors:
/// it is longer, or says so at its end (which is not believed where gzip cannot gain so much); it is damaged.
[[nodiscard]] Bytes read_bytes_unpacked(const std::string& path, std::uint64_t most_bytes);

/// Lower-case hexadecimal SHA-256.
[[nodiscard]] std::string sha256(std::span<const std::uint8_t> bytes);

/// CRC-32 as in gzip and PNG (Boost.CRC's crc_32_type).
[[nodiscard]] std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// The last component of a path: what reports call a file.
[[nodiscard]] std::string base_name(const std::string& path);

/// The folder that holds presets: TRICYCLE_HOME, the installed share folder or the source tree, whichever is
/// there.
[[nodiscard]] std::string share_folder();

/// The path of `share_folder()/kind/name.yaml`, else of `name.onnx` there, or `name` itself when it is a path
/// (has a '/' or ends in .yaml). Errors: unknown preset, with the nearest known one.
[[nodiscard]] std::string find_preset(const std::string& kind, const std::string& name,
                                      const std::string& option);

/// The names of the presets of a kind ("configs/arch"), sorted.
[[nodiscard]] std::vector<std::string> preset_names(const std::string& kind);

}  // namespace tricycle
