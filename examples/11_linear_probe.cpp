// Lesson 11: what a model has learned without being told. A linear classifier on its frozen features, and few examples.
#include <fmt/format.h>

#include <clipt/pictures/image.hpp>             // preprocess
#include <clipt/clip/initialise.hpp>            // initialise
#include <clipt/evaluate/linear_probe.hpp>      // linear_probe
#include <clipt/clip/presets.hpp>               // scenes_64
#include <clipt/data/scenes.hpp>                // plan_scene, draw_picture
#include <clipt/train/training_checkpoint.hpp>  // load_trained

#include "expect.hpp"

using namespace clipt;

// Pictures of one object each, as features, and two questions about them: which colour, which shape?
struct objects {
  template <class Model>
  objects(const Model& model, int count, scene_split split, std::uint64_t seed) {
    std::vector<scene_plan> plans;
    for (int i = 0; static_cast<int>(plans.size()) < count; ++i)
      if (scene_plan plan = plan_scene(seed, i, split); plan.objects.size() == 1) plans.push_back(std::move(plan));
    // Before the projection into the space that pictures and texts share: [count, width], not of unit length.
    features = encode_features(model, count, [&](dim_t i, std::span<float> planes) {
      preprocess(draw_picture(plans[static_cast<std::size_t>(i)]), Model::config.vision.image, planes);
    });
    for (const auto& plan : plans) {
      colours.push_back(plan.objects[0].colour);
      shapes.push_back(plan.objects[0].shape);
    }
  }
  embeddings features;
  std::vector<int> colours, shapes;
};

// The first `count` rows and labels: what one has when labels are dear.
linear_classifier probe_of_first(int count, const objects& from, const std::vector<int>& labels, double c) {
  embeddings some{count, from.features.embed, from.features.values};
  some.values.resize(static_cast<std::size_t>(count * some.embed));
  return linear_probe(some, std::span(labels).first(static_cast<std::size_t>(count)), {.c = c});
}

// 11_linear_probe                           random weights: what an architecture alone is good for
// 11_linear_probe epoch_latest.safetensors  what `train_clip --preset scenes_64` has written
int main(int argc, char** argv) {
  clip<scenes_64> model;
  if (argc > 1)
    load_trained(argv[1], model);
  else
    initialise(model, 7);
  const objects train(model, 400, scene_split::training, 1), validation(model, 200, scene_split::validation, 1),
      test(model, 400, scene_split::validation, 2), held_out(model, 400, scene_split::held_out, 1);

  // Logistic regression, with the numbers of scikit-learn. `c` weighs the data against small weights. No value suits all
  // models: features ten times as large need a hundredth of it. So it is chosen, on pictures left out of training.
  const double c = choose_probe_c(train.features, train.colours, validation.features, validation.colours);
  const auto colour = linear_probe(train.features, train.colours, {.c = c, .max_iterations = 100'000});
  fmt::print("{} features, {} classes, c = {:.3g}: {} iterations, loss {:.3f}\n", colour.width, colour.labels.size(), c,
             colour.fit.iterations, colour.fit.value);
  fmt::print("colour: right of the training pictures {:.0f} %, of new ones {:.0f} % (chance 10)\n",
             100 * colour.accuracy(train.features, train.colours), 100 * colour.accuracy(test.features, test.colours));
  expect(colour.fit.converged, "the minimum is found");
  expect(colour.accuracy(test.features, test.colours) > 0.3, "colours are easy to read out of any features");

  // Few labels: the curve along which a probe overtakes a classifier made of words.
  for (const int count : {25, 50, 100, 200})
    fmt::print("        {:3} labelled pictures: {:.0f} %\n", count,
               100 * probe_of_first(count, train, train.colours, c).accuracy(test.features, test.colours));

  // A probe knows what separates its training pictures, and no more. Training never shows some pairs of colour and
  // shape; where these are asked for, "no red cross was among the crosses" is a rule that it has learned, too.
  const auto shape_probe = linear_probe(train.features, train.shapes, {.c = c});
  fmt::print("shape: of new pictures {:.0f} %, of pairs that training never showed {:.0f} %\n",
             100 * shape_probe.accuracy(test.features, test.shapes),
             100 * shape_probe.accuracy(held_out.features, held_out.shapes));

  // Scores are logits: their softmax are probabilities, their largest is the answer.
  const auto scores = colour.scores(test.features);
  const auto first = std::max_element(scores.begin(), scores.begin() + 10) - scores.begin();
  const int answer = colour.predict(test.features)[0];
  expect(answer == colour.labels[static_cast<std::size_t>(first)], "the largest score is the answer");
  fmt::print("the first picture is {}, and said to be {}\n", scene_colours[static_cast<std::size_t>(test.colours[0])],
             scene_colours[static_cast<std::size_t>(answer)]);
}
