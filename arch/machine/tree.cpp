// SPDX-License-Identifier: Apache-2.0
#include "arch/machine/tree.hpp"

#include <map>

#include "arch/units/control/component.hpp"

namespace tricycle {
namespace {

/// Writes the tree below a module.
class TreeWriter {
 public:
  explicit TreeWriter(const sc_core::sc_module& top) : prefix_(std::string(top.name()) + ".") {
    for (const sc_core::sc_object* object : sc_core::sc_get_top_level_objects()) collect_exports(*object);
    text_ = std::string(top.name()) + '\n';
    write_children(top, "");
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  /// The name below the top.
  [[nodiscard]] std::string short_name(const sc_core::sc_object& object) const {
    const std::string name = object.name();
    return name.starts_with(prefix_) ? name.substr(prefix_.size()) : name;
  }

  void collect_exports(const sc_core::sc_object& object) {
    for (sc_core::sc_object* child : object.get_child_objects()) {
      if (child == nullptr) continue;  // there is none
      if (auto* exported = dynamic_cast<sc_core::sc_export_base*>(child)) {
        const auto [at, is_new] = exports_.emplace(exported->get_interface(), short_name(*child));
        if (!is_new) at->second = short_name(object);  // one object behind several exports: the module
      }
      collect_exports(*child);
    }
  }

  /// Where a port leads: to a module's export, or to a channel.
  [[nodiscard]] std::string target_of(sc_core::sc_port_base& port) const {
    sc_core::sc_interface* const bound = port.get_interface();
    if (bound == nullptr) return "";
    const auto exported = exports_.find(bound);
    if (exported != exports_.end()) return exported->second;
    const auto* object = dynamic_cast<const sc_core::sc_object*>(bound);
    return object == nullptr ? "" : short_name(*object);
  }

  /// What stands behind an object's name, or nothing where the tree leaves the object out.
  [[nodiscard]] std::string line_of(sc_core::sc_object& object) const {
    if (auto* port = dynamic_cast<sc_core::sc_port_base*>(&object)) {
      const std::string target = target_of(*port);
      return target.empty() ? "" : object.basename() + (" -> " + target);
    }
    const auto* component = dynamic_cast<const Component*>(&object);
    if (component == nullptr) return "";
    std::string line = object.basename();
    std::string between = ": ";
    for (const auto& [name, value] : component->properties()) {
      line += between + name + ' ' + value;
      between = ", ";
    }
    return line;
  }

  void write_children(const sc_core::sc_object& object, const std::string& indent) {
    std::vector<std::pair<const sc_core::sc_object*, std::string>> lines;
    for (sc_core::sc_object* child : object.get_child_objects()) {
      const std::string line = line_of(*child);
      if (!line.empty()) lines.emplace_back(child, line);
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool is_last = i + 1 == lines.size();
      text_ += indent + (is_last ? "└── " : "├── ") + lines[i].second + '\n';
      write_children(*lines[i].first, indent + (is_last ? "    " : "│   "));
    }
  }

  std::string prefix_, text_;
  std::map<const sc_core::sc_interface*, std::string> exports_;
};

}  // namespace

std::string tree_text(const sc_core::sc_module& top) {
  return TreeWriter(top).text();
}

}  // namespace tricycle
