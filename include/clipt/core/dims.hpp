// The type of an extent, and the names of extents that are known only at run time.
#pragma once
#include <cstdint>  // int64_t

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// An extent, an index or a count of elements.
using dim_t = std::int64_t;

// A negative extent is a runtime extent with a name. Two runtime extents are the same if they carry the
// same name; their values are compared once, when an operation runs. Names of one's own start at -100.
inline constexpr dim_t batch = -1;      // samples of a batch
inline constexpr dim_t tokens = -2;     // rows of a packed batch of sequences
inline constexpr dim_t sequences = -3;  // sequences of a packed batch
inline constexpr dim_t offsets = -4;    // sequences + 1
inline constexpr dim_t classes = -5;
inline constexpr dim_t height = -6;
inline constexpr dim_t width = -7;
inline constexpr dim_t rows = -8;
inline constexpr dim_t columns = -9;

/// The word that messages print for a runtime extent.
constexpr const char* extent_name(dim_t extent) {
  switch (extent) {
    case batch: return "batch";
    case tokens: return "tokens";
    case sequences: return "sequences";
    case offsets: return "offsets";
    case classes: return "classes";
    case height: return "height";
    case width: return "width";
    case rows: return "rows";
    case columns: return "columns";
    default: return "runtime";
  }
}

}  // namespace clipt::inline CLIPT_BUILD
