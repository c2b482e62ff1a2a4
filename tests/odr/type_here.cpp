// SPDX-License-Identifier: Apache-2.0
#include <vector>

namespace tricycle::test {

struct Thing {
  std::vector<int> values;
};
int there();

}  // namespace tricycle::test

int main() {
  const tricycle::test::Thing thing = {{1, 2}};
  return tricycle::test::there() + thing.values[0];
}
