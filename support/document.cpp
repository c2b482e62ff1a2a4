// SPDX-License-Identifier: Apache-2.0
#include "support/document.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "support/file_kind.hpp"
#include "support/files.hpp"

namespace tricycle {

const Document* Document::find(std::string_view key) const {
  const auto at =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
  return at == entries.end() ? nullptr : &at->second;
}

Document* Document::find(std::string_view key) {
  return const_cast<Document*>(std::as_const(*this).find(key));
}

namespace {

constexpr std::size_t most_nodes = 200'000;
constexpr std::size_t most_marks = 5 * most_nodes;  // a list in brackets has two marks for each value
constexpr std::uint64_t most_bytes = 16U << 20U;

/// Builds the tree from yaml-cpp's events. Each event carries a mark, and no alias is expanded.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Place origin, bool has_lines) : origin_(std::move(origin)), has_lines_(has_lines) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (complete) throw InputError(place(mark), "expected one document; a second one starts here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Document node = scalar(mark, "");
    // A missing value has the mark of the next thing in the file, often on another line. The place of its key
    // says more.
    if (!levels_.empty() && levels_.back().has_key) node.place = levels_.back().key_place;
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw InputError(place(mark), "an alias (*) is not allowed here; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    add(scalar(mark, value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, Document::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, Document::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

  Document root;
  bool complete = false;

 private:
  struct Level {
    Document node;
    std::string key;
    Place key_place;
    std::map<std::string, int> key_lines;  ///< a search of the entries would be quadratic in a hostile file
    bool has_key = false;
  };

  Place place(const YAML::Mark& mark) const {
    Place result = origin_;
    if (!has_lines_) return result;
    result.line = mark.line + 1;
    result.column = mark.column + 1;
    return result;
  }

  Document scalar(const YAML::Mark& mark, std::string value) const {
    Document node;
    node.kind = Document::Kind::scalar;
    node.place = place(mark);
    node.scalar = std::move(value);
    return node;
  }

  void open(const YAML::Mark& mark, Document::Kind kind) {
    Level level;
    level.node.kind = kind;
    level.node.place = place(mark);
    levels_.push_back(std::move(level));
  }

  void close() {
    Document node = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(node));
  }

  void add(Document node) {
    if (++nodes_ > most_nodes) {
      throw InputError(node.place, "more than " + std::to_string(most_nodes) + " values in one file");
    }
    if (levels_.empty()) {
      root = std::move(node);
      complete = true;
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == Document::Kind::sequence) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      if (node.kind != Document::Kind::scalar) throw InputError(node.place, "expected a word as the key");
      const auto [first, is_new] = level.key_lines.emplace(node.scalar, node.place.line);
      if (!is_new) {
        throw InputError(
            node.place,
            "duplicate key '" + node.scalar + "'" +
                (has_lines_ ? "; it stands already in line " + std::to_string(first->second) : ""));
      }
      level.key = node.scalar;
      level.key_place = node.place;
      level.has_key = true;
    } else {
      level.node.entries.push_back({std::move(level.key), std::move(node)});
      level.node.key_places.push_back(level.key_place);
      level.has_key = false;
    }
  }

  Place origin_;
  bool has_lines_;
  std::vector<Level> levels_;
  std::size_t nodes_ = 0;
};

/// Refuses faults that yaml-cpp accepts. YAML has no control characters, and yaml-cpp takes byte 4 for the
/// end of the file. Nor does yaml-cpp bound its memory: it may read a whole list in brackets before it
/// reports the first item.
void check_text(std::string_view text, Place place, bool has_lines) {
  int line = 1;
  std::size_t line_start = 0;
  std::size_t marks = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      line_start = i + 1;
    }
    const bool is_control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
    if (std::string_view("[]{},:?&*!'\"").find(c) != std::string_view::npos) ++marks;
    if (!is_control && marks <= most_marks) continue;
    if (has_lines) {
      place.line = line;
      place.column = static_cast<int>(i - line_start) + 1;
    }
    throw InputError(
        place, is_control ? "expected text, found the control character " + std::to_string(c)
                          : "more than " + std::to_string(most_marks) + " punctuation marks in one file");
  }
}

/// The column (from 1) of a tab in front of the text of a line; 0 if there is none.
int tab_before_text(std::string_view text, int line) {
  std::size_t start = 0;
  for (int i = 1; i < line && start < text.size(); ++i)
    start = std::min(text.find('\n', start), text.size() - 1) + 1;
  const std::size_t end = std::min(text.find_first_not_of(" \t", start), text.size());
  const std::size_t tab = text.substr(0, end).find('\t', start);
  return tab == std::string_view::npos ? 0 : static_cast<int>(tab - start) + 1;
}

/// Like parse_document. `has_lines` is false if the whole text has one place, `place`.
Document parse(std::string_view text, Place place, bool has_lines) {
  check_text(text, place, has_lines);
  TreeBuilder builder(place, has_lines);
  std::string closed(text);
  // If a line break ends the file, yaml-cpp accepts a quotation without an end. A comment after the line
  // break prevents that.
  if (!closed.empty() && std::string_view(" \t\r\n").find(closed.back()) != std::string_view::npos)
    closed += '#';
  std::istringstream stream{closed};
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    // Without this, all that follows the first document would be ignored in silence.
    if (builder.complete) parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    if (has_lines) {
      place.line = std::max(error.mark.line + 1, 1);
      place.column = std::max(error.mark.column + 1, 1);
      if (const int column = tab_before_text(text, place.line); column > 0) {
        place.column = column;
        throw InputError(place, "a tab indents this line; YAML takes spaces alone");
      }
    }
    const bool is_deep = dynamic_cast<const YAML::DeepRecursion*>(&error) != nullptr;
    throw InputError(place, is_deep ? "nested too deeply" : "not valid YAML: " + error.msg);
  }
  if (!builder.complete) {
    if (has_lines) place.line = 0;
    throw InputError(place, has_lines ? "the file is empty" : "the value is empty");
  }
  return std::move(builder.root);
}

}  // namespace

Document parse_document(std::string_view text, const std::string& name) {
  Place start = Place::of_file(name);
  start.line = start.column = 1;
  return parse(text, start, true);
}

Document read_document(const std::string& path) {
  const std::string text = read_text(path, most_bytes);
  const std::string name = unpacked_name(path);
  const bool may_be_yaml = is_yaml_name(path) || has_ending(path, ".json");  // JSON is YAML too
  const std::span<const std::uint8_t> start(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const std::string kind = kind_of_file(start, may_be_yaml ? "" : name);
  if (!kind.empty()) throw InputError(Place::of_file(path), "is " + kind + "; expected YAML");
  return parse_document(text, path);
}

void set_value(Document& document, std::string_view dotted_path, std::string_view value,
               const Place& origin) {
  Document parsed = parse(value.empty() ? "''" : value, origin, false);
  constexpr auto most_levels = 64;
  if (std::count(dotted_path.begin(), dotted_path.end(), '.') >= most_levels) {
    throw InputError(parsed.place, "expected a key of at most " + std::to_string(most_levels) + " levels");
  }

  Document* node = &document;
  std::string_view rest = dotted_path;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string key(rest.substr(0, dot));
    if (key.empty()) throw InputError(parsed.place, "expected KEY=VALUE with a key such as array.rows");
    if (node->kind != Document::Kind::mapping) {
      throw InputError(parsed.place, "'" + key + "' is below a value that has no keys");
    }
    Document* child = node->find(key);
    if (child == nullptr) {
      Document fresh;
      fresh.place = parsed.place;
      node->entries.push_back({key, std::move(fresh)});
      node->key_places.push_back(parsed.place);
      child = &node->entries.back().second;
    }
    if (dot == std::string_view::npos) {
      *child = std::move(parsed);
      return;
    }
    node = child;
    rest.remove_prefix(dot + 1);
  }
}

void overlay(Document& base, const Document& changes) {
  if (base.kind != Document::Kind::mapping || changes.kind != Document::Kind::mapping) {
    base = changes;
    return;
  }
  for (std::size_t i = 0; i < changes.entries.size(); ++i) {
    const Document::Entry& entry = changes.entries[i];
    if (Document* there = base.find(entry.first)) {
      overlay(*there, entry.second);
    } else {
      base.entries.push_back(entry);
      base.key_places.push_back(changes.key_places[i]);
    }
  }
}

}  // namespace tricycle
