// A layer with a base, whose members are not its own.
// expect: clipt: a layer is an aggregate: it has a constructor, private members or a base; give members their values where they are declared
// expect: members_of<deeper>
#include <clipt/nn/layers.hpp>

struct shallow {
  clipt::linear<clipt::fp32, 3, 3> first;
  static constexpr auto names = clipt::fields("first");
};
struct deeper : shallow {
  clipt::linear<clipt::fp32, 3, 2> second;
  static constexpr auto names = clipt::fields("first", "second");
};

int main() {
  deeper layer;
  clipt::clear_gradients(layer);  // error here
}
