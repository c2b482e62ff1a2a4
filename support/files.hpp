// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <fstream>
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

/// From now on this process notes every file that it reads through these functions, and every preset that it
/// looked for and did not find.
void note_reads();

/// By path, as it was opened: the SHA-256 of what was read first, or empty where there was no such file.
[[nodiscard]] std::map<std::string, std::string> noted_reads();

/// As read_bytes; a file that starts as gzip does is unpacked, to at most `most_bytes`.
[[nodiscard]] Bytes read_bytes_unpacked(const std::string& path, std::uint64_t most_bytes);

/// A file that is written whole or not at all: a temporary beside it, renamed by finish(). Without finish()
/// nothing is left.
class WholeFile {
 public:
  explicit WholeFile(std::string path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  void write(std::string_view content);
  void finish();

 private:
  std::string path_, target_, written_;
  bool in_place_ = false;  ///< a device or pipe, which no rename may replace
  bool finished_ = false;
  std::ofstream stream_;
};

/// Writes a file whole or not at all.
void write_whole(const std::string& path, std::string_view content);

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
