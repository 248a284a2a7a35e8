// Two members of one name: a file would hold one of them.
// expect: clipt: the names of a layer's members differ: two are the same
// expect: member_names<pair>
#include <clipt/nn/layers.hpp>

struct pair {
  clipt::linear<clipt::fp32, 3, 3> first, second;
  static constexpr auto names = clipt::fields("map", "map");
};

int main() {
  pair layer;
  clipt::clear_gradients(layer);  // error here
}
