// Row operations on the CPU: one pass over the rows of an expression, forward and back, for any rule.
//
// A rule says what happens to one row of n numbers:
//   static constexpr int saved            how many numbers per row its backward wants from its forward
//   static constexpr bool wants_input     whether its backward reads the input row (which is then computed again)
//   forward(x, n, y, saved, row)          writes the result's row (or its one number)
//   backward(x, y, g, gx, n, saved, row, part)   writes the input's gradient
#pragma once
#include <clipt/eval/cpu_map.hpp>        // adjoint, push_rows
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

// One buffer for all statements, not one for each.
struct computed_row;
struct gradient_row;

}  // namespace detail

/// The rows of an expression: their addresses where they lie in memory, else computed into a thread's buffer.
template <class C, class E, class O>
class input_rows {
 public:
  input_rows(const E& e, const O& o) : e_(e), o_(o) {}

  const C* operator()(dim_t row) const {
    if constexpr (in_memory) {
      return e_.data() + row * o_.columns();
    } else {
      C* buffer = thread_buffer<detail::computed_row, C>(o_.columns());
      using L = lanes<computed_t<E, C>>;
      write_columns<L>(at_row<L>(e_, o_, row), 0, o_.columns(), buffer);
      return buffer;
    }
  }

 private:
  static constexpr bool in_memory = requires(E e) { e.data(); }
  &&std::is_same_v<typename E::value_type, C>;

  const E& e_;
  O o_;
};

/// y = rule(rows of e); `width` is the length of a result's row: that of e, or 1.
template <class Rule, class E, class O, class T, class C>
void forward_rows(const Rule& rule, const E& e, const O& o, T* y, dim_t width, C* saved, int threads) {
  const input_rows<C, E, O> input(e, o);
  const dim_t n = o.columns();
  for_pieces(threads, o.rows(), rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t row = begin; row < end; ++row)
      rule.forward(input(row), n, y + row * width, saved + row * Rule::saved, row);
  });
}

/// Adds the gradient of `y = rule(rows of e)` to the leaves of e, whose pass is `pass`.
template <class Rule, class E, class O, class T, class C, class Memory>
void backward_rows(const Rule& rule, const O& o, const T* y, const T* g, dim_t width, const C* saved, Memory& memory,
                   const adjoint<E, O, Memory>& pass) {
  const input_rows<C, E, O> input(pass.bound(), o);
  const dim_t n = o.columns();
  push_rows<C>(pass, o, memory.threads(), [&](dim_t row, dim_t part) -> const C* {
    C* gx = thread_buffer<detail::gradient_row, C>(n);
    const C* x = nullptr;
    if constexpr (Rule::wants_input) x = input(row);
    rule.backward(x, y + row * width, g + row * width, gx, n, saved + row * Rule::saved, row, part);
    return gx;
  });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
