// A vision transformer whose heads do not divide its width.
// expect: clipt::vision_transformer: the number of heads divides the width: it does not
// expect: divides<5, 128>::evenly
#include <clipt/clip/vision.hpp>

constexpr clipt::vit_config config{64, 16, 128, 2, 5};  // image, patch, width, layers, heads

int main() {
  const clipt::vision_transformer<config, 64, clipt::fp32, clipt::ops::gelu> tower;  // error here
}
