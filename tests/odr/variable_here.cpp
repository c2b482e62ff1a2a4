// SPDX-License-Identifier: Apache-2.0
namespace tricycle::test {

extern int thing;

}  // namespace tricycle::test

int main() {
  return tricycle::test::thing;
}
