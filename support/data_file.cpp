// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/endian/conversion.hpp>
#include <charconv>
#include <string_view>
#include <utility>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

using boost::endian::order;
using ByteSpan = std::span<const std::uint8_t>;

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr std::size_t most_dimensions = 32;  // NumPy's own limit for the files of its first two versions

/// Bytes of the file for a message: cut short, and with escapes for all that is not printable ASCII.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string result;
  for (const char c : text.substr(0, longest)) {
    const bool printable = c >= ' ' && c <= '~';
    result += printable ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
  }
  return result + (text.size() > longest ? "..." : "");
}

/// Walks over the bytes of a file. Every error names the byte at which the fault stands.
class Cursor {
 public:
  Cursor(ByteSpan bytes, const std::string& name) : bytes_(bytes), name_(name), end_(bytes.size()) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return end_ - at_; }

  [[noreturn]] void fail_at(std::size_t byte, const std::string& message) const {
    throw InputError(Place::at_byte(name_, byte), message);
  }

  /// The next `size` bytes. Errors: the file has fewer; `what` names the missing bytes.
  ByteSpan take(std::size_t size, std::string_view what) {
    if (left() < size) {
      fail_at(end_, fmt::format("expected {} ({} byte{}), found the end of the file after {}", what, size,
                                size == 1 ? "" : "s", left()));
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }

  template <class T, order byte_order>
  T number(std::string_view what) {
    return boost::endian::endian_load<T, sizeof(T), byte_order>(take(sizeof(T), what).data());
  }

  /// The rest of the file must be `count` elements and nothing else. This is checked before any memory is
  /// taken for them. Elements of half precision are stored as 16 bits and become float32.
  template <class T, order byte_order, class Stored = T>
  Tensor elements(const Shape& shape, std::int64_t count) {
    Tensor tensor;
    tensor.shape = shape;
    tensor.data = std::vector<T>();
    const std::uint64_t size = static_cast<std::uint64_t>(count) * sizeof(Stored);
    const std::string expected = fmt::format("expected {} bytes of data ({} of {}), found ", size,
                                             shape_text(shape), tensor.type_name());
    if (left() < size) fail_at(end_, expected + std::to_string(left()));
    if (left() > size) fail_at(at_ + static_cast<std::size_t>(size), expected + std::to_string(left()));
    std::vector<T> values(static_cast<std::size_t>(count));
    const std::uint8_t* from = bytes_.data() + at_;
    for (T& value : values) {
      const Stored stored = boost::endian::endian_load<Stored, sizeof(Stored), byte_order>(from);
      if constexpr (std::is_same_v<T, Stored>) {
        value = stored;
      } else {
        value = half_number(stored);
      }
      from += sizeof(Stored);
    }
    tensor.data = std::move(values);
    return tensor;
  }

  std::int64_t count_of(const Shape& shape, std::size_t shape_at) const {
    const std::int64_t count = element_count(shape);
    if (count < 0) {
      fail_at(shape_at, "expected at most 2^40 elements, found the shape " + shape_text(shape));
    }
    return count;
  }

 private:
  ByteSpan bytes_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t end_;
};

/// The header of an .npy file: a Python dictionary such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, padded with spaces up to a line break.
struct NpyHeader {
  std::string dtype;
  std::size_t dtype_at = 0;
  bool has_dtype = false, has_order = false, has_shape = false;
  Shape shape;
  std::size_t shape_at = 0;
};

class NpyHeaderParser {
 public:
  NpyHeaderParser(std::string_view text, std::size_t start, const Cursor& file)
      : text_(text), start_(start), file_(file) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      entry();
      if (accept(',')) continue;
      expect('}', "',' or '}'");
      break;
    }
    skip_blanks();
    if (at_ < text_.size()) fail("the end of the header");
    const char* missing = !header_.has_dtype ? "descr" : !header_.has_order ? "fortran_order" : "shape";
    if (!header_.has_dtype || !header_.has_order || !header_.has_shape) {
      file_.fail_at(start_, fmt::format("expected the key '{}' in the header, found none", missing));
    }
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    const std::string found =
        at_ < text_.size() ? "'" + shown(text_.substr(at_, 1)) + "'" : std::string("the end of the header");
    file_.fail_at(start_ + at_, fmt::format("expected {}, found {}", expected, found));
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, std::string_view expected = "") {
    if (!accept(c)) fail(expected.empty() ? fmt::format("'{}'", c) : std::string(expected));
  }

  std::string_view quoted(std::string_view what) {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'' && !accept('\'')) fail(what);
    const std::size_t from = at_;
    const std::size_t to = text_.find(quote, from);
    if (to == std::string_view::npos) {
      at_ = text_.size();
      fail(fmt::format("a closing {}", quote));
    }
    at_ = to + 1;
    return text_.substr(from, to - from);
  }

  void entry() {
    skip_blanks();
    const std::size_t key_at = at_;
    const std::string_view key = quoted("a quoted key");
    bool* const seen = key == "descr"           ? &header_.has_dtype
                       : key == "fortran_order" ? &header_.has_order
                       : key == "shape"         ? &header_.has_shape
                                                : nullptr;
    if (seen == nullptr) {
      file_.fail_at(
          start_ + key_at,
          fmt::format("expected the key 'descr', 'fortran_order' or 'shape', found '{}'", shown(key)));
    }
    if (*seen) file_.fail_at(start_ + key_at, fmt::format("expected the key '{}' once, found it twice", key));
    *seen = true;
    expect(':');
    skip_blanks();
    if (key == "descr") {
      header_.dtype_at = start_ + at_;
      header_.dtype = quoted("a quoted dtype (one of numbers, not a structured one)");
    } else if (key == "fortran_order") {
      fortran_order();
    } else {
      shape();
    }
  }

  void fortran_order() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("True")) {
      file_.fail_at(start_ + at_,
                    "expected the array in C order, found fortran_order True; save it in C order, as "
                    "numpy.ascontiguousarray does");
    }
    if (!rest.starts_with("False")) fail("True or False");
    at_ += std::string_view("False").size();
  }

  void shape() {
    header_.shape_at = start_ + at_;
    expect('(', "a shape such as (3, 4)");
    while (!accept(')')) {
      skip_blanks();
      if (header_.shape.size() == most_dimensions)
        fail(fmt::format("at most {} dimensions", most_dimensions));
      header_.shape.push_back(dimension());
      const bool comma = accept(',');
      // As in Python, one number in parentheses is no tuple without its comma.
      if (!comma && header_.shape.size() == 1) fail("','");
      if (!comma) {
        expect(')', "',' or ')'");
        break;
      }
    }
  }

  std::int64_t dimension() {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    const std::string_view digits = text_.substr(from, at_ - from);
    if (digits.empty()) fail("a dimension");
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool leading_zero = digits.size() > 1 && digits[0] == '0';
    if (error != std::errc{} || leading_zero) {
      file_.fail_at(start_ + from, fmt::format("expected a dimension, found '{}'", shown(digits)));
    }
    return value;
  }

  std::string_view text_;
  std::size_t start_;
  const Cursor& file_;
  std::size_t at_ = 0;
  NpyHeader header_;
};

NpyHeader read_npy_header(Cursor& file) {
  const ByteSpan magic = file.take(npy_magic.size(), "the magic bytes \\x93NUMPY");
  for (std::size_t i = 0; i < npy_magic.size(); ++i) {
    if (magic[i] != static_cast<std::uint8_t>(npy_magic[i])) {
      file.fail_at(i, fmt::format("expected the magic bytes \\x93NUMPY, found the byte 0x{:02x}", magic[i]));
    }
  }
  const ByteSpan version = file.take(2, "the version");
  if (version[0] < 1 || version[0] > 3 || version[1] != 0) {
    file.fail_at(npy_magic.size(),
                 fmt::format("expected version 1.0, 2.0 or 3.0, found {}.{}", version[0], version[1]));
  }
  const char* const length_of = "the length of the header";
  const std::size_t length = version[0] == 1 ? file.number<std::uint16_t, order::little>(length_of)
                                             : file.number<std::uint32_t, order::little>(length_of);
  const std::size_t start = file.at();
  const ByteSpan header = file.take(length, "the header");
  return NpyHeaderParser({reinterpret_cast<const char*>(header.data()), header.size()}, start, file).parse();
}

}  // namespace

Tensor parse_npy(std::span<const std::uint8_t> bytes, const std::string& name) {
  Cursor file(bytes, name);
  const NpyHeader header = read_npy_header(file);
  const std::string& dtype = header.dtype;
  const std::int64_t count = file.count_of(header.shape, header.shape_at);
  // A single byte has no order: NumPy writes '|', some other writers '<'.
  if (dtype == "|i1" || dtype == "<i1") return file.elements<std::int8_t, order::little>(header.shape, count);
  if (dtype == "|u1" || dtype == "<u1")
    return file.elements<std::uint8_t, order::little>(header.shape, count);
  if (dtype == "<i4") return file.elements<std::int32_t, order::little>(header.shape, count);
  if (dtype == "<i8") return file.elements<std::int64_t, order::little>(header.shape, count);
  if (dtype == "<f2") return file.elements<float, order::little, std::uint16_t>(header.shape, count);
  if (dtype == "<f4") return file.elements<float, order::little>(header.shape, count);
  if (dtype == "<f8") return file.elements<double, order::little>(header.shape, count);
  file.fail_at(
      header.dtype_at,
      fmt::format("expected the dtype |i1, |u1, <i4, <i8, <f2, <f4 or <f8, found '{}'", shown(dtype)));
}

std::string write_npy(const Tensor& tensor) {
  static constexpr const char* dtypes[] = {"<f4", "<f8", "<i8", "<i4", "|i1", "|u1"};
  std::string shape;
  for (const std::int64_t dimension : tensor.shape) shape += fmt::format("{}, ", dimension);
  if (tensor.shape.size() > 1) shape.resize(shape.size() - 2);
  if (tensor.shape.size() == 1) shape.pop_back();  // a tuple of one ends in a comma
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   dtypes[tensor.data.index()], shape);
  constexpr std::size_t before = 10, alignment = 64;  // data begin at a multiple of 64
  header.resize((before + header.size() + alignment) / alignment * alignment - before - 1, ' ');
  header += '\n';
  std::string file(npy_magic);
  file += {1, 0, static_cast<char>(header.size() & 255U), static_cast<char>(header.size() >> 8U)};
  file += header;
  std::visit(
      [&](const auto& values) {
        using T = typename std::remove_cvref_t<decltype(values)>::value_type;
        for (const T value : values) {
          std::uint8_t bytes[sizeof(T)];
          boost::endian::endian_store<T, sizeof(T), order::little>(bytes, value);
          file.append(reinterpret_cast<const char*>(bytes), sizeof(T));
        }
      },
      tensor.data);
  return file;
}

Tensor parse_idx(std::span<const std::uint8_t> bytes, const std::string& name) {
  Cursor file(bytes, name);
  const ByteSpan magic = file.take(4, "the magic number of an idx file");
  for (std::size_t i = 0; i < 2; ++i) {
    if (magic[i] != 0) file.fail_at(i, fmt::format("expected a zero byte, found 0x{:02x}", magic[i]));
  }
  const std::uint8_t type = magic[2];
  const std::size_t dimensions = magic[3];
  if (dimensions > most_dimensions) {
    file.fail_at(3, fmt::format("expected at most {} dimensions, found {}", most_dimensions, dimensions));
  }
  const std::size_t shape_at = file.at();
  Shape shape;
  for (std::size_t i = 0; i < dimensions; ++i) {
    shape.push_back(
        file.number<std::uint32_t, order::big>(fmt::format("dimension {} of {}", i + 1, dimensions)));
  }
  const std::int64_t count = file.count_of(shape, shape_at);
  switch (type) {
    case 0x08: return file.elements<std::uint8_t, order::big>(shape, count);
    case 0x09: return file.elements<std::int8_t, order::big>(shape, count);
    case 0x0c: return file.elements<std::int32_t, order::big>(shape, count);
    case 0x0d: return file.elements<float, order::big>(shape, count);
    case 0x0e: return file.elements<double, order::big>(shape, count);
    default:
      file.fail_at(2,
                   fmt::format("expected the type 0x08 (uint8), 0x09 (int8), 0x0c (int32), 0x0d (float32) or "
                               "0x0e (float64), found 0x{:02x}",
                               type));
  }
}

bool looks_like_npy(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= npy_magic.size() &&
         std::equal(npy_magic.begin(), npy_magic.end(), bytes.begin(),
                    [](char c, std::uint8_t byte) { return static_cast<std::uint8_t>(c) == byte; });
}

bool looks_like_idx(std::span<const std::uint8_t> bytes) {
  // 0x0b, 16-bit integers, is an idx file too: parse_idx says that they are not supported.
  constexpr std::string_view types = "\x08\x09\x0b\x0c\x0d\x0e";
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 &&
         types.find(static_cast<char>(bytes[2])) != std::string_view::npos;
}

}  // namespace tricycle
