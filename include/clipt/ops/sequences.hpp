// Which rows of a matrix belong to which sequence: by offsets, or all sequences equally long.
#pragma once
#include <cstdint>  // int32_t

#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/dims.hpp>    // dim_t

namespace clipt::inline CLIPT_BUILD {

/// The rows of each sequence of a batch.
struct sequence_rows {
  const std::int32_t* offsets;  // [count + 1], or null: all sequences have `length` rows
  dim_t count;
  dim_t length;

  struct rows_type {
    dim_t begin, end;
    CLIPT_HD constexpr dim_t size() const { return end - begin; }
  };

  CLIPT_HD constexpr rows_type range(dim_t sequence) const {
    if (offsets != nullptr) return {offsets[sequence], offsets[sequence + 1]};
    return {sequence * length, (sequence + 1) * length};
  }
};

}  // namespace clipt::inline CLIPT_BUILD
