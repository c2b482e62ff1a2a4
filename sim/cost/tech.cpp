// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/tech.hpp"

#include "arch/params/document_kind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "arch/params/parts.hpp"
#include "arch/params/timing.hpp"
#include "sim/cost/clock.hpp"
#include "sim/cost/price.hpp"
#include "sim/cost/scenario.hpp"
#include "sim/cost/sram_section.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr Presence required = Presence::required;

/// The lanes of the PE for an event or part of this name; 0 when it does not belong to a lane.
std::int64_t lanes_named(const std::string& name, const ArraySpec& array) {
  struct Lane {
    Datapath datapath;
    Format format;
  };
  const Format smallest = bit_planes(array.min_operand_bits, true);
  const std::map<std::string, Lane> lanes = {
      {"popcount.binary_lanes", {Datapath::binary, Format::bit1}},
      {"popcount.ternary_fatnn_lanes", {Datapath::ternary_fatnn, Format::trit2}},
      {"popcount.ternary_fatnn_mask_lanes", {Datapath::ternary_fatnn, Format::trit2}},
      {"popcount.ternary_planes_lanes", {Datapath::ternary_planes, Format::planes}},
      {"popcount.bitserial_lanes", {Datapath::bitserial, smallest}},
      {"shifter.lanes", {Datapath::shift, Format::pow2}},
      {"mac.int8_lanes", {Datapath::mac, Format::int8}},
      {"mac.fp16_lanes", {Datapath::mac, Format::float16}},
      {"mac.fp32_lanes", {Datapath::mac, Format::float32}}};
  const auto found = lanes.find(name);
  if (found == lanes.end()) return 0;
  const Lane& lane = found->second;
  return lanes_of(array, lane.datapath, lane.format, lane.format);
}

/// The item of an event or a part.
Item item_named(const std::string& name, const ArraySpec& array) {
  const bool is_accumulator = name == "array.sum_bits" || name == "array.accumulator_bits";
  return {name, lanes_named(name, array), is_accumulator ? array.accumulator_bits : 0};
}

/// Whether a counter counts accesses of an SRAM. The SRAM table prices these.
bool is_access(const CounterInfo& info, const std::vector<Sram>& srams) {
  return (info.name == "reads" || info.name == "writes") &&
         std::any_of(srams.begin(), srams.end(), [&](const Sram& sram) { return sram.unit == info.unit; });
}

/// The message for a key of `events` that prices no event.
std::string no_event(const std::string& key, const std::vector<Sram>& srams,
                     const std::vector<std::string>& events) {
  for (const CounterInfo& info : counter_infos()) {
    if (info.full_name() != key) continue;
    return "'" + key +
           (is_access(info, srams) ? "' is priced by 'sram'" : "' is only counted, and has no price");
  }
  return "there is no event '" + key + "'" + did_you_mean(key, events);
}

/// Checks that every one of `names` is a key of the mapping, and that every key is one of `names`.
template <class Refuse>
void check_keys(const Document& mapping, const std::string& what, const std::vector<std::string>& names,
                const Refuse& refuse) {
  static_cast<void>(FieldReader(mapping, what));
  for (std::size_t i = 0; i < mapping.entries.size(); ++i) {
    const std::string& key = mapping.entries[i].first;
    const bool is_known = std::find(names.begin(), names.end(), key) != names.end();
    if (!is_known) throw InputError(mapping.key_places[i], refuse(key));
  }
  for (const std::string& name : names) {
    if (mapping.find(name) == nullptr)
      throw InputError(mapping.place, what + " has no price for '" + name + "'");
  }
}

/// The section `wire`: what brings operands across the array.
struct WireSection {
  double ns_per_mm = 0;
  Origin origin;
  Place at_place;
};

/// A technology as its file and its bases have it. A price replaces that of the base; of all other sections
/// single keys do.
Document read_technology(const std::string& path, int depth = 0) {
  Document document = read_document(path);
  expect_kind(document, DocumentKind::tech);
  const auto base = std::find_if(document.entries.begin(), document.entries.end(),
                                 [](const Document::Entry& entry) { return entry.first == "base"; });
  if (base == document.entries.end()) return document;
  constexpr int most_bases = 4;
  const Place place = base->second.place;
  if (depth == most_bases)
    throw InputError(place, fmt::format("'base' leads through more than {} technologies", most_bases));
  Document whole = read_technology(find_preset("configs/tech", base->second.scalar, place), depth + 1);
  document.key_places.erase(document.key_places.begin() + (base - document.entries.begin()));
  document.entries.erase(base);
  for (const char* section : {"events", "parts"}) {
    const Document* changed = document.find(section);
    Document* there = whole.find(section);
    if (changed == nullptr || there == nullptr) continue;
    for (const Document::Entry& price : changed->entries) {
      if (Document* old = there->find(price.first)) *old = Document{};
    }
  }
  overlay(whole, document);
  return whole;
}

/// Reads one technology for one machine.
class Pricing {
 public:
  Pricing(const MachineSpec& spec, std::string path)
      : spec_(spec), path_(std::move(path)), srams_(srams_of(spec)) {}

  Prices read() {
    const Document document = read_technology(path_);
    FieldReader reader(document, "a technology");
    reader.text("name", prices_.tech, required);
    std::string base;  // known, and gone: read_technology has followed it
    reader.text("base", base, Presence::optional);
    reader.text("projection", prices_.projection, Presence::optional);
    const Document* corner = reader.document("corner", required);
    const Document* stated = reader.document("stated", required);
    const Document* scaling = reader.document("scaling", Presence::optional);
    if (corner != nullptr && stated != nullptr) read_corners(*corner, *stated, scaling);
    reader.section(
        "sram", [&](Fields& inside) { sram_.read(inside); }, required);
    reader.section(
        "wire", [&](Fields& inside) { read_wire(inside); }, Presence::optional);
    const Document* events = reader.document("events", required);
    const Document* parts = reader.document("parts", required);
    reader.finish();
    sram_.find_corner(corners_);
    for (const Sram& sram : srams_) banks_.insert({sram.unit, sram_.bank_of(sram, spec_, corners_)});
    price_events(*events);
    price_parts(*parts);
    price_srams();
    price_wire();
    corners_.finish();
    check_array();
    prices_.uncertainties = corners_.uncertainties();
    set_intervals();
    return std::move(prices_);
  }

 private:
  void read_corners(const Document& corner, const Document& stated, const Document* scaling) {
    corners_.read(corner, stated, scaling);
    prices_.node_nm = *corners_.own().node_nm;
    prices_.voltage_V = *corners_.own().voltage_V;
    prices_.temperature_K = *corners_.own().temperature_K;
  }

  void read_wire(Fields& fields) {
    WireSection& wire = wire_.emplace();
    fields.number("ns_per_mm", wire.ns_per_mm, 0, 1000, required);
    read_origin(fields, wire.origin);
    wire.at_place = fields.place_of("at");
  }

  void price_events(const Document& events) {
    std::vector<std::string> names;
    for (const CounterInfo& info : counter_infos()) {
      if (info.priced && !is_access(info, srams_)) names.push_back(info.full_name());
    }
    check_keys(events, "'events'", names,
               [&](const std::string& key) { return no_event(key, srams_, names); });
    const auto& infos = counter_infos();
    for (std::size_t i = 0; i < infos.size(); ++i) {
      if (!infos[i].priced) continue;
      const Price price =
          is_access(infos[i], srams_) ? access_price(infos[i]) : event_price(infos[i], events);
      prices_.event_pJ[i] = price.value;
      prices_.event_shares[i] = price.shares;
      add_line(infos[i].full_name(), "pJ", price);
    }
  }

  [[nodiscard]] Price access_price(const CounterInfo& info) {
    return bank_price(info.unit, info.name == "reads" ? read_pJ : write_pJ);
  }

  [[nodiscard]] Price bank_price(UnitId unit, SramFigure figure) {
    const Bank& bank = banks_.at(unit);
    const Scaling scaling = sram_.scaling(figure, unit, corners_);
    return {bank.figures[figure], bank.how, {scaling}, {{bank.figures[figure], scaling.uncertain}}};
  }

  [[nodiscard]] Price event_price(const CounterInfo& info, const Document& events) {
    const std::string name = info.full_name();
    return read_energy(*events.find(name), item_named(name, spec_.array), corners_);
  }

  void price_parts(const Document& parts) {
    std::vector<std::string> names;
    for (const Part& part : parts_of(spec_)) names.push_back(part.full_name());
    check_keys(parts, "'parts'", names, [&](const std::string& key) {
      return "there is no part '" + key + "'" + did_you_mean(key, names);
    });
    for (const Part& part : parts_of(spec_)) {
      const std::string name = part.full_name();
      const PartPrice price = read_part(*parts.find(name), item_named(name, spec_.array), corners_);
      const double millionths = static_cast<double>(part.count) * 1e-6;
      add_static(part.unit, price.um2, price.nW, millionths, millionths);
      if (part.count == 0) continue;
      add_line(name, "um2", price.um2);
      add_line(name, "nW", price.nW);
      if (!price.ns.scaling.empty()) add_delay(part, price.ns);
    }
  }

  void add_delay(const Part& part, const Price& ns) {
    Delay& delay = part.unit == UnitId::array ? accumulator_ : slowest_lanes_;
    if (ns.value > delay.ns) delay = {part.full_name(), ns.value};
    add_line(part.full_name(), "ns", ns);
  }

  void price_srams() {
    for (const Sram& sram : srams_) {
      const auto count = static_cast<double>(sram.spec.banks);
      add_static(sram.unit, bank_price(sram.unit, area_mm2), bank_price(sram.unit, leak_mW), count, count);
      add_line(name_of(sram.unit), "mm2", bank_price(sram.unit, area_mm2));
      add_line(name_of(sram.unit), "mW", bank_price(sram.unit, leak_mW));
      add_line(name_of(sram.unit) + ".access", "ns", bank_price(sram.unit, access_ns));
      add_line(name_of(sram.unit) + ".cycle", "ns", bank_price(sram.unit, cycle_ns));
    }
  }

  /// The wire of an operand is as long as the edge of a square with the area of the PEs.
  void price_wire() {
    if (!wire_) return;
    double area = 0;
    for (const Prices::Static& unit : prices_.units) {
      const bool has_PEs = unit.unit == UnitId::array || unit.unit == UnitId::popcount ||
                           unit.unit == UnitId::shifter || unit.unit == UnitId::mac;
      if (has_PEs) area += unit.area_mm2;
    }
    const StatedCorner& stated = corners_.named(wire_->origin.at, wire_->at_place);
    const std::string name = "array.operand_wire";
    wire_mm_ = rounded(std::sqrt(area));
    wire_ns_ = rounded(wire_mm_ * wire_->ns_per_mm);
    const Scaling scaling = corners_.bring(stated, Quantity::time, name);
    add_line(name, "ns",
             {wire_ns_,
              fmt::format("{} mm x {} ns: {}", wire_mm_, wire_->ns_per_mm, wire_->origin.source),
              {scaling},
              {{wire_ns_, scaling.uncertain}}});
  }

  /// Errors, at keys of the machine: an array that is slower than its clock.
  void check_array() const {
    if (const SlowPart slow = slow_array(spec_, slowest_lanes_, accumulator_); !slow.fault.empty())
      throw TooSlow(spec_.place_of("array", "depth_cycles"), slow);
    if (const SlowPart slow = slow_wire(spec_, wire_mm_, wire_ns_); !slow.fault.empty())
      throw TooSlow(spec_.place_of("array"), slow);
  }

  /// Figures of one price with the same scaling are listed once.
  void add_line(const std::string& name, const char* unit, Price price) {
    const auto& first = price.scaling.front();
    if (std::all_of(price.scaling.begin(), price.scaling.end(), [&](const Scaling& s) { return s == first; }))
      price.scaling.resize(1);
    prices_.lines.push_back(
        {name, price.value, 0, 0, unit, std::move(price.source), std::move(price.scaling), {}});
    shares_.push_back(std::move(price.shares));
  }

  /// Each price's least and most, when all uncertainties are known.
  void set_intervals() {
    for (std::size_t i = 0; i < prices_.lines.size(); ++i) {
      PriceLine& line = prices_.lines[i];
      line.low = rounded(sum_of(shares_[i], factors_of(prices_.uncertainties, &Interval::low)));
      line.high = rounded(sum_of(shares_[i], factors_of(prices_.uncertainties, &Interval::high)));
      for (const PriceShare& share : shares_[i]) {
        for (const std::size_t u : share.uncertain) {
          const Uncertainty& uncertainty = prices_.uncertainties[u];
          const bool is_known = std::find(line.intervals.begin(), line.intervals.end(), uncertainty.source) !=
                                line.intervals.end();
          if (!uncertainty.interval.why.empty() && !is_known) line.intervals.push_back(uncertainty.source);
        }
      }
    }
  }

  /// Units come in the order of their first part.
  void add_static(UnitId id, const Price& area, const Price& leakage, double mm2, double mW) {
    auto unit = std::find_if(prices_.units.begin(), prices_.units.end(),
                             [&](const Prices::Static& known) { return known.unit == id; });
    if (unit == prices_.units.end()) unit = prices_.units.insert(unit, Prices::Static{id, 0, 0, {}, {}});
    unit->area_mm2 += area.value * mm2;
    unit->leakage_mW += leakage.value * mW;
    add_shares(unit->area_shares, area.shares, mm2);
    add_shares(unit->leakage_shares, leakage.shares, mW);
  }

  const MachineSpec& spec_;
  std::string path_;
  std::vector<Sram> srams_;
  std::map<UnitId, Bank> banks_;  ///< by unit
  Corners corners_;
  SramSection sram_;
  std::optional<WireSection> wire_;
  double wire_mm_ = 0, wire_ns_ = 0;
  Delay slowest_lanes_, accumulator_;
  Prices prices_;
  std::vector<std::vector<PriceShare>> shares_;  ///< of each line
};

/// The largest clock with which all parts of a machine keep up. One part after the other is too slow.
double largest_clock_of(MachineSpec spec, const std::string& path, double part_MHz) {
  for (;;) {
    spec.clock_MHz = part_MHz;
    try {
      static_cast<void>(Pricing(spec, path).read());
      return part_MHz;
    } catch (const TooSlow& slower) {
      if (slower.part.largest_MHz >= part_MHz) return part_MHz;
      part_MHz = slower.part.largest_MHz;
    }
  }
}

}  // namespace

Prices read_prices(const std::string& name_or_path, const MachineSpec& spec, const Place& option) {
  const std::string path = find_preset("configs/tech", name_or_path, option);
  try {
    return Pricing(spec, path).read();
  } catch (const TooSlow& slow) {
    const double all_MHz = largest_clock_of(spec, path, slow.part.largest_MHz);
    if (all_MHz == slow.part.largest_MHz) throw;
    throw InputError(slow.place,
                     fmt::format("{}; the whole machine keeps up with {} MHz", slow.part.fault, all_MHz));
  }
}

}  // namespace tricycle
