// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <thread>

#include "tests/catch.hpp"
#include "tests/folder.hpp"

namespace {

namespace fs = std::filesystem;
using tricycle::Bytes;
using tricycle::test::Folder;
using tricycle::test::message_of;
using tricycle::test::put;
using tricycle::test::slurp;

/// TRICYCLE_HOME for the time of a test.
class Home {
 public:
  explicit Home(const std::string& path) { ::setenv("TRICYCLE_HOME", path.c_str(), 1); }
  ~Home() { ::unsetenv("TRICYCLE_HOME"); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
};

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

void put_gzip(const std::string& path, const std::string& content) {
  gzFile file = ::gzopen(path.c_str(), "wb9");
  REQUIRE(::gzwrite(file, content.data(), static_cast<unsigned>(content.size())) ==
          static_cast<int>(content.size()));
  REQUIRE(::gzclose(file) == Z_OK);
}

}  // namespace

TEST_CASE("a file is read whole, with every byte as it is") {
  const Folder folder;
  const std::string content("a\r\nb\0\xff", 6);
  put(folder.path("f"), content);
  CHECK(tricycle::read_text(folder.path("f"), 100) == std::string("a\nb\0\xff", 5));  // but for ends of lines
  CHECK(tricycle::read_bytes(folder.path("f"), 100) == bytes_of(content));
  put(folder.path("empty"), "");
  CHECK(tricycle::read_text(folder.path("empty"), 0).empty());
  const std::string large(3'000'001, 'x');
  put(folder.path("large"), large);
  CHECK(tricycle::read_text(folder.path("large"), 3'000'001) == large);
}

TEST_CASE("a file that is missing, a folder or unreadable is an error") {
  const Folder folder;
  const std::string missing = folder.path("missing");
  CHECK(message_of([&] { (void)tricycle::read_text(missing, 9); }) == missing + ": error: no such file");
  CHECK(message_of([&] { (void)tricycle::read_bytes(folder.path(), 9); }) ==
        folder.path() + ": error: is a directory; a file is expected");
  const std::string below = folder.path("f") + "/below";
  put(folder.path("f"), "x");
  CHECK(message_of([&] { (void)tricycle::read_text(below, 9); }) == below + ": error: no such file");
  const std::string long_name = folder.path(std::string(300, 'a'));
  CHECK(message_of([&] { (void)tricycle::read_text(long_name, 9); }) ==
        long_name + ": error: cannot be read: File name too long");
}

TEST_CASE("a file that cannot be read to its end is an error, not a shorter file") {
  const std::string memory = "/proc/self/mem";  // its first page is never there
  if (!fs::exists(memory)) return;
  CHECK(message_of([&] { (void)tricycle::read_text(memory, 9); }) ==
        memory + ": error: cannot be read to its end: Input/output error");
}

TEST_CASE("a file may have the most bytes and not one more") {
  const Folder folder;
  const std::string path = folder.path("f");
  put(path, "12345");
  CHECK(tricycle::read_text(path, 5) == "12345");
  CHECK(message_of([&] { (void)tricycle::read_text(path, 4); }) == path + ": error: is longer than 4 bytes");
  // A file without an end is not read for ever.
  CHECK(message_of([&] { (void)tricycle::read_text("/dev/zero", 1000); }) ==
        "/dev/zero: error: is longer than 1000 bytes");
}

TEST_CASE("a gzip file is unpacked, any other is read as it is") {
  const Folder folder;
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += std::to_string(i) + ",";
  put_gzip(folder.path("f.gz"), content);
  CHECK(tricycle::read_bytes(folder.path("f.gz"), content.size()) == bytes_of(content));
  put(folder.path("plain.gz"), "abc");
  CHECK(tricycle::read_bytes(folder.path("plain.gz"), 3) == bytes_of("abc"));
  put(folder.path("short"), "\x1f");
  CHECK(tricycle::read_bytes(folder.path("short"), 3) == bytes_of("\x1f"));
  put_gzip(folder.path("empty.gz"), "");
  CHECK(tricycle::read_bytes(folder.path("empty.gz"), 100).empty());
}

TEST_CASE("a text is read without its byte-order mark, packed or not, and not in UTF-16") {
  const Folder folder;
  const std::string path = folder.path("t");
  put(path, "\xef\xbb\xbfone");
  CHECK(tricycle::read_text(path, 99) == "one");
  CHECK(tricycle::read_bytes(path, 99) == bytes_of("\xef\xbb\xbfone"));
  put_gzip(path, "\xef\xbb\xbfone");
  CHECK(tricycle::read_text(path, 99) == "one");
  put(path, "\xef\xbb");
  CHECK(tricycle::read_text(path, 99) == "\xef\xbb");
  for (const char* mark : {"\xff\xfe", "\xfe\xff"}) {
    put(path, std::string(mark) + "o");
    CHECK(message_of([&] { (void)tricycle::read_text(path, 99); }) ==
          path + ": error: is a text in UTF-16; save it as UTF-8");
  }
}

TEST_CASE("a file that Git was to fetch and did not is refused by every reader") {
  const Folder folder;
  const std::string path = folder.path("m.onnx");
  put(path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
  const std::string expected =
      path + ": error: is a Git LFS pointer, not the file itself; 'git lfs pull' fetches that";
  CHECK(message_of([&] { (void)tricycle::read_bytes(path, 999); }) == expected);
  CHECK(message_of([&] { (void)tricycle::read_text(path, 999); }) == expected);
  CHECK(message_of([&] { (void)tricycle::open_text(path); }) == expected);
}

TEST_CASE("a text that is read piece by piece is the one that is read at once, also from a pipe") {
  const Folder folder;
  const auto all_of = [](std::istream& stream) {
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  std::string content;
  for (int i = 0; i < 40'000; ++i) content += std::to_string(i) + "\n";
  for (const std::string& mark : {std::string(), std::string("\xef\xbb\xbf")}) {
    put(folder.path("plain"), mark + content);
    put_gzip(folder.path("packed"), mark + content);
    CHECK(all_of(*tricycle::open_text(folder.path("plain"))) == content);
    CHECK(all_of(*tricycle::open_text(folder.path("packed"))) == content);
    CHECK(tricycle::text_size(folder.path("plain")) == mark.size() + content.size());
    CHECK(tricycle::text_size(folder.path("packed")) == mark.size() + content.size());
  }
  for (const char* name : {"plain", "packed"}) {
    const std::string pipe = folder.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(tricycle::text_size(pipe) == 0);
    std::thread writer(
        [&] { std::ofstream(pipe, std::ios::binary) << std::ifstream(folder.path(name)).rdbuf(); });
    CHECK(all_of(*tricycle::open_text(pipe)) == content);
    writer.join();
    fs::remove(pipe);
  }
  // No mark, though it begins like one; and a mark in front of what only begins like gzip.
  for (const std::string text : {"\xef\xbbx", "\xef", "\xef\xbb\xbf\x1f\x8b", "\xef\xbb\xbf\xef\xbb\xbf"}) {
    put(folder.path("plain"), text);
    put_gzip(folder.path("packed"), text);
    CHECK(all_of(*tricycle::open_text(folder.path("plain"))) ==
          tricycle::read_text(folder.path("plain"), 99));
    CHECK(all_of(*tricycle::open_text(folder.path("packed"))) ==
          tricycle::read_text(folder.path("packed"), 99));
  }
  put_gzip(folder.path("packed"), content);
  put(folder.path("short"), "a");
  CHECK(all_of(*tricycle::open_text(folder.path("short"))) == "a");
  CHECK(tricycle::text_size(folder.path("short")) == 1);
  const std::string damaged = slurp(folder.path("packed")).substr(0, 9000);
  put(folder.path("packed"), damaged);
  const auto stream = tricycle::open_text(folder.path("packed"));
  std::vector<char> piece(1000);
  while (stream->read(piece.data(), 1000)) continue;
  CHECK(stream->bad());
}

TEST_CASE("a pipe is read once and kept, and each reader's bound holds for what is kept") {
  const Folder folder;
  const std::string pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { put(pipe, "12345"); });
  CHECK(tricycle::read_text(pipe, 5) == "12345");
  writer.join();
  CHECK(tricycle::read_bytes(pipe, 5) == bytes_of("12345"));
  CHECK(message_of([&] { (void)tricycle::read_text(pipe, 4); }) == pipe + ": error: is longer than 4 bytes");
}

TEST_CASE("a gzip file of two members is both of them") {
  const Folder folder;
  put_gzip(folder.path("a"), "one ");
  put_gzip(folder.path("b"), "two");
  put(folder.path("both.gz"), slurp(folder.path("a")) + slurp(folder.path("b")));
  CHECK(tricycle::read_bytes(folder.path("both.gz"), 99) == bytes_of("one two"));
}

TEST_CASE("a gzip file that is cut anywhere, or has a byte too many, is an error") {
  const Folder folder;
  put_gzip(folder.path("f.gz"), "a text that is long enough to be packed: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  const std::string whole = slurp(folder.path("f.gz"));
  const std::string path = folder.path("cut.gz");
  const std::string expected = path + ": error: is damaged or truncated: not a whole gzip file";
  for (std::size_t length = 2; length < whole.size(); ++length) {
    INFO("of " << whole.size() << " bytes, " << length);
    put(path, whole.substr(0, length));
    CHECK(message_of([&] { (void)tricycle::read_bytes(path, 100'000); }) == expected);
  }
  put(path, whole + "x");
  CHECK(message_of([&] { (void)tricycle::read_bytes(path, 100'000); }) == expected);
  std::string damaged = whole;
  damaged[whole.size() - 6] = static_cast<char>(damaged[whole.size() - 6] ^ 1);  // of the checksum
  put(path, damaged);
  CHECK(message_of([&] { (void)tricycle::read_bytes(path, 100'000); }) == expected);
}

TEST_CASE("a gzip bomb is stopped at the most bytes") {
  const Folder folder;
  const std::string path = folder.path("bomb.gz");
  put_gzip(path, std::string(8'000'000, '\0'));
  REQUIRE(fs::file_size(path) < 10'000);
  CHECK(message_of([&] { (void)tricycle::read_bytes(path, 100'000); }) ==
        path + ": error: says that it unpacks to 8000000 bytes; at most 100000 are unpacked");
  CHECK(message_of([&] { (void)tricycle::read_bytes(path, 1000); }) ==
        path + ": error: is longer than 1000 bytes");
  CHECK(tricycle::read_bytes(path, 8'000'000).size() == 8'000'000);
}

TEST_CASE("a gzip file is refused by the length that it says, and by the one that it reaches") {
  const Folder folder;
  const std::string path = folder.path("liar.gz");
  put_gzip(path, std::string(8'000'000, '\0'));
  Bytes liar = bytes_of(slurp(path));
  const auto message_saying = [&](std::uint8_t each) {
    std::fill(liar.end() - 4, liar.end(), each);
    liar.back() = 0;
    put(path, {liar.begin(), liar.end()});
    return message_of([&] { (void)tricycle::read_bytes(path, 1'000'000); });
  };
  CHECK(message_saying(32) ==
        path + ": error: says that it unpacks to 2105376 bytes; at most 1000000 are unpacked");
  CHECK(message_saying(0) == path + ": error: unpacks to more than 1000000 bytes");
  CHECK(message_saying(255) == path + ": error: unpacks to more than 1000000 bytes");  // more than gzip can
  // However much may be read: 512 MiB.
  Bytes large(1 << 20, 1);
  large[0] = 0x1f;
  large[1] = 0x8b;
  std::fill(large.end() - 4, large.end(), std::uint8_t{0});
  large.back() = 0x21;
  put(path, {large.begin(), large.end()});
  CHECK(message_of([&] { (void)tricycle::read_bytes(path, std::uint64_t{1} << 40U); }) ==
        path + ": error: says that it unpacks to 553648128 bytes; at most 536870912 are unpacked");
}

TEST_CASE("a file that this process has read is known by any path to it, and by the folder that holds it") {
  const Folder folder;
  put(folder.path("read"), "x");
  put(folder.path("other"), "x");
  fs::create_symlink("read", folder.path("link"));
  (void)tricycle::read_text(folder.path("read"), 9);
  CHECK(message_of([&] { tricycle::refuse_input(folder.path("./link")); }) ==
        folder.path("./link") + ": error: is a file that this command reads; give another for its output");
  CHECK(message_of([&] { tricycle::refuse_input(folder.path()); }) ==
        folder.path() + ": error: holds '" + folder.path("read") +
            "', which this command reads; give another with -o");
  tricycle::refuse_input(folder.path("other"));
  tricycle::refuse_input(folder.path("rea"));
}

TEST_CASE("SHA-256 is that of FIPS 180-4") {
  CHECK(tricycle::sha256(bytes_of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(tricycle::sha256({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("CRC-32 is that of gzip and PNG") {
  CHECK(tricycle::crc32(bytes_of("123456789")) == 0xcbf43926U);
  CHECK(tricycle::crc32({}) == 0);
}

TEST_CASE("the base name of a path is its last component") {
  CHECK(tricycle::base_name("configs/arch/edge.yaml") == "edge.yaml");
  CHECK(tricycle::base_name("edge.yaml") == "edge.yaml");
}

TEST_CASE("the share folder is TRICYCLE_HOME, else the source tree") {
  {
    const Home home("/somewhere/else");
    CHECK(tricycle::share_folder() == "/somewhere/else");
  }
  CHECK(tricycle::share_folder() == TRICYCLE_TEST_SOURCE);
}

TEST_CASE("a preset is found by its name, a file by its path") {
  const Folder folder;
  fs::create_directories(folder.path("configs/arch"));
  fs::create_directories(folder.path("configs/none"));
  put(folder.path("configs/arch/server.yaml"), "name: server\n");
  put(folder.path("configs/arch/edge.yaml"), "name: edge\n");
  put(folder.path("configs/arch/README.md"), "no preset\n");
  fs::create_directories(folder.path("zoo"));
  put(folder.path("zoo/drawn.yaml"), "name: drawn\n");
  put(folder.path("zoo/trained.onnx"), "a model\n");
  put(folder.path("zoo/both.onnx"), "a model\n");
  put(folder.path("zoo/both.yaml"), "name: both\n");
  const Home home(folder.path());
  CHECK(tricycle::preset_names("zoo") == std::vector<std::string>{"both", "drawn", "trained"});
  CHECK(tricycle::find_preset("zoo", "trained", tricycle::Place::of_file("MODEL")) ==
        folder.path("zoo/trained.onnx"));
  CHECK(tricycle::find_preset("zoo", "drawn", tricycle::Place::of_file("MODEL")) ==
        folder.path("zoo/drawn.yaml"));
  CHECK(tricycle::find_preset("zoo", "both", tricycle::Place::of_file("MODEL")) ==
        folder.path("zoo/both.yaml"));
  CHECK(message_of([] {
          (void)tricycle::find_preset("zoo", "trianed", tricycle::Place::of_file("MODEL"));
        }) == "MODEL: error: no preset 'trianed' in zoo; did you mean 'trained'?");
  CHECK(tricycle::preset_names("configs/arch") == std::vector<std::string>{"edge", "server"});
  CHECK(tricycle::preset_names("configs/nowhere").empty());
  CHECK(tricycle::find_preset("configs/arch", "edge", tricycle::Place::of_file("--arch")) ==
        folder.path("configs/arch/edge.yaml"));
  CHECK(tricycle::find_preset("configs/arch", "mine.yaml", tricycle::Place::of_file("--arch")) ==
        "mine.yaml");
  CHECK(tricycle::find_preset("configs/arch", "./edge", tricycle::Place::of_file("--arch")) == "./edge");
  const auto fault_of = [](const std::string& kind, const std::string& name) {
    return message_of([&] { (void)tricycle::find_preset(kind, name, tricycle::Place::of_file("--arch")); });
  };
  CHECK(fault_of("configs/arch", "egde") ==
        "--arch: error: no preset 'egde' in configs/arch; did you mean 'edge'?");
  CHECK(fault_of("configs/arch", "phone") ==
        "--arch: error: no preset 'phone' in configs/arch; there are edge or server, or give a .yaml file");
  CHECK(fault_of("configs/arch", "") ==
        "--arch: error: no preset '' in configs/arch; there are edge or server, or give a .yaml file");
  CHECK(fault_of("configs/none", "edge") ==
        "--arch: error: no preset 'edge' in configs/none; there is none, so give a .yaml file");
  for (int i = 0; i < 11; ++i) put(folder.path("configs/arch/m" + std::to_string(i) + ".yaml"), "");
  CHECK(fault_of("configs/arch", "phone") ==
        "--arch: error: no preset 'phone' in configs/arch; 'tricycle list' names the 13 there are, or give a "
        ".yaml "
        "file");
  CHECK(fault_of("configs/arch", "m10x") ==
        "--arch: error: no preset 'm10x' in configs/arch; did you mean 'm10'?");
}

TEST_CASE("a name that is no preset's is a file's where it has an ending and the file is there") {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  put("topo.csv", "");
  put("plain", "");
  CHECK(tricycle::find_preset("configs/arch", "topo.csv", tricycle::Place::of_file("--arch")) == "topo.csv");
  CHECK(tricycle::find_preset("configs/arch", "m.yaml.gz", tricycle::Place::of_file("--arch")) ==
        "m.yaml.gz");
  CHECK(message_of([] {
          (void)tricycle::find_preset("configs/arch", "plain", tricycle::Place::of_file("--arch"));
        }) == "--arch: error: no preset 'plain' in configs/arch; a file of this name is given as ./plain");
  fs::current_path(before);
}

TEST_CASE("once asked to, a process notes each file that it reads and each preset that it does not find") {
  const Folder folder;
  put(folder.path("before"), "not noted\n");
  put(folder.path("a"), "abc");
  fs::create_directories(folder.path("zoo"));
  put(folder.path("zoo/net.onnx"), "a model\n");
  const Home home(folder.path());
  static_cast<void>(tricycle::read_text(folder.path("before"), 100));
  tricycle::note_reads();
  static_cast<void>(tricycle::read_bytes(folder.path("a"), 100));
  put(folder.path("a"), "changed");
  static_cast<void>(tricycle::read_text(folder.path("a"), 100));
  static_cast<void>(message_of([&] { (void)tricycle::read_text(folder.path("missing"), 100); }));
  static_cast<void>(tricycle::find_preset("zoo", "net", tricycle::Place::of_file("MODEL")));
  const auto noted = tricycle::noted_reads();
  CHECK(noted.count(folder.path("before")) == 0);
  CHECK(noted.count(folder.path("missing")) == 0);
  CHECK(noted.at(folder.path("a")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(noted.at(folder.path("zoo/net.yaml")).empty());
}
