// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "tests/system/program.hpp"

using tricycle::write_npy;
using tricycle::test::Workspace;

namespace {

/// What a run of mlp-mnist says; on a weight memory of so many KiB, and of so many images.
nlohmann::json run(const Workspace& here, const std::string& more, std::int64_t images = 1) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(images) * 784);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7);
  here.write("images.npy", write_npy({{images, 784}, pixels}));
  const auto ended = here.tricycle("run mlp-mnist --input images.npy -q -o out " + more);
  REQUIRE(ended.code == 0);
  return here.json("out/result.json");
}

}  // namespace

TEST_CASE("a network whose 15,034 bytes of parameters fit loads them once, and then its 784 pixels alone") {
  const Workspace here;
  const auto fits = run(here, "");
  CHECK(fits["warm"]["staying_bytes"] == 15034);
  CHECK(fits["dram"]["read_bytes"] == 15034 + 784 + fits["program"]["bytes"].get<int>());
  CHECK(fits["warm"]["dram"]["read_bytes"] == 784);
  CHECK(fits["warm"]["cycles"] < fits["cycles"]);
  CHECK(fits["warm"]["busiest"] == nlohmann::json{{"unit", "array"}, {"busy_cycles", 118}});
  CHECK(fits["warm"]["energy_pJ"] < fits["energy_pJ"]["total"]);
  // In 16 KiB they fit, too; in 14 they do not, and each inference loads all but 1,204 bytes.
  CHECK(
      run(here,
          "--set arch.weight_memory.size_KiB=16 --set arch.weight_memory.banks=8")["warm"]["staying_bytes"] ==
      15034);
  const auto small = run(here, "--set arch.weight_memory.size_KiB=14 --set arch.weight_memory.banks=14");
  CHECK(small["warm"]["busiest"]["unit"] == "dram");
  CHECK(small["warm"]["staying_bytes"] == 1204);
  CHECK(small["warm"]["dram"]["read_bytes"] == 15034 - 1204 + 784);
}

TEST_CASE("of two images the second loads 33,484 of 197,580 bytes of parameters less, with its own values") {
  const Workspace here;
  std::vector<std::uint8_t> pixels(std::size_t{2} * 3 * 32 * 32);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7);
  here.write("images.npy", write_npy({{2, 3, 32, 32}, pixels}));
  REQUIRE(here.tricycle("run finn-cnv-w1a1 --arch edge --input images.npy -q -o out").code == 0);
  const auto result = here.json("out/result.json");
  CHECK(result["warm"]["staying_bytes"] == 33484);
  CHECK(result["warm"]["dram"]["read_bytes"].get<int>() + 33484 + result["program"]["bytes"].get<int>() ==
        result["dram"]["read_bytes"]);
  CHECK(result["warm"]["cycles"].get<double>() < 0.96 * result["cycles"].get<double>());
  CHECK(result["verify"]["mismatches"] == 0);
  CHECK(result["verify"]["checked"] > 0);
}

TEST_CASE("of 3 images the first is cold and two are warm, with the times that one image alone has") {
  const Workspace here;
  const auto one = run(here, ""), three = run(here, "", 3);
  CHECK(three["cycles"] == one["cycles"]);
  CHECK(three["warm"] == one["warm"]);
  CHECK(three["inferences"]["cold"] == 1);
  CHECK(three["inferences"]["warm"] == 2);
  CHECK(three["inferences"]["cycles_max"] == one["cycles"]);
  CHECK(three["inferences"]["cycles_min"] == one["warm"]["cycles"]);
  CHECK(three["verify"]["mismatches"] == 0);
  CHECK(three["verify"]["checked"] == 3 * one["verify"]["checked"].get<int>());
}
