// SPDX-License-Identifier: Apache-2.0
#include "support/file_kind.hpp"

#include <string_view>

#include "support/document.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

namespace {

// NOLINTNEXTLINE(misc-unused-using-decls): of the texts with a byte of nought
using std::string_literals::operator""s;
using tricycle::test::Folder;
using tricycle::test::message_of;
using tricycle::test::put;

std::string kind(const std::string& start, const std::string& name) {
  const tricycle::Bytes bytes(start.begin(), start.end());
  return tricycle::kind_of_file(bytes, name);
}

}  // namespace

TEST_CASE("a file is known by its first bytes, whatever it is called") {
  CHECK(kind("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "m.onnx") ==
        "a Git LFS pointer");
  CHECK(kind("TRICYCLE\1\0\0\0"s, "m.onnx") == "a trace");
  CHECK(kind("tricycle-trace 1\n", "t.yaml") == "a trace in text form");
  CHECK(kind("\x93NUMPY\1\0"s, "x") == "a NumPy array (.npy)");
  CHECK(kind("\x1c\0\0\0TFL3"s, "x.onnx") == "a TensorFlow Lite model");
  CHECK(kind("\x89PNG\r\n\x1a\n", "x.pb") == "a PNG image");
  CHECK(kind("\x7f"
             "ELF\2",
             "tricycle") == "a program (ELF)");
}

TEST_CASE("an archive or a pickle is what its name says, else an archive or a pickle") {
  CHECK(kind("PK\3\4"s, "model.PTH") == "a PyTorch file");
  CHECK(kind("PK\3\4"s, "a/x.npz") == "a NumPy archive (.npz)");
  CHECK(kind("PK\3\4"s, "x") == "a ZIP archive");
  CHECK(kind("\x80\2}", "net.pt") == "a PyTorch file");
  CHECK(kind("\x80\2}", "x") == "a Python pickle");
}

TEST_CASE("a file whose bytes say nothing is known by its ending, and is not without one") {
  CHECK(kind("Layer, Height\n", "topo.csv") == "a CSV table");
  CHECK(kind("[general]\n", "scale.cfg") == "a configuration file (.cfg)");
  CHECK(kind("{}", "system.JSON") == "a JSON file");
  CHECK(kind("?", "x.tflite") == "a TensorFlow Lite model");
  CHECK(kind("", "x.tflite") == "an empty file");
  CHECK(kind("abc", "topo").empty());
  CHECK(kind("abc", "folder.csv/topo").empty());
  CHECK(kind("abc", ".csv").empty());
  CHECK(kind("TFL3", "x").empty());  // not at byte 4
}

TEST_CASE("a file of another kind is refused by its bytes, not by its name") {
  const auto refused = [](const std::string& start) {
    const tricycle::Bytes bytes(start.begin(), start.end());
    return message_of([&] { tricycle::refuse_other_kinds(bytes, "m.onnx", "an ONNX model"); });
  };
  CHECK(refused("\x89HDF\r\n") == "m.onnx: error: is an HDF5 file; expected an ONNX model");
  CHECK(refused("PK\3\4"s) == "m.onnx: error: is a ZIP archive; expected an ONNX model");
  CHECK(refused("\x08\x07").empty());
}

TEST_CASE("YAML is not read from what is something else") {
  const Folder folder;
  const auto refused = [&](const std::string& name, const std::string& content) {
    put(folder.path(name), content);
    const std::string message = message_of([&] { (void)tricycle::read_document(folder.path(name)); });
    return message.empty() ? message : message.substr(folder.path(name).size());
  };
  CHECK(refused("m.csv", "a,b\n") == ": error: is a CSV table; expected YAML");
  CHECK(refused("m.yaml", "\x93NUMPY") == ": error: is a NumPy array (.npy); expected YAML");
  CHECK(refused("m.yaml.gz", "BZh91") == ": error: is a bzip2 file; expected YAML");
  CHECK(refused("m.json", "{\"a\": [1, 2]}").empty());  // JSON is YAML
  CHECK(refused("m", "a: 1\n").empty());
  CHECK(refused("m.cfg", "a: 1\n") == ": error: is a configuration file (.cfg); expected YAML");
}
