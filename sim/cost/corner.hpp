// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/cost/logic_table.hpp"
#include "support/fields.hpp"

namespace tricycle {

/// The conditions for which a figure holds. A condition that its source does not state is absent.
struct Corner {
  std::optional<double> node_nm, voltage_V, temperature_K;
  bool operator==(const Corner&) const = default;
  [[nodiscard]] std::string text() const;  ///< `45 nm, 0.9 V, temperature not stated`
};

enum class Quantity : std::uint8_t { energy, leakage, area, time };
inline constexpr std::size_t quantity_count = 4;
[[nodiscard]] const char* name_of(Quantity quantity);

/// How far the truth may be from figures: factors, and the reason for them.
struct Interval {
  double low = 1, high = 1;
  std::string why;  ///< "" where none was stated
};

/// Reads the section `interval`: pairs of factors below `energy`, `leakage` and `area`, and `why`. Errors: a
/// pair that excludes the figure itself.
[[nodiscard]] std::array<Interval, quantity_count> read_interval(const Document& section);

/// A corner for which figures of a technology were stated.
struct StatedCorner {
  std::string name;
  Corner corner;
  bool off_chip = false;           ///< of another chip with its own supplies
  bool is_logic = false;           ///< of gates, which go from node to node by the section `scaling`
  std::optional<Corner> taken_as;  ///< another corner for which the file takes its figures, too
  std::string why;
  std::array<Interval, quantity_count> intervals;
};

/// How a figure was converted to a technology's own corner.
struct Scaling {
  std::string from;  ///< the corner for which it was stated
  double factor = 1;
  std::string rule;
  bool by_scaling = false;             ///< the section `scaling` gave the factor, or a part of it
  std::vector<std::size_t> uncertain;  ///< which of the technology's uncertainties it has
  bool operator==(const Scaling&) const = default;
};

/// Figures that are wrong together, if they are: those of one quantity with one source. A technology's prices
/// are sums of figures, each with one uncertainty of its source and, where it was scaled, one of the scaling.
struct Uncertainty {
  std::string source;  ///< the corner of `stated`, or `scaling`
  Quantity quantity;
  Interval interval;
};

/// The section `scaling` of a technology: how logic goes to its corner.
class LogicScaling {
 public:
  /// Errors: a damaged table; a factor without a source.
  explicit LogicScaling(const Document& section);
  [[nodiscard]] const std::array<Interval, quantity_count>& intervals() const { return intervals_; }

  /// Energy, delay and area by the table; leakage by the factor that the section states for these corners.
  /// Returns nothing for what the table does not reach, and for leakage without such a factor.
  [[nodiscard]] std::optional<Scaling> bring(Quantity quantity, const Corner& from, const Corner& to) const;

 private:
  /// Leakage at a corner over that at a node.
  struct Leakage {
    double factor = 1, from_nm = 0;
    Corner at;
  };
  std::optional<LogicTable> table_;
  std::optional<Leakage> leakage_;
  std::string source_;
  std::array<Interval, quantity_count> intervals_;
};

/// Converts a figure to another corner. Returns nothing where no rule is known. Dynamic energy scales with
/// V^2 at the same node, at any temperature. Area depends on the node alone. Leakage and time hold only at
/// their stated corner. Otherwise a figure holds at the corner `taken_as`; one of logic goes from there, or
/// from its own corner, by `scaling`. A figure of another chip is not scaled.
[[nodiscard]] std::optional<Scaling> bring(const StatedCorner& stated, Quantity quantity, const Corner& to,
                                           const LogicScaling* scaling = nullptr);

/// The own corner of a technology and the corners of its figures. Figures that no rule converts to the own
/// corner are collected and refused together.
class Corners {
 public:
  /// Reads the sections `corner` and `stated`, and `scaling` where there is one.
  void read(const Document& corner, const Document& stated, const Document* scaling);
  [[nodiscard]] const Corner& own() const { return own_; }

  /// The stated corner that the key `at` of a figure names. Errors: no such corner, with the nearest one.
  [[nodiscard]] const StatedCorner& named(const std::string& at, const Place& place) const;
  [[nodiscard]] Scaling bring(const StatedCorner& stated, Quantity quantity, const std::string& price);
  /// Those that figures brought so far have.
  [[nodiscard]] const std::vector<Uncertainty>& uncertainties() const { return uncertainties_; }

  /// Errors: figures that no rule converts to the own corner. The place is the key of `corner` that prevents
  /// it.
  void finish() const;

 private:
  struct Refusal {
    const StatedCorner* stated;
    Quantity quantity;
    std::vector<std::string> prices;
  };
  std::size_t uncertainty(const std::string& source, Quantity quantity, const Interval& interval);

  Corner own_;
  std::optional<LogicScaling> scaling_;
  std::vector<Uncertainty> uncertainties_;
  std::map<std::string, Place> places_;  ///< places of the keys of `corner`
  std::vector<StatedCorner> stated_;
  std::vector<Refusal> refusals_;
};

}  // namespace tricycle
