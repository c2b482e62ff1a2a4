// SPDX-License-Identifier: Apache-2.0
// report.html of a run, and `tricycle report`.
#include "tests/system/program.hpp"

using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

void check_report_refused(const Workspace& here, const std::string& folder, const std::string& message) {
  const auto ended = here.tricycle("report " + folder);
  CHECK(ended.err == message + "\n");
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK_FALSE(here.has(folder + "/report.html"));
}

/// A folder `out` whose result.json is this text.
void check_result_refused(const std::string& text, const std::string& message) {
  const Workspace here;
  std::filesystem::create_directory(here / "out");
  here.write("out/result.json", text);
  check_report_refused(here, "out", message);
}

}  // namespace

TEST_CASE("run writes report.html below 1.5 MB, and report makes the same bytes from the folder") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q -o out").code == 0);
  const std::string html = here.read("out/report.html");
  CHECK(html.size() > 50'000);
  CHECK(html.size() < 1'500'000);
  CHECK(html.find("<title>mlp-mnist on edge - Tricycle</title>") != std::string::npos);
  CHECK(html.find("\"synthetic_weights\":true") != std::string::npos);
  CHECK(html.find("\"command\":\"tricycle run mlp-mnist\"") != std::string::npos);
  std::filesystem::remove(here / "out/report.html");
  const auto ended = here.tricycle("report out");
  CHECK(ended.out == "report: out/report.html\n");
  CHECK(ended.code == 0);
  CHECK(here.read("out/report.html") == html);
  CHECK(here.tricycle("run mlp-mnist -q -o out").code == 0);  // the report is part of the result
}

TEST_CASE("a run with --no-html has no report, its command is the same, and report makes it later") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q --no-html -o out").code == 0);
  CHECK_FALSE(here.has("out/report.html"));
  CHECK(here.read("out/command.txt") == "tricycle run mlp-mnist\n");
  CHECK(here.tricycle("report out/").code == 0);
  CHECK(here.has("out/report.html"));
}

TEST_CASE("a replay writes report.html, and the 2 points of a sweep do not") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o tiny.trace").code == 0);
  REQUIRE(here.tricycle("replay tiny.trace -q -o out").code == 0);
  CHECK(here.read("out/report.html").find("<title>tiny on small - Tricycle</title>") != std::string::npos);
  here.write("s.yaml", "workload: ./tiny.yaml\narch: ./m.yaml\naxes:\n  arch.array.cols: [4, 8]\n");
  REQUIRE(here.tricycle("sweep s.yaml -o points").code == 0);
  int results = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here / "points")) {
    if (entry.path().filename() == "result.json") ++results;
    CHECK(entry.path().filename() != "report.html");
  }
  CHECK(results == 2);
}

TEST_CASE("a folder that is not there, or is no result, is refused by report") {
  const Workspace here;
  check_report_refused(here, "none", "none: error: no such folder");
  here.write("file", "text");
  check_report_refused(here, "file", "file: error: is no folder; expected the folder of a result");
  std::filesystem::create_directory(here / "mine");
  check_report_refused(here, "mine",
                       "mine: error: has no result.json; expected the folder that 'tricycle run' wrote");
}

TEST_CASE("a result.json that is cut off, no JSON or 65 levels deep is refused with its place") {
  const std::string damaged = "is damaged here, or cut short: expected JSON";
  check_result_refused("", "out/result.json:1:1: error: " + damaged);
  check_result_refused("{\"schema\":\n \"tricycle.result/1\", \"cyc",
                       "out/result.json:2:27: error: " + damaged);
  check_result_refused(R"({"schema": tricycle})", "out/result.json:1:14: error: " + damaged);
  check_result_refused(std::string(65, '['), "out/result.json: error: is nested deeper than 64 levels");
}

TEST_CASE("a JSON file of another kind or version is refused with the schema that was expected") {
  for (const char* text : {"[1, 2]", "7", R"({"cycles": 3})", R"({"schema": 1})"}) {
    check_result_refused(text,
                         "out/result.json: error: is no result of a run: expected the key 'schema' with "
                         "'tricycle.result/1'");
  }
  check_result_refused(
      R"({"schema": "tricycle.result/9"})",
      "out/result.json: error: has the schema 'tricycle.result/9'; expected 'tricycle.result/1'");
}

TEST_CASE("a result without its layers, or with words for them, is refused with the key") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q --no-html -o out").code == 0);
  const auto whole = here.json("out/result.json");
  const std::string message =
      "out/result.json: error: is no whole result: expected the key 'layers' with a list";
  auto without = whole;
  without.erase("layers");
  here.write("out/result.json", without.dump());
  check_report_refused(here, "out", message);
  without["layers"] = "none";
  here.write("out/result.json", without.dump());
  check_report_refused(here, "out", message);
  here.write("out/result.json", whole.dump());
  here.write("out/effective.yaml", "run: {seed: 1");
  const auto ended = here.tricycle("report out");
  CHECK(ended.err.starts_with("out/effective.yaml:1:"));
  CHECK(ended.code == 2);
}

TEST_CASE("report without a folder is refused") {
  const Workspace here;
  const auto ended = here.tricycle("report");
  CHECK(ended.err == "error: DIR is required\n(see 'tricycle report --help')\n");
  CHECK(ended.code == 2);
}
