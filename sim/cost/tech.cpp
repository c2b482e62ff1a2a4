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
#include "sim/cost/price.hpp"
#include "sim/cost/sram_table.hpp"
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

/// The section `sram`.
struct SramSection {
  std::optional<SramTable> table;
  double beyond = 1;  ///< a bank may be extrapolated to this factor times the table's sizes and widths
  Origin origin;
  const StatedCorner* stated = nullptr;
  Place place, at_place;  ///< of the table's name, and of `at`
};

/// Reads one technology for one machine.
class Pricing {
 public:
  Pricing(const MachineSpec& spec, std::string path)
      : spec_(spec), path_(std::move(path)), srams_(srams_of(spec)) {}

  Prices read() {
    const Document document = read_document(path_);
    expect_kind(document, DocumentKind::tech);
    FieldReader reader(document, "a technology");
    reader.text("name", prices_.tech, required);
    const Document* corner = reader.document("corner", required);
    const Document* stated = reader.document("stated", required);
    if (corner != nullptr && stated != nullptr) read_corners(*corner, *stated);
    reader.section(
        "sram", [&](Fields& inside) { read_sram(inside); }, required);
    const Document* events = reader.document("events", required);
    const Document* parts = reader.document("parts", required);
    reader.finish();
    sram_.stated = &corners_.named(sram_.origin.at, sram_.at_place);
    for (const Sram& sram : srams_) banks_.insert({sram.unit, bank_of(sram)});
    price_events(*events);
    price_parts(*parts);
    price_srams();
    corners_.finish();
    return std::move(prices_);
  }

 private:
  void read_corners(const Document& corner, const Document& stated) {
    corners_.read(corner, stated);
    prices_.node_nm = *corners_.own().node_nm;
    prices_.voltage_V = *corners_.own().voltage_V;
    prices_.temperature_K = *corners_.own().temperature_K;
  }

  void read_sram(Fields& fields) {
    std::string table;
    fields.text("table", table, required);
    fields.number("beyond_table", sram_.beyond, 1, 1000, required);
    read_origin(fields, sram_.origin);
    sram_.at_place = fields.place_of("at");
    sram_.place = fields.place_of("table");
    sram_.table.emplace((std::filesystem::path(path_).parent_path() / table).string());
  }

  [[nodiscard]] Bank bank_of(const Sram& sram) {
    const double size_KiB = static_cast<double>(sram.spec.size_KiB) / static_cast<double>(sram.spec.banks);
    const auto width_bits = static_cast<double>(sram.spec.width_bits);
    const std::string shape = fmt::format("{} KiB x {} bits", size_KiB, width_bits);
    if (!sram_.table->reaches(size_KiB, width_bits, sram_.beyond)) {
      throw InputError(sram_.place,
                       fmt::format("a bank of {}, {}, is more than {} times outside the table, which has {}",
                                   name_of(sram.unit), shape, sram_.beyond, sram_.table->range()));
    }
    Bank bank = sram_.table->at(size_KiB, width_bits);
    for (const SramFigure i : {read_pJ, write_pJ, leak_mW, area_mm2})
      bank.figures[i] *= scaling(i, sram.unit).factor;
    for (double& figure : bank.figures) {
      if (!std::isfinite(figure)) throw InputError(sram_.place, "the table has no finite price for " + shape);
      figure = rounded(figure);
    }
    const std::string which =
        sram.spec.banks == 1 ? "one bank" : fmt::format("one of {} banks", sram.spec.banks);
    bank.how = fmt::format("{} of {}, {}: {}", which, shape, bank.how, sram_.origin.source);
    return bank;
  }

  [[nodiscard]] Scaling scaling(SramFigure figure, UnitId unit) {
    const Quantity quantity = figure == leak_mW    ? Quantity::leakage
                              : figure == area_mm2 ? Quantity::area
                                                   : Quantity::energy;
    return corners_.bring(*sram_.stated, quantity, name_of(unit));
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
      add_line(infos[i].full_name(), "pJ", price);
    }
  }

  [[nodiscard]] Price access_price(const CounterInfo& info) {
    return bank_price(info.unit, info.name == "reads" ? read_pJ : write_pJ);
  }

  [[nodiscard]] Price bank_price(UnitId unit, SramFigure figure) {
    const Bank& bank = banks_.at(unit);
    return {bank.figures[figure], bank.how, {scaling(figure, unit)}};
  }

  [[nodiscard]] Price event_price(const CounterInfo& info, const Document& events) {
    const std::string name = info.full_name();
    return read_energy(*events.find(name), {name, lanes_named(name, spec_.array)}, corners_);
  }

  void price_parts(const Document& parts) {
    std::vector<std::string> names;
    for (const Part& part : parts_of(spec_)) names.push_back(part.full_name());
    check_keys(parts, "'parts'", names, [&](const std::string& key) {
      return "there is no part '" + key + "'" + did_you_mean(key, names);
    });
    for (const Part& part : parts_of(spec_)) {
      const std::string name = part.full_name();
      const PartPrice price = read_part(*parts.find(name), {name, lanes_named(name, spec_.array)}, corners_);
      const double millionths = static_cast<double>(part.count) * 1e-6;
      add_static(part.unit, price.um2.value * millionths, price.nW.value * millionths);
      if (part.count == 0) continue;
      add_line(name, "um2", price.um2);
      add_line(name, "nW", price.nW);
    }
  }

  void price_srams() {
    for (const Sram& sram : srams_) {
      const Bank& bank = banks_.at(sram.unit);
      const auto count = static_cast<double>(sram.spec.banks);
      add_static(sram.unit, bank.figures[area_mm2] * count, bank.figures[leak_mW] * count);
      add_line(name_of(sram.unit), "mm2", bank_price(sram.unit, area_mm2));
      add_line(name_of(sram.unit), "mW", bank_price(sram.unit, leak_mW));
    }
  }

  /// Figures of one price with the same scaling are listed once.
  void add_line(const std::string& name, const char* unit, Price price) {
    const auto& first = price.scaling.front();
    if (std::all_of(price.scaling.begin(), price.scaling.end(), [&](const Scaling& s) { return s == first; }))
      price.scaling.resize(1);
    prices_.lines.push_back({name, price.value, unit, std::move(price.source), std::move(price.scaling)});
  }

  /// Units come in the order of their first part.
  void add_static(UnitId id, double mm2, double mW) {
    auto unit = std::find_if(prices_.units.begin(), prices_.units.end(),
                             [&](const Prices::Static& known) { return known.unit == id; });
    if (unit == prices_.units.end()) unit = prices_.units.insert(unit, {id, 0, 0});
    unit->area_mm2 += mm2;
    unit->leakage_mW += mW;
  }

  const MachineSpec& spec_;
  std::string path_;
  std::vector<Sram> srams_;
  std::map<UnitId, Bank> banks_;  ///< by unit
  Corners corners_;
  SramSection sram_;
  Prices prices_;
};

}  // namespace

Prices read_prices(const std::string& name_or_path, const MachineSpec& spec, const Place& option) {
  return Pricing(spec, find_preset("configs/tech", name_or_path, option)).read();
}

}  // namespace tricycle
