// A vision transformer whose patches do not divide the pictures.
// expect: clipt::vision_transformer: the patch size divides the image size: it does not
// expect: divides<14, 64>::evenly
#include <clipt/clip/vision.hpp>

constexpr clipt::vit_config config{64, 14, 128, 2, 2};  // image, patch, width, layers, heads

int main() {
  const clipt::vision_transformer<config, 64, clipt::fp32, clipt::ops::gelu> tower;  // error here
}
