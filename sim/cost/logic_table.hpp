// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>

namespace tricycle {

/// How energy and delay of logic go with node and supply, and its area with the node: the fits of Stillmaker
/// and Baas (Integration 58, 2017, 74-81). Only ratios of these figures mean something. Between the nodes of
/// the table all is interpolated in logarithms.
/// Errors, with file and line: a damaged or truncated table, a node that stands there twice, fewer than two.
class LogicTable {
 public:
  explicit LogicTable(const std::string& path);

  /// Whether the node lies within the table.
  [[nodiscard]] bool reaches(double node_nm) const;
  /// `from 7 to 45 nm`
  [[nodiscard]] std::string range() const;
  /// The rows of a node: `HP32`, `HP32 and HP20`.
  [[nodiscard]] std::string rows(double node_nm) const;

  /// Nothing below 0.6 times the row's nominal supply, and where the fit gives no positive energy.
  [[nodiscard]] std::optional<double> energy(double node_nm, double voltage_V) const;
  /// The same of delays. A supply above the row's nominal one makes nothing faster: the fits do not hold
  /// there.
  [[nodiscard]] std::optional<double> delay(double node_nm, double voltage_V) const;
  [[nodiscard]] double area(double node_nm) const;

 private:
  struct Row {
    std::string name;
    double nominal_V;
    std::array<double, 4> delay;   ///< of V^3, V^2, V and 1
    std::array<double, 3> energy;  ///< of V^2, V and 1
    double area;
  };
  template <class Of>
  [[nodiscard]] std::optional<double> at(double node_nm, const Of& of) const;

  std::map<double, Row> rows_;  ///< by node
};

}  // namespace tricycle
