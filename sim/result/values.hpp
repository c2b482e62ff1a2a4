// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "sim/result/result.hpp"

namespace tricycle {

/// The input: where it came from, what its bytes mean, how they became codes, and how many of them the
/// model's own quantizer clamped.
[[nodiscard]] nlohmann::ordered_json input_json(const RunRecord& record);
/// What a byte of the input is worth: `1/255`.
[[nodiscard]] std::string byte_scale(const ByteMeaning& byte);
/// The same in words, for the terminal.
[[nodiscard]] std::string input_text(const RunRecord& record);

/// The first item's outputs: real values, and their codes; a large output is only named.
[[nodiscard]] nlohmann::ordered_json outputs_json(const RunRecord& record);
/// outputs.npy: the first item's real values in the model's own shape, where they are too many for
/// result.json.
[[nodiscard]] std::optional<std::string> outputs_npy(const RunRecord& record);

}  // namespace tricycle
