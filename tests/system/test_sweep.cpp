// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

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
  here.write("m.yaml", std::string(small_machine) + "vector: {lanes: 4}\n");
  const auto ended = here.tricycle("sweep ./s.yaml -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err ==
        "out: error: holds the points of another sweep (or of another version of its files); give another "
        "folder with -o\n");
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
        "t.yaml:4:3: error: an axis starts with 'arch.', 'workload.', 'recurrent.' or 'formats.', such as "
        "arch.array.rows; "
        "'sloping_factor' does not\n");
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
