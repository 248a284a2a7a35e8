// Lesson 9: use a model. Embeddings of pictures and texts, their cosines, and a classifier made of words.
#include <fmt/format.h>

#include <cmath>

#include <clipt/text/bpe_train.hpp>             // train_tokenizer
#include <clipt/clip/initialise.hpp>            // initialise
#include <clipt/clip/presets.hpp>               // scenes_64
#include <clipt/data/scenes.hpp>                // pictures
#include <clipt/train/training_checkpoint.hpp>  // load_trained
#include <clipt/evaluate/zero_shot.hpp>         // zero_shot
#include <clipt/io/image_file.hpp>              // read_image

#include "expect.hpp"

using namespace clipt;

// 09_zero_shot                                    untrained weights: shows the calls, knows nothing
// 09_zero_shot epoch_latest.safetensors cat.png   what `train_clip --preset scenes_64` has written, and a picture
int main(int argc, char** argv) {
  clip<scenes_64> model;
  tokenizer words;
  preprocessing how;
  const scene drawn = draw_scene(1, 0);
  if (argc > 1) {
    const training_state run = load_trained(argv[1], model);
    words = tokenizer::from_merges_text(run.merges);
    how = run.pictures;
  } else {
    initialise(model, 7);
    std::vector<std::string> captions;
    for (const auto& s : training_scenes(1, 200)) captions.push_back(s.caption);
    words = train_tokenizer(captions, {scenes_64.text.vocabulary - 514, 2});
  }
  const image picture = argc > 2 ? read_image(argv[2]) : drawn.picture;

  // Step by step. The picture: resized, cropped, normalised, [batch, 3, 64, 64]; the embedding is not normalised.
  tensor<float, shape<batch, 3, 64, 64>> pixels(1);
  preprocess(picture, 64, {pixels.data(), static_cast<std::size_t>(pixels.size())}, how);
  const std::vector<std::string> labels = {"red circle", "blue star", "green square"};
  const packed_tokens packed = tokenize_packed(words, labels, scenes_64.text.context);
  inference<> ctx;
  const auto of_picture = model.encode_image(ctx, pixels);
  const auto of_texts = model.encode_text(ctx, captions_view(packed));
  const auto logits = model.logits_per_image(ctx, of_picture, of_texts);  // exp(logit_scale) times the cosines
  const auto probabilities = softmax(ctx, logits);
  fmt::print("{} x {}: logits {:.3f}\n", to_string(of_picture.shape()), to_string(of_texts.shape()),
             fmt::join(logits, " "));

  // The same in one line. A label may be put into several sentences, whose embeddings are averaged.
  const auto classify = zero_shot(model, words, labels, {"{}"}, how);
  double total = 0;
  for (const auto& [label, probability] : classify(picture)) {
    fmt::print("{:>14} {:.4f}\n", label, probability);
    total += probability;
  }
  expect(std::abs(total - 1) < 1e-9, "probabilities sum to 1");
  const auto best = classify(picture)[0];
  const dim_t at = std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
  expect(best.first == labels[static_cast<std::size_t>(at)], "both ways agree on the label");
  expect(std::abs(best.second - probabilities[at]) < 1e-4, "and on its probability");
  const auto templated = zero_shot(model, words, labels, {"{}", "a picture of one {}"}, how);
  expect(templated(picture).size() == 3, "a probability for each label");

  // Many pictures or texts: unit rows, computed in parts of bounded memory.
  const embeddings all = encode_texts(model, words, labels);
  expect(std::abs(on_cpu::row_dot(all.row(0).data(), all.row(0).data(), all.embed) - 1) < 1e-5f, "unit length");
}
