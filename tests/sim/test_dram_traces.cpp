// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/sim/dram_traces.hpp"

namespace {

namespace fs = std::filesystem;
using tricycle::DramTraceFormat;
using tricycle::DramTraceReader;
using tricycle::DramTraceRequest;
using tricycle::DramTraceWriter;
using tricycle::Random;
using tricycle::RequestTiming;
using tricycle::test::message_of;
using tricycle::test::random_requests;
using tricycle::test::reader_of;
using tricycle::test::requests_of;
using tricycle::test::trace_text;
using Requests = std::vector<DramTraceRequest>;
constexpr DramTraceFormat all_formats[] = {DramTraceFormat::dramsim3, DramTraceFormat::ramulator2,
                                           DramTraceFormat::dramsys};

/// The message of reading a text to its end.
std::string error_of(const std::string& text, std::optional<DramTraceFormat> format = {},
                     const std::string& name = "t") {
  return message_of([&] { static_cast<void>(requests_of(text, format, name)); });
}

/// Ends without end: as long as a reader goes on, there is more of it.
class Endless : public std::streambuf {
 public:
  explicit Endless(std::string part) : part_(std::move(part)) {}
  int underflow() override {
    setg(part_.data(), part_.data(), part_.data() + part_.size());
    return traits_type::to_int_type(part_[0]);
  }

 private:
  std::string part_;
};

/// A stream that owns its buffer.
class EndlessStream : private Endless, public std::istream {
 public:
  explicit EndlessStream(const std::string& part)
      : Endless(part), std::istream(static_cast<Endless*>(this)) {}
};

fs::path scratch(const std::string& name) {
  return fs::temp_directory_path() / ("tricycle-" + std::to_string(::getpid()) + "-" + name);
}

std::string content_of(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("DRAMsim3's lines are an address in hexadecimal, an operation and a cycle") {
  const Requests requests = requests_of(
      "0x1f40 READ 0\n1f80 WRITE 4\n0XFF write 4\nc0 P_MEM_WR 5\r\n"
      "100 P_FETCH 6\n140 BOFF 7\n180 p_mem_rd 10");
  CHECK(requests == Requests{{0, 0x1f40, 0, false},
                             {4, 0x1f80, 0, true},
                             {4, 0xff, 0, true},
                             {5, 0xc0, 0, true},
                             {6, 0x100, 0, false},
                             {7, 0x140, 0, true},
                             {10, 0x180, 0, false}});
  CHECK(reader_of("0x0 READ 0\n").timing() == RequestTiming::absolute);
}

TEST_CASE("Ramulator 2's lines are an operation and an address, hexadecimal after 0x, else decimal") {
  const Requests requests = requests_of("LD 0x1f40\nST 8000\nR 64\nw 0X40\n");
  CHECK(requests == Requests{{0, 0x1f40, 0, false}, {0, 8000, 0, true}, {0, 64, 0, false}, {0, 64, 0, true}});
  CHECK(reader_of("LD 0x0\n").timing() == RequestTiming::none);
}

TEST_CASE("DRAMSys' lines are a cycle, perhaps a length, an operation, an address and perhaps data") {
  const Requests requests = requests_of(
      "# a comment\n31:\tread\t0x400140\n33: (32) write 0x20 0x00ffAb\n\n"
      "33 read 40\n40: write 0x60\n");
  CHECK(requests ==
        Requests{{31, 0x400140, 0, false}, {33, 0x20, 32, true}, {33, 0x40, 0, false}, {40, 0x60, 0, true}});
  CHECK(reader_of("31: read 0x0\n", {}, "t.stl").timing() == RequestTiming::absolute);
}

TEST_CASE("in an .rstl file a cycle counts from the request before and may be smaller than that one's") {
  DramTraceReader reader = reader_of("31: read 0x0\n5: read 0x40\n", {}, "t.rstl");
  CHECK(reader.timing() == RequestTiming::relative);
  CHECK(reader.next()->cycle == 31);
  CHECK(reader.next()->cycle == 5);
  CHECK_FALSE(reader.next());
}

TEST_CASE("the format is the one asked for, else that of the extension, else that of the first line") {
  CHECK(reader_of("0x40 READ 10\n").format() == DramTraceFormat::dramsim3);
  CHECK(reader_of("\n \nLD 0x40\n").format() == DramTraceFormat::ramulator2);
  CHECK(reader_of("10: read 0x40\n").format() == DramTraceFormat::dramsys);
  CHECK(reader_of("10 read 0x40\n").format() == DramTraceFormat::dramsys);
  CHECK(reader_of("10 (64) read 0x40\n").format() == DramTraceFormat::dramsys);
  CHECK(reader_of("10 read 40\n").format() == DramTraceFormat::dramsim3);
  CHECK(reader_of("10 read 40\n", {}, "t.stl").format() == DramTraceFormat::dramsys);
  CHECK(reader_of("10 read 40\n", DramTraceFormat::dramsim3, "t.stl").format() == DramTraceFormat::dramsim3);
  CHECK(
      error_of("hello world\n") ==
      "t:1:1: error: cannot tell the format: expected '0x1f40 READ 10' (dramsim3), 'LD 0x1f40' (ramulator2) "
      "or '10: read 0x1f40' (dramsys); or give --format");
  CHECK(message_of([] { static_cast<void>(tricycle::dram_trace_format("dramsin3", "--format")); }) ==
        "--format: error: expected dramsim3, ramulator2 or dramsys, found 'dramsin3'; did you mean "
        "'dramsim3'?");
}

TEST_CASE("a wrong word is an error with its line and column, what was expected and the nearest word") {
  CHECK(error_of("0x0 READ 0\n0x40  REED 1\n") ==
        "t:2:7: error: expected READ, P_MEM_RD, P_FETCH, WRITE, P_MEM_WR or BOFF, found 'REED'; did you mean "
        "'READ'?");
  CHECK(error_of("0xg0 READ 0\n", DramTraceFormat::dramsim3) ==
        "t:1:1: error: expected an address, such as 0x1f40, found 'g0'");
  CHECK(error_of("0x0 READ 0\n0x0 READ\n") ==
        "t:2:9: error: expected a cycle (a decimal number), found the end of the line");
  CHECK(error_of("0x0 READ 0 1\n") == "t:1:12: error: expected the end of the line, found '1'");
  CHECK(error_of("0x0 READ 0x5\n", DramTraceFormat::dramsim3) ==
        "t:1:10: error: expected a cycle (a decimal number), found '0x5'");
  CHECK(error_of("0x0 READ -5\n") == "t:1:10: error: expected a cycle (a decimal number), found '-5'");
  CHECK(error_of("LD 0x40\nLS 0x40\n") ==
        "t:2:1: error: expected LD, R, ST or W, found 'LS'; did you mean 'LD'?");
  CHECK(error_of("LD 0x40\nLD ff\n") == "t:2:4: error: expected an address, such as 0x1f40, found 'ff'");
  CHECK(
      error_of("R 0,0,1,2,5,3\n") ==
      "t:1:3: error: expected one address: vectors of channel, rank, bank ... (ReadWriteTrace) are not read");
  CHECK(error_of("1: READ 0x0\n") ==
        "t:1:4: error: expected read or write, found 'READ'; did you mean 'read'?");
  CHECK(error_of("1: (64 read 0x0\n") ==
        "t:1:4: error: expected the bytes of the request, such as (64), found ''");
  CHECK(error_of("1: (0) read 0x0\n") == "t:1:4: error: expected a request of at least 1 byte, found 0");
  CHECK(error_of("1: read 0x0 0xff\n") == "t:1:13: error: expected the end of the line, found '0xff'");
  CHECK(error_of("1: write 0x0 0xfff\n") ==
        "t:1:14: error: expected data, 0x and two hexadecimal digits for each byte");
}

TEST_CASE("numbers that do not fit are errors: 64 bits of address, cycle 10^12, a MiB of one request") {
  CHECK(requests_of("0xffffffffffffffff READ 1000000000000\n").front().address == UINT64_MAX);
  CHECK(error_of("0x10000000000000000 READ 0\n") ==
        "t:1:1: error: expected an address, such as 0x1f40, of at most 18446744073709551615, found "
        "'10000000000000000'");
  CHECK(error_of("0x0 READ 1000000000001\n") ==
        "t:1:10: error: expected a cycle (a decimal number) of at most 1000000000000, found '1000000000001'");
  CHECK(error_of("0x0 READ 99999999999999999999999\n").find("of at most 1000000000000") != std::string::npos);
  CHECK(requests_of("1: (1048576) read 0x0\n").front().bytes == 1048576);
  CHECK(error_of("1: (1048577) read 0x0\n").find("of at most 1048576") != std::string::npos);
}

TEST_CASE("a cycle before that of the request before is an error, the same one is not") {
  CHECK(error_of("0x0 READ 5\n0x0 READ 5\n0x0 READ 4\n") ==
        "t:3:10: error: cycle 4 is before that of the request before, 5");
  CHECK(error_of("5: read 0x0\n4: read 0x0\n") ==
        "t:2:1: error: cycle 4 is before that of the request before, 5");
}

TEST_CASE("an empty trace, and one of blank lines or comments, is an error") {
  CHECK(error_of("") == "t:1:1: error: the trace has no request");
  for (const DramTraceFormat format : all_formats) CHECK(error_of("", format).find("no request") < 60);
  CHECK(error_of("\n\n  \n").find("the trace has no request") != std::string::npos);
  CHECK(error_of("# nothing\n").find("the trace has no request") != std::string::npos);
  CHECK(message_of([] { static_cast<void>(tricycle::open_dram_trace("/none/t.trc", {})); }) ==
        "/none/t.trc: error: no such file");
  CHECK(message_of([] { static_cast<void>(tricycle::open_dram_trace("/tmp", {})); }) ==
        "/tmp: error: is a directory; a file is expected");
}

TEST_CASE("a line of 16,384 bytes is read, a longer one is an error, and an endless one is found to be") {
  const std::string blanks(16384 - 10, ' ');
  CHECK(requests_of("0x0 READ 0" + blanks + "\n0x40 READ 1\n").size() == 2);
  CHECK(requests_of("0x0 READ 0" + blanks).size() == 1);
  CHECK(error_of("0x0 READ 0\n0x0 READ 0" + blanks + " \n") ==
        "t:2:16385: error: expected the end of the line: it has more than 16384 bytes");
  DramTraceReader reader(std::make_unique<EndlessStream>("0x40 "), "t", DramTraceFormat::dramsim3);
  CHECK(message_of([&] { static_cast<void>(reader.next()); }).starts_with("t:1:16385: error: "));
}

TEST_CASE("a trace is read as a stream: its first million requests do not need its end") {
  DramTraceReader reader(std::make_unique<EndlessStream>("0x40 READ 7\n"), "t", {});
  int read = 0;
  while (read < 1'000'000 && reader.next()) ++read;
  CHECK(read == 1'000'000);
  CHECK(reader.bytes_read() < 12'000'000 + 4 * tricycle::LineReader::longest + 1);
}

TEST_CASE("what is written in a format is read back, for 300 random streams of each") {
  Random random(31);
  for (const DramTraceFormat format : all_formats) {
    for (int i = 0; i < 300; ++i) {
      const Requests requests = random_requests(random, format, static_cast<int>(random.below(60)) + 1);
      const std::string text = trace_text(format, requests);
      REQUIRE(requests_of(text, format) == requests);
      REQUIRE(requests_of(text) == requests);  // and the format is told from the first line
    }
  }
}

TEST_CASE("a run's requests are written one line for each burst that they touch") {
  const fs::path path = scratch("trace");
  const auto written = [&](DramTraceFormat format) {
    DramTraceWriter writer(path.string(), format, 64);
    writer.add(3, 0x1000, 128, false);
    writer.add(3, 0x10f0, 32, true);  // the end of one burst and the start of the next
    writer.add(9, 0x2001, 1, false);
    CHECK(writer.bursts() == 5);
    writer.finish();
    return content_of(path);
  };
  CHECK(written(DramTraceFormat::dramsim3) ==
        "0x1000 READ 2\n0x1040 READ 2\n0x10c0 WRITE 2\n0x1100 WRITE 2\n0x2000 READ 8\n");
  CHECK(written(DramTraceFormat::ramulator2) == "LD 0x1000\nLD 0x1040\nST 0x10c0\nST 0x1100\nLD 0x2000\n");
  CHECK(written(DramTraceFormat::dramsys) ==
        "3: read 0x1000\n3: read 0x1040\n3: write 0x10c0\n3: write 0x1100\n9: read 0x2000\n");
  fs::remove(path);
}

TEST_CASE("a run's trace is there whole or not at all, and one without a request is an error") {
  const fs::path path = scratch("whole");
  {
    DramTraceWriter writer(path.string(), DramTraceFormat::dramsim3, 64);
    writer.add(3, 0x1000, 64, false);
  }
  CHECK_FALSE(fs::exists(path));
  DramTraceWriter empty(path.string(), DramTraceFormat::dramsim3, 64);
  CHECK(message_of([&] { empty.finish(); }) == "no request reached DRAM: there is no trace of them to write");
  CHECK_FALSE(fs::exists(path));
  CHECK(message_of([] { DramTraceWriter("/none/t", DramTraceFormat::dramsim3, 64); }) ==
        "/none/t: error: cannot be written: No such file or directory");
}

TEST_CASE("thirty thousand damaged traces are refused with a place or read, and nothing else") {
  Random random(32);
  int refused = 0, read = 0;
  for (int i = 0; i < 30'000; ++i) {
    const DramTraceFormat format = all_formats[i % 3];
    std::string text = trace_text(format, random_requests(random, format, 6));
    for (std::uint64_t fault = random.below(3) + 1; fault > 0; --fault) {
      const std::size_t at = random.below(text.size());
      const std::string_view odd("\0 \n\r\t\xff:#,(x0-9aZ", 16);
      switch (random.below(4)) {
        case 0: text[at] = odd[random.below(odd.size())]; break;
        case 1: text.insert(at, 1, odd[random.below(odd.size())]); break;
        case 2: text.erase(at, random.below(8) + 1); break;
        default: text.resize(at + 1); break;
      }
    }
    const bool told = random.chance(0.5);
    const std::string message = error_of(text, told ? std::optional(format) : std::nullopt);
    if (message.empty()) {
      ++read;
    } else {
      ++refused;
      REQUIRE(message.starts_with("t:"));
      REQUIRE(message.find(": error: ") != std::string::npos);
    }
  }
  CHECK(refused > 10'000);
  CHECK(read > 3'000);
}
