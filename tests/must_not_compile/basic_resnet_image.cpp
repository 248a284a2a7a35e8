// A ResNet of basic blocks for pictures that its stages cannot halve three times.
// expect: clipt::basic_resnet: 8 strides of the stem divide the side of the pictures: they do not
// expect: divides<32, 72>::evenly
#include <clipt/clip/basic_resnet.hpp>

constexpr clipt::basic_resnet_config config{72, {1, 1, 1, 1}, 8};  // image, blocks, width

int main() {
  const clipt::basic_resnet<config, 64, clipt::fp32> tower;  // error here
}
