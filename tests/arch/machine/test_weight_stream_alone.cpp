// SPDX-License-Identifier: Apache-2.0
// The weight stream alone between fakes, then with one of its neighbours, the load engine or the array, and
// then between both. It has no cycles of its own: what of D9 and A12 takes time is in its neighbours, which
// test_units.cpp has alone.
#include <deque>

#include "arch/units/array/processing_array.hpp"
#include "arch/units/transfer/dma_engine.hpp"
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

struct FakeNeighbour : sc_core::sc_module {
  explicit FakeNeighbour(const sc_core::sc_module_name& name) : sc_module(name) {}
  sc_core::sc_port<StreamContents> blocks{"blocks"};
};

MachineSpec streaming(std::int64_t bytes = 256) {
  MachineSpec spec = small_machine();
  spec.weight_stream.bytes = bytes;
  return spec;
}
isa::Load block_of(std::uint32_t bytes) {
  return {Memory::stream, 0, 0, 0, bytes, 1, bytes};
}

/// The blocks that are in a stream when an instruction completes, as "8:1".
void log_blocks(EngineBench& bench, WeightStream& stream, Log& log) {
  bench.scoreboard.completed = [&](const Issued& issued) {
    bench.completed.add(bench.run.now(), issued.index);
    log.add(bench.run.now(), stream.blocks().size());
  };
}

/// Blocks of the loads posted in cycle 0: the cycles in which the array would see bytes, those in which the
/// loads complete, and the blocks in the stream then. DRAM answers a burst at once, or that of address 0 in
/// `first_in`.
std::string after_loads(const std::vector<std::uint32_t>& blocks, Cycles first_in = 0) {
  return both_modes([&](bool lockstep) {
    Program program;
    for (const std::uint32_t bytes : blocks) {
      isa::Load load = block_of(bytes);
      load.dram = static_cast<std::uint32_t>(1024 * program.size());
      program.push_back(make(load));
    }
    program.push_back(halt());
    EngineBench bench(streaming(), program, 60, lockstep, true);
    WeightStream stream("stream", bench.loaded.spec.weight_stream);
    Channel<DramRequest> requests("requests", bench.run);
    Channel<std::uint64_t> streamed("streamed", bench.run), used("used", bench.run);
    FakeAccess access;
    DmaEngine unit("unit", bench.run, bench.loaded, bench.scoreboard, Engine::load);
    bench.bind(unit);
    unit.requests.bind(requests);
    unit.access.bind(access);
    unit.dram_contents.bind(bench.contents);
    unit.streamed.bind(streamed);
    unit.used.bind(used);
    unit.blocks.bind(stream.contents);
    Log come, here;
    log_blocks(bench, stream, here);
    std::deque<DramRequest> late;
    Fake around("around", bench.run, [&](Cycles now) {
      for (std::uint32_t i = 0; i < blocks.size(); ++i) bench.post_at(now, 0, i);
      while (requests.has()) {
        const DramRequest request = requests.take();
        request.address == 0 && first_in > now ? late.push_back(request) : unit.answered(request);
      }
      if (now == first_in && !late.empty()) unit.answered(late.front());
      while (streamed.has()) come.add(now, streamed.take());
    });
    stream.blocks().emplace_back(1);  // left from a run before: reset forgets it
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &stream, &requests, &streamed, &used, &around, &unit});
    return come.text() + " done " + bench.completed.text() + " blocks " + here.text();
  });
}

/// A load of the weights of a matmul of `words` words of 6 bytes, both posted in cycle 0, through a stream of
/// `bytes` bytes, with DRAM that answers at once: the cycles in which the unit of arithmetic sees words,
/// those in which both complete, and the blocks in the stream then.
std::string between_both(std::uint32_t words, std::int64_t bytes) {
  return both_modes([&](bool lockstep) {
    const MachineSpec spec = streaming(bytes);
    const isa::Matmul matmul = streamed(matmul_of(2, 3, words));
    EngineBench bench(spec, {make(block_of(6 * words)), make(matmul), halt()}, 60, lockstep, true);
    WeightStream stream("stream", bench.loaded.spec.weight_stream);
    Channel<std::uint32_t> array_queue("array_queue", bench.run), finished("finished", bench.run);
    Channel<DramRequest> requests("requests", bench.run);
    Channel<std::uint64_t> come("come", bench.run), used("used", bench.run);
    Channel<TileWork> popcount("popcount", bench.run);
    FakeAccess of_load, of_array;
    DmaEngine load("load", bench.run, bench.loaded, bench.scoreboard, Engine::load);
    bench.bind(load);
    load.requests.bind(requests);
    load.access.bind(of_load);
    load.dram_contents.bind(bench.contents);
    load.streamed.bind(come);
    load.used.bind(used);
    load.blocks.bind(stream.contents);
    ProcessingArray array("array", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(array, array_queue);
    array.access.bind(of_array);
    array.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
    array.finished[ProcessingArray::port_of(UnitId::popcount)].bind(finished);
    array.streamed.bind(come);
    array.used.bind(used);
    array.blocks.bind(stream.contents);
    Log fed, here;
    log_blocks(bench, stream, here);
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      if (now == 0) array_queue.post(bench.scoreboard.issue(now, 1, {}));
      while (requests.has()) load.answered(requests.take());
      while (popcount.has()) {
        const TileWork part = popcount.take();
        fed.add(now, part.cycles);
        if (part.is_last) finished.post(part.index);
      }
    });
    run_from_reset(bench.run,
                   {&bench.queue, &array_queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                    &stream, &requests, &come, &used, &popcount, &finished, &around, &load, &array});
    return fed.text() + " done " + bench.completed.text() + " blocks " + here.text();
  });
}

}  // namespace

TEST_CASE(
    "D9: the weight stream alone gives the blocks of 3, 4 and 5 bytes in the order in which they came") {
  const std::string text = in_context([] {
    const WeightStreamSpec spec = {.bytes = 4};
    RunControl run(false, 20);
    WeightStream unit("unit", spec);
    FakeNeighbour load("load"), array("array");
    load.blocks.bind(unit.contents);
    array.blocks.bind(unit.contents);
    Log given;
    Fake around("around", run, [&](Cycles now) {
      if (now == 3 || now == 4 || now == 9) load.blocks->blocks().emplace_back(now == 9 ? 5 : now);
      while (now >= 8 && !array.blocks->blocks().empty()) {
        given.add(now, array.blocks->blocks().front().size());
        array.blocks->blocks().pop_front();
      }
    });
    unit.blocks().emplace_back(1);  // left from a run before: reset forgets it
    run_from_reset(run, {&unit, &around});
    return given.text() + ' ' + unit.properties().at(0).first + ' ' + unit.properties().at(0).second;
  });
  CHECK(text == "8:3 8:4 9:5 bytes 4");
}

TEST_CASE(
    "D9: a load engine puts a block into the weight stream when its last burst has come, seen a cycle "
    "later") {
  // Asked for from 5 on, seen and answered in 6, counted in 7; the array sees it in 8.
  CHECK(after_loads({16}) == "8:16 done 7:0 blocks 7:1");
  CHECK(after_loads({17}) == "8:16 9:1 done 8:0 blocks 8:1");
}

TEST_CASE("D9: bytes of a block count when the block before has come, in 21 or in 22, and lie behind it") {
  // The second load starts in 6 (D4), so its burst is answered in 11 and counted in 12.
  CHECK(after_loads({16, 16}) == "8:16 13:16 done 7:0 12:1 blocks 7:1 12:2");
  CHECK(after_loads({16, 16}, 20) == "22:32 done 21:0 21:1 blocks 21:1 21:2");
  CHECK(after_loads({16, 16}, 21) == "23:32 done 22:0 22:1 blocks 22:1 22:2");
}

TEST_CASE("D9, A12: between load engine and array words of 6 bytes are fed when they have come, from 8 on") {
  // 16 bytes are seen by the array in 8, the other 8 in 9: fed from 8 to 11, each seen a cycle later.
  CHECK(between_both(4, 24) == "9:1 10:1 11:1 12:1 done 8:0 13:1 blocks 8:1 13:0");
  CHECK(between_both(2, 24) == "9:1 10:1 done 7:0 11:1 blocks 7:1 11:0");
}

TEST_CASE("D9, A12: between load engine and array a burst that does not fit waits for the words before it") {
  // 16 and 8 bytes do not fit into 23. The first word is fed in 8, which the load engine sees in 10: it asks
  // for the second burst, which the array sees in 13.
  CHECK(between_both(4, 23) == "9:1 10:1 14:1 15:1 done 12:0 16:1 blocks 12:1 16:0");
  CHECK(between_both(4, 18) == "9:1 10:1 14:1 15:1 done 12:0 16:1 blocks 12:1 16:0");
  // With 17 the second word must have been used, too, a cycle later.
  CHECK(between_both(4, 17) == "9:1 10:1 15:1 16:1 done 13:0 17:1 blocks 13:1 17:0");
}
