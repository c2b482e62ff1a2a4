// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/fields.hpp"

namespace tricycle {

/// Where a figure holds. What its source does not state is absent.
struct Corner {
  std::optional<double> node_nm, voltage_V, temperature_K;
  bool operator==(const Corner&) const = default;
  [[nodiscard]] std::string text() const;  ///< `45 nm, 0.9 V, temperature not stated`
};

/// A corner that figures of a technology were stated at.
struct StatedCorner {
  std::string name;
  Corner corner;
  bool off_chip = false;           ///< of another chip, which has supplies of its own
  std::optional<Corner> taken_as;  ///< where the file takes its figures to hold too
  std::string why;
};

enum class Quantity : std::uint8_t { energy, leakage, area };

/// How a figure came to a technology's own corner.
struct Scaling {
  std::string from;  ///< the corner it was stated at
  double factor = 1;
  std::string rule;
  bool operator==(const Scaling&) const = default;
};

/// A figure brought to another corner, or nothing where no rule is known. Energy of a switch goes with V^2 at
/// the same node, at any temperature; area depends on the node alone; leakage is known where it was stated.
/// Else a figure holds where the file takes it to.
[[nodiscard]] std::optional<Scaling> bring(const StatedCorner& stated, Quantity quantity, const Corner& to);

/// The corner of a technology and those its figures were stated at. Figures that no rule brings to its own
/// corner are gathered, and refused together.
class Corners {
 public:
  /// Reads the sections `corner` and `stated`.
  void read(const Document& corner, const Document& stated);
  [[nodiscard]] const Corner& own() const { return own_; }

  /// The stated corner that the key `at` of a figure names.
  [[nodiscard]] const StatedCorner& named(const std::string& at, const Place& place) const;
  [[nodiscard]] Scaling bring(const StatedCorner& stated, Quantity quantity, const std::string& price);

  /// Errors: figures that no rule brings here, at the key of `corner` that they do not follow.
  void finish() const;

 private:
  struct Refusal {
    const StatedCorner* stated;
    Quantity quantity;
    std::vector<std::string> prices;
  };
  Corner own_;
  std::map<std::string, Place> places_;  ///< of the keys of `corner`
  std::vector<StatedCorner> stated_;
  std::vector<Refusal> refusals_;
};

}  // namespace tricycle
