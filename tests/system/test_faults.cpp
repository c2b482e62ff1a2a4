// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::small_network;
using tricycle::test::Workspace;

/// What surrounds a run: the folder that its result goes to, the streams, the limits, and its end.

namespace {

/// What a shell makes of a command in which $T is the program.
Workspace::Ended shell(const Workspace& here, const std::string& command) {
  const std::string all = "cd '" + (here / "").string() + "' && T='" TRICYCLE_PROGRAM "' && export T && { " +
                          command + "\n} >.out 2>.err </dev/null";
  const int status = std::system(all.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), here.read(".out"),
          here.read(".err")};
}

/// The names in a workspace that a test did not put there itself.
std::vector<std::string> left_in(const Workspace& here, const std::string& folder = "") {
  std::vector<std::string> names;
  for (const auto& entry : tricycle::test::fs::directory_iterator(here / folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(".") && !name.ends_with(".yaml")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("a place that no result can be put into is refused before anything is simulated") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  const auto message = [&](const std::string& folder) {
    const auto ended =
        here.tricycle("run tiny.yaml --cycle-limit 1 -o '" + folder + "'");  // would end with 1
    CHECK(ended.code == 2);
    CHECK(ended.out.empty());
    return ended.err;
  };
  CHECK(message(".") ==
        ".: error: is the current folder, or one above it, which cannot be replaced; give another with -o\n");
  CHECK(message("/proc") ==
        "/proc: error: is a mount point, which cannot be replaced; give a folder in it\n");
  CHECK(message("/proc/r") == "/proc/r: error: cannot be created: No such file or directory\n");
  CHECK(message("tiny.yaml") == "tiny.yaml: error: exists and is no folder; give another with -o\n");
  CHECK(message("a\nb") == "a?b: error: is no name for output: its character 2 is a control character\n");
  REQUIRE(here.tricycle("run tiny.yaml -q -o real").code == 0);
  tricycle::test::fs::create_directory_symlink("real", here / "link");
  CHECK(message("link") ==
        "link: error: is a link to 'real'; give the folder itself, or 'link/' to replace what it leads to\n");
  REQUIRE(here.tricycle("run tiny.yaml -q --timing-only -o link/").code == 0);
  CHECK(tricycle::test::fs::is_symlink(here / "link"));
  CHECK(here.read("real/command.txt") == "tricycle run tiny.yaml --timing-only\n");
  CHECK(left_in(here) == std::vector<std::string>{"link", "real"});
}

TEST_CASE("a folder that nobody named gets a number where another command's result is") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  CHECK(here.tricycle("run tiny.yaml").out.ends_with("\nresult: runs/tiny\n"));
  CHECK(here.read("runs/tiny/command.txt") == "tricycle run tiny.yaml\n");
  CHECK(here.tricycle("run tiny.yaml").out.ends_with("\nresult: runs/tiny\n"));
  CHECK(here.tricycle("run tiny.yaml --set 'arch.name=a b'").out.ends_with("\nresult: runs/tiny-2\n"));
  CHECK(here.read("runs/tiny-2/command.txt") == "tricycle run tiny.yaml --set 'arch.name=a b'\n");
  CHECK(here.tricycle("run tiny.yaml --timing-only").out.ends_with("\nresult: runs/tiny-3\n"));
  CHECK(here.tricycle("run tiny.yaml -q --set 'arch.name=a b'").code == 0);
  CHECK(left_in(here, "runs") == std::vector<std::string>{"tiny", "tiny-2", "tiny-3"});
  CHECK(here.tricycle("run tiny.yaml -o runs/tiny-3").code == 0);
  CHECK(here.read("runs/tiny-3/command.txt") == "tricycle run tiny.yaml\n");
}

TEST_CASE("a name with a control character in an experiment is refused, and no folder is removed") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  REQUIRE(here.tricycle("run tiny.yaml -q -o runs/a").code == 0);
  here.write("nul.yaml", "name: \"a\\0b\"\nworkload: tiny.yaml\n");
  const auto ended = here.tricycle("run nul.yaml");
  CHECK(ended.code == 2);
  CHECK(ended.err == "runs/a?b: error: is no name for output: its character 7 is a control character\n");
  CHECK(here.has("runs/a/result.json"));
}

TEST_CASE("no output takes the place of what it is made from") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  REQUIRE(here.tricycle("lower tiny.yaml -o t.trace").code == 0);
  REQUIRE(here.tricycle("run tiny.yaml -q -o out").code == 0);
  const std::string reads = ": error: is a file that this command reads; give another for its output\n";
  const auto message = [&](const std::string& arguments) {
    const auto ended = here.tricycle(arguments);
    CHECK(ended.code == 2);
    return ended.err;
  };
  CHECK(message("lower tiny.yaml -o tiny.yaml") == "tiny.yaml" + reads);
  CHECK(message("lower tiny.yaml -o ./../" + (here / "").parent_path().filename().string() + "/tiny.yaml")
            .ends_with("/tiny.yaml" + reads));
  CHECK(message("run tiny.yaml -q --dram-trace tiny.yaml -o o") == "tiny.yaml" + reads);
  CHECK(message("replay t.trace -q --dram-trace t.trace -o o") == "t.trace" + reads);
  CHECK(message("trace asm tiny.yaml -o tiny.yaml") == "tiny.yaml" + reads);
  REQUIRE(here.tricycle("trace show t.trace").code == 0);
  CHECK(here.read("tiny.yaml") == small_network);
  CHECK(left_in(here) == std::vector<std::string>{"out", "t.trace"});
}

TEST_CASE("twelve runs to one folder at once: whole results, and clear errors") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  for (int round = 0; round < 3; ++round) {
    const auto ended = shell(here,
                             "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "
                             "{ $T run tiny.yaml -q -o out 2>.err$i; echo $? >.code$i; } & done; wait");
    REQUIRE(ended.code == 0);
    int whole = 0;
    for (int i = 1; i <= 12; ++i) {
      const std::string n = std::to_string(i), code = here.read(".code" + n), err = here.read(".err" + n);
      INFO("run " << i << ": " << code << err);
      whole += code == "0\n" ? 1 : 0;
      CHECK((code == "0\n"
                 ? err.empty()
                 : code == "2\n" && err == "out: error: another run is writing its result there now; wait "
                                           "for it, or give another with -o\n"));
    }
    CHECK(whole >= 1);
    CHECK(here.json("out/result.json")["status"] == "finished");
    CHECK(left_in(here) == std::vector<std::string>{"out"});
  }
}

TEST_CASE("streams that are closed or full end with an exit code, and lose no result") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  const auto code_of = [&](const std::string& command) { return shell(here, command).code; };
  CHECK(code_of("$T run none 2>&-") == 2);
  CHECK(code_of("$T run none 2>/dev/full") == 2);
  CHECK(code_of("$T run tiny.yaml -q -o a 2>/dev/full") == 0);
  CHECK(code_of("$T run tiny.yaml -q -o a 2>&- >&- <&-") == 0);
  const auto full = shell(here, "$T list >/dev/full");
  CHECK(full.code == 2);
  CHECK(full.err == "error: standard output cannot be written: No space left on device\n");
  CHECK(code_of("$T --help >/dev/full") == 2);
  const auto closed = shell(here, "$T list >&-");
  CHECK(closed.code == 2);
  CHECK(closed.err == "error: standard output cannot be written: Bad file descriptor\n");
  CHECK(code_of("$T run tiny.yaml -o b >/dev/full") == 2);
  CHECK(here.json("b/result.json")["status"] == "finished");
  // Who reads no further is not told.
  const auto head = shell(here, "{ $T list; echo $? >code; } | head -c 1");
  CHECK(head.err.empty());
  const auto pipe = shell(here, "{ sleep 0.2; $T list; echo $? >code; } | true");
  CHECK(pipe.err.empty());
  CHECK(here.read("code") == "141\n");
}

TEST_CASE("a file that grows too large is an error, not a death, and leaves nothing") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  const auto ended = shell(here, "ulimit -f 1; $T run tiny.yaml -q -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err == "out: error: its 'result.json' cannot be written whole: is the disk full?\n");
  CHECK(left_in(here).empty());
}

TEST_CASE("a run that is ended says what is kept, and leaves nothing else") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  const std::string ends =
      "for s in INT TERM HUP; do rm -f .err$s; "
      "env --default-signal=INT $T run fatnn-resnet18 --lockstep -q -o out 2>.err$s & p=$!; "
      "while [ ! -d out.part ]; do sleep 0.01; done; kill -$s $p; wait $p; echo $? >.code$s; done";
  REQUIRE(shell(here, ends).code == 0);
  for (const auto& [name, code] : {std::pair{"INT", "130\n"}, {"TERM", "143\n"}, {"HUP", "129\n"}}) {
    CHECK(here.read(std::string(".code") + name) == code);
    CHECK(here.read(std::string(".err") + name) == "\ninterrupted: nothing was written\n");
  }
  CHECK(left_in(here).empty());
  REQUIRE(here.tricycle("run tiny.yaml -q -o out").code == 0);
  REQUIRE(shell(here, ends).code == 0);
  CHECK(here.read(".errTERM") == "\ninterrupted: out is as it was\n");
  CHECK(here.json("out/result.json")["status"] == "finished");
  CHECK(left_in(here) == std::vector<std::string>{"out"});
}

TEST_CASE("a sweep that is ended says how many points are kept") {
  const Workspace here;
  const auto ended =
      shell(here,
            "printf 'workload: fatnn-resnet18\\naxes:\\n  arch.array.rows: [4, 8, 16, 32]\\n' >s.yaml; "
            "env --default-signal=INT $T sweep s.yaml -j 1 -o out 2>.log & p=$!; "
            "while ! ls out/points/*.part >.found 2>.not; do sleep 0.01; done; kill -INT $p; wait $p");
  CHECK(ended.code == 130);
  CHECK(here.read(".log").ends_with(
      "\ninterrupted: 0 of 4 points are kept in out; the same command goes on with the "
      "others\n"));
}

TEST_CASE("a gzip file that says it holds more than 512 MiB is refused at once") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("x.npy.gz", "\x1f\x8b" + std::string(1 << 20, 'x') + std::string("\0\0\0\x21", 4));
  const auto ended = here.tricycle("run tiny.yaml --input x.npy.gz -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err ==
        "x.npy.gz: error: says that it unpacks to 553648128 bytes; at most 536870912 are unpacked\n");
  CHECK(left_in(here) == std::vector<std::string>{"x.npy.gz"});
}
