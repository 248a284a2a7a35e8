// A user of the precompiled models: names a picture, and takes a training step.
#include <clipt/models.hpp>

using namespace clipt;

std::string name_of(const std::filesystem::path& weights, const std::filesystem::path& vocabulary,
                    const std::filesystem::path& picture) {
  clip<vit_b_32> model;
  load_state(model, weights);
  const auto words = tokenizer::from_file(vocabulary);
  const auto classify = zero_shot(model, words, {"a diagram", "a dog", "a cat"});
  return classify(read_image(picture)).front().first;
}

step_result step(recording<>& ctx, const clip<vit_b_32>& model, const training_batch<float, 224>& batch) {
  clear_gradients(model);
  return accumulate_gradients(ctx, model, batch);
}
