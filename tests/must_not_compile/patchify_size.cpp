// Patches that do not divide the pictures.
// expect: clipt::patchify: the patch size divides height and width: it does not
// expect: divides<14, 64>::evenly
#include <clipt/nn/patchify.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3, 64, 64>> images(2);
  const auto y = clipt::patchify<14>(ctx, images);  // error here
}
