// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/experiment/record.hpp"

namespace tricycle {

/// The input: its source, the meaning of its bytes, how they became codes, and how many values the model's
/// own quantizer clamped.
[[nodiscard]] nlohmann::ordered_json input_json(const RunRecord& record);
/// The real value of one unit of an input byte: `1/255`.
[[nodiscard]] std::string byte_scale(const ByteMeaning& byte);
/// The same in words, for the terminal.
[[nodiscard]] std::string input_text(const RunRecord& record);

/// The first item's outputs: real values and their codes, the further outputs below the first one. A large
/// output is only named.
[[nodiscard]] nlohmann::ordered_json outputs_json(const RunRecord& record);
/// The names of several outputs, for the terminal; nothing of an only one.
[[nodiscard]] std::string outputs_text(const RunRecord& record);
/// The states that are carried from item to item, as they are behind the last one.
[[nodiscard]] nlohmann::ordered_json states_json(const RunRecord& record);
/// Files of the outputs and states that are too large for result.json: real values in the model's own shape.
[[nodiscard]] std::map<std::string, std::string> values_npy(const RunRecord& record);

}  // namespace tricycle
