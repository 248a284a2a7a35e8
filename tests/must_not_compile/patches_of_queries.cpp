// Embeddings of patches of a model that projects what its queries see.
// expect: clipt::patch_embeddings: each token is projected as the class token is: attention pooling projects others
// lines: 12
#include <clipt/evaluate/inspection.hpp>

using clipt::vision_pooling;
inline constexpr clipt::clip_config config{64,
                                           clipt::vit_config{64, 16, 64, 2, 4, 0, true, vision_pooling::mean, 9, 4}};

int main() {
  const clipt::clip<config> model;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3, 64, 64>> images(2);
  clipt::inference<> ctx;
  clipt::patch_embeddings(ctx, model, images);  // error here
}
