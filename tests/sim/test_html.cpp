// SPDX-License-Identifier: Apache-2.0
#include "sim/report/html.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_bytes = 1'500'000;

/// What a report needs of a run of as many layers and time steps.
Json result_of(std::size_t layers, std::size_t steps) {
  Json result = {
      {"schema", "tricycle.result/1"},
      {"workload", {{"name", "net"}, {"weights", "synthetic, seed 1"}, {"synthetic_weights", true}}},
      {"machine", "edge"},
      {"tech", {{"name", "45nm"}}},
      {"cycles", 1'000'000},
      {"energy_pJ", {{"total", 1234567.890123}}},
      {"units", Json::array()},
      {"layers", Json::array()},
      {"memory", {{"tensors", Json::array()}}}};
  const Json lost = {{"array", 123456}, {"output_stage", 12345}, {"vector", 1234567}, {"ports", 1234},
                     {"dram", 1234567}, {"fill", 1234},          {"dependency", 12},  {"fetch", 12}};
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string name = "encoder.layer" + std::to_string(i) + ".conv1";
    result["layers"].push_back(
        {{"name", name},
         {"op", "Conv+Mul+Add+Relu"},
         {"datapath", "ternary_planes"},
         {"macs", 115605504},
         {"cycles", 1919988},
         {"lost_cycles", lost},
         {"energy_pJ", 519014673.7040659},
         {"packing", {{"dram_bytes", 12288}, {"values_bytes", 9408}, {"saving", 3.0625}}}});
    for (const char* tensor : {".weights", ".table", ".sums"})
      result["memory"]["tensors"].push_back(
          {{"name", name + tensor},
           {"first_layer", name},
           {"last_layer", name},
           {"bytes", 12288},
           {"reason", "loaded once, in tiles of 16 of 64 output channels: blocks of 2.3 KiB of 128 KiB"}});
  }
  for (std::size_t i = 0; i < steps; ++i)
    result["recurrence"]["per_step"].push_back({{"step", i},
                                                {"cycles", 8008},
                                                {"array_busy_cycles", 5700},
                                                {"utilization", 0.4273070679320679},
                                                {"dram_read_bytes", 3072},
                                                {"dram_write_bytes", 2560},
                                                {"energy_pJ", 4706499.25}});
  return result;
}

std::string html_of(const Json& result) {
  return report_html({result.dump(), "run: {seed: 1}\n", "tricycle run net"}, "out");
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// The JSON that a report holds.
Json data_of(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t at = html.find(begin) + begin.size();
  return Json::parse(html.substr(at, html.find("</script>", at) - at));
}

}  // namespace

TEST_CASE("the title of a report has workload and machine, and its data the result and the configuration") {
  const std::string html = html_of(result_of(1, 0));
  CHECK(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"));
  CHECK(count_of(html, "<title>net on edge - Tricycle</title>") == 1);
  const Json data = data_of(html);
  CHECK(data["result"] == result_of(1, 0));
  CHECK(data["effective"]["run"]["seed"] == "1");
  CHECK(data["command"] == "tricycle run net");
}

TEST_CASE("a report loads nothing: its only address is the name of SVG's elements") {
  const std::string html = html_of(result_of(1, 0));
  CHECK(count_of(html, "://") == 1);
  CHECK(count_of(html, "http://www.w3.org/2000/svg") == 1);
  for (const char* word : {" src=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("}) {
    INFO(word);
    CHECK(count_of(html, word) == 0);
  }
  CHECK(count_of(html, "default-src 'none'") == 1);
  CHECK(count_of(html, "{{") == 0);
}

TEST_CASE("a layer or a workload named </script> ends no script: the 2 of a report are closed once each") {
  Json result = result_of(1, 0);
  const std::string name = "</script><script>alert(1)</script><!--\"&";
  result["layers"][0]["name"] = name;
  result["workload"]["name"] = name;
  const std::string html = html_of(result);
  CHECK(count_of(html, "</script>") == 2);
  CHECK(count_of(html, "<!--") == 0);
  CHECK(count_of(html,
                 "<h1>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--&quot;&amp; on edge</h1>") ==
        1);
  CHECK(data_of(html)["result"]["layers"][0]["name"] == name);
}

TEST_CASE("a report of 1,000 layers, 10,000 time steps and 100,000 output values takes at most 1.5 MB") {
  Json result = result_of(1'000, 10'000);
  result["outputs"]["first"] = std::vector<double>(100'000, 0.12345678);
  result["outputs"]["further"] = {{{"first", std::vector<double>(100'000, 0.12345678)}}};
  const std::string html = html_of(result);
  CHECK(html.size() <= most_bytes);
  const Json data = data_of(html);
  CHECK(data["result"]["layers"].size() == 1'000);
  CHECK(data["result"]["outputs"]["first"].size() == 16);
  CHECK(data["result"]["outputs"]["further"][0]["first"].size() == 16);
}

TEST_CASE("of 1,001 time steps each 3 share a row, whose figures are added up, and the last 2 another") {
  const Json rows = data_of(html_of(result_of(1, 1'001)))["result"]["recurrence"]["per_step"];
  REQUIRE(rows.size() == 334);
  CHECK(rows[1]["step"] == 3);
  CHECK(rows[1]["steps"] == 3);
  CHECK(rows[1]["cycles"] == 3 * 8008);
  CHECK(rows[1]["dram_read_bytes"] == 3 * 3072);
  CHECK(rows[1]["energy_pJ"] == 3 * 4706499.25);
  CHECK(rows[333]["steps"] == 2);
  CHECK(data_of(html_of(result_of(1, 500)))["result"]["recurrence"]["per_step"].size() == 500);
}

TEST_CASE("1,001 time steps of which some are no rows, or have words for figures, are left out or refused") {
  Json result = result_of(1, 1'001);
  Json& steps = result["recurrence"]["per_step"];
  steps[0] = 7;
  CHECK(data_of(html_of(result))["result"]["recurrence"]["per_step"][0]["steps"] == 2);
  steps[1]["cycles"] = "many";
  CHECK_THROWS_WITH(html_of(result),
                    "out/result.json: error: is no whole result: some of its figures are no numbers");
  const std::string huge = R"({"schema": "tricycle.result/1", "cycles": 1e999})";
  CHECK_THROWS_WITH(report_html({huge, "", ""}, "out"),
                    "out/result.json: error: has a number that is out of range");
}

TEST_CASE("a report without effective.yaml has no configuration") {
  const std::string html = report_html({result_of(1, 0).dump(), "", ""}, "out");
  CHECK_FALSE(data_of(html).contains("effective"));
}
