// Pictures of another size than the model's.
// expect: clipt::encode_image: images [batch, 3, image, image]: they have other extents than the model
// expect: images<64>::are<clipt::shape<-1, 3, 224, 224>
#include <clipt/clip/model.hpp>
#include <clipt/clip/presets.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::clip<clipt::tiny_64> model;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3, 224, 224>> images(1);
  const auto embeddings = model.encode_image(ctx, images);  // error here
}
