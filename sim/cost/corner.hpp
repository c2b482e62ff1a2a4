// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/fields.hpp"

namespace tricycle {

/// The conditions for which a figure holds. A condition that its source does not state is absent.
struct Corner {
  std::optional<double> node_nm, voltage_V, temperature_K;
  bool operator==(const Corner&) const = default;
  [[nodiscard]] std::string text() const;  ///< `45 nm, 0.9 V, temperature not stated`
};

/// A corner for which figures of a technology were stated.
struct StatedCorner {
  std::string name;
  Corner corner;
  bool off_chip = false;           ///< of another chip with its own supplies
  std::optional<Corner> taken_as;  ///< another corner for which the file takes its figures, too
  std::string why;
};

enum class Quantity : std::uint8_t { energy, leakage, area, time };

/// How a figure was converted to a technology's own corner.
struct Scaling {
  std::string from;  ///< the corner for which it was stated
  double factor = 1;
  std::string rule;
  bool operator==(const Scaling&) const = default;
};

/// Converts a figure to another corner. Returns nothing where no rule is known. Dynamic energy scales with
/// V^2 at the same node, at any temperature. Area depends on the node alone. Leakage and time hold only at
/// their stated corner. Otherwise a figure holds at the corner `taken_as`. A figure of another chip is not
/// scaled.
[[nodiscard]] std::optional<Scaling> bring(const StatedCorner& stated, Quantity quantity, const Corner& to);

/// The own corner of a technology and the corners of its figures. Figures that no rule converts to the own
/// corner are collected and refused together.
class Corners {
 public:
  /// Reads the sections `corner` and `stated`.
  void read(const Document& corner, const Document& stated);
  [[nodiscard]] const Corner& own() const { return own_; }

  /// The stated corner that the key `at` of a figure names. Errors: no such corner, with the nearest one.
  [[nodiscard]] const StatedCorner& named(const std::string& at, const Place& place) const;
  [[nodiscard]] Scaling bring(const StatedCorner& stated, Quantity quantity, const std::string& price);

  /// Errors: figures that no rule converts to the own corner. The place is the key of `corner` that prevents
  /// it.
  void finish() const;

 private:
  struct Refusal {
    const StatedCorner* stated;
    Quantity quantity;
    std::vector<std::string> prices;
  };
  Corner own_;
  std::map<std::string, Place> places_;  ///< places of the keys of `corner`
  std::vector<StatedCorner> stated_;
  std::vector<Refusal> refusals_;
};

}  // namespace tricycle
