// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/inputs.hpp"
#include "sim/experiment/text.hpp"
#include "tests/fuzz/target.hpp"

/// What the options of an input take: a scale, means, deviations and a part, with ';' between them.
void tricycle::fuzz::read(Input bytes) {
  std::string rest = text_of(bytes);
  const auto next = [&rest] {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string word = rest.substr(0, end);
    rest.erase(0, end + 1);
    return word;
  };
  RunRequest request;
  request.input_scale = next();
  request.input_mean = next();
  request.input_std = next();
  static_cast<void>(parse_part(next()));
  require(!reading_fault({.byte = byte_meaning(request)}), "bytes mean no numbers");
}
