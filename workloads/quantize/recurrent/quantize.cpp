// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/recurrent/quantize.hpp"

#include <algorithm>

#include "support/diagnostics.hpp"
#include "workloads/quantize/recurrent/cells.hpp"

namespace tricycle {
namespace {

/// A recurrent model as a chain of layers: the output of each layer is the next one's input.
class ModelQuantizer {
 public:
  ModelQuantizer(const RecurrentModel& model, const RecurrentSpec& spec, const RecurrentOptions& options)
      : model_(model), spec_(spec), builder_(model, spec, options) {}

  QuantizedNetwork run() {
    check_choices();
    int x = builder_.input();
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      const RecurrentLayer& layer = model_.layers[i];
      const bool is_last = i + 1 == model_.layers.size();
      std::vector<int> outputs;
      for (const DirectionWeights& direction : layer.directions) {
        CellBuilder cell(builder_, layer, direction, i);
        if (is_last) cell.decode_within(decoder_within());
        outputs.push_back(cell.build(x, is_last && model_.last_only));
      }
      x = outputs.size() == 1 ? outputs[0] : builder_.concat(layer.name, outputs);
    }
    if (model_.decoder && decoder_within() == nullptr) x = builder_.decode(*model_.decoder, x);
    return builder_.finish(x);
  }

 private:
  [[noreturn]] void refuse(const std::string& message) const {
    Place place;
    place.file = model_.file;
    throw InputError(place, message);
  }

  /// Refuses choices of the experiment that have no meaning for this model.
  void check_choices() const {
    const bool each = spec_.decode == Decode::each_step;
    if (each && decoder_within() == nullptr)
      refuse("recurrent.decode=each_step needs a decoder behind one direction, of every step");
    if (model_.vocabulary > 0 && spec_.input == RecurrentInput::one_hot)
      refuse(
          "recurrent.input=one_hot does not go with an embedding, whose rows are vectors: use int8 or btq");
    const bool reverse = std::any_of(model_.layers.begin(), model_.layers.end(), [](const auto& layer) {
      return std::any_of(layer.directions.begin(), layer.directions.end(),
                         [](const DirectionWeights& direction) { return direction.reverse; });
    });
    if (reverse && (spec_.carry_state || model_.carries))
      refuse("states are not carried from item to item where a layer runs from the last step to the first");
  }

  /// The decoder if it belongs into the last layer's loop; else null.
  [[nodiscard]] const DecoderWeights* decoder_within() const {
    const bool each = spec_.decode == Decode::each_step;
    const bool one = model_.layers.back().directions.size() == 1 && !model_.last_only;
    return each && one && model_.decoder ? &*model_.decoder : nullptr;
  }

  const RecurrentModel& model_;
  const RecurrentSpec& spec_;
  NetworkBuilder builder_;
};

}  // namespace

QuantizedNetwork quantize_recurrent(const RecurrentModel& model, const RecurrentSpec& spec,
                                    const RecurrentOptions& options) {
  return ModelQuantizer(model, spec, options).run();
}

}  // namespace tricycle
