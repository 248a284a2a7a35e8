// An extent that should be inferred: -1 is a name.
// expect: clipt::reshape: runtime extents keep their names: one is not among x's, -1 is the name batch; write reshape(x, shape<rows>{n})
// expect: names_of<clipt::shape<2, -1>
#include <clipt/nn/reshaping.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<3, 4>> x;
  const auto y = clipt::reshape<clipt::shape<2, -1>>(x);  // error here
  // remedy: const auto y = clipt::reshape(x, clipt::shape<2, clipt::rows>{6});
}
