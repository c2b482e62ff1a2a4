// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "support/diagnostics.hpp"
#include "support/fields.hpp"
#include "workloads/quantize/recurrent/model.hpp"

namespace tricycle {

std::string model_text(const RecurrentModel& model, const RecurrentSpec& spec) {
  std::string text =
      fmt::format("recurrent {}: {} steps, batch {}\n", printable(model.name), model.steps, model.batch);
  if (model.vocabulary > 0)
    text += fmt::format("embedding: {} rows of {}\n", model.vocabulary, model.layers[0].inputs);
  for (const RecurrentLayer& layer : model.layers) {
    text += fmt::format("{}: {} of {} units on {} inputs", printable(layer.name), name_of(layer.cell),
                        layer.hidden, layer.inputs);
    for (const DirectionWeights& direction : layer.directions)
      text += direction.reverse ? ", from the last step" : ", from the first step";
    text += "\n";
  }
  if (model.decoder)
    text +=
        fmt::format("{}: decoder of {} outputs\n", printable(model.decoder->name), model.decoder->outputs);
  if (model.last_only) text += "output of the last step alone\n";
  if (model.carries) text += "states come from the item before\n";
  return text + "\n" + write_fields(spec) + "\n";
}

}  // namespace tricycle
