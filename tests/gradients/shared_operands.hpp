// Operands that are one variable: their gradients beside the sums of those of variables that are apart.
//
// Everything is in terms of arrays without their shapes, so that it is compiled once and not once for each operation.
#pragma once
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <clipt/autodiff/context.hpp>
#include <clipt/core/philox.hpp>
#include <clipt/nn/reshaping.hpp>

namespace clipt_test {

using namespace clipt;

template <class T>
using flat_variable = var<T, shape<columns>>;

/// An operation on variables that are all in a row, and so is its result.
template <class T>
using flat_operation = std::function<flat_variable<T>(recording<>&, const std::vector<flat_variable<T>>&)>;

/// How an operand is made of a variable: it is the variable (under a shape of its own), its last elements, a permutation.
enum class made_by { reshaping, slicing, permuting };

/// The smallest divisor from 2 on: a permutation is a transposition of so many rows.
inline dim_t rows_of(dim_t size) {
  dim_t rows = 2;
  while (size % rows != 0) ++rows;
  return rows;
}

inline bool possible(made_by how, dim_t from, dim_t size) {
  if (size == 0) return false;
  return how == made_by::slicing ? from > size : from == size && (how == made_by::reshaping || size > 1);
}

template <class T>
flat_variable<T> made_of(recording<>& ctx, made_by how, const flat_variable<T>& from, dim_t size) {
  const shape<columns> row(size);
  if (how == made_by::slicing) return detail::part_of(ctx, from, 0, from.size() - size, row);
  if (how == made_by::permuting)
    return detail::permuted<2>(ctx, from, {rows_of(size), size / rows_of(size)}, {1, 0}, row);
  return from;
}

/// Which element of the variable is element i of the operand.
inline dim_t origin(made_by how, dim_t i, dim_t from, dim_t size) {
  if (how == made_by::slicing) return from - size + i;
  return how == made_by::permuting ? i % rows_of(size) * (size / rows_of(size)) + i / rows_of(size) : i;
}

/// Checks an operation whose operands have the given values, or those of another operand.
template <class T>
class shared_operands {
 public:
  using arrays = std::vector<std::vector<double>>;

  shared_operands(std::string name, flat_operation<T> f, arrays values)
      : name_(std::move(name)), f_(std::move(f)), values_(std::move(values)) {}

  /// Runs all pairs in both orders, and all operands as one, in all ways that their sizes allow; returns how many ran.
  int check() const {
    int ran = 0;
    for (std::size_t from = 0; from < values_.size(); ++from)
      for (const auto how : {made_by::reshaping, made_by::slicing, made_by::permuting}) {
        std::vector<bool> all(values_.size());
        for (std::size_t to = 0; to < values_.size(); ++to) {
          if (from == to || !possible(how, size(from), size(to))) continue;
          std::vector<bool> one(values_.size());
          one[to] = all[to] = true;
          expect_sums(from, one, how);
          ++ran;
        }
        if (std::count(all.begin(), all.end(), true) > 1) expect_sums(from, all, how);
      }
    return ran;
  }

 private:
  static constexpr double tolerance = std::is_same_v<T, double> ? 1e-12 : 2e-2;

  dim_t size(std::size_t i) const { return static_cast<dim_t>(values_[i].size()); }

  void expect_sums(std::size_t from, const std::vector<bool>& to, made_by how) const {
    arrays values = values_;
    const auto each_element = [&](auto f) {
      for (std::size_t k = 0; k < values.size(); ++k)
        for (dim_t i = 0; to[k] && i < size(k); ++i) f(k, i, origin(how, i, size(from), size(k)));
    };
    each_element([&](std::size_t k, dim_t i, dim_t at) { values[k][i] = values[from][at]; });
    const arrays apart = gradients(values, from, std::vector<bool>(to.size()), how);
    const arrays shared = gradients(values, from, to, how);
    arrays expected = apart, summed = apart;  // the sums, and those of absolute values
    for (double& s : summed[from]) s = std::abs(s);
    each_element([&](std::size_t k, dim_t i, dim_t at) {
      expected[from][at] += apart[k][i];
      summed[from][at] += std::abs(apart[k][i]);
    });
    for (std::size_t k = 0; k < values.size(); ++k)
      for (dim_t i = 0; !to[k] && i < size(k); ++i) {
        const double e = expected[k][i], s = shared[k][i];
        const double scale = std::max(1.0, std::abs(summed[k][i]));
        ASSERT_TRUE(std::abs(e - s) <= tolerance * scale || (std::isnan(e) && std::isnan(s)))
            << name_ << ": operands " << testing::PrintToString(to) << " are made of operand " << from << " in way "
            << static_cast<int>(how) << ": gradient " << k << " at " << i << " is " << s << " for " << e;
      }
  }

  /// The gradients of all variables where the operands `to` are made of variable `from`.
  arrays gradients(const arrays& values, std::size_t from, const std::vector<bool>& to, made_by how) const {
    recording<> ctx;
    std::vector<std::vector<T>> elements;
    for (const auto& x : values) {
      elements.emplace_back();
      for (const double value : x) elements.back().push_back(static_cast<T>(value));
    }
    std::vector<flat_variable<T>> variables, operands;
    for (const auto& x : elements)
      variables.push_back(
          ctx.variable(view<const T, shape<columns>>{x.data(), shape<columns>(static_cast<dim_t>(x.size()))}));
    for (std::size_t k = 0; k < values.size(); ++k)
      operands.push_back(to[k] ? made_of(ctx, how, variables[from], size(k)) : variables[k]);
    const flat_variable<T> y = f_(ctx, operands);
    std::vector<T> weights(static_cast<std::size_t>(y.size()));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<T>(random_stream{5}.uniform(i) - 0.5f);
    ctx.backward(y, view<const T, shape<columns>>{weights.data(), y.shape()});
    arrays result = values;
    for (std::size_t k = 0; k < values.size(); ++k)
      for (dim_t i = 0; i < size(k); ++i)
        result[k][i] = variables[k].slot->empty ? 0 : static_cast<double>(ctx.gradient_of(variables[k])[i]);
    return result;
  }

  std::string name_;
  flat_operation<T> f_;
  arrays values_;
};

}  // namespace clipt_test
