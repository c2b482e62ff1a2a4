// SPDX-License-Identifier: Apache-2.0
#include "support/room.hpp"

#include <vector>

#include "tests/catch.hpp"

using tricycle::OutOfMemory;
using tricycle::with_room_for;

namespace {

template <class Work>
std::string fault(const std::string& what, std::uint64_t bytes, Work work) {
  try {
    with_room_for(what, bytes, work);
  } catch (const OutOfMemory& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("what is larger than the computer's memory is refused by name before it is made") {
  bool made = false;
  CHECK(fault("the DRAM of a trace", std::uint64_t{1} << 60U, [&] { made = true; }) ==
        "out of memory for the DRAM of a trace, 1073741824.0 GiB");
  CHECK_FALSE(made);
  CHECK(fault("a byte", 1, [&] { made = true; }).empty());
  CHECK(made);
}

TEST_CASE("where memory runs out, the innermost work is named") {
  const auto inner = [] { with_room_for("the weights of 'a'", 3 << 20, [] { throw std::bad_alloc(); }); };
  CHECK(fault("the network", 5 << 20, inner) == "out of memory for the weights of 'a', 3.0 MiB");
  CHECK(fault("a list", 5 << 20, [] { throw std::length_error("too long"); }) ==
        "out of memory for a list, 5.0 MiB");
}
