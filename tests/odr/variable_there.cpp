// SPDX-License-Identifier: Apache-2.0
namespace tricycle::test {

extern double thing;
double thing = 1;

}  // namespace tricycle::test
