// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "support/output.hpp"

namespace tricycle {

/// Reserves the folder for a run's result.
[[nodiscard]] std::unique_ptr<WholeFolder> open_result_folder(const std::string& folder);
/// The same for a folder that the user did not name. A number is appended (`runs/mlp-2`) where the folder has
/// the result of another command, or another run is writing to it.
[[nodiscard]] std::unique_ptr<WholeFolder> open_numbered_folder(const std::string& folder,
                                                                const std::string& command);

/// Writes report.html of a result folder anew, from the files there. Returns its path. Errors: as
/// read_result_texts and report_html (html.hpp).
std::string write_report(const std::string& folder);

}  // namespace tricycle
