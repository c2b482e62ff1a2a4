// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/field_defects.hpp"

namespace tricycle {
namespace {

/// The output stage has thresholds and scales of sums one by one, or of the largest of 2x2.
template <class I>
std::string output_defect(const I& i, const MachineSpec& spec) {
  const OutputStageSpec& stage = spec.output_stage;
  if (!stage.is_there()) return "the machine has no output stage: 'output_stage.lanes' is 0";
  constexpr bool has_thresholds = requires {
    i.thresholds;
  };
  if (!has_thresholds && !requires { i.zero_behind; })
    return fmt::format("the output stage has thresholds and scales, not '{}'", I::name);
  if (!has_thresholds && stage.scale_lanes == 0)
    return "the output stage does not scale: 'output_stage.scale_lanes' is 0";
  if constexpr (has_thresholds) {
    if (i.thresholds > stage.thresholds)
      return fmt::format("'thresholds' is {}; the output stage has {}", i.thresholds, stage.thresholds);
  }
  if (i.source_format != Format::int32) return "the output stage takes int32";
  const std::uint64_t position = 4 * source_values(i) * i.cols;
  if (i.address != 0 || i.position_stride != position ||
      i.line_stride != std::uint64_t{i.in_columns} * position)
    return "the sums of the array follow each other without a gap, from 'address' 0 on";
  if (i.pad_top != 0 || i.pad_left != 0) return "the output stage reads no padding";
  const auto inside = [](std::uint64_t outputs, std::uint64_t kernel, std::uint64_t size) {
    return outputs * kernel <= size;
  };
  const bool is_pool = i.kernel_h > 1 || i.kernel_w > 1;
  if (i.kernel_h > 2 || i.kernel_w > 2 || (is_pool && i.pool != Pool::max) ||
      (i.lines > 1 && i.stride_y != i.kernel_h) || (i.columns > 1 && i.stride_x != i.kernel_w) ||
      !inside(i.lines, i.kernel_h, i.in_lines) || !inside(i.columns, i.kernel_w, i.in_columns))
    return "the output stage takes the largest of at most 2 x 2 sums that lie side by side";
  if (!is_pool) return "";
  const std::uint64_t bytes = output_pool_bytes(spec, i.columns, i.cols, bits_per_element(i.format));
  return bytes > static_cast<std::uint64_t>(stage.pool_bytes)
             ? fmt::format("the pool needs {} bytes; 'output_stage.pool_bytes' is {}", bytes,
                           stage.pool_bytes)
             : "";
}

/// What an instruction must be like to share a pass of the vector unit with others.
template <class I>
std::string pass_defect(const I& i, const MachineSpec& spec) {
  const std::vector<SideOperand> forwarded = lane_operands(i);
  if (i.chain == Chaining::ends && forwarded.empty()) return "";
  if (i.memory == Memory::array) return "an instruction of the output stage is no part of a pass";
  if (spec.vector.chain == 1) return "a pass of the vector unit has one instruction: 'vector.chain' is 1";
  if (i.kernel_h != 1 || i.kernel_w != 1 || i.stride_y != 1 || i.stride_x != 1 || i.pad_top != 0 ||
      i.pad_left != 0 || i.in_lines != i.lines || i.in_columns != i.columns || source_values(i) != 1)
    return "instructions of one pass work value by value: windows of one tap, side by side, without a pair";
  if (is_float(i.source_format) || is_float(i.format)) return "instructions of one pass are of integers";
  for (const SideOperand& operand : forwarded) {
    const auto most = static_cast<std::uint64_t>(spec.vector.chain - 1);
    if (operand.address < 1 || operand.address > most) {
      return fmt::format("'{}' in lanes is 1 to {} instructions before, not {}", operand.what, most,
                         operand.address);
    }
    if (operand.position_stride != 0 || operand.line_stride != 0)
      return fmt::format("'{}' in lanes has no strides", operand.what);
  }
  if (i.chain != Chaining::forwards) return "";
  return i.result == 0 && i.result_position_stride == 0 && i.result_line_stride == 0 && i.first == 0
             ? ""
             : "results that are forwarded have no address";
}

template <class I>
std::string vector_defect(const I& i, const MachineSpec& spec) {
  if (i.memory == Memory::array) {
    const std::string defect = output_defect(i, spec);
    if (!defect.empty()) return defect;
  } else if (i.memory != Memory::accumulator && i.memory != Memory::activation && i.memory != Memory::lanes) {
    return "'memory' of a vector instruction is accumulator, activation, array or lanes";
  }
  const bool of_sums = i.source_format == Format::int32 || i.source_format == Format::float32;
  if (i.memory == Memory::accumulator && !of_sums)
    return fmt::format("sums are int32 or float32, not {}", name_of(i.source_format));
  for (const Format format : {i.source_format, i.format}) {
    if (is_of_weights(format)) return fmt::format("only weights are {}", name_of(format));
  }
  const std::string defect = window_defect(i);
  return defect.empty() ? pass_defect(i, spec) : defect;
}

template <class I>
std::string second_defect(const I& i) {
  if (!is_apart(i.second)) return "";
  if (is_of_weights(i.second_format)) return fmt::format("only weights are {}", name_of(i.second_format));
  return "";
}

}  // namespace

std::string field_defect(const isa::Threshold& i, const MachineSpec& spec) {
  std::string defect = vector_defect(i, spec);
  if (!defect.empty()) return defect;
  if (is_float(i.source_format) || is_float(i.format)) return "thresholds are of integers";
  if (i.pool == Pool::sum && i.kernel_h * i.kernel_w > 1 && i.memory == Memory::accumulator)
    return "sums of a window are of activations";
  if (i.thresholds < 1 || i.thresholds > 15)
    return fmt::format("'thresholds' is 1 to 15, not {}", i.thresholds);
  if (i.threshold_bytes != 1 && i.threshold_bytes != 2 && i.threshold_bytes != 4)
    return fmt::format("'threshold_bytes' is 1, 2 or 4, not {}", i.threshold_bytes);
  return flag_defect("per_channel", i.per_channel);
}

std::string field_defect(const isa::Scale& i, const MachineSpec& spec) {
  for (const std::string& defect :
       {vector_defect(i, spec), second_defect(i), flag_defect("per_channel", i.per_channel),
        flag_defect("zero_behind", i.zero_behind)}) {
    if (!defect.empty()) return defect;
  }
  const bool floating = is_float(i.source_format) || is_float(i.format) ||
                        (i.second == Second::tensor && is_float(i.second_format));
  return floating ? "fixed point is of integers" : "";
}

std::string field_defect(const isa::Affine& i, const MachineSpec& spec) {
  for (const std::string& defect :
       {vector_defect(i, spec), second_defect(i), flag_defect("per_channel", i.per_channel)}) {
    if (!defect.empty()) return defect;
  }
  return is_float(i.format) ? "" : "'format' of an affine is float32 or float16";
}

std::string field_defect(const isa::Copy& i, const MachineSpec& spec) {
  std::string defect = vector_defect(i, spec);
  if (defect.empty() && is_float(i.source_format) != is_float(i.format))
    defect = fmt::format("a copy does not turn {} into {}", name_of(i.source_format), name_of(i.format));
  return defect;
}

std::string field_defect(const isa::Lookup& i, const MachineSpec& spec) {
  if (is_float(i.source_format) || is_float(i.format)) return "a lookup is of integers";
  for (const std::string& defect :
       {vector_defect(i, spec), most_defect("segments", i.segments, 12),
        most_defect("segment_shift", i.segment_shift, 24), flag_defect("interpolate", i.interpolate)}) {
    if (!defect.empty()) return defect;
  }
  return "";
}

std::string field_defect(const isa::Multiply& i, const MachineSpec& spec) {
  if (!is_apart(i.second)) return "'second' of a multiply is tensor or lanes";
  if (i.third == Second::pair) return "'third' of a multiply is none, tensor or lanes";
  const bool floating = is_float(i.source_format);
  bool alike = is_float(i.format) == floating;
  for (const SideOperand& tensor : side_operands(i)) {
    if (is_of_weights(tensor.format)) return fmt::format("only weights are {}", name_of(tensor.format));
    alike = alike && is_float(tensor.format) == floating;
  }
  if (!alike) return "a multiply is of integers alone or of floating point alone";
  if (floating && (i.shift != 0 || i.third_shift != 0))
    return "'shift' and 'third_shift' of floating point are 0";
  for (const std::string& defect : {vector_defect(i, spec), most_defect("shift", i.shift, 47),
                                    most_defect("third_shift", i.third_shift, 47)}) {
    if (!defect.empty()) return defect;
  }
  return "";
}

std::string field_defect(const isa::Function& i, const MachineSpec& spec) {
  if (!is_float(i.source_format) || !is_float(i.format)) return "a function is of floating point";
  return vector_defect(i, spec);
}

std::string field_defect(const isa::Sample& i, const MachineSpec& spec) {
  if (is_float(i.source_format) || is_float(i.format)) return "a sample is of integers";
  for (const std::string& defect : {vector_defect(i, spec), most_defect("shift", i.shift, 16)}) {
    if (!defect.empty()) return defect;
  }
  if (i.kernel_h != 1 || i.kernel_w != 1) return "a sample has windows of one tap";
  const auto [least, most] = code_range(i.format);
  if (least > -1 || most < 1 || i.format == Format::bit1)
    return fmt::format("'format' of a sample holds -1, 0 and 1; {} does not", name_of(i.format));
  return "";
}

}  // namespace tricycle
