// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& message) {
  throw InputError(Place::of_file(path), message);
}

/// What was read since note_reads(), if it was called: of the whole process, as files are.
struct Notes {
  bool on = false;
  std::mutex mutex;
  std::set<std::string> paths;
  std::map<std::string, std::string> hashes;
};
Notes& notes() {
  static Notes all;
  return all;
}

void note(const std::string& path, std::span<const std::uint8_t> content) {
  const std::string hash = notes().on ? sha256(content) : "";
  const std::lock_guard<std::mutex> lock(notes().mutex);
  notes().paths.insert(path);
  if (notes().on) notes().hashes.emplace(path, hash);
}

void note_absent(const std::string& path) {
  if (!notes().on) return;
  const std::lock_guard<std::mutex> lock(notes().mutex);
  notes().hashes.emplace(path, "");
}

template <class Container>
Container read_file(const std::string& path, std::uint64_t most_bytes) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) fail(path, "no such file");
  if (error) fail(path, "cannot be read: " + error.message());
  if (fs::is_directory(status)) fail(path, "is a directory; a file is expected");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  Container content;
  constexpr std::size_t chunk = 1U << 16U;
  while (stream) {
    const std::size_t before = content.size();
    content.resize(before + chunk);
    stream.read(reinterpret_cast<char*>(content.data()) + before, chunk);
    content.resize(before + static_cast<std::size_t>(stream.gcount()));
    if (content.size() > most_bytes) fail(path, "is longer than " + std::to_string(most_bytes) + " bytes");
  }
  if (stream.bad()) fail(path, std::string("cannot be read to its end: ") + std::strerror(errno));
  note(path, {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  return content;
}

/// What the last four bytes of a gzip file say of its length, modulo 2^32. A file of several parts says it of
/// the last.
std::uint64_t claimed_length(const Bytes& raw) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 4 && i < raw.size(); ++i) length = length << 8U | raw[raw.size() - 1 - i];
  return length;
}

/// The file that this process has read and that `path` is, or that lies in it; "" where there is none.
std::string file_read_in(const std::string& path) {
  const auto plain = [](const std::string& name) {
    std::error_code error;
    const fs::path found = fs::weakly_canonical(name, error);
    return (error ? fs::path(name) : found) / "";
  };
  const std::string place = plain(path).string();
  const std::lock_guard<std::mutex> lock(notes().mutex);
  for (const std::string& read : notes().paths) {
    if (plain(read).string().starts_with(place)) return read;
  }
  return "";
}

}  // namespace

void note_reads() {
  notes().on = true;
}

std::map<std::string, std::string> noted_reads() {
  const std::lock_guard<std::mutex> lock(notes().mutex);
  return notes().hashes;
}

void note_read(const std::string& path) {
  const std::lock_guard<std::mutex> lock(notes().mutex);
  notes().paths.insert(path);
}

void refuse_input(const std::string& output) {
  const std::string read = file_read_in(output);
  if (read.empty()) return;
  std::error_code error;
  const bool same = !fs::is_directory(output, error);
  fail(output, same ? "is a file that this command reads; give another for its output"
                    : "holds '" + printable(read) + "', which this command reads; give another with -o");
}

std::string first_line(const std::string& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::string read_text(const std::string& path, std::uint64_t most_bytes) {
  return read_file<std::string>(path, most_bytes);
}
Bytes read_bytes(const std::string& path, std::uint64_t most_bytes) {
  return read_file<Bytes>(path, most_bytes);
}

Bytes read_bytes_unpacked(const std::string& path, std::uint64_t most_bytes) {
  Bytes raw = read_bytes(path, most_bytes);
  if (raw.size() < 2 || raw[0] != 0x1f || raw[1] != 0x8b) return raw;
  namespace io = boost::iostreams;
  constexpr std::uint64_t most_unpacked = std::uint64_t{1} << 29U;
  constexpr std::uint64_t most_gained = 1032;  // by deflate, of one byte
  const std::uint64_t most = std::min(most_bytes, most_unpacked);
  std::uint64_t claimed = claimed_length(raw);
  if (claimed > raw.size() * most_gained) claimed = 0;  // it is damaged, or lies
  if (claimed > most) {
    fail(path, "says that it unpacks to " + std::to_string(claimed) + " bytes; at most " +
                   std::to_string(most) + " are unpacked");
  }
  Bytes content;
  content.reserve(std::min(claimed, most));
  try {
    io::filtering_istream stream;
    stream.push(io::gzip_decompressor());
    stream.push(io::array_source(reinterpret_cast<const char*>(raw.data()), raw.size()));
    stream.exceptions(std::ios::badbit);
    std::vector<char> chunk(1U << 16U);
    while (stream) {
      stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
      content.insert(content.end(), chunk.data(), chunk.data() + stream.gcount());
      if (content.size() > most) fail(path, "unpacks to more than " + std::to_string(most) + " bytes");
    }
  } catch (const std::ios_base::failure&) {
    fail(path, "is damaged or truncated: not a whole gzip file");
  }
  return content;
}

std::string sha256(std::span<const std::uint8_t> bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  }
  static const char* const digits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += digits[digest[i] >> 4U];
    text += digits[digest[i] & 15U];
  }
  return text;
}

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string base_name(const std::string& path) {
  return fs::path(path).filename().string();
}

std::string share_folder() {
  std::error_code error;
  if (const char* home = std::getenv("TRICYCLE_HOME")) return home;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path().parent_path() / "share" / "tricycle";
  if (!error && fs::is_directory(installed / "configs", error)) return installed.string();
  return TRICYCLE_SOURCE_DIR;
}

std::vector<std::string> preset_names(const std::string& kind) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(share_folder()) / kind, error)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".onnx") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string find_preset(const std::string& kind, const std::string& name, const std::string& option) {
  const bool is_path =
      name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml");
  if (is_path) return name;
  const std::vector<std::string> names = preset_names(kind);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    std::string hint = did_you_mean(name, names);
    if (hint.empty()) {
      hint = names.empty() ? "; there is none, so give a .yaml file"
                           : "; there are " + either(names) + ", or give a .yaml file";
    }
    throw InputError(Place::of_file(option), "no preset '" + name + "' in " + kind + hint);
  }
  const std::string stem = (fs::path(share_folder()) / kind / name).string();
  if (fs::exists(stem + ".yaml")) return stem + ".yaml";
  note_absent(stem + ".yaml");
  return stem + ".onnx";
}

}  // namespace tricycle
