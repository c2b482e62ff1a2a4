// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/corner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace tricycle {
namespace {

constexpr const char* unknown = "not stated";

/// The dimensions of a corner, in one list.
struct Dimension {
  const char *key, *unit, *name;
  double least, most;
  std::optional<double> Corner::*value;
};
constexpr Dimension dimensions[] = {{"node_nm", "nm", "node", 1, 1000, &Corner::node_nm},
                                    {"voltage_V", "V", "voltage", 0.1, 10, &Corner::voltage_V},
                                    {"temperature_K", "K", "temperature", 200, 500, &Corner::temperature_K}};

Corner read_corner(FieldReader& reader, bool all_known) {
  Corner corner;
  for (const Dimension& d : dimensions) {
    std::string text;
    reader.text(d.key, text, Presence::required);
    double value = 0;
    if (!all_known && text == unknown) continue;
    if (!parse_number(text, value) || value < d.least || value > d.most) {
      throw InputError(reader.place_of(d.key),
                       fmt::format("'{}' expects a number from {} to {}{}, not '{}'", d.key, d.least, d.most,
                                   all_known ? "" : fmt::format(" or '{}'", unknown), text));
    }
    corner.*d.value = value;
  }
  return corner;
}

/// A pair of factors around 1.
void read_factors(FieldReader& reader, const char* key, Interval& interval) {
  const Document* pair = reader.document(key, Presence::optional);
  if (pair == nullptr) return;
  constexpr double most = 1000;
  const bool is_pair = pair->kind == Document::Kind::sequence && pair->items.size() == 2 &&
                       parse_number(pair->items[0].scalar, interval.low) &&
                       parse_number(pair->items[1].scalar, interval.high);
  if (!is_pair || interval.low <= 0 || interval.high > most)
    throw InputError(
        pair->place,
        fmt::format("'{}' expects two factors above 0 and up to {}, such as [0.8, 1.5]", key, most));
  if (interval.low > 1 || interval.high < 1)
    throw InputError(pair->place,
                     fmt::format("'{}' expects factors around 1, the figure itself, not {} to {}", key,
                                 interval.low, interval.high));
}

StatedCorner read_stated(const Document& document, const std::string& name) {
  FieldReader reader(document, "the corner '" + name + "'");
  StatedCorner stated;
  stated.name = name;
  reader.boolean("off_chip", stated.off_chip, Presence::optional);
  reader.boolean("logic", stated.is_logic, Presence::optional);
  if (const Document* interval = reader.document("interval", Presence::optional))
    stated.intervals = read_interval(*interval);
  if (!stated.off_chip) {
    stated.corner = read_corner(reader, false);
    if (const Document* taken = reader.document("taken_as", Presence::optional)) {
      FieldReader inside(*taken, "'taken_as'");
      stated.taken_as = read_corner(inside, true);
      inside.text("why", stated.why, Presence::required);
      inside.finish();
    }
  }
  reader.finish();
  return stated;
}

/// Whether two corners must agree in a dimension, because a quantity depends on it without a known rule.
bool must_agree(Quantity quantity, const Dimension& dimension) {
  return quantity == Quantity::leakage || quantity == Quantity::time || dimension.value == &Corner::node_nm;
}

const Dimension* first_obstacle(const Corner& from, Quantity quantity, const Corner& to) {
  for (const Dimension& d : dimensions) {
    const bool scales = quantity == Quantity::energy && d.value == &Corner::voltage_V;
    if (scales && !(from.*d.value)) return &d;
    if (must_agree(quantity, d) && from.*d.value != to.*d.value) return &d;
  }
  return nullptr;
}

std::string some_of(const std::vector<std::string>& prices) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, prices.size()); ++i)
    text += (i == 0 ? "'" : ", '") + prices[i] + "'";
  return prices.size() <= most ? text : text + fmt::format(" and {} more", prices.size() - most);
}

}  // namespace

const char* name_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::energy: return "energy";
    case Quantity::leakage: return "leakage";
    case Quantity::area: return "area";
    case Quantity::time: break;
  }
  return "time";
}

std::string Corner::text() const {
  std::string text;
  for (const Dimension& d : dimensions) {
    const auto& value = this->*d.value;
    text += (text.empty() ? "" : ", ") +
            (value ? fmt::format("{} {}", *value, d.unit) : fmt::format("{} {}", d.name, unknown));
  }
  return text;
}

std::array<Interval, quantity_count> read_interval(const Document& section) {
  FieldReader reader(section, "'interval'");
  std::array<Interval, quantity_count> intervals;
  std::string why;
  constexpr std::array<Quantity, 3> stated = {Quantity::energy, Quantity::leakage, Quantity::area};
  for (const Quantity quantity : stated)
    read_factors(reader, name_of(quantity), intervals[static_cast<std::size_t>(quantity)]);
  reader.text("why", why, Presence::required);
  reader.finish();
  for (const Quantity quantity : stated) intervals[static_cast<std::size_t>(quantity)].why = why;
  return intervals;
}

LogicScaling::LogicScaling(const Document& section) {
  FieldReader reader(section, "'scaling'");
  std::string table;
  reader.text("table", table, Presence::required);
  if (const Document* leakage = reader.document("leakage", Presence::optional)) {
    FieldReader inside(*leakage, "'leakage'");
    Leakage read;
    inside.number("factor", read.factor, 1e-6, 1e6, Presence::required);
    inside.number("from_nm", read.from_nm, 1, 1000, Presence::required);
    read.at = read_corner(inside, true);
    inside.finish();
    leakage_ = read;
  }
  reader.text("source", source_, Presence::required);
  if (const Document* interval = reader.document("interval", Presence::optional))
    intervals_ = read_interval(*interval);
  reader.finish();
  const std::filesystem::path file = reader.place_of("table").file;
  table_.emplace((file.parent_path() / table).string());
}

std::optional<Scaling> LogicScaling::bring(Quantity quantity, const Corner& from, const Corner& to) const {
  const bool is_area = quantity == Quantity::area;
  if (quantity == Quantity::leakage) {
    if (!leakage_ || from.node_nm != leakage_->from_nm || to != leakage_->at) return std::nullopt;
    return Scaling{from.text(), leakage_->factor, source_, true, {}};
  }
  if (!from.node_nm || (!is_area && !from.voltage_V)) return std::nullopt;
  if (!table_->reaches(*from.node_nm) || !table_->reaches(*to.node_nm)) return std::nullopt;
  const auto value_at = [&](const Corner& corner) -> std::optional<double> {
    if (is_area) return table_->area(*corner.node_nm);
    return quantity == Quantity::energy ? table_->energy(*corner.node_nm, *corner.voltage_V)
                                        : table_->delay(*corner.node_nm, *corner.voltage_V);
  };
  const std::optional<double> before = value_at(from), after = value_at(to);
  if (!before || !after) return std::nullopt;
  return Scaling{from.text(),
                 *after / *before,
                 fmt::format("{} to {}: {}", table_->rows(*from.node_nm), table_->rows(*to.node_nm), source_),
                 true,
                 {}};
}

std::optional<Scaling> bring(const StatedCorner& stated, Quantity quantity, const Corner& to,
                             const LogicScaling* by) {
  if (stated.off_chip) return Scaling{"another chip", 1, "has supplies of its own", false, {}};
  const Corner& from = stated.corner;
  Scaling scaling{from.text(), 1, "as stated", false, {}};
  if (first_obstacle(from, quantity, to) != nullptr) {
    if (stated.taken_as == to) {
      scaling.rule = fmt::format("taken as at {}: {}", to.text(), stated.why);
      return scaling;
    }
    if (!stated.is_logic || by == nullptr) return std::nullopt;
    if (std::optional<Scaling> scaled = by->bring(quantity, from, to)) return scaled;
    return stated.taken_as ? by->bring(quantity, *stated.taken_as, to) : std::nullopt;
  }
  if (quantity == Quantity::energy && from.voltage_V != to.voltage_V) {
    const double ratio = *to.voltage_V / *from.voltage_V;
    scaling.factor = ratio * ratio;
    scaling.rule = fmt::format("({} / {})^2", *to.voltage_V, *from.voltage_V);
  }
  return scaling;
}

void Corners::read(const Document& corner, const Document& stated, const Document* scaling) {
  FieldReader reader(corner, "'corner'");
  own_ = read_corner(reader, true);
  reader.finish();
  for (const Dimension& d : dimensions) places_[d.key] = reader.place_of(d.key);
  if (scaling != nullptr) scaling_.emplace(*scaling);
  static_cast<void>(FieldReader(stated, "'stated'"));
  for (const Document::Entry& entry : stated.entries)
    stated_.push_back(read_stated(entry.second, entry.first));
}

const StatedCorner& Corners::named(const std::string& at, const Place& place) const {
  std::vector<std::string> names;
  for (const StatedCorner& stated : stated_) {
    if (stated.name == at) return stated;
    names.push_back(stated.name);
  }
  throw InputError(place,
                   fmt::format("'at' expects a corner of the section 'stated'{}, not '{}'{}",
                               names.empty() ? "" : ", " + either(names), at, did_you_mean(at, names)));
}

Scaling Corners::bring(const StatedCorner& stated, Quantity quantity, const std::string& price) {
  if (std::optional<Scaling> scaling =
          tricycle::bring(stated, quantity, own_, scaling_ ? &*scaling_ : nullptr)) {
    const auto q = static_cast<std::size_t>(quantity);
    scaling->uncertain.push_back(uncertainty(stated.name, quantity, stated.intervals[q]));
    if (scaling->by_scaling)
      scaling->uncertain.push_back(uncertainty("scaling", quantity, scaling_->intervals()[q]));
    return *scaling;
  }
  const auto known = std::find_if(refusals_.begin(), refusals_.end(), [&](const Refusal& r) {
    return r.stated == &stated && r.quantity == quantity;
  });
  std::vector<std::string>& prices =
      (known == refusals_.end() ? *refusals_.insert(known, {&stated, quantity, {}}) : *known).prices;
  if (std::find(prices.begin(), prices.end(), price) == prices.end()) prices.push_back(price);
  return {};
}

std::size_t Corners::uncertainty(const std::string& source, Quantity quantity, const Interval& interval) {
  const auto known = std::find_if(uncertainties_.begin(), uncertainties_.end(), [&](const Uncertainty& u) {
    return u.source == source && u.quantity == quantity;
  });
  const auto index = static_cast<std::size_t>(known - uncertainties_.begin());
  if (known == uncertainties_.end()) uncertainties_.push_back({source, quantity, interval});
  return index;
}

void Corners::finish() const {
  if (refusals_.empty()) return;
  std::string text;
  for (const Refusal& r : refusals_) {
    text += fmt::format("{}the {} of {} is of '{}' ({})", text.empty() ? "" : "; ", name_of(r.quantity),
                        some_of(r.prices), r.stated->name, r.stated->corner.text());
  }
  const Refusal& first = refusals_.front();
  const StatedCorner& stated = *first.stated;
  const Dimension* obstacle = stated.taken_as ? first_obstacle(*stated.taken_as, Quantity::leakage, own_)
                                              : first_obstacle(stated.corner, first.quantity, own_);
  throw InputError(places_.at(obstacle->key),
                   fmt::format("these figures cannot be scaled to {}: {}; give figures that were "
                               "stated there",
                               own_.text(), text));
}

}  // namespace tricycle
