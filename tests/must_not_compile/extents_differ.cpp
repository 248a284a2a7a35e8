// The named condition behind a sentence shows the two numbers.
// expect: the two K differ
// expect: extents<512, 768>::equal
// lines: 4
#include <clipt/core/check.hpp>

template <clipt::dim_t A, clipt::dim_t B>
constexpr int product() {
  static_assert(clipt::extents<A, B>::equal, "product: the two K differ");
  return 0;
}

int main() {
  int status = 0;
  status += product<512, 512>();
  status += product<512, 768>();  // error here
  return status;
}
