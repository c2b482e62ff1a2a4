// SPDX-License-Identifier: Apache-2.0
#include <string>

namespace tricycle::test {

struct Thing {
  int number;
  std::string name;
};
int there();
int there() {
  const Thing thing = {3, "three"};
  return thing.number + static_cast<int>(thing.name.size());
}

}  // namespace tricycle::test
