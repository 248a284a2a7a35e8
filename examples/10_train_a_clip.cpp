// Lesson 10: train a CLIP from nothing. Pictures, captions, two encoders, one loss; then it names new pictures by words.
#include <fmt/format.h>

#include <filesystem>

#include <clipt/text/bpe_train.hpp>                // train_tokenizer
#include <clipt/clip/initialise.hpp>               // initialise
#include <clipt/evaluate/labelled_evaluation.hpp>  // evaluate_labels
#include <clipt/data/loader.hpp>                   // loader
#include <clipt/data/scenes.hpp>                   // scene_plan, split
#include <clipt/train/train.hpp>                   // accumulate_gradients
#include <clipt/weights/weights.hpp>               // save_state, load_state
#include <clipt/nn/optim.hpp>                      // adamw
#include <clipt/nn/schedule.hpp>                   // schedule

#include "expect.hpp"

using namespace clipt;

// A model is a value: 32-pixel pictures, a narrow ResNet, one block of text, 64 common numbers. `vit_b_32` is such a
// value.
inline constexpr clip_config tiny{64, resnet_config{32, {1, 1, 1, 1}, 8, 4, false}, text_config{24, 714, 64, 2, 1}};

// What a data set is: a size, names, pictures, captions. Here scenes of one object, which the library draws itself.
class single_objects {
 public:
  single_objects(scene_split split, int count) {
    for (int i = 0; size() < count; ++i)
      if (scene_plan plan = plan_scene(1, i, split); plan.objects.size() == 1) plans_.push_back(std::move(plan));
  }
  int size() const { return static_cast<int>(plans_.size()); }
  std::string name(int i) const { return fmt::format("object {}", i); }
  image load(int i) const { return draw_picture(at(i)); }
  std::string caption(int i, random_stream random) const { return describe(at(i), random, caption_detail::varied); }
  std::string label(int i) const { return scene_label(at(i)); }

 private:
  const scene_plan& at(int i) const { return plans_[static_cast<std::size_t>(i)]; }
  std::vector<scene_plan> plans_;
};

int main() {
  constexpr int size = 64, epochs = 2;
  const single_objects data(scene_split::training, 3072), unseen(scene_split::validation, 200);
  std::vector<std::string> captions;
  for (int i = 0; i < data.size(); ++i) captions.push_back(data.caption(i, {1, static_cast<std::uint32_t>(i)}));
  const tokenizer words = train_tokenizer(captions, {tiny.text.vocabulary - 514, 2});

  clip<tiny> model;
  initialise(model, 7);
  fmt::print("{} parameters, {} pairs such as '{}'\n", parameter_count(model), data.size(), captions[0]);
  adamw<float> optimiser(model, {.weight_decay = 0.1});

  // Batches are made on worker threads; what they hold depends on the seed and the epoch, not on the number of workers.
  loader_options options;
  options.batch = size;
  options.side = tiny.vision.image;
  options.epochs = epochs;
  loader source(data, options);
  const schedule rate{.peak = 3e-3, .warmup = 10, .total = epochs * source.steps()};

  recording<> ctx;
  ctx.settings.training = true;  // batch_norm: the batch's own statistics
  sample_batch samples;
  double first = 0, last = 0;
  for (dim_t step = 0; source.next(samples); ++step) {
    const packed_tokens packed = tokenize_packed(words, samples.captions, tiny.text.context);
    const training_batch<float, 32> batch{{samples.images.data(), shape<batch, 3, 32, 32>(samples.size())},
                                          captions_view(packed)};
    clear_gradients(model);
    const step_result result = accumulate_gradients(ctx, model, batch);  // resets ctx, encodes both, loss, backward
    optimiser.step(rate(step), clipping_factor(gradient_norm(optimiser.parameters()), 1));
    clamp_log_scale(model.logit_scale);  // the temperature is learned, within bounds
    (step == 0 ? first : last) = result.loss;
    if (step % 24 == 0)
      fmt::print("step {:3}  loss {:.3f}  accuracy in the batch {:.0f} %\n", step, result.loss, 100 * result.accuracy);
  }

  // Saved under the names of OpenAI's state dictionaries, and read back as what it was.
  const auto file = std::filesystem::temp_directory_path() / "clipt_lesson_10.safetensors";
  save_state(model, file);
  clip<tiny> trained;
  load_state(trained, file);
  std::filesystem::remove(file);

  // Labels are only words; no label was ever shown as a class. In so few steps a model learns colours, and shapes
  // hardly: that takes the minutes of scripts/quickstart.sh. all_labels() has ten shapes for each colour.
  const auto result = evaluate_labels(trained, words, unseen, all_labels(), scene_templates());
  double colours = 0;
  for (int i = 0; i < unseen.size(); ++i)
    colours += result.predicted[static_cast<std::size_t>(i)] / 10 == result.truth[static_cast<std::size_t>(i)] / 10;
  colours /= unseen.size();
  fmt::print(
      "of {} new pictures: the right colour {:.0f} % (chance 10), the right one of {} labels {:.0f} % (chance 1), "
      "among the first five {:.0f} % (chance 5)\n",
      unseen.size(), 100 * colours, all_labels().size(), 100 * result.top1, 100 * result.top5);
  expect(last < 0.75 * first, "the loss falls");
  expect(colours > 0.3, "the model has learned the words for colours");
}
