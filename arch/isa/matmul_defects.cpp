// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "arch/isa/field_defects.hpp"

namespace tricycle {
namespace {

/// The kernels unfold the image with its padding, from the first tap of the windows to their last.
std::string span_defect(const isa::Matmul& i) {
  constexpr std::uint64_t most = std::uint64_t{1} << 28U;
  const auto span = [](std::uint64_t outputs, std::uint64_t stride, std::uint64_t kernel,
                       std::uint64_t dilation) {
    return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
  };
  const std::uint64_t lines = span(i.lines, i.stride_y, i.kernel_h, i.dilation_y);
  const std::uint64_t columns = span(i.columns, i.stride_x, i.kernel_w, i.dilation_x);
  const std::uint64_t elements = std::max<std::uint64_t>(i.elements, 1);
  if (elements <= most && lines <= most / elements && columns <= most / elements / lines) return "";
  return fmt::format("the windows span {} x {} positions of {} elements, more than {} in all", lines, columns,
                     i.elements, most);
}

/// The output stage takes sums as an output-stationary array finishes them.
std::string staged_defect(const isa::Matmul& i, const MachineSpec& spec) {
  if (i.staged == 0) return "";
  if (!spec.output_stage.is_there()) return "the machine has no output stage: 'output_stage.lanes' is 0";
  if (spec.array.is_weight_stationary() || spec.array.has_line_buffer())
    return "the output stage takes sums that stay in the PEs: of an output-stationary array without a line "
           "buffer";
  constexpr std::uint64_t most = std::uint64_t{1} << 26U;
  const std::uint64_t sums = std::uint64_t{i.lines} * i.columns;
  return sums > most / std::max<std::uint64_t>(1, i.cols)
             ? fmt::format("a matmul gives the output stage at most {} sums", most)
             : "";
}

/// Weights stream through an output-stationary array once, in the order of its steps.
std::string streamed_defect(const isa::Matmul& i, const MachineSpec& spec) {
  if (i.streamed == 0) return "";
  if (!spec.weight_stream.is_there()) return "no weights stream on this machine: 'weight_stream.bytes' is 0";
  if (i.weights != 0 || i.weight_stride != 0)
    return "weights that stream have no address: 'weights' and 'weight_stride' are 0";
  if (spec.array.is_weight_stationary() || spec.array.has_line_buffer())
    return "weights stream into an output-stationary array without a line buffer";
  if (spec.array.zero_skip != ZeroSkip::none)
    return "weights stream where nothing is done about zeros: 'array.zero_skip' is none";
  if (i.weight_format == Format::bitmap) return "weights of a bitmap do not stream";
  const std::uint64_t rows = i.folding > 0 ? 1 : static_cast<std::uint64_t>(spec.array.rows);
  const std::uint64_t positions = std::uint64_t{i.lines} * i.columns;
  if (positions > rows) {
    return fmt::format("weights that stream are used once: by {} positions at the most, not {}", rows,
                       positions);
  }
  constexpr std::uint64_t most = std::uint64_t{1} << 28U;
  const std::uint64_t taps = std::uint64_t{i.kernel_h} * i.kernel_w;
  return i.elements > 0 && i.cols > most / taps / i.elements
             ? fmt::format("a block of weights that stream has at most {} of them", most)
             : "";
}

}  // namespace

std::string field_defect(const isa::Matmul& i, const MachineSpec& spec) {
  const std::string& datapath = name_of(i.datapath);
  if (!spec.array.has(i.datapath)) return fmt::format("the array has no datapath {}", datapath);
  const Format fed = fed_weights(i.datapath, i.weight_format, spec.array.fatnn_mask);
  if (!takes(i.datapath, i.activation_format, fed)) {
    return fmt::format("the datapath {} takes no {} activations with {} weights", datapath,
                       name_of(i.activation_format), name_of(i.weight_format));
  }
  if (fed != i.weight_format && !spec.decoder.array) {
    return fmt::format("the array has no decoder from {} to {}: 'decoder.array' is false",
                       name_of(i.weight_format), name_of(fed));
  }
  if (i.datapath == Datapath::mac && i.weight_format != mac_format(spec.array)) {
    return fmt::format("the array multiplies {}, not {}", name_of(mac_format(spec.array)),
                       name_of(i.weight_format));
  }
  for (const std::string& defect :
       {flag_defect("im2col", i.im2col), flag_defect("accumulate", i.accumulate),
        flag_defect("staged", i.staged), window_defect(i), staged_defect(i, spec)}) {
    if (!defect.empty()) return defect;
  }
  if (i.folding > spec.array.folding.size()) {
    return fmt::format("'folding' is {}; the array has {} of them", i.folding, spec.array.folding.size());
  }
  for (const std::string& defect : {flag_defect("streamed", i.streamed), streamed_defect(i, spec)}) {
    if (!defect.empty()) return defect;
  }
  if (i.dilation_y == 0 || i.dilation_x == 0) return "'dilation_y' and 'dilation_x' are at least 1";
  const std::string span = span_defect(i);
  if (!span.empty()) return span;
  if (i.weight_format == Format::bitmap && i.elements > 0) {
    const std::string defect = bitmap_defect("weight_stride", i.weight_stride, weights_of(i).count());
    if (!defect.empty()) return defect;
  }
  if (is_float(i.weight_format)) return i.pad == 0 ? "" : "'pad' of floating point is 0";
  const auto [least, most] = code_range(i.activation_format);
  const std::int64_t pad = least < 0 ? static_cast<std::int8_t>(i.pad) : i.pad;
  if (i.datapath != Datapath::binary && (pad < least || pad > most)) {
    return fmt::format("'pad' is {}; {} holds {} to {}", pad, name_of(i.activation_format), least, most);
  }
  if (i.activation_format == Format::pow2 && (std::abs(pad) & (std::abs(pad) - 1)) != 0)
    return fmt::format("'pad' is {}; pow2 holds 0 and powers of two", pad);
  const std::int64_t product = std::max(-least, most) * -code_range(i.weight_format).first;
  const std::int64_t largest =
      std::max<std::int64_t>(product, std::max(-least, most) * code_range(i.weight_format).second);
  constexpr std::int64_t limit = (std::int64_t{1} << 31U) - 1;
  if (std::int64_t{i.elements} * i.kernel_h * i.kernel_w > limit / largest) {
    return fmt::format("a reduction of {} x {} elements could exceed 32 bits", i.kernel_h * i.kernel_w,
                       i.elements);
  }
  return "";
}

}  // namespace tricycle
