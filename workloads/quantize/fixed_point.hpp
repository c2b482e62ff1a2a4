// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantize/affine.hpp"

namespace tricycle {

/// The stages of affine chains. A form has one clamp for all channels (with_one_clamp). Errors are reported
/// at the chain's last operator.

/// The code of the form's real value in fixed point, with multipliers of up to 31 bits.
[[nodiscard]] ScaleStage scale_stage(const Chain& chain, const AffineForm& form, const Uniform& uniform);

/// A scale and a bias of float32 for each channel.
[[nodiscard]] AffineStage affine_stage(const Chain& chain, const AffineForm& form);

/// The codes of a residual stream: 16 bits. The scale is the smallest power of two with which the largest
/// value fits.
[[nodiscard]] Uniform stream_of(const Source& source, const AffineForm& form);

/// Compares a stage with the model's own float32 arithmetic: at all sums if they are few, else at both ends
/// and at a sample of `seed`. Every other point of the sample gives a code in the quantizer's range. The two
/// may differ by one code; more is an error.
void check_stage(const Chain& chain, const AffineForm& form, const ScaleStage& stage, const Uniform& uniform,
                 std::uint64_t seed);

}  // namespace tricycle
