// Weights from a file without the header that reads files.
// expect: clipt::load: load<vit_b_32>(path), of <clipt/clip/load.hpp>: this call is another one, or the header is not included
// expect: {512, 
#include <clipt/clip.hpp>

int main() {
  const auto model = clipt::load<clipt::vit_b_32>("ViT-B-32.pt");  // error here
  // remedy: const clipt::clip<clipt::vit_b_32> model;
}
