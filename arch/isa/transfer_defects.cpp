// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/field_defects.hpp"

namespace tricycle {
namespace {

/// `what`: "a load goes to"
std::string on_chip_defect(Memory memory, const char* what) {
  const bool is_on_chip = memory != Memory::dram && has_addresses(memory);
  return is_on_chip ? "" : fmt::format("'memory' is {}; {} an on-chip memory", name_of(memory), what);
}

/// What brings a block of weights that stream.
template <class I>
std::string stream_defect(const I& i, const MachineSpec& spec) {
  if (!spec.weight_stream.is_there()) return "no weights stream on this machine: 'weight_stream.bytes' is 0";
  if (i.address != 0 || i.stride != 0)
    return "the weight stream has no addresses: 'address' and 'stride' are 0";
  if (i.rows != 1) return fmt::format("a block of weights that stream is one row, not {}", i.rows);
  return i.once != 0 ? "weights that stream do not stay on chip: 'once' is 0" : "";
}

}  // namespace

std::string field_defect(const isa::Load& i, const MachineSpec& spec) {
  if (i.memory == Memory::stream) {
    const std::string defect = stream_defect(i, spec);
    return defect.empty() ? flag_defect("once", i.once) : defect;
  }
  const std::string defect = on_chip_defect(i.memory, "a load goes to");
  return defect.empty() ? flag_defect("once", i.once) : defect;
}

std::string field_defect(const isa::Store& i, const MachineSpec&) {
  return on_chip_defect(i.memory, "a store comes from");
}

std::string field_defect(const isa::Gather& i, const MachineSpec&) {
  return on_chip_defect(i.memory, "a gather goes to");
}

std::string field_defect(const isa::Unpack& i, const MachineSpec& spec) {
  const bool streams = i.memory == Memory::stream;
  if (const std::string defect =
          streams ? stream_defect(i, spec) : on_chip_defect(i.memory, "an unpack goes to");
      !defect.empty())
    return defect;
  if (const std::string defect = flag_defect("once", i.once); !defect.empty()) return defect;
  if (!spec.decoder.load) return "the load engine has no decoder: 'decoder.load' is false";
  if (!holds_trits(i.source_format))
    return fmt::format("an unpack reads planes, trit2, trit5 or bitmap, not {}", name_of(i.source_format));
  if (!holds_trits(i.format) && i.format != Format::trit2_mask)
    return fmt::format("an unpack writes planes, trit2, trit2_mask, trit5 or bitmap, not {}",
                       name_of(i.format));
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (i.rows == 0 || i.taps == 0 || i.elements == 0 || i.elements > most / i.taps) {
    return fmt::format("an unpack has 1 to {} elements a row: {} rows of {} taps of {}", most, i.rows, i.taps,
                       i.elements);
  }
  if (streams && (i.taps != 1 || i.source_format == Format::bitmap || i.format == Format::bitmap))
    return "weights that stream are unpacked as one row of one tap, from and into formats other than bitmap";
  const WeightRow source = source_of(i);
  if (source.format != Format::bitmap &&
      i.row_bytes != static_cast<std::uint64_t>(source.bytes(spec.array.word_bits))) {
    return fmt::format("a row of {} x {} elements has {} bytes in {}, and 'row_bytes' is {}", i.taps,
                       i.elements, source.bytes(spec.array.word_bits), name_of(i.source_format), i.row_bytes);
  }
  if (source.format == Format::bitmap) {
    const std::string defect = bitmap_defect("row_bytes", i.row_bytes, source.count());
    if (!defect.empty()) return defect;
  }
  return i.format == Format::bitmap ? bitmap_defect("stride", i.stride, source.count()) : "";
}

}  // namespace tricycle
