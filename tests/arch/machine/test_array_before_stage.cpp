// SPDX-License-Identifier: Apache-2.0
// The array alone before a fake output stage: what of the rules O1 to O6 is the array's. The fake has started
// what takes the sums; in the same cycle the array can start.
#include "arch/units/array/processing_array.hpp"
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

struct StagedRun {
  MachineSpec spec = staged_machine();
  Cycles staged_in = 3;        ///< in which the fake stage tells that it has started
  Cycles finished_in = never;  ///< in which the unit of arithmetic hands the tile back
};

struct Fed {
  std::string tile;   ///< the cycle in which the unit of arithmetic sees the tile, and for how many it is fed
  std::string stage;  ///< in which the stage sees that its matmul feeds
  std::string summed;  ///< in which it sees that sums are complete, and for how many cycles the last come
  std::string ports;   ///< accesses at ports, "write of activation from 12 for 1", but for operands
};

std::string name_of_ports(PortSet ports) {
  for (int memory = 0; memory < sram_count; ++memory) {
    for (const bool write : {false, true}) {
      if (ports == PortSet::of(2 * memory, write))
        return (write ? "write of " : "read of ") + names_of(Memory{})[static_cast<std::size_t>(memory)];
    }
  }
  return "?";
}

template <class Stage>
Fed fed(const isa::Matmul& matmul, const Stage& stage, const StagedRun& what = {}) {
  Fed all;
  static_cast<void>(both_modes([&](bool lockstep) {
    EngineBench bench(what.spec, {make(staged(matmul)), make(on_sums(stage)), halt()}, 100, lockstep);
    Channel<TileWork> popcount("popcount", bench.run);
    Channel<std::uint32_t> done("popcount_done", bench.run);
    Channel<std::uint32_t> started("started", bench.run), feeds("feeds", bench.run);
    Channel<Cycles> summed("summed", bench.run);
    FakeAccess access;
    ProcessingArray unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.access.bind(access);
    unit.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
    unit.finished[ProcessingArray::port_of(UnitId::popcount)].bind(done);
    unit.staged.bind(started);
    unit.fed.bind(feeds);
    unit.summed.bind(summed);
    Log tile, fed_in, sums;
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      if (now == what.staged_in) {
        const std::uint32_t place = bench.scoreboard.issue(now, 1, {});
        bench.scoreboard.start(now, place, Engine::output_stage);
        started.post(place);
      }
      if (now == what.finished_in) done.post(0);
      while (popcount.has()) tile.add(now, popcount.take().cycles);
      for (; feeds.has(); feeds.take()) fed_in.add(now);
      while (summed.has()) sums.add(now, summed.take());
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &popcount, &done, &started, &feeds, &summed, &around, &unit});
    std::string ports;
    for (std::size_t s = 2; s < access.streams.size(); ++s) {
      const Stream& stream = access.streams[s];
      ports += (ports.empty() ? "" : ", ") + name_of_ports(stream.ports) + " from " +
               std::to_string(stream.first) + " for " + std::to_string(stream.busy);
      if (stream.count > 1)
        ports += " every " + std::to_string(stream.period) + " x " + std::to_string(stream.count);
    }
    all = {tile.text(), fed_in.text(), sums.text(), ports};
    return all.tile + '|' + all.stage + '|' + all.summed + '|' + all.ports;
  }));
  return all;
}

/// For how many cycles a tile is fed and its last sums come, as "4, 1".
template <class Stage, class Change>
std::string cycles(const isa::Matmul& matmul, const Stage& stage, Change change) {
  StagedRun what;
  what.finished_in = 90;
  change(what.spec);
  const Fed all = fed(matmul, stage, what);
  return all.tile.substr(all.tile.find(':') + 1) + ", " + all.summed.substr(all.summed.find(':') + 1);
}

isa::Scale whole_sums(std::uint32_t rows) {
  isa::Scale stage = scale_of(rows, 3);
  stage.format = Format::int32;
  stage.result_line_stride = 12;
  return stage;
}

}  // namespace

TEST_CASE("O1: the array alone feeds a staged matmul from 4 on, the cycle after the stage has started in 3") {
  const auto at = [](Cycles staged_in) {
    const Fed all = fed(matmul_of(2, 3, 4), threshold_of(2, 3, 1), {.staged_in = staged_in});
    return all.tile + ", stage " + all.stage;
  };
  // Posted by both in the cycle of the start: seen in the next.
  CHECK(at(3) == "5:4, stage 5");
  CHECK(at(4) == "6:4, stage 6");
  CHECK(at(0) == "2:4, stage 2");  // not before it sees its instruction in 1
  CHECK(at(100) == ", stage ");
}

TEST_CASE("O4: the array alone tells the stage of a matmul's last sums when they are handed back") {
  const auto at = [](Cycles finished_in) {
    StagedRun what;
    what.finished_in = finished_in;
    return fed(matmul_of(2, 3, 4), threshold_of(2, 3, 3), what).summed;
  };
  CHECK(at(20) == "22:3");
  CHECK(at(21) == "23:3");
}

TEST_CASE("O2: before a stage of 6 lanes the array alone feeds 4 steps in 4 cycles up to 4 thresholds") {
  const auto with = [](std::uint8_t thresholds, std::int64_t lanes = 6) {
    return cycles(matmul_of(2, 3, 4), threshold_of(2, 3, thresholds),
                  [&](MachineSpec& spec) { spec.output_stage.lanes = lanes; });
  };
  CHECK(with(1) == "4, 1");
  CHECK(with(4) == "4, 4");
  CHECK(with(5) == "5, 5");
  CHECK(with(1, 5) == "4, 2");
  CHECK(with(2, 5) == "4, 4");
  CHECK(with(2, 2) == "6, 6");
  CHECK(with(2, 3) == "4, 4");
}

TEST_CASE("O2: a group of the array alone takes ceil(6 / 1) cycles of one lane of scales, and 4 of two") {
  const auto with = [](std::int64_t lanes) {
    return cycles(matmul_of(2, 3, 4), scale_of(2, 3),
                  [&](MachineSpec& spec) { spec.output_stage.scale_lanes = lanes; });
  };
  CHECK(with(1) == "6, 6");
  CHECK(with(2) == "4, 3");
  CHECK(with(5) == "4, 2");
  CHECK(with(6) == "4, 1");
}

TEST_CASE("O2: 96 bits of results hold the array alone for 5 cycles through 23 bits, and for 4 through 24") {
  const auto with = [](std::uint32_t rows, std::int64_t bits, Ports ports = Ports::r_w) {
    return cycles(matmul_of(rows, 3, 4), whole_sums(rows), [&](MachineSpec& spec) {
      spec.array.rows = rows;
      spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = bits, .ports = ports};
    });
  };
  CHECK(with(1, 24) == "4, 4");
  CHECK(with(1, 23) == "5, 5");
  CHECK(with(2, 192, Ports::rw) == "5, 1");  // four steps, then a write
  CHECK(with(2, 191, Ports::rw) == "6, 2");
}

TEST_CASE(
    "O2: 192 bits of a residual are read behind 4 steps, in a cycle through 192 bits, in 2 through 191") {
  isa::Scale stage = scale_of(2, 3);
  stage.second = Second::tensor;
  stage.second_format = Format::int32;
  stage.second_address = 1024;
  stage.second_position_stride = stage.second_line_stride = 12;
  const auto with = [&](std::int64_t bits) {
    return cycles(matmul_of(2, 3, 4), stage, [&](MachineSpec& spec) {
      spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = bits};
    });
  };
  CHECK(with(192) == "5, 1");
  CHECK(with(191) == "6, 2");
}

TEST_CASE("O2: 192 bits of sums that the array alone adds to take 4 cycles through 48 bits, 5 through 47") {
  isa::Matmul adds = matmul_of(2, 3, 4);
  adds.accumulate = 1;
  const auto with = [&](std::int64_t bits) {
    return cycles(adds, threshold_of(2, 3, 1), [&](MachineSpec& spec) {
      spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = bits};
    });
  };
  CHECK(with(48) == "4, 1");
  CHECK(with(47) == "5, 1");
}

TEST_CASE("O3: 96 bits of tables come before the steps of each of 2 groups of columns, in 1 cycle or in 2") {
  const auto with = [](std::int64_t bits, std::uint8_t per_channel) {
    isa::Threshold stage = threshold_of(2, 6, 3);  // 4 bytes for each of 3 channels
    stage.per_channel = per_channel;
    return cycles(matmul_of(2, 6, 4), stage, [&](MachineSpec& spec) {
      spec.weight_memory = {.size_KiB = 6, .banks = 1, .width_bits = bits};
    });
  };
  CHECK(with(96, 1) == "10, 3");
  CHECK(with(95, 1) == "12, 3");
  CHECK(with(95, 0) == "8, 3");  // one table for all
}

TEST_CASE("O5: of 2 x 2 windows each sum takes a lane, 6 in a group, and a quarter of them is written") {
  isa::Matmul matmul = matmul_of(4, 3, 1);
  one_tap(matmul, 4, 4);
  matmul.position_stride = 2;
  matmul.line_stride = 8;
  isa::Threshold stage = threshold_of(2, 3, 1);
  stage.lines = stage.columns = stage.kernel_h = stage.kernel_w = stage.stride_y = stage.stride_x = 2;
  stage.in_lines = stage.in_columns = 4;
  stage.format = Format::int32;
  stage.result_position_stride = 12;
  stage.result_line_stride = 24;
  const auto with = [&](std::int64_t lanes, std::int64_t bits) {
    return cycles(matmul, stage, [&](MachineSpec& spec) {
      spec.output_stage.lanes = lanes;
      spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = bits};
    });
  };
  // 16 positions are 8 groups of two, a step each.
  CHECK(with(6, 256) == "8, 1");
  CHECK(with(5, 256) == "16, 2");
  CHECK(with(6, 64) == "8, 1");  // 2 results of 32 bits
  CHECK(with(6, 63) == "16, 2");
}

TEST_CASE(
    "O6: the array alone asks for the write of results in the cycles that end with the completion in 12") {
  // Fed from 4 to 7, complete in 7 + 5.
  const auto with = [](std::int64_t bits) {
    StagedRun what;
    what.spec.array.rows = 1;
    what.spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = bits};
    return fed(matmul_of(1, 3, 4), whole_sums(1), what).ports;
  };
  CHECK(with(96) == "write of activation from 12 for 1");
  CHECK(with(95) == "write of activation from 11 for 2");
  CHECK(with(24) == "write of activation from 9 for 4");
  // Fed from 4 to 8, complete in 8 + 5.
  CHECK(with(23) == "write of activation from 9 for 5");
}

TEST_CASE("O6: the array alone asks for tables in the first cycles of each of 2 groups of columns") {
  const auto with = [](std::int64_t bits) {
    StagedRun what;
    what.spec.weight_memory = {.size_KiB = 6, .banks = 1, .width_bits = bits};
    isa::Threshold stage = threshold_of(2, 6, 3);
    stage.per_channel = 1;
    return fed(matmul_of(2, 6, 4), stage, what).ports;
  };
  CHECK(with(96).ends_with("read of weight from 4 for 1 every 5 x 2"));
  CHECK(with(95).ends_with("read of weight from 4 for 2 every 6 x 2"));
}
