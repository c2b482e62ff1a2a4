// SPDX-License-Identifier: Apache-2.0
// docs/tutorial.md, done as a reader does it: files are written, commands run in one folder, and what the
// page shows and quotes stands in what the commands before it printed.
#include "tests/system/page.hpp"
#include "tests/system/program.hpp"

using tricycle::test::code_spans;
using tricycle::test::lines_of_page;
using tricycle::test::matches_in;
using tricycle::test::PageLine;
using tricycle::test::Workspace;

namespace {

/// What a tutorial asks of its reader, or says that the reader sees.
struct Deed {
  enum class Kind { write, run, see } kind;
  std::string name;  ///< of the file to write
  std::string text;  ///< the file, the command, or what is to be seen
  int line = 0;
};

/// Takes a block's lines: a file, commands, or what is shown. Blocks without a language are for people.
void take_block(std::vector<Deed>& deeds, const std::vector<PageLine>& block, const std::string& language,
                std::string& file) {
  if (language.empty()) return;
  std::string whole;
  for (const PageLine& line : block) {
    whole += line.text + "\n";
    const std::size_t first = line.text.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    if (language == "sh") deeds.push_back({Deed::Kind::run, "", line.text, line.number});
    if (language == "text") deeds.push_back({Deed::Kind::see, "", line.text.substr(first), line.number});
  }
  if (language == "sh" || language == "text") return;
  INFO("the block of " << language << " that begins in line " << block.at(0).number);
  REQUIRE_FALSE(file.empty());
  deeds.push_back({Deed::Kind::write, file, whole, block[0].number});
  file.clear();
}

/// A file is a block behind a line `Write NAME:`, a command a line of a block of `sh`. A line of a block of
/// `text` is shown, and so is a code span that begins with a digit.
std::vector<Deed> deeds_of(const std::string& page) {
  static const std::regex write("^Write (\\S+):$");
  std::vector<Deed> deeds;
  std::vector<PageLine> block;
  std::string file, language;
  for (const PageLine& line : lines_of_page(page)) {
    if (line.code) {
      block.push_back(line);
      language = line.language;
    } else if (line.fence) {
      if (!block.empty()) take_block(deeds, block, language, file);
      block.clear();
    } else {
      for (const std::string& name : matches_in(line.text, write)) file = name;
      for (const std::string& span : code_spans(line.text)) {
        if (span[0] >= '0' && span[0] <= '9') deeds.push_back({Deed::Kind::see, "", span, line.number});
      }
    }
  }
  return deeds;
}

/// Runs one line as a shell does, with the program on the PATH, and gives all that it prints.
Workspace::Ended run_line(const Workspace& here, const std::string& line) {
  here.write(".line", line + "\n");
  const std::string folder = (here / ".").string();
  const std::string path = std::filesystem::path(TRICYCLE_PROGRAM).parent_path().string();
  const std::string command =
      "cd '" + folder + "' && PATH='" + path + "':\"$PATH\" sh .line >.out 2>&1 </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), here.read(".out"), ""};
}

}  // namespace

TEST_CASE("a page's files, commands and what it shows are found in their order") {
  const std::vector<Deed> deeds = deeds_of(
      "Look at `a.yaml`.\n\nWrite a.yaml:\n\n```yaml\nx: 1\ny: 2\n```\n\n```\nfor people\n```\n\n"
      "```sh\nls\n```\n\n```text\n  a.yaml\n```\n\nIt has `1` file, not `two`.\n");
  std::string found;
  for (const Deed& deed : deeds)
    found += std::to_string(static_cast<int>(deed.kind)) + " " + deed.name + "[" + deed.text + "] ";
  CHECK(found == "0 a.yaml[x: 1\ny: 2\n] 1 [ls] 2 [a.yaml] 2 [1] ");
}

TEST_CASE("each command of the tutorial ends with exit code 0, and what the page shows is what it prints") {
  const Workspace here;
  std::string printed;
  int files = 0, commands = 0, seen = 0;
  Deed::Kind before = Deed::Kind::write;
  for (const Deed& deed : deeds_of(tricycle::test::slurp(TRICYCLE_TEST_SOURCE "/docs/tutorial.md"))) {
    INFO("docs/tutorial.md:" << deed.line << ": " << deed.text);
    if (deed.kind == Deed::Kind::write) {
      here.write(deed.name, deed.text);
      ++files;
    } else if (deed.kind == Deed::Kind::run) {
      if (before != Deed::Kind::run) printed.clear();
      const auto ended = run_line(here, deed.text);
      INFO(ended.out);
      CHECK(ended.code == 0);
      printed += ended.out;
      ++commands;
    } else {
      INFO(printed);
      CHECK(printed.find(deed.text) != std::string::npos);
      ++seen;
    }
    before = deed.kind;
  }
  CHECK(files >= 4);
  CHECK(commands >= 20);
  CHECK(seen >= 30);
}
