// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <set>
#include <thread>

#include "support/files.hpp"
#include "tests/system/program.hpp"

using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

const char* const sweep =
    "workload: ./tiny.yaml\n"
    "arch: ./m.yaml\n"
    "axes:\n"
    "  arch.array.rows: [1, 2, 4]\n"
    "  arch.array.cols: [4, 8]\n"
    "  workload.seed: [1, 2]\n";

void prepare(const Workspace& here) {
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  here.write("s.yaml", sweep);
}

/// Two points, of whom one has a DRAM of a file.
const char* const dram_sweep =
    "workload: ./tiny.yaml\narch: ./m.yaml\naxes:\n  arch.dram.kind: [ideal, ./dram.yaml]\n";

std::string preset(const std::string& name) {
  return tricycle::test::slurp(TRICYCLE_TEST_SOURCE "/configs/" + name);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// Sweeps again, with exit code 0, and gives how many points were kept and run: the line that says so.
std::string again(const Workspace& here) {
  const auto ended = here.tricycle("sweep ./s.yaml -o out -j 2");
  CHECK(ended.err.find("error") == std::string::npos);
  CHECK(ended.code == 0);
  return ended.out.substr(0, ended.out.find('\n'));
}

/// The table must be that of a sweep in a folder of its own: never an old number.
void check_as_fresh(const Workspace& here) {
  REQUIRE(here.tricycle("sweep ./s.yaml -o fresh -j 2").code == 0);
  CHECK(here.read("out/sweep.csv") == here.read("fresh/sweep.csv"));
  std::filesystem::remove_all(here / "fresh");
}

}  // namespace

TEST_CASE("a sweep writes a row for every point of the grid, the last axis fastest") {
  const Workspace here;
  prepare(here);
  const auto ended = here.tricycle("sweep ./s.yaml -o out -j 2");
  CHECK(ended.code == 0);
  const std::string csv = here.read("out/sweep.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 3 * 2 * 2);
  CHECK(csv.starts_with("arch.array.rows,arch.array.cols,workload.seed,status,cycles,"));
  CHECK(csv.find("\n1,4,1,finished,") < csv.find("\n1,4,2,finished,"));
  CHECK(csv.find("\n1,8,2,finished,") < csv.find("\n2,4,1,finished,"));
}

TEST_CASE("a sweep gives the same table for any number of jobs, and after points were lost") {
  const Workspace here;
  prepare(here);
  REQUIRE(here.tricycle("sweep ./s.yaml -o one -j 1").code == 0);
  REQUIRE(here.tricycle("sweep ./s.yaml -o two -j 2").code == 0);
  CHECK(here.read("one/sweep.csv") == here.read("two/sweep.csv"));
  std::filesystem::remove(here / "two/sweep.csv");
  int lost = 0;
  for (const auto& point : std::filesystem::directory_iterator(here / "two/points")) {
    if (++lost % 2 == 0) std::filesystem::remove_all(point.path());
  }
  REQUIRE(here.tricycle("sweep ./s.yaml -o two -j 2").code == 0);
  CHECK(here.read("one/sweep.csv") == here.read("two/sweep.csv"));
}

TEST_CASE("a point that does not fit has its reason in the table, and the others run") {
  const Workspace here;
  prepare(here);
  here.write("tiny.yaml", tricycle::test::wide_pool);
  here.write("s.yaml",
             "workload: ./tiny.yaml\narch: ./m.yaml\naxes:\n  arch.activation_memory.size_KiB: [64, 4]\n");
  const auto ended = here.tricycle("sweep ./s.yaml -o out");
  CHECK(ended.code == 1);
  CHECK(ended.err.ends_with("error: some points failed; their rows in sweep.csv say why\n"));
  const std::string csv = here.read("out/sweep.csv");
  CHECK(csv.find("\n64,finished,") != std::string::npos);
  CHECK(csv.find("\n4,failed,") != std::string::npos);
  CHECK(csv.find("activation_memory.size_KiB would have to be 17") != std::string::npos);
}

TEST_CASE("a folder of another sweep is refused") {
  const Workspace here;
  prepare(here);
  REQUIRE(here.tricycle("sweep ./s.yaml -o out").code == 0);
  here.write("s.yaml", std::string(sweep) + "  workload.input.features: [40]\n");
  const auto ended = here.tricycle("sweep ./s.yaml -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err == "out: error: holds the points of another sweep; give another folder with -o\n");
}

TEST_CASE(
    "a sweep over the sloping factor and the steps of an LSTM runs on the machine that the network names") {
  const Workspace here;
  here.write(
      "s.yaml",
      "name: s\nworkload: hitnet-lstm-ptb\nverify: 'off'\naxes:\n  recurrent.sloping_factor: [0.4, 1]\n"
      "  workload.sequence: [2]\n");
  REQUIRE(here.tricycle("sweep s.yaml -o out -j 2").code == 0);
  const std::string table = here.read("out/sweep.csv");
  CHECK(table.find("\n0.4,2,finished,") != std::string::npos);
  CHECK(table.find("\n1,2,finished,") != std::string::npos);
  here.write("t.yaml", "name: t\nworkload: hitnet-lstm-ptb\naxes:\n  sloping_factor: [0.4]\n");
  CHECK(here.tricycle("sweep t.yaml -o out2").err ==
        "t.yaml:4:3: error: 'sloping_factor' is no axis, which is a key of a run, such as limit, or starts "
        "with "
        "'arch.', 'workload.', 'recurrent.' or 'formats.', such as arch.array.rows\n");
}

TEST_CASE("a sweep that is killed goes on where it was, to the same table") {
  const Workspace here;
  prepare(here);
  REQUIRE(here.tricycle("sweep ./s.yaml -o whole").code == 0);
  const std::string folder = (here / "killed").string();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::filesystem::current_path(here / ".");
    ::execl(TRICYCLE_PROGRAM, "tricycle", "sweep", "./s.yaml", "-o", folder.c_str(), "-j", "1",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  // Wait for its first results, then kill it.
  const auto results = [&] {
    int count = 0;
    std::error_code error;
    for (const auto& point : std::filesystem::directory_iterator(folder + "/points", error)) {
      count += std::filesystem::exists(point.path() / "result.json", error) ? 1 : 0;
    }
    return count;
  };
  for (int i = 0; i < 10000 && results() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK_FALSE(here.has("killed/sweep.csv"));
  REQUIRE(here.tricycle("sweep ./s.yaml -o killed").code == 0);
  CHECK(here.read("killed/sweep.csv") == here.read("whole/sweep.csv"));
}

TEST_CASE("points whose files did not change are kept, all of them when nothing changed") {
  const Workspace here;
  prepare(here);
  CHECK(again(here) == "points: 0 kept, 0 run again, 12 run");
  const std::string table = here.read("out/sweep.csv");
  std::map<std::string, std::filesystem::file_time_type> written;
  for (const auto& file : std::filesystem::recursive_directory_iterator(here / "out/points"))
    written[file.path().string()] = file.last_write_time();
  CHECK(again(here) == "points: 12 kept, 0 run again, 0 run");
  CHECK(here.read("out/sweep.csv") == table);
  std::size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(here / "out/points")) {
    CHECK(written[file.path().string()] == file.last_write_time());
    ++files;
  }
  CHECK(files == written.size());
}

TEST_CASE("a changed machine or network runs all 12 points again, in the same folders") {
  const Workspace here;
  prepare(here);
  CHECK(again(here) == "points: 0 kept, 0 run again, 12 run");
  const std::string old = here.read("out/sweep.csv");
  here.write("m.yaml", std::string(small_machine) + "vector: {lanes: 4}\n");
  CHECK(again(here) == "points: 0 kept, 12 run again (changed: ./m.yaml), 0 run");
  CHECK(here.read("out/sweep.csv") != old);
  check_as_fresh(here);
  here.write("tiny.yaml", replaced(small_network, "units: 12", "units: 13"));
  CHECK(again(here) == "points: 0 kept, 12 run again (changed: ./tiny.yaml), 0 run");
  check_as_fresh(here);
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(here / "out/points"))
    folders += entry.is_directory() ? 1 : 0;
  CHECK(folders == 12);
}

TEST_CASE("a changed DRAM file that an axis names runs that point again and keeps the other") {
  const Workspace here;
  prepare(here);
  here.write("s.yaml", dram_sweep);
  here.write("dram.yaml", preset("dram/DDR4_8Gb_x8_2400.yaml"));
  CHECK(again(here) == "points: 0 kept, 0 run again, 2 run");
  const std::string old = here.read("out/sweep.csv");
  here.write("dram.yaml", replaced(preset("dram/DDR4_8Gb_x8_2400.yaml"), "CL: 17", "CL: 27"));
  CHECK(again(here) == "points: 1 kept, 1 run again (changed: ./dram.yaml), 0 run");
  CHECK(here.read("out/sweep.csv") != old);
  check_as_fresh(here);
}

TEST_CASE("a changed DRAM file that the machine names runs its points again") {
  const Workspace here;
  prepare(here);
  here.write("m.yaml", std::string(small_machine) + "dram: {kind: ./dram.yaml}\n");
  here.write("dram.yaml", preset("dram/DDR4_8Gb_x8_2400.yaml"));
  REQUIRE(again(here) == "points: 0 kept, 0 run again, 12 run");
  const std::string old = here.read("out/sweep.csv");
  here.write("dram.yaml", replaced(preset("dram/DDR4_8Gb_x8_2400.yaml"), "CL: 17", "CL: 27"));
  const std::string line = again(here);
  CHECK(line.starts_with("points: 0 kept, 12 run again (changed: "));
  CHECK(line.ends_with("dram.yaml), 0 run"));
  CHECK(here.read("out/sweep.csv") != old);
  check_as_fresh(here);
}

TEST_CASE("a changed SRAM table of the technology gives new energies") {
  const Workspace here;
  prepare(here);
  here.write("s.yaml",
             "workload: ./tiny.yaml\narch: ./m.yaml\ntech: ./tech.yaml\naxes:\n  arch.array.rows: [1, 2]\n");
  here.write("tech.yaml", preset("tech/45nm.yaml"));
  here.write("cacti_45nm.csv", preset("tech/cacti_45nm.csv"));
  here.write("stillmaker.csv", preset("tech/stillmaker.csv"));
  CHECK(again(here) == "points: 0 kept, 0 run again, 2 run");
  const std::string old = here.read("out/sweep.csv");
  here.write("cacti_45nm.csv", replaced(preset("tech/cacti_45nm.csv"), "8,64,4.91712,", "8,64,5.91712,"));
  CHECK(again(here) == "points: 0 kept, 2 run again (changed: ./cacti_45nm.csv), 0 run");
  CHECK(here.read("out/sweep.csv") != old);
  check_as_fresh(here);
}

TEST_CASE("a changed array of weights runs the points of the network again, and a changed input too") {
  const Workspace here;
  const auto npy = [](const std::string& shape, const std::vector<float>& values) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(117, ' ');
    const auto* bytes = reinterpret_cast<const char*>(values.data());
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
           std::string(bytes, values.size() * sizeof(float));
  };
  std::filesystem::create_directory(here / "codes");
  for (const std::string name : {"wx_h", "wh_h", "decoder"})
    here.write("codes/" + name + ".npy", npy("(2, 2)", {1, 0, -1, 1}));
  for (const std::string name : {"bx_h", "bh_h", "decoder_bias"})
    here.write("codes/" + name + ".npy", npy("(2,)", {0, 1}));
  here.write("letters.yaml",
             "format: tricycle-network/1\nname: letters\nsequence: 2\nvocabulary: 2\ncharacters: ab\n"
             "layers:\n  - {name: rnn, cell: rnn, units: 2}\ndecoder: {units: 2}\n"
             "recurrent: {weights: ttq, activations: btq, input: one_hot}\ntrained: codes\n"
             "alpha: {wx_h: 0.5, wh_h: 0.5, bx_h: 0.5, bh_h: 0.5, decoder: 0.5}\n");
  here.write("text.txt", "abbabaab");
  here.write("s.yaml",
             "workload: ./letters.yaml\narch: recurrent\ninput: text.txt\naxes:\n"
             "  arch.array.rows: [1, 2]\n");
  const auto outputs = [&] {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(here / "out/points")) {
      if (!entry.is_directory()) continue;
      const std::string path = "out/points/" + entry.path().filename().string() + "/result.json";
      all.insert(here.json(path)["outputs"].dump());
    }
    return all;
  };
  CHECK(again(here) == "points: 0 kept, 0 run again, 2 run");
  const auto first = outputs();
  here.write("codes/decoder.npy", npy("(2, 2)", {0, 1, 1, -1}));
  CHECK(again(here) == "points: 0 kept, 2 run again (changed: ./codes/decoder.npy), 0 run");
  const auto second = outputs();
  CHECK(first != second);
  here.write("text.txt", "bbbbabab");
  CHECK(again(here) == "points: 0 kept, 2 run again (changed: ./text.txt), 0 run");
  CHECK(second != outputs());
  CHECK(again(here) == "points: 2 kept, 0 run again, 0 run");
}

TEST_CASE("a changed machine that the network names, or its naming another, runs the points again") {
  const Workspace here;
  const std::string network =
      "format: tricycle-network/1\nname: words\narch: ./m.yaml\nsequence: 2\nvocabulary: 4\nembedding: 5\n"
      "layers:\n  - {name: lstm, cell: lstm, units: 3}\ndecoder: {units: 4}\n"
      "recurrent: {weights: ttq, activations: btq}\n";
  const std::string machine = preset("arch/recurrent.yaml");
  here.write("words.yaml", network);
  here.write("m.yaml", machine);
  here.write("s.yaml", "workload: ./words.yaml\naxes:\n  workload.seed: [1, 2]\n");
  CHECK(again(here) == "points: 0 kept, 0 run again, 2 run");
  here.write("m.yaml", replaced(machine, "clock_MHz: 500", "clock_MHz: 400"));
  CHECK(again(here) == "points: 0 kept, 2 run again (changed: ./m.yaml), 0 run");
  check_as_fresh(here);
  here.write("words.yaml", replaced(network, "./m.yaml", "recurrent"));
  CHECK(again(here) == "points: 0 kept, 2 run again (changed: ./words.yaml), 0 run");
  check_as_fresh(here);
}

TEST_CASE("presets of another folder are other files, and a point that fails now has no old numbers") {
  const Workspace here;
  prepare(here);
  here.write("s.yaml", dram_sweep);
  here.write("dram.yaml", preset("dram/DDR4_8Gb_x8_2400.yaml"));
  CHECK(again(here) == "points: 0 kept, 0 run again, 2 run");
  std::filesystem::create_directory(here / "home");
  for (const char* folder : {"configs", "workloads"})
    std::filesystem::create_directory_symlink(std::string(TRICYCLE_TEST_SOURCE "/") + folder,
                                              here / ("home/" + std::string(folder)));
  REQUIRE(::setenv("TRICYCLE_HOME", (here / "home").c_str(), 1) == 0);
  CHECK(again(here).starts_with("points: 0 kept, 2 run again (changed: "));
  ::unsetenv("TRICYCLE_HOME");
  CHECK(again(here).starts_with("points: 0 kept, 2 run again (changed: "));
  std::filesystem::remove(here / "dram.yaml");
  const auto ended = here.tricycle("sweep ./s.yaml -o out");
  CHECK(ended.code == 1);
  CHECK(ended.out.starts_with("points: 1 kept, 1 run again (changed: ./dram.yaml), 0 run\n"));
  CHECK(here.read("out/sweep.csv").find("\n./dram.yaml,failed,,,") != std::string::npos);
}

TEST_CASE("a run writes which files it read, by path, with the SHA-256 of each") {
  const Workspace here;
  prepare(here);
  REQUIRE(here.tricycle("run ./tiny.yaml --arch ./m.yaml -q -o out --note-reads reads.json").code == 0);
  const auto reads = here.json("reads.json");
  const std::string machine = small_machine;
  CHECK(reads["./m.yaml"] ==
        tricycle::sha256({reinterpret_cast<const std::uint8_t*>(machine.data()), machine.size()}));
  CHECK(reads.contains("./tiny.yaml"));
  CHECK(reads.size() == 5);  // and 45nm with its two tables
}

TEST_CASE("files are read in support/files alone, which notes them") {
  // What writes files opens them too, and what closed streams are opened as.
  std::set<std::string> readers;
  for (const char* folder : {"arch", "sim", "support", "traces", "workloads"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(TRICYCLE_TEST_SOURCE "/" + std::string(folder))) {
      const std::string path = file.path().string();
      if (!path.ends_with(".cpp") && !path.ends_with(".hpp")) continue;
      const std::string text = tricycle::test::slurp(path);
      for (const char* call :
           {"std::ifstream", "std::fstream", "filebuf", "fopen(", "::open(", "mmap(", "LoadFile"}) {
        if (text.find(call) != std::string::npos)
          readers.insert(path.substr(std::string(TRICYCLE_TEST_SOURCE "/").size()));
      }
    }
  }
  CHECK(readers == std::set<std::string>{"support/ending.cpp", "support/files.cpp", "support/output.cpp"});
}
