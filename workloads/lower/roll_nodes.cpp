// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/roll_nodes.hpp"

#include <string_view>

#include "arch/isa/footprint.hpp"
#include "traces/checkpoints.hpp"

namespace tricycle {
namespace {

/// Bytes of an instruction but for its addresses: these are longer in one iteration than in another.
std::int64_t bytes_without_addresses(Instruction instruction) {
  std::visit(
      [](auto& i) {
        std::size_t field = 0;
        isa::visit_fields(i, [&](const char*, auto& value, const char*) {
          if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(value)>>) {
            if (isa::is_address(i, field)) value = 0;
          }
          ++field;
        });
      },
      instruction.operation);
  return encoded_bytes(instruction);
}

/// An address with the ring of the layer's blocks that it lies in.
MovedAddress address_in_rings(const char* name, std::uint64_t value, std::uint32_t layer,
                              const std::vector<Access>& accesses, const std::set<BlockRing>& rings) {
  MovedAddress address;
  address.value = value;
  for (const Access& access : accesses) {
    if (std::string_view(access.what) != name) continue;
    address.is_in_dram = access.memory == Memory::dram;
    auto ring = rings.lower_bound({layer, access.memory, 0, 0});
    for (; ring != rings.end() && ring->layer == layer && ring->memory == access.memory; ++ring) {
      if (value < ring->begin || value - ring->begin >= ring->bytes) continue;
      address.ring = ring->begin;
      address.ring_bytes = ring->bytes;
    }
  }
  return address;
}

/// A checkpoint's region lies where the instruction writes to, so it moves with it.
void add_checkpoint(const Checkpoint& checkpoint, const Instruction& instruction, RolledNode& node,
                    Shapes::Shape& shape) {
  const Region region = region_at_zero(checkpoint, instruction);
  for (const std::int64_t part :
       {std::int64_t{checkpoint.layer}, static_cast<std::int64_t>(region.memory),
        static_cast<std::int64_t>(region.format), static_cast<std::int64_t>(region.address),
        static_cast<std::int64_t>(region.stride), region.first, region.rows, region.cols})
    shape.push_back(part);
  node.places.push_back(checkpoint.row);
  node.places.push_back(checkpoint.col);
}

void add_uses(const Instruction& instruction, RolledNode& node) {
  for (std::size_t e = 0; e < engine_count; ++e) {
    const auto other = static_cast<Engine>(e);
    if (instruction.wait.has(other)) node.uses.push_back({0, other, false, {true}});
    if (instruction.post.has(other)) node.uses.push_back({0, other, true, {true}});
  }
}

}  // namespace

isa::Stride stride_instruction(std::uint32_t instruction, std::size_t field, const Motion& motion) {
  return {static_cast<std::uint16_t>(instruction), static_cast<std::uint8_t>(field),
          static_cast<std::uint32_t>(motion.stride), static_cast<std::uint32_t>(motion.ring),
          static_cast<std::uint32_t>(motion.ring_bytes)};
}

isa::Guard guard_instruction(std::uint32_t instruction, const LoopGuard& guard) {
  return {static_cast<std::uint16_t>(instruction), guard.other,
          static_cast<std::uint8_t>(guard.posts ? 1 : 0), static_cast<std::uint32_t>(guard.range.from),
          static_cast<std::uint32_t>(guard.range.until)};
}

RolledNodes read_nodes(const Program& program, const MachineSpec& spec, Shapes& shapes) {
  const Trace& trace = program.trace;
  RolledNodes nodes;
  std::size_t checkpoint = 0;
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    const Instruction& instruction = trace.code[i];
    RolledNode node;
    node.instruction = i;
    node.step = instruction.step;
    node.bytes = node.bare_bytes = bytes_without_addresses(instruction);
    add_uses(instruction, node);
    Shapes::Shape shape = {static_cast<std::int64_t>(instruction.operation.index()), instruction.layer};
    const std::vector<Access> accesses = footprint(instruction, spec);
    visit_operation_fields(instruction, [&](const char* name, std::uint64_t value, bool is_address) {
      if (is_address) {
        node.addresses.push_back(address_in_rings(name, value, instruction.layer, accesses, program.rings));
      } else {
        shape.push_back(static_cast<std::int64_t>(value));
      }
    });
    for (; checkpoint < trace.checkpoints.size() && trace.checkpoints[checkpoint].instruction == i;
         ++checkpoint)
      add_checkpoint(trace.checkpoints[checkpoint], instruction, node, shape);
    node.shape = shapes.number_of(std::move(shape));
    nodes.push_back(std::make_shared<const RolledNode>(std::move(node)));
  }
  return nodes;
}

}  // namespace tricycle
