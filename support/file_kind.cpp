// SPDX-License-Identifier: Apache-2.0
#include "support/file_kind.hpp"

#include <algorithm>
#include <string_view>

#include "support/diagnostics.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

struct Sign {
  std::size_t at;
  std::string_view bytes, kind;
};

using namespace std::string_view_literals;

/// First bytes that only one format has.
constexpr Sign signs[] = {{0, "version https://git-lfs.github.com/spec/"sv, lfs_pointer},
                          {0, "TRICYCLE"sv, "a trace"},
                          {0, "tricycle-trace"sv, "a trace in text form"},
                          {0, "\x93NUMPY"sv, "a NumPy array (.npy)"},
                          {0, "\x1f\x8b"sv, "a gzip file"},
                          {0, "\x89HDF\r\n"sv, "an HDF5 file"},
                          {0, "\x89PNG\r\n"sv, "a PNG image"},
                          {0, "\xff\xd8\xff"sv, "a JPEG image"},
                          {0, "%PDF-"sv, "a PDF document"},
                          {0,
                           "\x7f"
                           "ELF"sv,
                           "a program (ELF)"},
                          {0, "GGUF"sv, "a GGUF model"},
                          {0, "BZh"sv, "a bzip2 file"},
                          {0,
                           "\xfd"
                           "7zXZ"sv,
                           "an xz file"},
                          {0, "\x28\xb5\x2f\xfd"sv, "a Zstandard file"},
                          {0, "GIF8"sv, "a GIF image"},
                          {8, "WEBP"sv, "a WebP image"},
                          {8, "WAVE"sv, "a WAV sound"},
                          {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive"},
                          {0, "Rar!"sv, "a RAR archive"},
                          {0, "SQLite format 3"sv, "an SQLite database"},
                          {0, "<!DOCTYPE"sv, "an HTML page"},
                          {0, "<!doctype"sv, "an HTML page"},
                          {0, "<html"sv, "an HTML page"},
                          {0, "<?xml"sv, "an XML file"},
                          {0, "/annex/objects/"sv, "a git-annex pointer"},
                          {4, "TFL3"sv, "a TensorFlow Lite model"},
                          {4, "ORTM"sv, "an ONNX Runtime model (.ort)"}};

/// Endings of file names, for formats without such bytes.
constexpr std::pair<std::string_view, std::string_view> endings[] = {
    {".npz", "a NumPy archive (.npz)"},
    {".pt", "a PyTorch file"},
    {".pth", "a PyTorch file"},
    {".ckpt", "a checkpoint of a training"},
    {".onnx", "an ONNX model"},
    {".tflite", "a TensorFlow Lite model"},
    {".safetensors", "a file of tensors (.safetensors)"},
    {".pkl", "a Python pickle"},
    {".pb", "a protocol buffer (.pb)"},
    {".yaml", "a YAML file"},
    {".yml", "a YAML file"},
    {".csv", "a CSV table"},
    {".tsv", "a table (.tsv)"},
    {".json", "a JSON file"},
    {".cfg", "a configuration file (.cfg)"},
    {".ini", "a configuration file (.ini)"},
    {".toml", "a TOML file"},
    {".xml", "an XML file"},
    {".prototxt", "a Caffe network (.prototxt)"},
    {".caffemodel", "a Caffe model"},
    {".py", "a Python program"},
    {".ipynb", "a Jupyter notebook"},
    {".bmp", "a BMP image"},
    {".html", "an HTML page"},
    {".zip", "a ZIP archive"},
    {".tar", "a tar archive"},
    {".tgz", "a tar archive"}};

bool has(std::span<const std::uint8_t> start, const Sign& sign) {
  return start.size() >= sign.at + sign.bytes.size() &&
         std::equal(sign.bytes.begin(), sign.bytes.end(),
                    start.begin() + static_cast<std::ptrdiff_t>(sign.at),
                    [](char c, std::uint8_t byte) { return static_cast<std::uint8_t>(c) == byte; });
}

std::string by_bytes(std::span<const std::uint8_t> start) {
  if (start.empty()) return "an empty file";
  for (const Sign& sign : signs) {
    if (has(start, sign)) return std::string(sign.kind);
  }
  return "";
}

std::string by_name(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  for (const auto& [ending, kind] : endings) {
    if (name.size() > ending.size() && has_ending(name, ending)) return std::string(kind);
  }
  return "";
}

}  // namespace

std::string kind_of_file(std::span<const std::uint8_t> start, const std::string& path) {
  std::string kind = by_bytes(start);
  if (!kind.empty()) return kind;
  kind = by_name(path);
  // Many formats are archives. The name tells them apart.
  const bool zip = has(start, {0, "PK\x03\x04"sv, ""}), pickle = has(start, {0, "\x80"sv, ""});
  if (zip && kind.empty()) return "a ZIP archive";
  if (pickle && kind.empty()) return "a Python pickle";
  return kind;
}

void refuse_other_kinds(std::span<const std::uint8_t> start, const std::string& path,
                        const std::string& expected) {
  const bool zip = has(start, {0, "PK\x03\x04"sv, ""});
  const std::string kind = zip ? "a ZIP archive" : by_bytes(start);
  if (kind.empty()) return;
  throw InputError(Place::of_file(path), "is " + kind + "; expected " + expected);
}

}  // namespace tricycle
