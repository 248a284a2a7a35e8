// An optimiser of a model that has nothing to train.
// expect: clipt::adamw: the model has parameters: it has none
// expect: trained<void>::is_there
#include <clipt/nn/optim.hpp>

struct scale {
  double factor = 2;
  static constexpr auto names = clipt::fields("factor");
};

int main() {
  scale model;
  clipt::adamw optimiser(model);  // error here
}
