// Attention pooling whose heads do not divide the embedding, which its queries are as wide as.
// expect: clipt::query_pool: the number of heads divides the embedding: it does not
// expect: divides<6, 64>::evenly
// lines: 12
#include <clipt/clip/vision.hpp>

using clipt::vision_pooling;
constexpr clipt::vit_config config{64, 16, 128, 2, 4, 0, true, vision_pooling::class_token, 16, 6};  // queries, heads

int main() {
  const clipt::vision_transformer<config, 64, clipt::fp32, clipt::ops::gelu> tower;  // error here
}
