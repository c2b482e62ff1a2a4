// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/document.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Reads a network description (`format: tricycle-network/1`, see workloads/zoo/README.md) and makes its
/// graph, with synthetic weights of the stated distribution. A `seed` that is not negative overrides the seed
/// of the file.
[[nodiscard]] Graph import_network(const Document& document, std::int64_t seed);

}  // namespace tricycle
