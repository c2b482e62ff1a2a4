// SPDX-License-Identifier: Apache-2.0
// Writes down what a list of commands results in, or compares with what was written down: README.md.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/document.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"
#include "support/output.hpp"

namespace {

namespace fs = std::filesystem;
using namespace tricycle;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 31U;
constexpr double tolerance = 1e-12;  // of energies, whose terms may be added in another order

/// Every value of a file by its path, such as `layers/3/name`.
using Leaves = std::vector<std::pair<std::string, std::string>>;

/// What stays of a result: `result.json/layers` and a hash, or `result.json/energy_pJ/total` and a number.
using Figures = std::map<std::string, std::string>;

struct Case {
  std::string name, command;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::istringstream stream(read_text(path, most_bytes));
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

std::vector<Case> cases_of(const std::string& path) {
  std::vector<Case> cases;
  for (const std::string& line : lines_of(path)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos)
      throw std::runtime_error(path + ": expected NAME: COMMAND, found " + line);
    cases.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  return cases;
}

void flatten(const Json& json, const std::string& path, Leaves& leaves) {
  if (!json.is_structured()) {
    leaves.emplace_back(path, json.dump());
    return;
  }
  if (json.empty()) leaves.emplace_back(path, "none");
  for (const auto& [key, value] : json.items()) flatten(value, path + "/" + key, leaves);
}

void flatten(const Document& document, const std::string& path, Leaves& leaves) {
  if (document.kind == Document::Kind::scalar) leaves.emplace_back(path, document.scalar);
  for (std::size_t i = 0; i < document.items.size(); ++i)
    flatten(document.items[i], path + "/" + std::to_string(i), leaves);
  for (const Document::Entry& entry : document.entries)
    flatten(entry.second, path + "/" + entry.first, leaves);
}

void flatten_csv(const std::string& path, const std::string& name, Leaves& leaves) {
  const std::vector<std::string> lines = lines_of(path);
  const auto fields_of = [](const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    return fields;
  };
  const std::vector<std::string> head = fields_of(lines.at(0));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = fields_of(lines[i]);
    for (std::size_t k = 0; k < fields.size(); ++k) {
      // A name with a comma has its parts in columns of their own.
      leaves.emplace_back(name + "/" + std::to_string(i) + "/" + (k < head.size() ? head[k] : "more"),
                          fields[k]);
    }
  }
}

/// What paths of today were called when the figures were written down; "-": there was no such value. Numbers
/// that had one name together are added up.
using Renamed = std::map<std::string, std::string>;

Renamed renamed_of(const std::string& path) {
  Renamed renamed;
  for (const std::string& line : lines_of(path)) {
    std::istringstream stream(line);
    std::string now;
    stream >> now >> renamed[now];
  }
  return renamed;
}

/// Under the names they had, in the order of these.
Leaves as_they_were(const Leaves& leaves, const Renamed& renamed) {
  Leaves before;
  for (const auto& [path, value] : leaves) {
    const auto found = renamed.find(path);
    if (found == renamed.end()) before.emplace_back(path, value);
    if (found != renamed.end() && found->second != "-") before.emplace_back(found->second, value);
  }
  std::stable_sort(before.begin(), before.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::set<std::string> names;
  for (const auto& [now, was] : renamed) names.insert(was);
  Leaves joined;
  for (auto& [path, value] : before) {
    double sum = 0, more = 0;
    const bool same = !joined.empty() && joined.back().first == path && names.count(path) != 0;
    if (same && parse_number(joined.back().second, sum) && parse_number(value, more)) {
      joined.back().second = number_text(sum + more);
    } else {
      joined.emplace_back(path, value);
    }
  }
  return joined;
}

/// The files of a result folder, but for the command's own words and for the report, which only shows them.
Leaves leaves_of(const fs::path& folder) {
  Leaves leaves;
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  for (const std::string& name : names) {
    const std::string path = (folder / name).string();
    if (name == "command.txt" || name == "report.html") continue;
    if (name.ends_with(".json")) {
      flatten(Json::parse(read_text(path, most_bytes)), name, leaves);
    } else if (name.ends_with(".yaml")) {
      flatten(read_document(path), name, leaves);
    } else if (name.ends_with(".csv")) {
      flatten_csv(path, name, leaves);
    } else {
      leaves.emplace_back(name, sha256_of_file(path));
    }
  }
  return leaves;
}

bool is_energy(const std::string& path) {
  return path.find("energy") != std::string::npos && path.find("/tech/") == std::string::npos;
}

/// A path without what tells the elements of a list or the units apart: `layers/#/energy_pJ`.
std::string without_elements(const std::string& path) {
  std::string result;
  std::string before;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');) {
    std::int64_t number = 0;
    const bool element = parse_integer(part, number) || before == "by_unit";
    before = part;
    result += (result.empty() ? "" : "/") + (element ? std::string("#") : part);
  }
  return result;
}

constexpr std::string_view result = "result.json/";

/// The section of the result that a value belongs to, such as `layers`, or its file.
std::string section_of(const std::string& path) {
  if (!path.starts_with(result)) return path.substr(0, path.find('/'));
  const std::string inside = path.substr(result.size());
  const std::size_t end = inside.find('/');
  return end == std::string::npos ? "figures" : inside.substr(0, end);
}

/// Energies stay numbers, those of a list as one sum in which each has a weight of its own. All else is
/// hashed, section by section; cycles stay to be read.
Figures figures_of(const Leaves& leaves) {
  struct Sum {
    double sum = 0, count = 0;
  };
  std::map<std::string, std::string> texts;
  std::map<std::string, Sum> energies;
  Figures figures;
  for (const auto& [path, value] : leaves) {
    double number = 0;
    if (is_energy(path) && parse_number(value, number)) {
      Sum& energy = energies[without_elements(path.starts_with(result) ? path.substr(result.size()) : path)];
      energy.sum += ++energy.count * number;
      continue;
    }
    texts[section_of(path)] += path + "=" + value + "\n";
    if (path == "result.json/cycles") figures["cycles"] = value;
  }
  constexpr std::size_t digits = 10;
  for (const auto& [name, text] : texts) {
    const Bytes bytes(text.begin(), text.end());
    figures[name] = sha256(bytes).substr(0, digits);
  }
  for (const auto& [name, energy] : energies) figures[name] = number_text(energy.sum);
  return figures;
}

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Runs a case's command in a folder of its own; $T is the program and its result goes to out.
Figures run(const Case& one, const std::string& program, const Renamed& renamed) {
  const fs::path folder =
      fs::temp_directory_path() / fmt::format("tricycle-golden-{}-{}", ::getpid(), one.name);
  fs::create_directories(folder);
  const std::string command = fmt::format("cd {} && T={} && {{ {}; }} >log 2>&1 </dev/null",
                                          shell_quoted(folder.string()), shell_quoted(program), one.command);
  const int status = std::system(command.c_str());
  Figures figures;
  if (status == 0) {
    figures = figures_of(as_they_were(leaves_of(folder / "out"), renamed));
  } else {
    const std::string log = read_text((folder / "log").string(), most_bytes);
    std::string message = printable(log.substr(0, log.find('\n')));
    std::replace(message.begin(), message.end(), ' ', '_');
    figures["failed"] = message;
  }
  fs::remove_all(folder);
  return figures;
}

/// All cases, as many at a time as there are cores.
std::vector<Figures> run_all(const std::vector<Case>& cases, const std::string& program,
                             const Renamed& renamed) {
  std::vector<Figures> results(cases.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < cases.size(); i = next++) results[i] = run(cases[i], program, renamed);
  };
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return results;
}

bool same(const std::string& key, const std::string& expected, const std::string& found) {
  double a = 0, b = 0;
  if (!is_energy(key) || !parse_number(expected, a) || !parse_number(found, b)) return expected == found;
  return std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

/// A line for each case: its name, and what it results in.
void write(const std::string& path, const std::vector<Case>& cases, const std::vector<Figures>& results) {
  std::string text;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    text += cases[i].name;
    for (const auto& [key, value] : results[i]) text += " " + key + "=" + value;
    text += "\n";
  }
  write_whole(path, text);
}

std::map<std::string, Figures> read(const std::string& path) {
  std::map<std::string, Figures> expected;
  for (const std::string& line : lines_of(path)) {
    std::istringstream stream(line);
    std::string name, word;
    stream >> name;
    Figures& figures = expected[name];
    while (stream >> word) figures[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
  return expected;
}

/// Prints what differs; how many cases do.
std::size_t compare(const std::vector<Case>& cases, const std::vector<Figures>& results,
                    std::map<std::string, Figures> expected) {
  std::size_t different = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Figures& wanted = expected[cases[i].name];
    std::set<std::string> keys;
    for (const auto& [key, value] : wanted) keys.insert(key);
    for (const auto& [key, value] : results[i]) keys.insert(key);
    bool equal = true;
    for (const std::string& key : keys) {
      const auto was = wanted.find(key), is = results[i].find(key);
      const std::string before = was == wanted.end() ? "not there" : was->second;
      const std::string now = is == results[i].end() ? "not there" : is->second;
      if (same(key, before, now)) continue;
      equal = false;
      std::cout << cases[i].name << ": " << key << " was " << before << ", is " << now << "\n";
    }
    different += equal ? 0 : 1;
  }
  return different;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool make = words.size() == 4 && words[3] == "--make";
  if (words.size() != 3 && !make) {
    std::cerr << "usage: golden PROGRAM CASES EXPECTED [--make]\n";
    return 2;
  }
  try {
    const std::vector<Case> cases = cases_of(words[1]);
    const Renamed renamed = renamed_of((fs::path(words[2]).parent_path() / "renamed.txt").string());
    const std::vector<Figures> results = run_all(cases, fs::absolute(words[0]).string(), renamed);
    if (make) {
      for (std::size_t i = 0; i < cases.size(); ++i) {
        if (results[i].count("failed") == 0) continue;
        std::cout << cases[i].name << " failed: " << results[i].at("failed") << "; nothing was written\n";
        return 1;
      }
      write(words[2], cases, results);
      std::cout << cases.size() << " cases written down\n";
      return 0;
    }
    const std::size_t different = compare(cases, results, read(words[2]));
    std::cout << cases.size() << " cases, " << different << " of them different\n";
    return different == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "golden: " << error.what() << "\n";
    return 2;
  }
}
