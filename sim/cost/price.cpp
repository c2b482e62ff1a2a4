// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/price.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "sim/cost/interpolate.hpp"

namespace tricycle {
namespace {

constexpr Presence required = Presence::required;
constexpr Presence optional = Presence::optional;
constexpr double most = 1e9;  ///< of any figure

/// A figure from the file, or from a table by lanes or bits.
struct Amount {
  double value = 0;
  std::string text;  ///< `3.7 pJ`, `18.77 fJ at 48 lanes, interpolated`
};

/// What a table of figures goes by: the lanes of a PE or the bits of an accumulator.
struct Axis {
  const char* name;  ///< `lanes`
  double at;
};

Axis axis_of(const Item& item) {
  if (item.bits > 0) return {"bits", static_cast<double>(item.bits)};
  return {"lanes", static_cast<double>(item.lanes)};
}

/// Whether a figure is held flat above its table. A delay is not: deeper trees take longer.
bool ends_flat(const std::string& unit) {
  return unit != "ns";
}

Amount amount_at(const std::map<double, double>& table, const std::string& unit, const Axis& axis) {
  const auto& [fewest, first] = *table.begin();
  const auto& [largest, last] = *table.rbegin();
  const bool is_point = table.count(axis.at) != 0;
  const bool is_above = axis.at > largest;
  const bool is_flat =
      !is_point && (axis.at < fewest || (is_above && (ends_flat(unit) || table.size() == 1)));
  Amount amount;
  if (is_point || is_flat) {
    amount.value = is_point ? table.at(axis.at) : axis.at < fewest ? first : last;
  } else {
    const Segment<double> segment = segment_of(table, axis.at);
    amount.value = rounded(segment.low + (segment.high - segment.low) * segment.at);
  }
  amount.text = fmt::format("{} {} at {} {}{}", amount.value, unit, axis.at, axis.name,
                            is_point   ? ""
                            : is_flat  ? ", held flat"
                            : is_above ? ", extrapolated"
                                       : ", interpolated");
  return amount;
}

std::map<double, double> read_axis_table(const Document& node, const std::string& key, const Axis& axis) {
  static_cast<void>(FieldReader(node, "'" + key + "'"));
  std::map<double, double> table;
  for (std::size_t i = 0; i < node.entries.size(); ++i) {
    const auto& [point, figure] = node.entries[i];
    std::int64_t count = 0;
    double value = 0;
    if (!parse_integer(point, count) || count < 1) {
      throw InputError(node.key_places[i],
                       fmt::format("'{}' expects numbers of {} as keys, not '{}'", key, axis.name, point));
    }
    if (!parse_number(figure.scalar, value) || value < 0 || value > most) {
      throw InputError(figure.place,
                       fmt::format("'{}' expects a number from 0 to {}, not '{}'", key, most, figure.scalar));
    }
    table[static_cast<double>(count)] = value;
  }
  if (table.empty())
    throw InputError(node.place, fmt::format("'{}' expects at least one number of {}", key, axis.name));
  return table;
}

/// Reads the figure with the key `unit`, or with the key `unit_by_lanes` (or `_by_bits`).
std::optional<Amount> read_amount(FieldReader& reader, const std::string& unit, const Item& item) {
  const Axis axis = axis_of(item);
  const std::string by_axis = unit + "_by_" + axis.name;
  constexpr double absent = -1;
  double value = absent;
  reader.number(unit.c_str(), value, 0, most, optional);
  const Document* table = reader.document(by_axis.c_str(), optional);
  if (table == nullptr) {
    if (value == absent) return std::nullopt;
    return Amount{value, fmt::format("{} {}", value, unit)};
  }
  if (value != absent) {
    throw InputError(table->place, fmt::format("{} has '{}' and '{}'; give one", item.what(), unit, by_axis));
  }
  if (axis.at == 0) {
    throw InputError(table->place,
                     fmt::format("'{}' is for lanes, and '{}' is none; give '{}'", by_axis, item.name, unit));
  }
  return amount_at(read_axis_table(*table, by_axis, axis), unit, axis);
}

Origin read_times_and_origin(FieldReader& reader) {
  constexpr double most_times = 1e6;
  Origin origin;
  reader.number("times", origin.times, 0, most_times, optional);
  read_origin(reader, origin);
  reader.finish();
  return origin;
}

void add(Price& price, const Origin& origin, double unit, const Amount& amount, const Scaling& scaling) {
  const double times = origin.times;
  const double value = times * (scaling.factor * unit) * amount.value;
  price.value += value;
  price.shares.push_back({value, scaling.uncertain});
  price.source += (price.source.empty() ? "" : " + ") + (times == 1 ? "" : fmt::format("{} x ", times)) +
                  amount.text + ": " + origin.source;
  price.scaling.push_back(scaling);
}

/// Calls `add` for a single figure or for each of a list of figures.
template <class Add>
void each_figure(const Document& node, const Item& item, const Add& add) {
  if (node.kind != Document::Kind::sequence) return add(node);
  if (node.items.empty()) throw InputError(node.place, item.what() + " expects at least one figure");
  for (const Document& figure : node.items) add(figure);
}

}  // namespace

Price read_energy(const Document& node, const Item& item, Corners& corners) {
  Price price;
  each_figure(node, item, [&](const Document& figure) {
    FieldReader reader(figure, item.what());
    const std::optional<Amount> pJ = read_amount(reader, "pJ", item);
    const std::optional<Amount> fJ = read_amount(reader, "fJ", item);
    const Origin origin = read_times_and_origin(reader);
    const StatedCorner& stated = corners.named(origin.at, reader.place_of("at"));
    if (pJ.has_value() == fJ.has_value())
      throw InputError(figure.place, item.what() + " needs either 'pJ' or 'fJ'");
    constexpr double pJ_per_fJ = 1e-3;
    add(price, origin, pJ ? 1 : pJ_per_fJ, pJ ? *pJ : *fJ,
        corners.bring(stated, Quantity::energy, item.name));
  });
  price.value = rounded(price.value);
  return price;
}

PartPrice read_part(const Document& node, const Item& item, Corners& corners) {
  PartPrice price;
  each_figure(node, item, [&](const Document& figure) {
    FieldReader reader(figure, item.what());
    const std::optional<Amount> um2 = read_amount(reader, "um2", item);
    const std::optional<Amount> nW = read_amount(reader, "nW", item);
    std::optional<Amount> ns;
    if (item.lanes > 0 || item.bits > 0) ns = read_amount(reader, "ns", item);
    const Origin origin = read_times_and_origin(reader);
    const StatedCorner& stated = corners.named(origin.at, reader.place_of("at"));
    const bool is_delay_alone = ns && !um2 && !nW;
    if ((!um2 || !nW) && !is_delay_alone) {
      throw InputError(figure.place, fmt::format("{} needs '{}'", item.what(), um2 ? "nW" : "um2"));
    }
    if (um2) add(price.um2, origin, 1, *um2, corners.bring(stated, Quantity::area, item.name));
    if (nW) add(price.nW, origin, 1, *nW, corners.bring(stated, Quantity::leakage, item.name));
    if (ns) add(price.ns, origin, 1, *ns, corners.bring(stated, Quantity::time, item.name));
  });
  if (price.um2.scaling.empty()) throw InputError(node.place, item.what() + " needs 'um2' and 'nW'");
  for (Price* sum : {&price.um2, &price.nW, &price.ns}) sum->value = rounded(sum->value);
  return price;
}

void read_origin(Fields& fields, Origin& origin) {
  fields.text("source", origin.source, required);
  fields.text("at", origin.at, required);
}

double rounded(double value) {
  double result = 0;
  static_cast<void>(parse_number(fmt::format("{:.6g}", value), result));
  return result;
}

}  // namespace tricycle
