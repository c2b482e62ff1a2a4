// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::check_refused;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

/// A sweep whose axes are these lines.
void write_sweep(const Workspace& here, const std::string& axes) {
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  here.write("s.yaml", "workload: ./tiny.yaml\narch: ./m.yaml\naxes:\n" + axes);
}

}  // namespace

TEST_CASE(
    "check finds what would stop a point of a sweep, once for each reason, with the place of the value") {
  const Workspace here;
  write_sweep(here, "  arch.array.rows: [2, 0]\n  workload.seed: [1, 2, 3]\n");
  check_refused(
      here, "check s.yaml",
      "s.yaml: error: 3 of 6 points cannot run\n"
      "  arch.array.rows=0 workload.seed=1 and 2 more: s.yaml:4:24: error: 'rows' expects an integer from "
      "1 to 4096, not '0'");
  write_sweep(here, "  arch.array.rows: [2, 1]\n  workload.seed: [1, 2, 3]\n");
  const auto ended = here.tricycle("check s.yaml");
  CHECK(ended.out == "s.yaml: ok, a sweep of 6 points\n");
  CHECK(ended.code == 0);
}

TEST_CASE("check finds that a network does not fit at a point, with the size that it would need") {
  const Workspace here;
  write_sweep(here, "  arch.activation_memory.size_KiB: [64, 4]\n");
  here.write("tiny.yaml", tricycle::test::wide_pool);
  const auto ended = here.tricycle("check s.yaml");
  CHECK(ended.code == 2);
  CHECK(ended.err.starts_with(
      "s.yaml: error: 1 of 2 points cannot run\n  arch.activation_memory.size_KiB=4: "));
  CHECK(ended.err.find("activation_memory.size_KiB would have to be 17") != std::string::npos);
}

TEST_CASE("check reads the technology and the input of a sweep too") {
  const Workspace here;
  write_sweep(here, "  workload.seed: [1, 2]\n");
  here.write("s.yaml", here.read("s.yaml") + "tech: 44nm\n");
  check_refused(here, "check s.yaml",
                "s.yaml: error: 2 of 2 points cannot run\n"
                "  workload.seed=1 and 1 more: s.yaml:5:7: error: no preset '44nm' in configs/tech; did you "
                "mean '45nm'?");
  write_sweep(here, "  workload.seed: [1, 2]\n");
  here.write("s.yaml", here.read("s.yaml") + "input: x.npy\n");
  check_refused(here, "check s.yaml",
                "s.yaml: error: 2 of 2 points cannot run\n"
                "  workload.seed=1 and 1 more: ./x.npy: error: no such file");
}

TEST_CASE("a wrong value of an axis has the place of the sweep's file, not a --set that nobody typed") {
  const Workspace here;
  write_sweep(here, "  arch.array.rows: [0, x]\n");
  check_refused(here, "sweep s.yaml -o out",
                "s.yaml:4:21: error: 'rows' expects an integer from 1 to 4096, not '0'");
  write_sweep(here, "  arch.array.rows: [x, 2]\n  arch.array.cols: [4, y]\n");
  check_refused(
      here, "check s.yaml",
      "s.yaml: error: 3 of 4 points cannot run\n"
      "  arch.array.rows=x arch.array.cols=4 and 1 more: s.yaml:4:21: error: 'rows' expects an integer from "
      "1 to 4096, not 'x'\n"
      "  arch.array.rows=2 arch.array.cols=y: s.yaml:5:24: error: 'cols' expects an integer from 1 to 4096, "
      "not 'y'");
  write_sweep(here, "  arch.array.rows: [2, 0]\n");
  CHECK(here.tricycle("sweep s.yaml -o out").code == 1);
  const std::string table = here.read("out/sweep.csv");
  CHECK(table.find("\n0,failed,") != std::string::npos);
  CHECK(table.find("s.yaml:4:24: error: 'rows' expects an integer from 1 to 4096, not '0'") !=
        std::string::npos);
  CHECK(table.find("--set") == std::string::npos);
}

TEST_CASE(
    "a key that no machine has, and a format that no weights have, have the place of the sweep's file") {
  const Workspace here;
  write_sweep(here, "  arch.array.rowz: [1, 2]\n");
  check_refused(here, "sweep s.yaml -o out", "s.yaml:4:21: error: unknown key 'rowz'; did you mean 'rows'?");
  write_sweep(here, "  formats.weights.dram: [trit6, trit7]\n");
  check_refused(
      here, "sweep s.yaml -o out",
      "s.yaml:4:26: error: 'dram' expects trit2, planes, trit5 or bitmap, not 'trit6'; did you mean "
      "'trit2'?");
}
