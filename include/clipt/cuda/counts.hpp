// counted: extents and numbers of blocks as the 32-bit numbers that a GPU's interfaces take.
#pragma once
#include <limits>  // numeric_limits
#include <string>  // to_string

#include <clipt/core/dims.hpp>   // dim_t
#include <clipt/core/error.hpp>  // shape_error

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// `count` as an int. Errors: `shape_error` if it has more than 31 bits; `what` tells of what there are too many.
inline int counted(const char* what, dim_t count) {
  if (count > std::numeric_limits<int>::max())
    throw shape_error("clipt::gpu: " + std::to_string(count) + " " + what +
                      ": a GPU takes at most 2147483647 at a time: cut the batch into parts");
  return static_cast<int>(count);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
