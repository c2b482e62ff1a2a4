// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.hpp"

namespace tricycle {

using Bytes = std::vector<std::uint8_t>;

/// The whole file, unpacked to at most 512 MiB where it starts as gzip does. Of a text a byte-order mark is
/// left out, and lines end as on Unix. What is no plain file, as a pipe, is read once and kept. Errors:
/// missing, a directory, unreadable, longer than `most_bytes`, packed or not; packed and damaged; longer by
/// what gzip says at its end (which is not believed where it cannot gain so much); a Git LFS pointer in place
/// of the file; a text in UTF-16.
[[nodiscard]] std::string read_text(const std::string& path, std::uint64_t most_bytes);
[[nodiscard]] Bytes read_bytes(const std::string& path, std::uint64_t most_bytes);

/// The same for a file of any length that is read piece by piece.
[[nodiscard]] std::unique_ptr<std::istream> open_text(const std::string& path);
/// How many bytes that will be: of packed ones what the file says, modulo 2^32; 0 of what is no plain file.
[[nodiscard]] std::uint64_t text_size(const std::string& path);

/// SHA-256 of a file as it lies on disk. Errors: missing, a directory, unreadable.
[[nodiscard]] std::string sha256_of_file(const std::string& path);

/// The first bytes of a file, unpacked, or all where it has fewer. Errors: as open_text.
[[nodiscard]] Bytes first_bytes(const std::string& path, std::size_t count);

/// The name of a file without the ending .gz: what it is called unpacked.
[[nodiscard]] std::string unpacked_name(const std::string& path);
/// Whether that ends in `ending`, such as `.onnx`, in letters of any case.
[[nodiscard]] bool has_ending(const std::string& path, std::string_view ending);
/// Whether a file is YAML by its name.
[[nodiscard]] bool is_yaml_name(const std::string& path);
/// Whether a word names a file, not a preset: it has a '/', ends as YAML, or has another ending and is a
/// file.
[[nodiscard]] bool is_file_name(const std::string& name);

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

/// Lower-case hexadecimal SHA-256.
[[nodiscard]] std::string sha256(std::span<const std::uint8_t> bytes);

/// CRC-32 as in gzip and PNG (Boost.CRC's crc_32_type).
[[nodiscard]] std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// The last component of a path: what reports call a file.
[[nodiscard]] std::string base_name(const std::string& path);

/// The folder that holds presets: TRICYCLE_HOME, the installed share folder or the source tree, whichever is
/// there.
[[nodiscard]] std::string share_folder();

/// A path that stands at `place`: relative to the folder of the file there, where there is one. A bare word
/// may be a preset's name instead, and stays.
[[nodiscard]] std::string path_beside(const std::string& path, const Place& place, bool may_be_preset);

/// The path of `share_folder()/kind/name.yaml`, else of `name.onnx` there, or `name` itself where it names a
/// file. Errors, at the place that asks for it: unknown preset, with the nearest known one.
[[nodiscard]] std::string find_preset(const std::string& kind, const std::string& name, const Place& option);

/// The names of the presets of a kind ("configs/arch"), sorted.
[[nodiscard]] std::vector<std::string> preset_names(const std::string& kind);

}  // namespace tricycle
