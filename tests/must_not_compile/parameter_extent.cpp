// A parameter with a runtime extent.
// expect: clipt::parameter: the extents of a parameter are known at compile time
#include <clipt/memory/tensor.hpp>

int main() {
  const clipt::parameter<clipt::fp32, clipt::batch, 512> weight;  // error here
}
