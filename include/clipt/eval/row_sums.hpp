// row_sums: the sum of many rows, column by column, in parts that run at the same time and pairwise within each.
#pragma once
#include <bit>      // bit_width
#include <cstdint>  // uint64_t

#include <clipt/eval/columns.hpp>  // columns_of, lanes

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// Sums of rows of n numbers; part p of them holds the rows [first(p), first(p + 1)).
///
/// Four rows are added one after the other, such groups pairwise: level k of a part holds the sum of 2^k groups. So no
/// number passes more than log2(rows) + 1 additions, and most rows cost what a plain sum does.
template <class C>
class row_sums {
 public:
  /// Nothing is summed.
  row_sums() = default;
  /// In `memory` of `scratch(rows, n, parts)` numbers, which need not be set.
  row_sums(C* memory, dim_t rows, dim_t n, dim_t parts) : memory_(memory), rows_(rows), n_(n), parts_(parts) {}

  static dim_t scratch(dim_t rows, dim_t n, dim_t parts) { return parts * levels(rows, parts) * n; }

  dim_t first(dim_t part) const { return rows_ * part / parts_; }

  /// Where columns of a row of a part are added: `to.add(column, value, count)`, each column once. Rows come in order.
  class group {
   public:
    group(C* memory, bool begins) : memory_(memory), begins_(begins) {}

    template <class Count>
    [[gnu::always_inline]] void add(dim_t column, const lanes<C>& value, Count count) const {
      using access = columns_of<lanes<C>>;
      if (memory_ == nullptr) return;
      access::write(memory_ + column, begins_ ? value : access::read(memory_ + column, count) + value, count);
    }

   private:
    C* memory_;
    bool begins_;
  };
  group at(dim_t part, dim_t row) const {
    const dim_t k = memory_ == nullptr ? 1 : row - first(part);
    if (k % rows_of_group == 0 && k > 0) keep_group(of(part), k / rows_of_group - 1);
    return {memory_ == nullptr ? nullptr : of(part), k % rows_of_group == 0};
  }

  /// The sum of a column over all rows.
  double total(dim_t column) const {
    double sum = 0;
    for (dim_t part = 0; part < parts_; ++part) {
      const dim_t count = first(part + 1) - first(part);
      if (count == 0) continue;
      const C* level = of(part) + column;
      sum += static_cast<double>(*level);  // the last group
      for (dim_t k = (count - 1) / rows_of_group; k > 0; k /= 2)
        if (level += n_; k % 2 == 1) sum += static_cast<double>(*level);
    }
    return sum;
  }

 private:
  static constexpr dim_t rows_of_group = 4;

  /// Adds the group that is full, of which `before` came before it, to the levels.
  void keep_group(C* memory, dim_t before) const {
    using access = columns_of<lanes<C>>;
    for_columns<C>(0, n_, [&](dim_t column, auto count) {
      C* level = memory + column;
      lanes<C> value = access::read(level, count);
      level += n_;
      for (dim_t k = before; k % 2 == 1; k /= 2, level += n_) value = access::read(level, count) + value;
      access::write(level, value, count);
    });
  }

  static dim_t levels(dim_t rows, dim_t parts) {
    return 1 + std::bit_width(static_cast<std::uint64_t>((rows + parts - 1) / parts / rows_of_group));
  }
  C* of(dim_t part) const { return memory_ + part * levels(rows_, parts_) * n_; }

  C* memory_ = nullptr;
  dim_t rows_ = 0, n_ = 0, parts_ = 1;
};

/// to[i] = sum(i), or to[i] += sum(i); rounded once.
template <class T, class F>
void write_sums(T* to, bool stores, dim_t n, F&& sum) {
  for (dim_t i = 0; i < n; ++i) to[i] = static_cast<T>(stores ? sum(i) : static_cast<double>(to[i]) + sum(i));
}

/// Sums of rows in a context's scratch memory.
template <class C, class Context>
row_sums<C> sums_of_rows(Context& ctx, dim_t rows, dim_t n, dim_t parts) {
  return {ctx.template scratch<C>(row_sums<C>::scratch(rows, n, parts)), rows, n, parts};
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
