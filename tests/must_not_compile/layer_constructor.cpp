// A layer with a constructor, which its members could be hidden behind.
// expect: clipt: a layer is an aggregate: it has a constructor, private members or a base; give members their values where they are declared
// expect: members_of<scaled>
#include <clipt/nn/layers.hpp>

struct scaled {
  clipt::linear<clipt::fp32, 3, 2> map;
  double factor = 1;
  static constexpr auto names = clipt::fields("map", "factor");
  scaled() { factor = 2; }  // error here
};

int main() {
  scaled layer;
  clipt::clear_gradients(layer);  // error here
  // remedy: clipt::clear_gradients(layer);
}
