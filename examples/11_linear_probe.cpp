// Lesson 11: what a model has learned without being told. A linear classifier on its frozen features, and few examples.
#include <fmt/format.h>

#include <clipt/clip/image.hpp>                // preprocess
#include <clipt/clip/initialise.hpp>           // initialise
#include <clipt/clip/linear_probe.hpp>         // linear_probe
#include <clipt/clip/presets.hpp>              // scenes_64
#include <clipt/clip/scenes.hpp>               // plan_scene, draw_picture
#include <clipt/clip/training_checkpoint.hpp>  // load_trained

#include "expect.hpp"

using namespace clipt;

// Pictures of one object each, as features, and two questions about them: which colour, which shape?
struct objects {
  template <class Model>
  objects(const Model& model, int count, scene_split split) {
    std::vector<scene_plan> plans;
    for (int i = 0; static_cast<int>(plans.size()) < count; ++i)
      if (scene_plan plan = plan_scene(1, i, split); plan.objects.size() == 1) plans.push_back(std::move(plan));
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

// 11_linear_probe                                    random weights: what the architecture alone is good for
// 11_linear_probe checkpoints/.../epoch_latest...    what `train_clip --preset scenes_64` has written
int main(int argc, char** argv) {
  clip<scenes_64> model;
  if (argc > 1)
    load_trained(argv[1], model);
  else
    initialise(model, 7);
  const objects train(model, 800, scene_split::training), validation(model, 200, scene_split::validation),
      test(model, 400, scene_split::held_out);

  // Logistic regression, the same numbers as scikit-learn's; `c` weighs the data against small weights.
  const auto probe = linear_probe(train.features, train.colours, {.c = 0.316});
  fmt::print("{} features, {} classes: {} iterations, loss {:.3f}\n", probe.width, probe.labels.size(),
             probe.fit.iterations, probe.fit.value);
  expect(probe.fit.converged, "the minimum is found");

  // How much weight is best? Not what suits the training pictures, but what suits others.
  for (const auto& [question, labels, others, truth] :
       {std::tuple{"colour", &train.colours, &validation.colours, &test.colours},
        std::tuple{"shape", &train.shapes, &validation.shapes, &test.shapes}}) {
    const double c = choose_probe_c(train.features, *labels, validation.features, *others);
    const auto best = linear_probe(train.features, *labels, {.c = c});
    fmt::print("{:>6}: c = {:.3g}, right of the training pictures {:.0f} %, of new ones {:.0f} % (chance 10)\n",
               question, c, 100 * best.accuracy(train.features, *labels), 100 * best.accuracy(test.features, *truth));
    expect(best.accuracy(validation.features, *others) >=
               linear_probe(train.features, *labels, {.c = 1e6}).accuracy(validation.features, *others),
           "holding back is no worse than fitting all there is");
    // Few labels: the curve along which a probe catches up with a classifier made of words.
    for (const int count : {50, 100, 200, 400, 800})
      fmt::print("        {:3} labelled pictures: {:.0f} %\n", count,
                 100 * probe_of_first(count, train, *labels, c).accuracy(test.features, *truth));
  }
  expect(probe.accuracy(test.features, test.colours) > 0.3, "a colour is easy to read out of any features");

  // Scores are logits: their softmax are probabilities, their largest is the answer.
  const auto scores = probe.scores(test.features);
  const auto predicted = probe.predict(test.features);
  const auto first = std::max_element(scores.begin(), scores.begin() + 10) - scores.begin();
  expect(predicted[0] == probe.labels[static_cast<std::size_t>(first)], "the largest score is the answer");
  fmt::print("first picture: {}, said to be {}\n", scene_colours[static_cast<std::size_t>(test.colours[0])],
             scene_colours[static_cast<std::size_t>(predicted[0])]);
}
