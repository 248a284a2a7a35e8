// A layer with more names than members.
// expect: clipt: `names` lists every member of a layer, in order: a name is missing or too many
// expect: member_names<gated>
#include <clipt/nn/layers.hpp>

struct gated {
  clipt::linear<clipt::fp32, 8, 8> up, gate;
  static constexpr auto names = clipt::fields("up", "gate", "down");
};

int main() {
  const gated model;
  const auto count = clipt::parameter_count(model);  // error here
}
