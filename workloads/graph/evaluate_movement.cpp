// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/graph/evaluation.hpp"

namespace tricycle {
namespace {

Tensor with_shape(const Tensor& tensor, Shape shape) {
  Tensor result = tensor;
  result.shape = std::move(shape);
  return result;
}

std::vector<std::int64_t> axes(const Operands& on) {
  return listed(on.node, "axes", 1, on.integers());
}

std::ptrdiff_t product_of(Shape::const_iterator from, Shape::const_iterator to) {
  return static_cast<std::ptrdiff_t>(element_count(Shape(from, to)));
}

/// A tensor with the element type of `tensor`. `fill(values, data)` fills its vector.
template <class Fill>
Tensor same_type(const Tensor& tensor, Shape shape, Fill fill) {
  Tensor result;
  result.shape = std::move(shape);
  std::visit(
      [&](const auto& data) {
        std::decay_t<decltype(data)> values;
        values.reserve(static_cast<std::size_t>(result.size()));
        fill(values, data);
        result.data = std::move(values);
      },
      tensor.data);
  return result;
}

/// The elements at `start` plus index times `steps`, for every index of `shape`.
Tensor pick(const Tensor& tensor, const Shape& shape, std::int64_t start, std::vector<std::int64_t> steps) {
  const std::vector<std::int64_t> all[] = {std::move(steps)};
  return same_type(tensor, shape, [&](auto& values, const auto& data) {
    for_each_index(shape, all, [&](const std::size_t(&at)[1]) {
      values.push_back(data[static_cast<std::size_t>(start) + at[0]]);
    });
  });
}

Tensor concat(const Operands& on) {
  std::vector<Shape> shapes;
  const bool floats = on.in(0).is_float();
  for (std::size_t i = 0; i < on.inputs.size(); ++i) {
    shapes.push_back(on.in(i).shape);
    if (on.in(i).is_float() != floats) on.fail("the inputs do not fit together");
  }
  const Shape shape = concat_shape(on.graph, on.node, shapes);
  const std::size_t axis = checked_axis(on.graph, on.node, on.node.integer("axis", 0), shape.size());
  const auto outer = product_of(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  const auto join = [&]<class T>(T) -> Tensor {
    std::vector<std::vector<T>> parts;
    for (std::size_t i = 0; i < on.inputs.size(); ++i) parts.push_back(values_of<T>(on.in(i)));
    std::vector<T> result;
    for (std::ptrdiff_t o = 0; o < outer; ++o) {
      for (const auto& part : parts) {
        const auto run = static_cast<std::ptrdiff_t>(part.size()) / outer;
        result.insert(result.end(), part.begin() + o * run, part.begin() + (o + 1) * run);
      }
    }
    return {shape, std::move(result)};
  };
  return floats ? join(float{}) : join(std::int64_t{});
}

Tensor constant(const Operands& on) {
  const auto found = on.node.attributes.find("value");
  if (found != on.node.attributes.end() && found->second.tensor) return *found->second.tensor;
  const auto number = on.node.attributes.find("value_float");
  if (number != on.node.attributes.end() && number->second.number)
    return {{}, std::vector<float>{*number->second.number}};
  const auto integer = on.node.attributes.find("value_int");
  if (integer != on.node.attributes.end() && integer->second.integer) {
    return {{}, std::vector<std::int64_t>{*integer->second.integer}};
  }
  on.fail("has no value that is supported (value, value_float or value_int)");
}

Tensor constant_of_shape(const Operands& on) {
  const Shape shape = given_shape(on.graph, on.node, on.integers_of(0));
  const auto found = on.node.attributes.find("value");
  Tensor value = {{1}, std::vector<float>{0}};
  if (found != on.node.attributes.end() && found->second.tensor) value = *found->second.tensor;
  if (value.size() != 1)
    on.fail("the value of shape " + shape_text(value.shape) + " is expected to be one number");
  return same_type(value, shape, [&](auto& values, const auto& data) {
    values.assign(static_cast<std::size_t>(element_count(shape)), data[0]);
  });
}

Tensor expand(const Operands& on) {
  const Shape shape = expand_shape(on.graph, on.node, on.in(0).shape, on.integers_of(1));
  return pick(on.in(0), shape, 0, broadcast_steps(on.in(0).shape, shape));
}

Tensor gather(const Operands& on) {
  const Shape& from = on.in(0).shape;
  const std::size_t axis = checked_axis(on.graph, on.node, on.node.integer("axis", 0), from.size());
  const std::vector<std::int64_t> indices = on.integers_of(1);
  for (const std::int64_t index : indices) {
    if (index < -from[axis] || index >= from[axis])
      on.fail("index " + std::to_string(index) + " is outside " + shape_text(from));
  }
  const auto cut = from.begin() + static_cast<std::ptrdiff_t>(axis);
  const std::ptrdiff_t outer = product_of(from.begin(), cut), inner = product_of(cut + 1, from.end());
  const Shape shape = gather_shape(on.graph, on.node, from, on.in(1).shape);
  return same_type(on.in(0), shape, [&](auto& values, const auto& data) {
    for (std::ptrdiff_t o = 0; o < outer; ++o) {
      for (const std::int64_t index : indices) {
        const std::int64_t at = index < 0 ? index + from[axis] : index;
        const auto start = data.begin() + (o * from[axis] + at) * inner;
        values.insert(values.end(), start, start + inner);
      }
    }
  });
}

/// Pads with elements of the tensor: the outermost one ("edge"), or the elements beside it, mirrored
/// ("reflect").
Tensor pad_with_itself(const Tensor& tensor, const Shape& shape, const std::vector<std::int64_t>& pads,
                       bool reflect) {
  const std::vector<std::int64_t> steps = broadcast_steps(tensor.shape, tensor.shape);
  std::vector<std::size_t> sources = {0};  // places of elements over the dimensions so far
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t last = tensor.shape[d] - 1;
    std::vector<std::size_t> longer;
    for (const std::size_t source : sources) {
      for (std::int64_t i = -pads[d]; i < shape[d] - pads[d]; ++i) {
        const std::int64_t at = !reflect   ? std::clamp<std::int64_t>(i, 0, last)
                                : i < 0    ? -i
                                : i > last ? 2 * last - i
                                           : i;
        longer.push_back(source + static_cast<std::size_t>(at * steps[d]));
      }
    }
    sources = std::move(longer);
  }
  return same_type(tensor, shape, [&](auto& values, const auto& data) {
    for (const std::size_t source : sources) values.push_back(data[source]);
  });
}

Tensor pad(const Operands& on) {
  const Tensor& tensor = on.in(0);
  const std::vector<std::int64_t> pads = pad_sizes(on.graph, on.node, tensor.shape, on.integers());
  const Shape shape = pad_shape(on.graph, on.node, tensor.shape, pads);
  const std::string mode = on.node.text("mode", "constant");
  if (mode != "constant") return pad_with_itself(tensor, shape, pads, mode == "reflect");
  if (on.has(2) && (on.in(2).size() != 1 || on.in(2).is_float() != tensor.is_float()))
    on.fail("the value is expected to be one number of the input's type");
  const std::vector<std::int64_t> steps[] = {broadcast_steps(tensor.shape, tensor.shape),
                                             broadcast_steps(shape, shape)};
  std::int64_t start = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) start += steps[1][d] * pads[d];
  return same_type(tensor, shape, [&](auto& values, const auto& data) {
    using T = typename std::decay_t<decltype(data)>::value_type;
    T value = 0;
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(on.has(2) ? on.in(2).floats()[0] : on.node.number("value", 0));
    } else if (on.has(2)) {
      value = static_cast<T>(on.in(2).integers()[0]);
    }
    values.assign(static_cast<std::size_t>(element_count(shape)), value);
    for_each_index(tensor.shape, steps, [&](const std::size_t(&at)[2]) {
      values[static_cast<std::size_t>(start) + at[1]] = data[at[0]];
    });
  });
}

Tensor slice(const Operands& on) {
  const Tensor& tensor = on.in(0);
  const std::vector<Cut> cuts = slice_cuts(on.graph, on.node, tensor.shape, on.integers());
  std::vector<std::int64_t> steps = broadcast_steps(tensor.shape, tensor.shape);
  Shape shape;
  std::int64_t start = 0;
  for (std::size_t d = 0; d < cuts.size(); ++d) {
    shape.push_back(cuts[d].count);
    start += cuts[d].start * steps[d];
    steps[d] *= cuts[d].step;
  }
  return pick(tensor, shape, start, std::move(steps));
}

Tensor transpose(const Operands& on) {
  std::vector<std::size_t> permutation;
  const Shape shape = transpose_shape(on.graph, on.node, on.in(0).shape, permutation);
  const std::vector<std::int64_t> from = broadcast_steps(on.in(0).shape, on.in(0).shape);
  std::vector<std::int64_t> steps;
  for (const std::size_t d : permutation) steps.push_back(from[d]);
  return pick(on.in(0), shape, 0, std::move(steps));
}

}  // namespace

Tensor evaluate_movement(const Operands& on) {
  const auto in_shape = [&](const auto& rule) {
    return with_shape(on.in(0), rule(on.graph, on.node, on.in(0).shape));
  };
  switch (on.node.op) {
    case Op::concat: return concat(on);
    case Op::constant: return constant(on);
    case Op::constant_of_shape: return constant_of_shape(on);
    case Op::dropout:
      if (on.has(2) && on.single(2) != 0) on.fail("training is not supported");
      return on.in(0);
    case Op::expand: return expand(on);
    case Op::flatten: return in_shape(flatten_shape);
    case Op::gather: return gather(on);
    case Op::identity: return on.in(0);
    case Op::pad: return pad(on);
    case Op::reshape:
      return with_shape(on.in(0), reshape_shape(on.graph, on.node, on.in(0).shape, on.integers_of(1)));
    case Op::shape: {
      const Shape values = shape_values(on.node, on.in(0).shape);
      return {{static_cast<std::int64_t>(values.size())}, values};
    }
    case Op::slice: return slice(on);
    case Op::squeeze: return with_shape(on.in(0), squeeze_shape(on.graph, on.node, on.in(0).shape, axes(on)));
    case Op::transpose: return transpose(on);
    case Op::unsqueeze:
      return with_shape(on.in(0), unsqueeze_shape(on.graph, on.node, on.in(0).shape, axes(on)));
    default: break;
  }
  on.fail("cannot be evaluated");
}

}  // namespace tricycle
