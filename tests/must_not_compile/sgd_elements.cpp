// An optimiser of floats for a model of doubles.
// expect: clipt::sgd: the optimiser's elements are of the parameters' type: they differ; write sgd optimiser(model)
// expect: element_types<float, double>
#include <clipt/nn/layers.hpp>
#include <clipt/nn/optim.hpp>

int main() {
  clipt::linear<clipt::fp64, 3, 2> model;
  clipt::sgd<float> optimiser(model);  // error here
  // remedy: clipt::sgd optimiser(model);
  optimiser.step(1e-3);
}
