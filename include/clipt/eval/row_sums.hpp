// row_sums: the sum of many rows, column by column, in parts that run at the same time and pairwise within each.
#pragma once
#include <bit>      // bit_width
#include <cstdint>  // uint64_t

#include <clipt/eval/columns.hpp>  // columns_of, lanes

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// Sums of rows of n numbers; part p of them holds the rows [first(p), first(p + 1)).
///
/// Level k of a part holds the sum of 2^k of its rows, so that no number passes more than log2(rows) + 1 additions, and
/// a row costs one read and one write on average, as a plain sum does.
template <class C>
class row_sums {
 public:
  /// Nothing is summed.
  row_sums() = default;
  /// In `memory` of `scratch(rows, n, parts)` numbers, which need not be set.
  row_sums(C* memory, dim_t rows, dim_t n, dim_t parts) : memory_(memory), rows_(rows), n_(n), parts_(parts) {}

  static dim_t scratch(dim_t rows, dim_t n, dim_t parts) { return parts * levels(rows, parts) * n; }

  dim_t first(dim_t part) const { return rows_ * part / parts_; }

  /// Adds to columns of a row. The rows of a part come in order, and each column of a row once.
  template <class Count>
  [[gnu::always_inline]] void add(dim_t part, dim_t row, dim_t column, lanes<C> value, Count count) const {
    using access = columns_of<lanes<C>>;
    if (memory_ == nullptr) return;
    C* level = of(part) + column;
    for (dim_t k = row - first(part); k % 2 == 1; k /= 2, level += n_) value = access::read(level, count) + value;
    access::write(level, value, count);
  }

  /// The sum of a column over all rows.
  double total(dim_t column) const {
    double sum = 0;
    for (dim_t part = 0; part < parts_; ++part) {
      const C* level = of(part) + column;
      for (dim_t k = first(part + 1) - first(part); k > 0; k /= 2, level += n_)
        if (k % 2 == 1) sum += static_cast<double>(*level);
    }
    return sum;
  }

 private:
  static dim_t levels(dim_t rows, dim_t parts) {
    return std::bit_width(static_cast<std::uint64_t>((rows + parts - 1) / parts));
  }
  C* of(dim_t part) const { return memory_ + part * levels(rows_, parts_) * n_; }

  C* memory_ = nullptr;
  dim_t rows_ = 0, n_ = 0, parts_ = 1;
};

/// Sums of rows in a context's scratch memory.
template <class C, class Context>
row_sums<C> sums_of_rows(Context& ctx, dim_t rows, dim_t n, dim_t parts) {
  return {ctx.template scratch<C>(row_sums<C>::scratch(rows, n, parts)), rows, n, parts};
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
