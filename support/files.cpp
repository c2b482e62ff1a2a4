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
#include <limits>
#include <mutex>
#include <set>
#include <streambuf>

#include "support/diagnostics.hpp"
#include "support/file_kind.hpp"

namespace tricycle {
namespace fs = std::filesystem;
namespace {

class Hash {
 public:
  Hash() : state_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(state_ != nullptr && EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(const void* bytes, std::size_t count) { check(EVP_DigestUpdate(state_.get(), bytes, count) == 1); }
  std::string text() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    check(EVP_DigestFinal_ex(state_.get(), digest, &length) == 1);
    static const char* const digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
      text += digits[digest[i] >> 4U];
      text += digits[digest[i] & 15U];
    }
    return text;
  }

 private:
  static void check(bool good) {
    if (!good) throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state_;
};

/// The files that the process has read: the paths of all of them, and the hashes since note_reads() was
/// called.
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

void note(const std::string& path, const std::string& hash) {
  const std::lock_guard<std::mutex> lock(notes().mutex);
  notes().paths.insert(path);
  if (notes().on) notes().hashes.emplace(path, hash);
}

void note_absent(const std::string& path) {
  if (!notes().on) return;
  const std::lock_guard<std::mutex> lock(notes().mutex);
  notes().hashes.emplace(path, "");
}

/// Errors: it is missing, is a directory or cannot be opened.
std::ifstream open_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) fail(path, "no such file");
  if (error) fail(path, "cannot be read: " + error.message());
  if (fs::is_directory(status)) fail(path, "is a directory; a file is expected");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  return stream;
}

void append(Bytes& content, const char* from, std::streamsize count) {
  content.insert(content.end(), from, from + count);
}

/// Hands on the bytes of the file as they lie on disk, piece by piece.
template <class Take>
void read_pieces(const std::string& path, const Take& take) {
  std::ifstream stream = open_file(path);
  std::vector<char> piece(1U << 16U);
  while (stream) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    take(piece.data(), stream.gcount());
  }
  if (stream.bad()) fail(path, std::string("cannot be read to its end: ") + std::strerror(errno));
}

/// The contents of pipes, which can be read only once.
struct Piped {
  std::mutex mutex;
  std::map<std::string, Bytes> contents;
};
Piped& piped() {
  static Piped all;
  return all;
}

Bytes read_file(const std::string& path, std::uint64_t most_bytes) {
  std::error_code error;
  const bool pipe = fs::is_fifo(path, error);
  const auto refuse = [&] { fail(path, "is longer than " + std::to_string(most_bytes) + " bytes"); };
  if (pipe) {
    const std::lock_guard<std::mutex> lock(piped().mutex);
    const auto known = piped().contents.find(path);
    if (known != piped().contents.end() && known->second.size() > most_bytes) refuse();
    if (known != piped().contents.end()) return known->second;
  }
  Bytes content;
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > most_bytes) refuse();
  if (!error) content.reserve(size);
  read_pieces(path, [&](const char* piece, std::streamsize count) {
    append(content, piece, count);
    if (content.size() > most_bytes) refuse();
  });
  note(path, notes().on ? sha256(content) : "");
  if (pipe) {
    const std::lock_guard<std::mutex> lock(piped().mutex);
    piped().contents[path] = content;
  }
  return content;
}

bool is_gzip(std::span<const std::uint8_t> start) {
  return start.size() >= 2 && start[0] == 0x1f && start[1] == 0x8b;
}

/// Refuses the pointer to a file that Git LFS has not fetched: no reader takes one.
void refuse_pointer(std::span<const std::uint8_t> start, const std::string& path) {
  if (kind_of_file(start, "") != lfs_pointer) return;
  fail(path, "is a Git LFS pointer, not the file itself; 'git lfs pull' fetches that");
}

/// The length modulo 2^32 that the last four bytes of a gzip file state. In a file of several parts they
/// state the length of the last part.
std::uint64_t claimed_length(const Bytes& raw) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 4 && i < raw.size(); ++i) length = length << 8U | raw[raw.size() - 1 - i];
  return length;
}

Bytes unpacked(const Bytes& raw, const std::string& path, std::uint64_t most_bytes) {
  namespace io = boost::iostreams;
  constexpr std::uint64_t most_unpacked = std::uint64_t{1} << 29U;
  constexpr std::uint64_t most_gained = 1032;  // the most bytes that deflate makes of one
  const std::uint64_t most = std::min(most_bytes, most_unpacked);
  std::uint64_t claimed = claimed_length(raw);
  if (claimed > raw.size() * most_gained) claimed = 0;  // the file is damaged, or the length is false
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
      append(content, chunk.data(), stream.gcount());
      if (content.size() > most) fail(path, "unpacks to more than " + std::to_string(most) + " bytes");
    }
  } catch (const std::ios_base::failure&) {
    fail(path, "is damaged or truncated: not a whole gzip file");
  }
  return content;
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Editors put nothing or a byte-order mark in front of a text. Refuses the marks of UTF-16; the mark of
/// UTF-8 is allowed.
void refuse_utf16(std::string_view start, const std::string& path) {
  if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff"))
    fail(path, "is a text in UTF-16; save it as UTF-8");
}

/// A file that this process has read and that is `path` or lies in it; "" if there is none.
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

Bytes read_bytes(const std::string& path, std::uint64_t most_bytes) {
  Bytes raw = read_file(path, most_bytes);
  if (is_gzip(raw)) raw = unpacked(raw, path, most_bytes);
  refuse_pointer(raw, path);
  return raw;
}

std::string read_text(const std::string& path, std::uint64_t most_bytes) {
  const Bytes bytes = read_bytes(path, most_bytes);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  refuse_utf16(text, path);
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::string lines;
  lines.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool windows = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!windows) lines += text[i];
  }
  return lines;
}

namespace {

/// A file from its first byte on. Its first bytes have been read already, and a pipe cannot be rewound.
class KnownStart : public std::streambuf {
 public:
  KnownStart(std::ifstream file, Bytes start) : file_(std::move(file)), buffer_(start.begin(), start.end()) {
    give(buffer_.size());
  }

 protected:
  int_type underflow() override {
    std::vector<char> next(1U << 16U);
    file_.read(next.data(), static_cast<std::streamsize>(next.size()));
    if (file_.bad()) throw std::ios_base::failure("cannot be read to its end");  // the istream becomes bad
    if (file_.gcount() == 0) return traits_type::eof();
    buffer_ = std::move(next);
    give(static_cast<std::size_t>(file_.gcount()));
    return traits_type::to_int_type(*gptr());
  }

 private:
  void give(std::size_t count) { setg(buffer_.data(), buffer_.data(), buffer_.data() + count); }
  std::ifstream file_;
  std::vector<char> buffer_;
};

/// The text of a file after its byte-order mark. A gzip file is unpacked.
class TextStream : public std::istream {
 public:
  TextStream(std::ifstream file, Bytes start) : std::istream(nullptr), file_(std::move(file), start) {
    rdbuf(&file_);
    if (is_gzip(start)) {
      unpacking_.push(boost::iostreams::gzip_decompressor());
      unpacking_.push(file_);
      rdbuf(&unpacking_);
    }
    skip_mark();
  }

 private:
  void skip_mark() {
    for (std::size_t i = 0; i < byte_order_mark.size(); ++i) {
      if (peek() == static_cast<unsigned char>(byte_order_mark[i])) {
        ignore();
        continue;
      }
      if (bad()) return;
      clear();
      for (std::size_t k = 0; k < i; ++k) unget();
      return;
    }
  }

  KnownStart file_;
  boost::iostreams::filtering_istreambuf unpacking_;
};

}  // namespace

std::unique_ptr<std::istream> open_text(const std::string& path) {
  std::ifstream file = open_file(path);
  note_read(path);
  Bytes start(64);
  file.read(reinterpret_cast<char*>(start.data()), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  refuse_pointer(start, path);
  refuse_utf16({reinterpret_cast<const char*>(start.data()), start.size()}, path);
  return std::make_unique<TextStream>(std::move(file), std::move(start));
}

Bytes first_bytes(const std::string& path, std::size_t count) {
  std::error_code error;
  if (fs::is_fifo(path, error)) {
    Bytes all = read_bytes(path, std::uint64_t{1} << 31U);
    all.resize(std::min(all.size(), count));
    return all;
  }
  const std::unique_ptr<std::istream> stream = open_text(path);
  Bytes bytes(count);
  stream->read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(stream->gcount()));
  return bytes;
}

namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

std::string unpacked_name(const std::string& path) {
  constexpr std::string_view ending = ".gz";
  return lower_case(path).ends_with(ending) ? path.substr(0, path.size() - ending.size()) : path;
}

bool has_ending(const std::string& path, std::string_view ending) {
  return lower_case(unpacked_name(path)).ends_with(ending);
}

bool is_yaml_name(const std::string& path) {
  return has_ending(path, ".yaml") || has_ending(path, ".yml");
}

std::uint64_t text_size(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return 0;
  std::ifstream stream = open_file(path);
  const auto bytes = [&](std::size_t count) {
    Bytes read(count);
    stream.read(reinterpret_cast<char*>(read.data()), static_cast<std::streamsize>(count));
    return read;
  };
  const bool packed = is_gzip(bytes(2)) && stream;
  stream.clear();
  stream.seekg(packed ? -4 : 0, std::ios::end);
  return packed ? claimed_length(bytes(4)) : static_cast<std::uint64_t>(stream.tellg());
}

std::string sha256(std::span<const std::uint8_t> bytes) {
  Hash hash;
  hash.add(bytes.data(), bytes.size());
  return hash.text();
}

std::string sha256_of_file(const std::string& path) {
  std::error_code error;
  if (fs::is_fifo(path, error)) return sha256(read_file(path, std::numeric_limits<std::uint64_t>::max()));
  Hash hash;
  read_pieces(path, [&](const char* piece, std::streamsize count) {
    hash.add(piece, static_cast<std::size_t>(count));
  });
  const std::string text = hash.text();
  note(path, notes().on ? text : "");
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

bool is_file_name(const std::string& name) {
  if (name.find('/') != std::string::npos || is_yaml_name(name)) return true;
  std::error_code error;
  return fs::path(name).has_extension() && fs::exists(name, error);  // no preset has a dot in its name
}

namespace {

/// The end of a message about an unknown name: what exists instead.
std::string known_presets(const std::string& name, const std::vector<std::string>& names) {
  constexpr std::size_t few = 12;
  std::error_code error;
  if (fs::is_regular_file(name, error)) return "; a file of this name is given as ./" + name;
  if (fs::is_directory(name, error)) return "; a folder has this name, where a file is expected";
  const std::string hint = did_you_mean(name, names);
  if (!hint.empty()) return hint;
  if (names.empty()) return "; there is none, so give a .yaml file";
  if (names.size() > few)
    return "; 'tricycle list' names the " + std::to_string(names.size()) + " there are, or give a .yaml file";
  return "; there are " + either(names) + ", or give a .yaml file";
}

}  // namespace

std::string path_beside(const std::string& path, const Place& place, bool may_be_preset) {
  if (path.empty() || place.line == 0 || fs::path(path).is_absolute()) return path;
  const fs::path folder = fs::path(place.file).parent_path();
  std::error_code error;
  const bool is_file = fs::path(path).has_extension() && fs::exists(folder / path, error);
  const bool is_path = path.find('/') != std::string::npos || is_yaml_name(path) || has_ending(path, ".onnx");
  if (may_be_preset && !is_path && !is_file) return path;
  const std::string beside =
      (folder.empty() ? fs::path(".") / path : folder / path).lexically_normal().string();
  return beside.find('/') == std::string::npos ? "./" + beside : beside;  // a path, not a preset's name
}

std::string find_preset(const std::string& kind, const std::string& name, const Place& option) {
  const std::vector<std::string> names = preset_names(kind);
  const std::string stem_of_file = fs::path(name).stem().string();
  std::error_code error;
  const bool meant = name.find('/') == std::string::npos && is_yaml_name(name) && !fs::exists(name, error) &&
                     std::find(names.begin(), names.end(), stem_of_file) != names.end();
  if (meant)
    throw InputError(option, "no file '" + name + "' here; the preset is called '" + stem_of_file + "'");
  if (is_file_name(name)) return name;
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw InputError(option, "no preset '" + name + "' in " + kind + known_presets(name, names));
  }
  const std::string stem = (fs::path(share_folder()) / kind / name).string();
  if (fs::exists(stem + ".yaml")) return stem + ".yaml";
  note_absent(stem + ".yaml");
  return stem + ".onnx";
}

}  // namespace tricycle
