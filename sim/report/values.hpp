// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
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

/// The first item's outputs: real values and their codes. A large output is only named.
[[nodiscard]] nlohmann::ordered_json outputs_json(const RunRecord& record);
/// outputs.npy: the first item's real values in the model's own shape, where there are too many for
/// result.json.
[[nodiscard]] std::optional<std::string> outputs_npy(const RunRecord& record);

}  // namespace tricycle
