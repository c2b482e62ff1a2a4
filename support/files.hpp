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

/// Read a whole file. A gzip file, recognised by its first bytes, is unpacked to at most 512 MiB. In a text,
/// a byte-order mark is removed and line ends become Unix line ends. An input that is not a regular file,
/// such as a pipe, is read once and kept. Errors: missing, a directory, unreadable; longer than `most_bytes`,
/// packed or unpacked; a damaged gzip file; a gzip file whose length field at its end is too large (a length
/// that gzip cannot reach is ignored); a Git LFS pointer in place of the file; a text in UTF-16.
[[nodiscard]] std::string read_text(const std::string& path, std::uint64_t most_bytes);
[[nodiscard]] Bytes read_bytes(const std::string& path, std::uint64_t most_bytes);

/// The same for a text file of any length, which is read piece by piece.
[[nodiscard]] std::unique_ptr<std::istream> open_text(const std::string& path);
/// The number of bytes of this text. For a gzip file: the length that the file states, modulo 2^32. 0 for an
/// input that is not a regular file.
[[nodiscard]] std::uint64_t text_size(const std::string& path);

/// SHA-256 of a file as it lies on disk. Errors: missing, a directory, unreadable.
[[nodiscard]] std::string sha256_of_file(const std::string& path);

/// The first `count` bytes of a file, unpacked, or all where it has fewer. Errors: as open_text.
[[nodiscard]] Bytes first_bytes(const std::string& path, std::size_t count);

/// The name of the unpacked file: without the ending .gz.
[[nodiscard]] std::string unpacked_name(const std::string& path);
/// Whether the unpacked name ends in `ending`, such as `.onnx`, in upper or lower case.
[[nodiscard]] bool has_ending(const std::string& path, std::string_view ending);
/// Whether a file is YAML by its name.
[[nodiscard]] bool is_yaml_name(const std::string& path);
/// Whether a word names a file, not a preset: it has a '/', ends as YAML, or has another ending and is a
/// file.
[[nodiscard]] bool is_file_name(const std::string& name);

/// The first line of a file on which no result depends; "" where there is no file.
[[nodiscard]] std::string first_line(const std::string& path);

/// Starts notes of every file that this process reads through these functions, and of every preset that it
/// looks for and does not find.
void note_reads();

/// The notes, by path as opened: the SHA-256 of the contents when first read, or empty where there was no
/// such file.
[[nodiscard]] std::map<std::string, std::string> noted_reads();

/// Notes a file that this process reads in another way.
void note_read(const std::string& path);
/// Protects input from being overwritten by output. Errors: `output` is or contains a file that this process
/// has read.
void refuse_input(const std::string& output);

/// Lower-case hexadecimal SHA-256.
[[nodiscard]] std::string sha256(std::span<const std::uint8_t> bytes);

/// CRC-32 as in gzip and PNG (Boost.CRC's crc_32_type).
[[nodiscard]] std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// The last component of a path, which is the name of a file in reports.
[[nodiscard]] std::string base_name(const std::string& path);

/// The folder of presets: TRICYCLE_HOME, the installed share folder or the source tree, whichever exists.
[[nodiscard]] std::string share_folder();

/// Resolves a path written at `place`, relative to the folder of the file there, if any. With `may_be_preset`
/// a bare word may be the name of a preset, and stays.
[[nodiscard]] std::string path_beside(const std::string& path, const Place& place, bool may_be_preset);

/// The path of a preset: `share_folder()/kind/name.yaml`, else `name.onnx` there; or `name` itself where it
/// names a file. Errors, at `option`: an unknown preset, with the nearest known one.
[[nodiscard]] std::string find_preset(const std::string& kind, const std::string& name, const Place& option);

/// The names of the presets of a kind ("configs/arch"), sorted.
[[nodiscard]] std::vector<std::string> preset_names(const std::string& kind);

}  // namespace tricycle
