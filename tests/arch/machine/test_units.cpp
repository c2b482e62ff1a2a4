// SPDX-License-Identifier: Apache-2.0
// Each module of the machine alone between fakes: the cycle in which it answers, for a parameter N and N + 1.
// Everything that a fake posts in a cycle is seen in the next.
#include <deque>

#include "arch/params/parts.hpp"
#include "arch/units/array/processing_array.hpp"
#include "arch/units/control/sequencer.hpp"
#include "arch/units/dram/dram_channel.hpp"
#include "arch/units/mac/mac_unit.hpp"
#include "arch/units/popcount/popcount_unit.hpp"
#include "arch/units/shifter/shifter_unit.hpp"
#include "arch/units/transfer/dma_engine.hpp"
#include "arch/units/vector/vector_unit.hpp"
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

Program five_loads() {
  return {make(load_of(1, 16)), make(load_of(1, 16)), make(load_of(1, 16)),
          make(load_of(1, 16)), make(load_of(1, 16)), halt()};
}

/// The cycles in which a load engine's queue receives instructions, taken from it in `taken_from` and after,
/// and the cycle of the halt, when the last has been told as completed in `completed_in`, the others before
/// it.
std::string sequencer(const SequencerSpec& spec, const Program& code, Cycles taken_from,
                      Cycles completed_in) {
  return both_modes([&](bool lockstep) {
    MachineSpec machine = small_machine();
    machine.sequencer = spec;
    RunControl run(lockstep, 100);
    const LoadedProgram loaded(machine, code, false, {});
    Scoreboard scoreboard(loaded, false);
    InstructionMemory memory("memory", loaded);
    Channel<std::uint32_t> queue("queue", run, static_cast<std::size_t>(spec.queue_depth)),
        other("other", run);
    Tokens tokens("tokens", run);
    Channel<PageTurn> turns("turns", run);
    Channel<PageArrival> arrivals("arrivals", run);
    Log log;
    Sequencer unit("unit", run, loaded, scoreboard);
    unit.instructions.bind(memory.instructions);
    unit.tokens.bind(tokens);
    unit.turns.bind(turns);
    unit.arrivals.bind(arrivals);
    for (std::size_t e = 0; e < engine_count; ++e) unit.queues[e].bind(e == 0 ? queue : other);
    Fake engine("engine", run, [&](Cycles now) {
      if (now >= taken_from && queue.has()) log.add(now, queue.take());
      const std::size_t others = code.size() - 2;  // the halt is none of them
      for (std::size_t i = 0; now == completed_in - 3 && i < others; ++i) tokens.post(Engine::load);
      if (now == completed_in) tokens.post(Engine::load);
    });
    run_from_reset(run, {&queue, &other, &tokens, &turns, &arrivals, &engine, &unit});
    CHECK(memory.fetches() == code.size());  // each once, the halt too
    return log.text() + (run.halted() ? " halted in " + std::to_string(run.last_cycle()) : " did not halt");
  });
}

/// The cycles in which a tile posted in cycle 3 comes out of a unit of arithmetic.
template <class LaneUnitType>
std::string lanes(std::int64_t depth, Cycles intake) {
  return both_modes([&](bool lockstep) {
    MachineSpec spec = full_machine();
    spec.array.depth_cycles = depth;
    RunControl run(lockstep, 40);
    Channel<TileWork> tiles("tiles", run);
    Channel<std::uint32_t> finished("finished", run);
    LaneUnitType unit("unit", run, spec);
    unit.tiles.bind(tiles);
    unit.finished.bind(finished);
    Log log;
    Fake array("array", run, [&](Cycles now) {
      if (now == 3) {
        tiles.post({7, intake});
        tiles.post({8, 1});
      }
      while (finished.has()) log.add(now, finished.take());
    });
    run_from_reset(run, {&tiles, &finished, &array, &unit});
    return log.text();
  });
}

/// The cycles in which requests of a transfer posted in cycle 0 reach DRAM, which answers at once; "done"
/// when the instruction completes. `each` cycles pass for a burst at the memory's ports.
std::string transfer(Engine engine, const DmaSpec& spec, const Instruction& instruction, Cycles each) {
  return both_modes([&](bool lockstep) {
    MachineSpec machine = small_machine();
    (engine == Engine::load ? machine.load : machine.store) = spec;
    EngineBench bench(machine, {instruction, halt()}, 100, lockstep);
    Channel<DramRequest> requests("requests", bench.run);
    FakeAccess access(each);
    Log log;
    DmaEngine unit("unit", bench.run, bench.loaded, bench.scoreboard, engine);
    bench.bind(unit);
    unit.requests.bind(requests);
    unit.access.bind(access);
    unit.dram_contents.bind(bench.contents);
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      while (requests.has()) {
        const DramRequest request = requests.take();
        log.add(now, request.bytes);
        unit.answered(request);
      }
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &requests, &around, &unit});
    return log.text() + " done " + bench.completed.text();
  });
}
std::string load_engine(const DmaSpec& spec, const isa::Load& load, Cycles each = 1) {
  return transfer(Engine::load, spec, make(load), each);
}
/// A burst is read on chip before it is asked for.
std::string store_engine(const DmaSpec& spec, const isa::Store& store, Cycles each = 1) {
  return transfer(Engine::store, spec, make(store), each);
}

/// The cycles in which the tiles of two matmuls posted in cycle 0 reach their unit of arithmetic, which
/// hands the first back in `finished_in`.
std::string array(const isa::Matmul& first, const isa::Matmul& second, Cycles finished_in) {
  return both_modes([&](bool lockstep) {
    EngineBench bench(full_machine(), {make(first), make(second), halt()}, 100, lockstep);
    Channel<TileWork> popcount("popcount", bench.run), mac("mac", bench.run);
    Channel<std::uint32_t> popcount_done("popcount_done", bench.run), mac_done("mac_done", bench.run);
    FakeAccess access;
    Log log;
    ProcessingArray unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.access.bind(access);
    unit.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
    unit.tiles[ProcessingArray::port_of(UnitId::mac)].bind(mac);
    unit.finished[ProcessingArray::port_of(UnitId::popcount)].bind(popcount_done);
    unit.finished[ProcessingArray::port_of(UnitId::mac)].bind(mac_done);
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      bench.post_at(now, 0, 1);
      while (popcount.has()) log.add(now, "popcount for " + std::to_string(popcount.take().cycles));
      while (mac.has()) log.add(now, "mac for " + std::to_string(mac.take().cycles));
      if (now == finished_in) popcount_done.post(0);
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &popcount, &mac, &popcount_done, &mac_done, &around, &unit});
    return log.text() + " done " + bench.completed.text();
  });
}

/// The cycles in which requests of a block of 40 bytes that streams, posted in cycle 0, reach DRAM, which
/// answers at once, or every second one four cycles later; and in which bytes reach the array, which uses 16
/// in `used_in`.
std::string streaming_load(std::int64_t bytes, Cycles used_in, bool in_order = true) {
  return both_modes([&](bool lockstep) {
    MachineSpec machine = small_machine();
    machine.weight_stream.bytes = bytes;
    EngineBench bench(machine, {make(isa::Load{Memory::stream, 0, 0, 0, 40, 1, 40}), halt()}, 100, lockstep);
    Channel<DramRequest> requests("requests", bench.run);
    Channel<std::uint64_t> streamed("streamed", bench.run), used("used", bench.run);
    FakeAccess access;
    Log log, come;
    DmaEngine unit("unit", bench.run, bench.loaded, bench.scoreboard, Engine::load);
    bench.bind(unit);
    unit.requests.bind(requests);
    unit.access.bind(access);
    unit.dram_contents.bind(bench.contents);
    unit.streamed.bind(streamed);
    unit.used.bind(used);
    std::deque<std::pair<Cycles, DramRequest>> late;
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      if (now == used_in) used.post(16);
      while (requests.has()) {
        const DramRequest request = requests.take();
        log.add(now, request.bytes);
        if (in_order || request.address % 32 != 0) {
          unit.answered(request);
        } else {
          late.emplace_back(now + 4, request);
        }
      }
      for (; !late.empty() && late.front().first == now; late.pop_front()) unit.answered(late.front().second);
      while (streamed.has()) come.add(now, streamed.take());
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &requests, &streamed, &used, &around, &unit});
    return log.text() + " come " + come.text() + " done " + bench.completed.text();
  });
}

/// The cycles in which parts of a streamed matmul posted in cycle 0 reach the popcount unit, and bytes that
/// it has used the load engine, which tells of 6 bytes in each of `come`.
std::string streaming_array(const isa::Matmul& matmul, std::initializer_list<Cycles> come) {
  return both_modes([&](bool lockstep) {
    MachineSpec spec = small_machine();
    spec.weight_stream.bytes = 64;
    EngineBench bench(spec, {make(streamed(matmul)), halt()}, 100, lockstep);
    Channel<TileWork> popcount("popcount", bench.run);
    Channel<std::uint32_t> done("popcount_done", bench.run);
    Channel<std::uint64_t> arrived("arrived", bench.run), used("used", bench.run);
    FakeAccess access;
    Log log, back;
    ProcessingArray unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.access.bind(access);
    unit.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
    unit.finished[ProcessingArray::port_of(UnitId::popcount)].bind(done);
    unit.streamed.bind(arrived);
    unit.used.bind(used);
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      for (const Cycles cycle : come) {
        if (now == cycle) arrived.post(6);
      }
      while (popcount.has()) {
        const TileWork part = popcount.take();
        log.add(now, std::to_string(part.cycles) + (part.is_last ? " last" : ""));
      }
      while (used.has()) back.add(now, used.take());
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &popcount, &done, &arrived, &used, &around, &unit});
    return log.text() + " used " + back.text();
  });
}

/// The cycles in which two vector instructions posted in cycle 0 complete.
std::string vector_unit(std::int64_t latency, const isa::Affine& first, const isa::Affine& second,
                        Cycles stalls = 0) {
  return both_modes([&](bool lockstep) {
    MachineSpec spec = small_machine();
    spec.vector.latency_cycles = latency;
    EngineBench bench(spec, {make(first), make(second), halt()}, 100, lockstep);
    FakeAccess access(1, stalls);
    VectorUnit unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.access.bind(access);
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      bench.post_at(now, 0, 1);
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &around, &unit});
    return bench.completed.text() + (stalls > 0 ? " stalled " + std::to_string(access.stalls()) : "");
  });
}

/// Where DRAM answers, with the cycle of each answer.
class FakeAnswers final : public BurstAnswers {
 public:
  FakeAnswers(const RunControl& run, Log& log, const char* who) : run_(run), log_(log), who_(who) {}
  void answered(const DramRequest&) override { log_.add(run_.now(), who_); }

 private:
  const RunControl& run_;
  Log& log_;
  const char* who_;
};

/// The cycles in which DRAM answers a store of 16, a load of `bytes` and a fetch of 16, all posted in
/// cycle 5.
std::string dram(std::int64_t latency, std::uint32_t bytes) {
  return both_modes([&](bool lockstep) {
    MachineSpec spec = small_machine();
    spec.dram.latency_cycles = latency;
    RunControl run(lockstep, 100);
    Channel<DramRequest> fetches("fetches", run), loads("loads", run), stores("stores", run);
    Log log;
    FakeAnswers to_fetch(run, log, "fetch"), to_load(run, log, "load"), to_store(run, log, "store");
    DramChannel unit("unit", run, 4096, spec, {});
    unit.requests[0].bind(fetches);
    unit.requests[1].bind(loads);
    unit.requests[2].bind(stores);
    unit.answers[0].bind(to_fetch);
    unit.answers[1].bind(to_load);
    unit.answers[2].bind(to_store);
    Fake engines("engines", run, [&](Cycles now) {
      if (now != 5) return;
      stores.post({.bytes = 16, .client = DramClient::store});
      loads.post({.bytes = bytes});
      fetches.post({.bytes = 16, .client = DramClient::fetch});
    });
    run_from_reset(run, {&fetches, &loads, &stores, &engines, &unit});
    return log.text();
  });
}

/// Through one port of activation memory: the cycles in which the requesters have got what they asked for in
/// cycle 4, and those in which they did not get it.
std::string crossbar(Ports ports) {
  return both_modes([&](bool lockstep) {
    MachineSpec spec = small_machine();
    spec.activation_memory.ports = ports;
    RunControl run(lockstep, 20);
    OnChipMemory weight("weight", Memory::weight, spec.weight_memory);
    OnChipMemory activation("activation", Memory::activation, spec.activation_memory);
    OnChipMemory accumulator("accumulator", Memory::accumulator, spec.accumulator_memory);
    Crossbar unit("unit");
    unit.weight.bind(weight.access);
    unit.activation.bind(activation.access);
    unit.accumulator.bind(accumulator.access);
    const PortSet read = PortSet::of(2, false), write = PortSet::of(2, true);
    Log log;
    bool takes_in = false;
    Fake requesters("requesters", run, [&](Cycles now) {
      unit.settle(now);
      if (takes_in && !unit.takes_in()) log.add(now, "vector");
      while (unit.load->take()) log.add(now, "load");
      while (unit.store->take()) log.add(now, "store");
      if (now == 4) {
        unit.store->ask(now, {read, 1});
        unit.load->ask(now, {write, 1});
        unit.start({1, {{read, false, 1, 1}}});
        unit.feed(now, {{read, now, 1, 1, 1}});
      }
      takes_in = unit.takes_in();
    });
    run_from_reset(run, {&weight, &activation, &accumulator, &unit, &requesters});
    const MemoryUse& use = activation.ports().use();
    std::string text = log.text() + " in vain";
    for (const std::uint64_t cycles : use.conflicts) text += ' ' + std::to_string(cycles);
    return text;
  });
}

}  // namespace

TEST_CASE(
    "S1, S2: a sequencer alone sends an instruction in each cycle from `fetch_cycles` on, seen a cycle "
    "later") {
  CHECK(sequencer({.fetch_cycles = 2, .queue_depth = 8}, five_loads(), 0, 20) ==
        "3:0 4:1 5:2 6:3 7:4 halted in 21");
  CHECK(sequencer({.fetch_cycles = 3, .queue_depth = 8}, five_loads(), 0, 20) ==
        "4:0 5:1 6:2 7:3 8:4 halted in 21");
}

TEST_CASE("S3: a sequencer alone stops at a full queue and goes on the cycle after one is taken") {
  CHECK(sequencer({.fetch_cycles = 2, .queue_depth = 5}, five_loads(), 10, 20) ==
        "10:0 11:1 12:2 13:3 14:4 halted in 21");
  // The third finds both places taken until 10; it is sent in 11 and seen in 12, and so is each after it.
  CHECK(sequencer({.fetch_cycles = 2, .queue_depth = 2}, five_loads(), 10, 30) ==
        "10:0 11:1 12:2 13:3 14:4 halted in 31");
  CHECK(sequencer({.fetch_cycles = 2, .queue_depth = 1}, five_loads(), 10, 30) ==
        "10:0 12:1 14:2 16:3 18:4 halted in 31");
}

TEST_CASE("S4: a sequencer alone halts the cycle after the last of 5 completions, and not after 4") {
  CHECK(sequencer({.fetch_cycles = 2, .queue_depth = 8}, five_loads(), 0, 50) ==
        "3:0 4:1 5:2 6:3 7:4 halted in 51");
  CHECK(sequencer({.fetch_cycles = 2, .queue_depth = 8}, five_loads(), 0, 101) ==
        "3:0 4:1 5:2 6:3 7:4 did not halt");
}

TEST_CASE("A3: each unit of arithmetic alone hands a tile back its latency after the tile's last word") {
  // Seen in 4, taken in until 4 + intake - 1, out depth - 2 later, seen in the cycle after that.
  CHECK(lanes<PopcountUnit>(5, 6) == "13:7 14:8");
  CHECK(lanes<PopcountUnit>(5, 7) == "14:7 15:8");
  CHECK(lanes<PopcountUnit>(6, 6) == "14:7 15:8");
  CHECK(lanes<ShifterUnit>(5, 6) == "13:7 14:8");
  CHECK(lanes<ShifterUnit>(6, 6) == "14:7 15:8");
  CHECK(lanes<MacUnit>(5, 6) == "13:7 14:8");
  CHECK(lanes<MacUnit>(6, 6) == "14:7 15:8");
}

TEST_CASE("D1, D2: a load engine alone asks for a burst a cycle, `setup_cycles` after it has started in 1") {
  const isa::Load load = load_of(1, 40);
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 8}, load) ==
        "6:16 7:16 8:8 done 9:0");
  CHECK(load_engine({.setup_cycles = 5, .burst_bytes = 16, .outstanding = 8}, load) ==
        "7:16 8:16 9:8 done 10:0");
}

TEST_CASE("D3: a load engine alone waits for an answer when `outstanding` bursts are under way") {
  const isa::Load load = load_of(1, 40);
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 2}, load) ==
        "6:16 7:16 8:8 done 9:0");
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 1}, load) ==
        "6:16 8:16 10:8 done 11:0");
}

TEST_CASE(
    "D3: through 2 ports a load engine alone asks for 2 bursts a cycle, of the next row too, as far as "
    "`outstanding` lets it") {
  const isa::Load load = load_of(2, 40);
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 8, .ports = 1}, load) ==
        "6:16 7:16 8:8 9:16 10:16 11:8 done 12:0");
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 8, .ports = 2}, load) ==
        "6:16 6:16 7:8 7:16 8:16 8:8 done 10:0");
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 8, .ports = 6}, load) ==
        "6:16 6:16 6:8 6:16 6:16 6:8 done 10:0");
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 3, .ports = 6}, load) ==
        "6:16 6:16 6:8 9:16 9:16 9:8 done 11:0");
}

TEST_CASE("each of 3 engines has a buffer of a burst of 16 bytes for each of its ports") {
  const auto bits = [](UnitId unit, const MachineSpec& spec) {
    for (const Part& part : parts_of(spec)) {
      if (part.unit == unit && part.name == "buffer_bits") return part.count;
    }
    return std::int64_t{0};
  };
  MachineSpec spec = small_machine();
  for (const auto& [unit, dma] : {std::pair{UnitId::fetch, &spec.fetch}, std::pair{UnitId::load, &spec.load},
                                  std::pair{UnitId::store, &spec.store}}) {
    CHECK(bits(unit, spec) == 128);
    dma->ports = 3;
    CHECK(bits(unit, spec) == 3 * 128);
  }
}

TEST_CASE(
    "R6: through 2 ports a store engine alone reads 2 bursts of a row together, and a row's last alone") {
  const isa::Store store = store_of(2, 40);
  const auto with_ports = [&](std::int64_t ports) {
    return store_engine({.setup_cycles = 6, .burst_bytes = 16, .outstanding = 16, .ports = ports}, store);
  };
  CHECK(with_ports(1) == "8:16 9:16 10:8 11:16 12:16 13:8 done 14:0");
  CHECK(with_ports(2) == "8:16 8:16 9:8 10:16 10:16 11:8 done 12:0");
  CHECK(with_ports(3) == "8:16 8:16 8:8 9:16 9:16 9:8 done 10:0");
}

TEST_CASE("R6: a load engine alone completes when the memory's port has taken its last burst") {
  const isa::Load load = load_of(1, 40);
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 8}, load, 2) ==
        "6:16 7:16 8:8 done 12:0");
  CHECK(load_engine({.setup_cycles = 4, .burst_bytes = 16, .outstanding = 8}, load, 3) ==
        "6:16 7:16 8:8 done 15:0");
}

TEST_CASE("D1, R6: a store engine alone asks for a burst when the memory's port has read it") {
  const isa::Store store = store_of(1, 40);
  CHECK(store_engine({.setup_cycles = 6, .burst_bytes = 16, .outstanding = 8}, store) ==
        "8:16 9:16 10:8 done 11:0");
  CHECK(store_engine({.setup_cycles = 7, .burst_bytes = 16, .outstanding = 8}, store) ==
        "9:16 10:16 11:8 done 12:0");
  CHECK(store_engine({.setup_cycles = 6, .burst_bytes = 16, .outstanding = 8}, store, 2) ==
        "9:16 11:16 13:8 done 14:0");
}

TEST_CASE(
    "A2, A4: the array alone feeds a tile from its start on, and the next the cycle after its last step") {
  // Started in 1, seen in 2; handed back in 20, seen in 21.
  CHECK(array(matmul_of(2, 3, 4), matmul_of(2, 3, 4), 20) == "2:popcount for 4 6:popcount for 4 done 21:0");
  CHECK(array(matmul_of(2, 3, 5), matmul_of(2, 3, 4), 20) == "2:popcount for 5 7:popcount for 4 done 21:0");
  CHECK(array(matmul_of(2, 3, 4), matmul_of(2, 3, 4, Datapath::mac), 20) ==
        "2:popcount for 4 6:mac for 4 done 21:0");
}

TEST_CASE(
    "D9: a load engine alone asks for weights that stream while they fit, and tells how many have come") {
  CHECK(streaming_load(40, 90) == "6:16 7:16 8:8 come 8:16 9:16 10:8 done 9:0");
  // The 40th byte does not fit until 16 have been used in 20, which is seen in 21.
  CHECK(streaming_load(39, 20) == "6:16 7:16 22:8 come 8:16 9:16 24:8 done 23:0");
  CHECK(streaming_load(24, 20) == "6:16 22:16 23:8 come 8:16 24:16 25:8 done 24:0");
}

TEST_CASE("D9: a load engine alone tells of bursts in the order in which it asked for them") {
  // The first and third are answered four cycles later than the second.
  CHECK(streaming_load(40, 90, false) == "6:16 7:16 8:8 come 12:32 14:8 done 13:0");
}

TEST_CASE(
    "A12: the array alone feeds a word in the cycle in which it sees its last byte, and gives its bytes "
    "back") {
  // Started in 1. What comes in 10 is seen in 11; the unit of arithmetic sees the word in 12, the load engine
  // in 13 that it was used in 11.
  CHECK(streaming_array(matmul_of(2, 3, 2), {10, 12}) == "12:1 14:1 last used 13:6 15:6");
  CHECK(streaming_array(matmul_of(2, 3, 2), {10, 11}) == "12:1 13:1 last used 13:6 14:6");
  CHECK(streaming_array(matmul_of(2, 3, 2), {10, 10}) == "12:1 13:1 last used 13:6 14:6");
  CHECK(streaming_array(matmul_of(2, 3, 2), {0, 0}) == "2:1 3:1 last used 3:6 4:6");
}

TEST_CASE("V1, V2: the vector unit alone completes `latency_cycles` after the last elements it takes in") {
  // 7 cycles from 1 on, then the latency; the next is taken in from 8 on.
  CHECK(vector_unit(3, affine_of(1, 28), affine_of(1, 4)) == "10:0 11:1");
  CHECK(vector_unit(4, affine_of(1, 28), affine_of(1, 4)) == "11:0 12:1");
  CHECK(vector_unit(3, affine_of(1, 29), affine_of(1, 4)) == "11:0 12:1");
}

TEST_CASE("R5: the vector unit alone completes later by the cycles in which it has no port") {
  CHECK(vector_unit(3, affine_of(1, 28), affine_of(1, 4), 2) == "12:0 15:1 stalled 4");
  CHECK(vector_unit(3, affine_of(1, 28), affine_of(1, 4), 3) == "13:0 17:1 stalled 6");
}

TEST_CASE("F1: the array alone asks its feeder for a whole run, and feeds behind it") {
  // Started in 1, the line buffer in 2. The feeder rests 40 cycles later. Its last 2 drain, and before these
  // 2 x 2 windows of 2 cycles are fed: from 2 + 40 - 2 - 8 on, seen a cycle later.
  const auto text = both_modes([&](bool lockstep) {
    MachineSpec spec = small_machine();
    spec.array.feeder.kind = FeederKind::line_buffer;
    EngineBench bench(spec, {make(convolution_of(2, 2, 3, 1, 16)), halt()}, 100, lockstep);
    Channel<TileWork> popcount("popcount", bench.run);
    Channel<std::uint32_t> done("popcount_done", bench.run);
    FakeAccess access;
    struct : WindowFeed {
      Cycles cycles_to_rest(const FeedShape& shape, Cycles) override {
        windows = shape.lines * shape.columns * shape.hold_cycles;
        return 40;
      }
      std::int64_t windows = 0;
    } feeder;
    Log log;
    ProcessingArray unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.access.bind(access);
    unit.feeder.bind(feeder);
    unit.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
    unit.finished[ProcessingArray::port_of(UnitId::popcount)].bind(done);
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      while (popcount.has()) log.add(now, popcount.take().cycles);
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &popcount, &done, &around, &unit});
    return log.text() + ", " + std::to_string(feeder.windows) + " cycles of windows, " +
           std::to_string(access.fed) + " streams";
  });
  CHECK(text == "33:8, 8 cycles of windows, 3 streams");
}

TEST_CASE("the array alone refuses a port for tiles without one for their sums") {
  CHECK(in_context([] {
          EngineBench bench(small_machine(), {make(matmul_of(2, 3, 4)), halt()}, 10, false);
          Channel<TileWork> popcount("popcount", bench.run);
          FakeAccess access;
          ProcessingArray unit("array", bench.run, bench.loaded, bench.scoreboard);
          bench.bind(unit);
          unit.access.bind(access);
          unit.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
          return message_of([] { sc_core::sc_start(); });
        }) == "bind both of array.popcount_tiles and array.popcount_finished");
}

TEST_CASE(
    "M1, M2: DRAM alone answers `latency_cycles` after the last byte has moved, fetches first, then loads") {
  // Seen in 6; 16 bytes a cycle.
  CHECK(dram(20, 16) == "27:fetch 28:load 29:store");
  CHECK(dram(21, 16) == "28:fetch 29:load 30:store");
  CHECK(dram(20, 17) == "27:fetch 29:load 30:store");
}

TEST_CASE("R1, R2: memories and crossbar alone serve array, vector unit, load and store in this order") {
  CHECK(crossbar(Ports::rw) == "6:vector 7:load 8:store in vain 2 3 0 1 0");
  CHECK(crossbar(Ports::r_w) == "5:load 6:vector 7:store in vain 0 2 0 1 0");
  CHECK(crossbar(Ports::rw_rw) == "5:vector 6:load 6:store in vain 1 1 0 0 0");
}

TEST_CASE("a port that nothing is bound to is SystemC's own error, which names it") {
  const std::string error = in_context([] {
    RunControl run;
    PopcountUnit unit("popcount", run, small_machine());
    return message_of([] { sc_core::sc_start(); });
  });
  CHECK(error.substr(0, error.find('\n')) ==
        "Error: (E109) complete binding failed: port not bound: port 'popcount.finished' (sc_port)");
}
