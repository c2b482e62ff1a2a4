// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "arch/params/machine.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "traces/trace.hpp"

namespace tricycle::test {

/// A machine of 2 x 2 processing elements with words of 16 bits and 1 KiB in each memory.
std::string small_machine_text(std::int64_t queue_depth = 8);
MachineSpec small_machine(std::int64_t queue_depth = 8);

/// The text of a whole trace: one product of 1 x 8 ternary inputs with 8 x 2 weights, its sums stored.
std::string sample_text();
Trace sample_trace();

/// The sample with its code replaced by these lines, each without its `0.0: `, and without checkpoints.
Trace sample_with(const std::vector<std::string>& code);

/// Loads, a 2 x 2 window over 2 x 3 positions, a threshold and a scale of its two sums, the scale's second
/// operand being the threshold's codes, then a store: every rule of windows, tables and second operands.
Trace windowed_trace();

/// A trace of random records, texts and instructions: well formed, and nonsense.
Trace random_trace(Random& random);

/// Where the payload of a section starts in a binary trace.
std::size_t section_start(const Bytes& bytes, const std::string& id);
std::size_t section_size(const Bytes& bytes, const std::string& id);
/// Writes the CRC of every section anew, as far as the frames can be followed.
void mend_crcs(Bytes& bytes);
/// Overwrites `width` bytes with a little-endian number.
void put(Bytes& bytes, std::size_t at, std::uint64_t value, int width);

}  // namespace tricycle::test
