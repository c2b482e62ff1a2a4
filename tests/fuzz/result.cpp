// SPDX-License-Identifier: Apache-2.0
#include "sim/report/html.hpp"
#include "tests/fuzz/target.hpp"

/// A result, of which a report is made. Its data end no script.
void tricycle::fuzz::read(Input bytes) {
  const std::string html = report_html({text_of(bytes), "", ""}, "out");
  std::size_t ends = 0;
  for (std::size_t at = html.find("</script"); at != std::string::npos; at = html.find("</script", at + 1))
    ++ends;
  require(ends == 2, "a report has two scripts");
}
