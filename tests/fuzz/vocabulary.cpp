// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/vocabulary.hpp"

#include "tests/fuzz/target.hpp"

/// Tokens, as a text of characters and as JSON.
void tricycle::fuzz::read(Input bytes) {
  try {
    static_cast<void>(read_vocabulary(file_of(bytes, ".txt")));
  } catch (const InputError&) {
  }
  static_cast<void>(read_vocabulary(file_of(bytes, ".json")));
}
