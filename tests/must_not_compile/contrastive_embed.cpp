// Two encoders that do not share an embedding.
// expect: clipt::contrastive_loss: images [batch, embed], texts [batch, embed]: the two embed differ
// expect: extents<512, 768>::equal
#include <clipt/clip/objective.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> images(4);
  const clipt::tensor<float, clipt::shape<clipt::batch, 768>> texts(4);
  const clipt::parameter<clipt::fp32> log_scale;
  const auto loss = clipt::contrastive_loss(ctx, images, texts, log_scale);  // error here
}
