// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"

#include <zlib.h>

#include <bit>
#include <cmath>
#include <limits>

#include "support/diagnostics.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::Bytes;
using tricycle::parse_idx;
using tricycle::parse_npy;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::test::message_of;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes text(const std::string& content) {
  return {content.begin(), content.end()};
}

/// The low `size` bytes of a number in the order asked for, made here without the code under test.
Bytes little(std::uint64_t value, int size) {
  Bytes bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return bytes;
}
Bytes big(std::uint64_t value, int size) {
  const Bytes bytes = little(value, size);
  return {bytes.rbegin(), bytes.rend()};
}

/// An .npy file whose header starts at byte 10 (12 from version 2 on).
Bytes npy(const std::string& header, const Bytes& data, std::uint8_t version = 1) {
  return text("\x93NUMPY") + Bytes{version, 0} + little(header.size(), version == 1 ? 2 : 4) + text(header) +
         data;
}

/// As above with a header such as NumPy writes; the dtype stands at byte 20, the shape after byte 57.
Bytes npy_of(const std::string& dtype, const std::string& shape, const Bytes& data) {
  return npy("{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }\n", data);
}

Bytes idx(std::uint8_t type, const std::vector<std::uint64_t>& shape, const Bytes& data) {
  Bytes bytes = {0, 0, type, static_cast<std::uint8_t>(shape.size())};
  for (const std::uint64_t dimension : shape) bytes = bytes + big(dimension, 4);
  return bytes + data;
}

std::string npy_fault(const Bytes& bytes) {
  return message_of([&] { (void)parse_npy(bytes, "x.npy"); });
}
std::string header_fault(const std::string& header) {
  return npy_fault(npy(header, {}));
}
std::string idx_fault(const Bytes& bytes) {
  return message_of([&] { (void)parse_idx(bytes, "x.idx"); });
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return std::get<std::vector<T>>(tensor.data);
}

constexpr std::int8_t low8 = std::numeric_limits<std::int8_t>::min();
constexpr std::int32_t low32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t low64 = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("an npy file as NumPy writes it is read with its shape and values") {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  header.resize(117, ' ');
  Bytes data;
  for (const float value : {0.0F, 1.5F, -2.0F, 1e-45F, 3e38F, -0.25F}) {
    data = data + little(std::bit_cast<std::uint32_t>(value), 4);
  }
  const Bytes bytes = npy(header + "\n", data);
  REQUIRE(bytes.size() == 128 + 24);
  const Tensor tensor = parse_npy(bytes, "x.npy");
  CHECK(tensor.shape == Shape{2, 3});
  CHECK(values<float>(tensor) == std::vector<float>{0.0F, 1.5F, -2.0F, 1e-45F, 3e38F, -0.25F});
}

TEST_CASE("an npy file of each type is read bit for bit") {
  CHECK(values<std::int8_t>(parse_npy(npy_of("|i1", "(3,)", {0x01, 0xff, 0x80}), "x")) ==
        std::vector<std::int8_t>{1, -1, low8});
  CHECK(values<std::uint8_t>(parse_npy(npy_of("|u1", "(3,)", {0x01, 0xff, 0x80}), "x")) ==
        std::vector<std::uint8_t>{1, 255, 128});
  CHECK(values<std::int32_t>(parse_npy(npy_of("<i4", "(2,)", little(0x01020304, 4) + little(1U << 31U, 4)),
                                       "x")) == std::vector<std::int32_t>{0x01020304, low32});
  CHECK(values<std::int64_t>(parse_npy(
            npy_of("<i8", "(2,)", little(0x0102030405060708, 8) + little(std::uint64_t{1} << 63U, 8)),
            "x")) == std::vector<std::int64_t>{0x0102030405060708, low64});
  CHECK(values<float>(parse_npy(npy_of("<f4", "(1,)", little(0x40490fdb, 4)), "x")) ==
        std::vector<float>{3.14159274F});
  CHECK(values<double>(parse_npy(npy_of("<f8", "(1,)", little(0x400921fb54442d18, 8)), "x")) ==
        std::vector<double>{3.141592653589793});
  // Some writers give one byte an order.
  CHECK(values<std::int8_t>(parse_npy(npy_of("<i1", "(1,)", {0xfe}), "x")) == std::vector<std::int8_t>{-2});
  CHECK(values<std::uint8_t>(parse_npy(npy_of("<u1", "(1,)", {0xfe}), "x")) ==
        std::vector<std::uint8_t>{254});
}

TEST_CASE("the signs, infinities and payloads of floating-point numbers survive") {
  const Bytes data = little(0x80000000, 4) + little(0x7f800000, 4) + little(0x7fc12345, 4);
  const std::vector<float> read = values<float>(parse_npy(npy_of("<f4", "(3,)", data), "x"));
  CHECK(std::bit_cast<std::uint32_t>(read[0]) == 0x80000000U);
  CHECK(std::bit_cast<std::uint32_t>(read[1]) == 0x7f800000U);
  CHECK(std::bit_cast<std::uint32_t>(read[2]) == 0x7fc12345U);
}

TEST_CASE("an npy file may be a scalar, empty, of version 2 or 3, or written by hand") {
  const Tensor scalar = parse_npy(npy_of("|u1", "()", {7}), "x");
  CHECK(scalar.shape.empty());
  CHECK(values<std::uint8_t>(scalar) == std::vector<std::uint8_t>{7});
  const Tensor empty = parse_npy(npy_of("<f8", "(0, 1000000)", {}), "x");
  CHECK(empty.shape == Shape{0, 1'000'000});
  CHECK(values<double>(empty).empty());
  const std::string by_hand = "{\"shape\":(1,2),\"fortran_order\":False,\"descr\":\"|u1\"}";
  for (const std::uint8_t version : Bytes{1, 2, 3}) {
    CHECK(parse_npy(npy(by_hand, {1, 2}, version), "x").shape == Shape{1, 2});
  }
}

TEST_CASE("an npy file without its magic bytes is an error at the first wrong one") {
  CHECK(npy_fault({}) ==
        "x.npy: byte 0: error: expected the magic bytes \\x93NUMPY (6 bytes), found the end of the file "
        "after 0");
  CHECK(npy_fault(text("\x93NUM")) ==
        "x.npy: byte 4: error: expected the magic bytes \\x93NUMPY (6 bytes), found the end of the file "
        "after 4");
  CHECK(npy_fault(text("PK\x03\x04....")) ==
        "x.npy: byte 0: error: expected the magic bytes \\x93NUMPY, found the byte 0x50");
  CHECK(npy_fault(text("\x93NUMPy....")) ==
        "x.npy: byte 5: error: expected the magic bytes \\x93NUMPY, found the byte 0x79");
}

TEST_CASE("an npy file of another version is an error that names it") {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (), }";
  CHECK(npy_fault(npy(header, {1}, 4)) ==
        "x.npy: byte 6: error: expected version 1.0, 2.0 or 3.0, found 4.0");
  CHECK(npy_fault(npy(header, {1}, 0)) ==
        "x.npy: byte 6: error: expected version 1.0, 2.0 or 3.0, found 0.0");
  Bytes minor = npy(header, {1});
  minor[7] = 9;
  CHECK(npy_fault(minor) == "x.npy: byte 6: error: expected version 1.0, 2.0 or 3.0, found 1.9");
}

TEST_CASE("an npy header longer than the file is an error, however long it says it is") {
  CHECK(npy_fault(text("\x93NUMPY") + Bytes{1}) ==
        "x.npy: byte 7: error: expected the version (2 bytes), found the end of the file after 1");
  CHECK(
      npy_fault(text("\x93NUMPY") + Bytes{1, 0, 5}) ==
      "x.npy: byte 9: error: expected the length of the header (2 bytes), found the end of the file after 1");
  CHECK(npy_fault(text("\x93NUMPY") + Bytes{1, 0, 0xff, 0xff} + text("{}")) ==
        "x.npy: byte 12: error: expected the header (65535 bytes), found the end of the file after 2");
  CHECK(npy_fault(text("\x93NUMPY") + Bytes{2, 0, 0xff, 0xff, 0xff, 0xff} + text("{}")) ==
        "x.npy: byte 14: error: expected the header (4294967295 bytes), found the end of the file after 2");
}

TEST_CASE("a garbled npy header is an error at the first byte that is not understood") {
  CHECK(header_fault("") == "x.npy: byte 10: error: expected '{', found the end of the header");
  CHECK(header_fault("[1]") == "x.npy: byte 10: error: expected '{', found '['");
  CHECK(header_fault("{\x01") == "x.npy: byte 11: error: expected a quoted key, found '\\x01'");
  CHECK(header_fault("{'descr") ==
        "x.npy: byte 17: error: expected a closing ', found the end of the header");
  CHECK(header_fault("{\"descr'") ==
        "x.npy: byte 18: error: expected a closing \", found the end of the header");
  CHECK(header_fault("{'descr' '<f4'}") == "x.npy: byte 19: error: expected ':', found '''");
  CHECK(header_fault("{'descr': '<f4' 'shape'") == "x.npy: byte 26: error: expected ',' or '}', found '''");
  CHECK(header_fault("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x") ==
        "x.npy: byte 64: error: expected the end of the header, found 'x'");
  CHECK(header_fault("{'dtype': '<f4'}") ==
        "x.npy: byte 11: error: expected the key 'descr', 'fortran_order' or 'shape', found 'dtype'");
  CHECK(header_fault("{'" + std::string(50, 'k') + "': 1}") ==
        "x.npy: byte 11: error: expected the key 'descr', 'fortran_order' or 'shape', found '" +
            std::string(40, 'k') + "...'");
  CHECK(header_fault("{'descr': '<f4', 'descr': '<f4'}") ==
        "x.npy: byte 27: error: expected the key 'descr' once, found it twice");
  CHECK(header_fault("{}") == "x.npy: byte 10: error: expected the key 'descr' in the header, found none");
  CHECK(header_fault("{'descr': '<f4', 'shape': ()}") ==
        "x.npy: byte 10: error: expected the key 'fortran_order' in the header, found none");
  CHECK(header_fault("{'descr': '<f4', 'fortran_order': False}") ==
        "x.npy: byte 10: error: expected the key 'shape' in the header, found none");
}

TEST_CASE("an npy file of another dtype is an error that lists those supported") {
  CHECK(npy_fault(npy_of("<c8", "(1,)", {0, 0, 0, 0, 0, 0, 0, 0})) ==
        "x.npy: byte 20: error: expected the dtype |i1, |u1, <i4, <i8, <f2, <f4 or <f8, found '<c8'");
  CHECK(npy_fault(npy_of(">f4", "(1,)", {0, 0, 0, 0})) ==
        "x.npy: byte 20: error: expected the dtype |i1, |u1, <i4, <i8, <f2, <f4 or <f8, found '>f4'");
  CHECK(npy_fault(npy_of("|O\x1b", "(1,)", {})) ==
        "x.npy: byte 20: error: expected the dtype |i1, |u1, <i4, <i8, <f2, <f4 or <f8, found '|O\\x1b'");
  CHECK(header_fault("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}") ==
        "x.npy: byte 20: error: expected a quoted dtype (one of numbers, not a structured one), found '['");
}

TEST_CASE("an npy file in Fortran order is an error that says what to do") {
  CHECK(header_fault("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }") ==
        "x.npy: byte 44: error: expected the array in C order, found fortran_order True; save it in C order, "
        "as "
        "numpy.ascontiguousarray does");
  CHECK(header_fault("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), }") ==
        "x.npy: byte 44: error: expected True or False, found '0'");
}

TEST_CASE("an absurd npy shape is an error, and no memory is taken for it") {
  CHECK(npy_fault(npy_of("|u1", "(1099511627777,)", {})) ==
        "x.npy: byte 60: error: expected at most 2^40 elements, found the shape [1099511627777]");
  CHECK(npy_fault(npy_of("|u1", "(4294967296, 4294967296)", {})) ==
        "x.npy: byte 60: error: expected at most 2^40 elements, found the shape [4294967296, 4294967296]");
  CHECK(npy_fault(npy_of("<f8", "(1099511627776,)", {1, 2, 3})) ==
        "x.npy: byte 83: error: expected 8796093022208 bytes of data ([1099511627776] of float64), found 3");
  CHECK(npy_fault(npy_of("|u1", "(99999999999999999999,)", {})) ==
        "x.npy: byte 61: error: expected a dimension, found '99999999999999999999'");
  CHECK(npy_fault(npy_of("|u1", "(-1,)", {})) == "x.npy: byte 61: error: expected a dimension, found '-'");
  CHECK(npy_fault(npy_of("|u1", "(010,)", {})) == "x.npy: byte 61: error: expected a dimension, found '010'");
  CHECK(npy_fault(npy_of("|u1", "(2)", {})) == "x.npy: byte 62: error: expected ',', found ')'");
  CHECK(npy_fault(npy_of("|u1", "(2, 3 4)", {})) == "x.npy: byte 66: error: expected ',' or ')', found '4'");
  CHECK(npy_fault(npy_of("|u1", "[2]", {})) ==
        "x.npy: byte 60: error: expected a shape such as (3, 4), found '['");
  std::string shape = "(";
  for (int i = 0; i < 32; ++i) shape += "1,";
  CHECK(npy_fault(npy_of("|u1", shape + ")", {5})).empty());
  CHECK(npy_fault(npy_of("|u1", shape + "1)", {5})) ==
        "x.npy: byte 125: error: expected at most 32 dimensions, found '1'");
}

TEST_CASE("an npy file with a byte too few or too many is an error where it ends or should") {
  const Bytes right = npy_of("<i4", "(2, 1)", little(1, 4) + little(2, 4));
  REQUIRE(right.size() == 70 + 8);
  CHECK(npy_fault(right).empty());
  CHECK(npy_fault(Bytes(right.begin(), right.end() - 1)) ==
        "x.npy: byte 77: error: expected 8 bytes of data ([2, 1] of int32), found 7");
  CHECK(npy_fault(right + Bytes{0}) ==
        "x.npy: byte 78: error: expected 8 bytes of data ([2, 1] of int32), found 9");
}

TEST_CASE("an idx file of each type is read bit for bit") {
  const Tensor images = parse_idx(idx(0x08, {1, 2, 2}, {0, 1, 128, 255}), "x");
  CHECK(images.shape == Shape{1, 2, 2});
  CHECK(values<std::uint8_t>(images) == std::vector<std::uint8_t>{0, 1, 128, 255});
  CHECK(values<std::int8_t>(parse_idx(idx(0x09, {2}, {0x80, 0xff}), "x")) ==
        std::vector<std::int8_t>{low8, -1});
  CHECK(values<std::int32_t>(parse_idx(idx(0x0c, {2}, big(0x01020304, 4) + big(1U << 31U, 4)), "x")) ==
        std::vector<std::int32_t>{0x01020304, low32});
  CHECK(values<float>(parse_idx(idx(0x0d, {1}, big(0x40490fdb, 4)), "x")) == std::vector<float>{3.14159274F});
  CHECK(values<double>(parse_idx(idx(0x0e, {1}, big(0x400921fb54442d18, 8)), "x")) ==
        std::vector<double>{3.141592653589793});
  CHECK(values<std::uint8_t>(parse_idx(idx(0x08, {}, {9}), "x")) == std::vector<std::uint8_t>{9});
  CHECK(parse_idx(idx(0x08, {0, 28}, {}), "x").shape == Shape{0, 28});
}

TEST_CASE("a faulty idx file is an error at its byte") {
  CHECK(idx_fault({}) ==
        "x.idx: byte 0: error: expected the magic number of an idx file (4 bytes), found the end of the file "
        "after 0");
  CHECK(idx_fault({0, 0, 8}) ==
        "x.idx: byte 3: error: expected the magic number of an idx file (4 bytes), found the end of the file "
        "after 3");
  CHECK(idx_fault({0x1f, 0x8b, 8, 0}) == "x.idx: byte 0: error: expected a zero byte, found 0x1f");
  CHECK(idx_fault({0, 7, 8, 0}) == "x.idx: byte 1: error: expected a zero byte, found 0x07");
  CHECK(idx_fault(idx(0x0b, {1}, {0, 1})) ==
        "x.idx: byte 2: error: expected the type 0x08 (uint8), 0x09 (int8), 0x0c (int32), 0x0d (float32) or "
        "0x0e "
        "(float64), found 0x0b");
  CHECK(idx_fault({0, 0, 8, 33}) == "x.idx: byte 3: error: expected at most 32 dimensions, found 33");
  CHECK(idx_fault({0, 0, 8, 2, 0, 0, 0, 1, 0}) ==
        "x.idx: byte 9: error: expected dimension 2 of 2 (4 bytes), found the end of the file after 1");
  CHECK(idx_fault(idx(0x08, {0xffffffff, 0xffffffff}, {})) ==
        "x.idx: byte 4: error: expected at most 2^40 elements, found the shape [4294967295, 4294967295]");
  CHECK(idx_fault(idx(0x0e, {0xffffffff}, {1})) ==
        "x.idx: byte 9: error: expected 34359738360 bytes of data ([4294967295] of float64), found 1");
  CHECK(idx_fault(idx(0x08, {2, 2}, {1, 2, 3, 4, 5})) ==
        "x.idx: byte 16: error: expected 4 bytes of data ([2, 2] of uint8), found 5");
}

TEST_CASE("npy and idx files are told apart by their first bytes") {
  const Bytes an_npy = npy_of("|u1", "()", {1});
  const Bytes an_idx = idx(0x08, {1}, {1});
  CHECK(tricycle::looks_like_npy(an_npy));
  CHECK_FALSE(tricycle::looks_like_npy(an_idx));
  CHECK_FALSE(tricycle::looks_like_npy(text("\x93NUMP")));
  CHECK_FALSE(tricycle::looks_like_npy({}));
  CHECK(tricycle::looks_like_idx(an_idx));
  CHECK(tricycle::looks_like_idx(Bytes{0, 0, 0x0b, 1}));
  CHECK_FALSE(tricycle::looks_like_idx(an_npy));
  CHECK_FALSE(tricycle::looks_like_idx(Bytes{0, 0, 0x0a, 1}));
  CHECK_FALSE(tricycle::looks_like_idx(Bytes{0, 0, 0, 0}));
  CHECK_FALSE(tricycle::looks_like_idx(Bytes{0, 0, 8}));
  CHECK_FALSE(tricycle::looks_like_idx({}));
}

TEST_CASE("the MNIST test set beside the project is read whole") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const std::string images = models + "/data/mnist_t10k-images-idx3-ubyte.gz";
  const Tensor pixels = parse_idx(tricycle::read_bytes(images, 1U << 23U), images);
  CHECK(pixels.shape == Shape{10'000, 28, 28});
  std::int64_t sum = 0;
  for (const std::int64_t pixel : pixels.integers()) sum += pixel;
  CHECK(sum == 264'923'200);
}

TEST_CASE("a shape has at most 2^40 elements, and an empty one has none") {
  CHECK(tricycle::element_count({}) == 1);
  CHECK(tricycle::element_count({1, 28, 28}) == 784);
  CHECK(tricycle::element_count({5, 0, 28}) == 0);
  CHECK(tricycle::element_count({5, 0, std::int64_t{1} << 40}) == -1);  // its other dimensions count as well
  CHECK(tricycle::element_count({std::int64_t{1} << 20, std::int64_t{1} << 20}) == std::int64_t{1} << 40);
  CHECK(tricycle::element_count({(std::int64_t{1} << 20) + 1, std::int64_t{1} << 20}) == -1);
  CHECK(tricycle::element_count({0, -1}) == -1);
  CHECK(tricycle::element_count({std::numeric_limits<std::int64_t>::max(), 2}) == -1);
  CHECK(tricycle::shape_text({1, 28, 28}) == "[1, 28, 28]");
  CHECK(tricycle::shape_text({}) == "[]");
}

TEST_CASE("a tensor gives its elements as floats, and as integers when it has integers") {
  Tensor tensor{{2}, std::vector<std::int8_t>{-3, 7}};
  CHECK(tensor.type_name() == std::string("int8"));
  CHECK(tensor.floats() == std::vector<float>{-3, 7});
  CHECK(tensor.integers() == std::vector<std::int64_t>{-3, 7});
  tensor.data = std::vector<double>{0.5, 2};
  CHECK(tensor.type_name() == std::string("float64"));
  CHECK(tensor.floats() == std::vector<float>{0.5F, 2});
  CHECK(message_of([&] { (void)tensor.integers(); }) ==
        "a tensor of floating-point type was asked for integers");
}

TEST_CASE("half precision is read as float32: 1, the largest, the smallest, -0, infinity and no number") {
  const auto of = [](std::uint16_t bits) {
    const Tensor tensor = parse_npy(
        npy_of("<f2", "(1,)", {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8)}),
        "x.npy");
    return std::get<std::vector<float>>(tensor.data)[0];
  };
  CHECK(of(0x3c00) == 1.0F);
  CHECK(of(0x7bff) == 65504.0F);
  CHECK(of(0x0001) == 0x1p-24F);
  CHECK(std::signbit(of(0x8000)));
  CHECK(of(0xfc00) == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(of(0x7e00)));
}

TEST_CASE("a written npy file is read back alike: of no, one and three dimensions, of every type") {
  const auto back = [](const Tensor& tensor) {
    const std::string file = tricycle::write_npy(tensor);
    CHECK(file.size() % 64 == static_cast<std::size_t>(tensor.size()) *
                                  std::visit([](const auto& v) { return sizeof(v[0]); }, tensor.data) % 64);
    return parse_npy(std::span(reinterpret_cast<const std::uint8_t*>(file.data()), file.size()), "x.npy");
  };
  const Tensor scalar{{}, std::vector<float>{1.5F}}, row{{3}, std::vector<std::int64_t>{1, -2, 3}};
  const Tensor cube{{1, 2, 2}, std::vector<std::int8_t>{1, -128, 127, 0}};
  CHECK(back(scalar).shape.empty());
  CHECK(back(scalar).floats() == scalar.floats());
  CHECK(back(row).shape == row.shape);
  CHECK(back(row).integers() == row.integers());
  CHECK(back(cube).shape == cube.shape);
  CHECK(back(cube).integers() == cube.integers());
}
