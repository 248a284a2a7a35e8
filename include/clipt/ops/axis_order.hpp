// An order of axes by what lies where: the extents of the result, and how far apart its neighbours are in the input.
#pragma once
#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/ops/memory.hpp>   // most_axes

namespace clipt::inline CLIPT_BUILD {

/// An order of axes: the extents of the result, and how far apart the neighbours along each of its axes are in the
/// input.
///
/// Axes that stay neighbours are one axis here, and axes of extent 1 are none.
struct axis_order {
  int rank = 0;
  dim_t extent[most_axes] = {};
  dim_t stride[most_axes] = {};

  /// Result axis i is input axis `axes[i]`.
  axis_order(const dim_t* input, const int* axes, int count) {
    for (int i = 0; i < count; ++i) {
      dim_t inner = 1;
      for (int k = axes[i] + 1; k < count; ++k) inner *= input[k];
      append(input[axes[i]], inner);
    }
    if (rank == 0) append_axis(1, 1);
  }

  dim_t size() const {
    dim_t product = 1;
    for (int i = 0; i < rank; ++i) product *= extent[i];
    return product;
  }

  /// The place in the input of the result's element `i`.
  CLIPT_HD dim_t at(dim_t i) const {
    dim_t place = 0;
    for (int k = rank - 1; k >= 0; --k) {
      place += i % extent[k] * stride[k];
      i /= extent[k];
    }
    return place;
  }

  /// Whether runs of `n` neighbours stay neighbours, wherever they begin at a multiple of n.
  bool keeps_runs_of(dim_t n) const {
    if (stride[rank - 1] != 1 || extent[rank - 1] % n != 0) return false;
    for (int i = 0; i < rank - 1; ++i)
      if (stride[i] % n != 0) return false;
    return true;
  }

  /// The order of these runs, each counted as one element.
  axis_order of_runs(dim_t n) const {
    axis_order runs = *this;
    runs.extent[rank - 1] /= n;
    for (int i = 0; i < rank - 1; ++i) runs.stride[i] /= n;
    return runs;
  }

 private:
  void append(dim_t n, dim_t inner) {
    if (n == 1) return;
    if (rank > 0 && stride[rank - 1] == n * inner) {
      extent[rank - 1] *= n;
      stride[rank - 1] = inner;
    } else {
      append_axis(n, inner);
    }
  }
  void append_axis(dim_t n, dim_t inner) {
    extent[rank] = n;
    stride[rank++] = inner;
  }
};

}  // namespace clipt::inline CLIPT_BUILD
