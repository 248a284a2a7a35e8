// The attention map of an image tower that has no patches.
// expect: clipt::attention_map: the image tower is a vision transformer: it is another one
// expect: has_patches
#include <clipt/evaluate/inspection.hpp>
#include <clipt/clip/presets.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::clip<clipt::scenes_64> model;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3, 64, 64>> images(1);
  (void)model.encode_image(ctx, images);
  (void)clipt::attention_map(ctx, model, images, 0);  // error here
}
