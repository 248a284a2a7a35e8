// A step of an optimiser whose moments lie on another device than the context's.
// expect: clipt::adamw: the context's device is the optimiser's: they differ
#include <clipt/nn/layers.hpp>
#include <clipt/nn/optim.hpp>

struct elsewhere {
  using device = clipt::gpu;
  int threads() const { return 0; }
};

int main() {
  clipt::linear<clipt::fp32, 4, 8> layer;
  clipt::adamw<float> optimiser(layer);
  elsewhere ctx;
  optimiser.step(ctx, 1e-3);  // error here
}
