// A layer of thirteen members.
// expect: clipt: a layer has at most 12 members: it has more; group some of them in a layer of their own
#include <clipt/nn/reflect.hpp>

using weight = clipt::parameter<clipt::fp32, 4>;

struct thirteen {
  weight a, b, c, d, e, f, g, h, i, j, k, l, m;
  static constexpr std::array names{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"};
};

struct pair {
  weight a, b;
  static constexpr std::array names{"a", "b"};
};

template <class Part>
struct wide {
  Part part;
  static constexpr std::array names{"part"};
};

int main() {
  const wide<thirteen> model;
  const auto size = clipt::parameter_count(model);  // error here
  // remedy: const auto size = clipt::parameter_count(wide<pair>{});
}
