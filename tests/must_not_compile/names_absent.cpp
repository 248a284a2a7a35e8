// A struct without names in a model.
// expect: clipt: a member of a layer is a parameter, a buffer, a layer with `names`, a std::array of these, or a number or tensor that stays as it is
#include <clipt/nn/layers.hpp>

struct scale {
  clipt::parameter<clipt::fp32> factor;
};
struct model {
  scale first;
  static constexpr auto names = clipt::fields("first");
};

int main() {
  const model m;
  clipt::clear_gradients(m);  // error here
}
