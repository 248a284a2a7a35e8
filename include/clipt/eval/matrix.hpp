// The plain operands of the raw-pointer kernels: a matrix in memory and two words about its use.
#pragma once
#include <concepts>  // same_as

#include <clipt/core/dims.hpp>  // dim_t

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// A row-major matrix in memory that somebody else owns; `stride` counts elements from row to row.
/// The stride of an operand that is only read may be smaller than `columns` (overlapping rows) or 0 (one row repeated).
template <class T>
struct matrix {
  T* data;
  dim_t rows, columns, stride;

  template <class U>
  requires(std::same_as<U, const T> && !std::same_as<U, T>) constexpr operator matrix<U>() const {
    return {data, rows, columns, stride};
  }
};

/// Whether a product reads an operand as it lies in memory or transposed.
enum class transpose { no, yes };

/// Whether a result replaces what is in memory or is added to it.
enum class update { store, add };
constexpr update update_of(bool stores) { return stores ? update::store : update::add; }

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
