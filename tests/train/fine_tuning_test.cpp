// Fine-tuning: locked groups, patches left out, additions of low rank, SigLIP's bias, a teacher, and runs that go on.
#include <gtest/gtest.h>

#include <clipt/autodiff/gradcheck.hpp>
#include <clipt/clip/initialise.hpp>
#include <clipt/data/scenes_dataset.hpp>
#include <clipt/text/bpe_train.hpp>
#include <clipt/train/trainer.hpp>
#include <clipt/weights/merged_additions.hpp>

#include <map>
#include <numeric>
#include <set>
#include <sstream>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;

inline constexpr text_config texts{16, 514, 16, 2, 2};
inline constexpr clip_config vit{8, vit_config{32, 8, 16, 3, 2}, texts};
inline constexpr clip_config other_vit{8, vit_config{32, 8, 32, 3, 2}, texts};
inline constexpr clip_config modified{8, resnet_config{32, {1, 2, 1, 1}, 4, 2, false}, texts};
inline constexpr clip_config basic{8, basic_resnet_config{32, {1, 2, 1, 1}, 4}, texts};

/// Six pairs of noise and captions.
struct pairs {
  std::vector<float> images = std::vector<float>(6 * 3 * 32 * 32);
  packed_tokens captions = tokenize_packed(
      train_tokenizer({}, {0, 2}), std::vector<std::string>{"a", "dog", "on a", "red", "car seat", "xyz"}, 16, 1);

  pairs() {
    for (std::size_t i = 0; i < images.size(); ++i) images[i] = random_stream{5}.normal(i);
  }
  training_batch<float, 32> batch() const {
    return {{images.data(), shape<clipt::batch, 3, 32, 32>(6)}, captions_view(captions)};
  }
};

using gradients = std::map<std::string, std::vector<float>>;

/// The gradient of every parameter that one reached.
template <class Model, class Objective>
gradients gradients_of(const Model& model, const Objective& how, dim_t parts, bool checkpoints = false) {
  const pairs p;
  recording<> ctx;
  ctx.settings.threads = 1;
  ctx.settings.training = true;
  ctx.settings.checkpoints = checkpoints;
  clear_gradients(model);
  accumulate_gradients(ctx, model, p.batch(), parts, how);
  gradients found;
  for_each_parameter(model, [&](const std::string& path, const state_member& m) {
    if (!m.gradient->empty) found[path].assign(m.gradient_data<float>(), m.gradient_data<float>() + m.size);
  });
  return found;
}

/// Whatever is locked, what is not has the gradient that it had, to the bit, and what is has none.
template <auto Config>
void expect_the_same_above_locks(dim_t parts, bool checkpoints) {
  clip<Config> model;
  initialise(model, 3);
  const gradients all = gradients_of(model, contrastive_objective{}, parts, checkpoints);
  for (int image = 0; image <= decltype(model.visual)::groups; ++image) {
    const int text = std::min(image, decltype(model.text)::groups);
    const gradients some =
        gradients_of(model, tuned_objective{{.locked_groups = image}, {.locked_groups = text}}, parts, checkpoints);
    for (const auto& [path, gradient] : all) {
      const layer_place at = place_of<Config>(path);
      const bool moves = at.tower == tower::neither || at.group >= (at.tower == tower::image ? image : text);
      ASSERT_EQ(some.contains(path), moves) << path << " " << image;
      const bool same = !moves || some.at(path) == gradient;
      ASSERT_TRUE(same) << path << " " << image;
    }
  }
}

}  // namespace

TEST(locks, leave_the_gradients_above_as_they_are) {
  for (const dim_t parts : {1, 3}) {
    expect_the_same_above_locks<vit>(parts, false);
    expect_the_same_above_locks<modified>(parts, false);
    expect_the_same_above_locks<basic>(parts, false);
  }
  expect_the_same_above_locks<vit>(1, true);
}

TEST(layer_groups, every_parameter_has_its_place) {
  const auto groups_of = [](const auto& model) {
    std::map<std::pair<tower, int>, int> count;
    for_each_parameter(model, [&](const std::string& path, const state_member&) {
      const layer_place at = place_of<std::remove_cvref_t<decltype(model)>::config>(path);
      ++count[{at.tower, at.group}];
    });
    return count;
  };
  const auto of_vit = groups_of(clip<vit>{});
  EXPECT_EQ(of_vit.size(), 5u + 4u + 1u);
  EXPECT_EQ(of_vit.at({tower::image, 0}), 5);   // class token, positions, patches, ln_pre's two
  EXPECT_EQ(of_vit.at({tower::image, 3}), 14);  // a block's twelve and ln_post's two
  EXPECT_EQ(of_vit.at({tower::image, 4}), 1);
  EXPECT_EQ(of_vit.at({tower::text, 0}), 2);
  EXPECT_EQ(of_vit.at({tower::neither, 0}), 1);
  EXPECT_EQ(groups_of(clip<modified>{}).size(), 6u + 4u + 1u);
  EXPECT_EQ(groups_of(clip<basic>{}).size(), 6u + 4u + 1u);
  EXPECT_EQ(place_of<vit_b_32>("visual.transformer.resblocks.11.mlp.c_fc.weight.lora_A").group, 12);
}

/// The tokens that stay of so many pictures of 16 patches, half of which do.
std::vector<std::int32_t> half_of_the_patches(const tower_tuning& how, std::size_t pictures) {
  std::vector<std::int32_t> kept(pictures * 9);
  const kept_patches keep(how, 16);
  for (std::size_t i = 0; i < pictures; ++i) keep(static_cast<dim_t>(i), kept.data() + 9 * i);
  return kept;
}

TEST(kept_patches, keeps_the_class_token_and_so_many_patches_in_order) {
  const tower_tuning how{.patch_dropout = 0.5, .random = {7, 0, 2}};
  EXPECT_EQ(how.patches_kept(16), 8);
  EXPECT_EQ((tower_tuning{.patch_dropout = 0.99}.patches_kept(16)), 1);
  EXPECT_EQ(tower_tuning{}.patches_kept(16), 16);
  const auto kept = half_of_the_patches(how, 200);
  std::vector<int> taken(16);
  for (std::size_t i = 0; i < 200; ++i) {
    const auto row = std::span(kept).subspan(9 * i, 9);
    EXPECT_EQ(row[0], static_cast<int>(i) * 17);
    EXPECT_TRUE(std::is_sorted(row.begin(), row.end()));
    EXPECT_EQ(std::set<int>(row.begin(), row.end()).size(), 9u);
    EXPECT_LT(row[8], static_cast<int>(i + 1) * 17);
    for (std::size_t k = 1; k < 9; ++k) ++taken[static_cast<std::size_t>(row[k]) - 1 - 17 * i];
  }
  for (const int times : taken) EXPECT_NEAR(times, 100, 35);  // five deviations
  tower_tuning later = how;
  later.first_picture = 100;
  const auto second = half_of_the_patches(later, 100);
  for (std::size_t k = 0; k < second.size(); ++k) EXPECT_EQ(second[k] + 100 * 17, kept[k + 100 * 9]);
}

TEST(patch_dropout, is_the_same_in_parts_and_does_not_reach_what_is_left_out) {
  clip<vit> model;
  initialise(model, 3);
  const tuned_objective how{{.patch_dropout = 0.75, .random = {1, 0, 4}}, {}};
  const gradients whole = gradients_of(model, how, 1), parts = gradients_of(model, how, 3);
  EXPECT_FALSE(gradients_of(model, contrastive_objective{}, 1) == whole);
  for (const auto& [path, gradient] : whole)
    for (std::size_t i = 0; i < gradient.size(); ++i)
      ASSERT_NEAR(gradient[i], parts.at(path)[i], 1e-5 + 1e-4 * std::abs(gradient[i])) << path;
  const tuned_objective one{{.patch_dropout = 0.99, .random = {1, 0, 4}}, {}};
  const auto positions = gradients_of(model, one, 1).at("visual.positional_embedding");
  int reached = 0;
  for (int token = 0; token < 17; ++token)
    reached += std::any_of(&positions[static_cast<std::size_t>(token) * 16],
                           &positions[static_cast<std::size_t>(token) * 16] + 16, [](float x) { return x != 0; });
  EXPECT_GE(reached, 2);  // the class token's, and one for each of six pictures
  EXPECT_LE(reached, 7);
  const std::string said = clipt_test::why([&] {
    clip<basic> resnet;
    gradients_of(resnet, how, 1);
  });
  EXPECT_NE(said.find("a ResNet has no patches"), std::string::npos) << said;
  training_options options;
  options.patch_dropout = 0.5;
  clip<basic> resnet;
  EXPECT_NE(clipt_test::why([&] { fine_tuning(resnet, options); }).find("only vision transformers"), std::string::npos);
}

TEST(low_rank_additions, factors_get_the_gradient_of_the_sum) {
  linear<fp64, 7, 5> layer;
  initialise(layer, 1);
  const std::vector<double> base(layer.weight.begin(), layer.weight.end());
  low_rank_additions<double> additions(layer, 2, 0.5, 9, [](const std::string& path) { return path == "weight"; });
  additions.apply();
  EXPECT_TRUE(std::equal(base.begin(), base.end(), layer.weight.begin())) << "an addition begins as nothing";
  const auto factors = additions.parameters();
  ASSERT_EQ(factors.size(), 2u);
  EXPECT_EQ(factors[0].path, "weight.lora_A");
  for (dim_t i = 0; i < factors[1].size; ++i)
    factors[1].values[i] = random_stream{2}.normal(static_cast<std::uint64_t>(i));

  tensor<double, shape<batch, 7>> x(3);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = random_stream{4}.normal(static_cast<std::uint64_t>(i));
  const auto loss = [&](auto& ctx) {
    additions.apply();
    const auto y = layer(ctx, x);
    return sum(ctx, y * y * y);
  };
  recording<> ctx;
  ctx.backward(loss(ctx));
  additions.pull();
  for (const auto& factor : factors)
    for (dim_t i = 0; i < factor.size; ++i) {
      const double was = factor.values[i], step = 1e-5;
      inference<> look;
      factor.values[i] = was + step;
      const double above = item(look, loss(look));
      factor.values[i] = was - step;
      const double below = item(look, loss(look));
      factor.values[i] = was;
      EXPECT_NEAR(factor.gradient_data()[i], (above - below) / (2 * step), 1e-5) << factor.path << " " << i;
    }
  const std::vector<double> once(factors[0].gradient_data(), factors[0].gradient_data() + factors[0].size);
  additions.pull();
  EXPECT_DOUBLE_EQ(factors[0].gradient_data()[3], 2 * once[3]) << "gradients add up";
  EXPECT_NE(clipt_test::why([&] {
              low_rank_additions<double>(layer, 2, 1, 1, [](const std::string&) { return false; });
            }).find("no weight is chosen"),
            std::string::npos);
}

namespace {

/// A trainer of eight scenes with what it needs.
struct scenes_run {
  scenes_dataset data{1, 8};
  tokenizer words = train_tokenizer({}, {0, 2});
  clipt_test::temporary_folder folder;
  trainer<clip<vit>, scenes_dataset> training;

  explicit scenes_run(training_options options)
      : training(data, words, small(options), folder.path(), training_state{}) {
    initialise(training.model(), 1);
  }
  static training_options small(training_options o) {
    o.batch_size = 4;
    o.threads = o.workers = 1;
    o.warmup = 0;
    o.lr = 0.01;
    o.lr_scheduler = schedule_kind::constant;
    return o;
  }
  void run() {
    std::ostringstream unseen;
    const std::atomic<bool> stop{false};
    EXPECT_EQ(training.run(stop, {&unseen, false, [] { return 80; }, [] { return 0.0; }}, {}), training_end::finished);
  }
};

std::map<std::string, std::vector<float>> weights_of(const clip<vit>& model) {
  std::map<std::string, std::vector<float>> all;
  for_each_parameter(model, [&](const std::string& path, const state_member& m) {
    const auto x = m.elements<const float>();
    all[path].assign(x.begin(), x.end());
  });
  return all;
}

/// What a run of two epochs changes, and that one which is broken off between them and goes on does the same.
std::set<std::string> changed_by(const training_options& options) {
  training_options one = options, two = options;
  one.epochs = 1;
  two.epochs = 2;
  scenes_run whole(two);
  const auto before = weights_of(whole.training.model());
  whole.training.start();
  whole.run();
  const auto after = weights_of(whole.training.model());

  scenes_run first(one), second(two);
  first.training.start();
  first.run();
  second.training.resume(first.training.latest());
  second.run();
  EXPECT_TRUE(weights_of(second.training.model()) == after);
  const auto bytes = [](const scenes_run& r) { return read_file(r.training.latest()); };
  EXPECT_TRUE(bytes(second) == bytes(whole));

  std::set<std::string> changed;
  for (const auto& [path, values] : before)
    if (values != after.at(path)) changed.insert(path);
  return changed;
}

}  // namespace

TEST(fine_tuning, trains_what_is_not_locked) {
  training_options options;
  options.lock_image = {true, 2};
  options.lock_text = {true, 0};
  for (const std::string& path : changed_by(options)) {
    const layer_place at = place_of<vit>(path);
    EXPECT_TRUE(at.tower == tower::neither || (at.tower == tower::image && at.group >= 3)) << path;
  }
  EXPECT_EQ(changed_by(options).size(), 1u + 1 + 14);
  options.lock_image.unlocked_groups = 6;
  EXPECT_EQ(clipt_test::why([&] { scenes_run{options}; }),
            "clipt::training_options: lock_image.unlocked_groups 6 is not in [0, 5]");
  options.lock_image = {false, 2};
  EXPECT_NE(clipt_test::why([&] { scenes_run{options}; }).find("nothing is locked"), std::string::npos);
}

TEST(fine_tuning, additions_train_attention_and_perceptrons_alone) {
  training_options options;
  options.lora_rank = 2;
  const auto changed = changed_by(options);
  EXPECT_EQ(changed.size(), 4u * (3 + 2));
  for (const std::string& path : changed)
    EXPECT_TRUE(path.find(".resblocks.") != path.npos && path.ends_with("weight"));

  options.lock_text.locked = true;
  EXPECT_EQ(changed_by(options).size(), 4u * 3);
  options.average = 0.9;
  EXPECT_NE(clipt_test::why([&] { scenes_run{options}; }).find("lora_rank and average"), std::string::npos);
}

TEST(fine_tuning, additions_apart_make_the_same_weights) {
  training_options options;
  options.lora_rank = 2;
  options.lora_alpha = 3;
  options.epochs = 1;
  scenes_run r(options);
  clip<vit> base;
  initialise(base, 1);
  r.training.start();
  r.run();
  const auto apart = r.folder.path() / "lora.safetensors";
  EXPECT_EQ(safetensors_file(apart).metadata().at("clipt.lora_scale"), "1.5");
  const auto tensors = state_of(base);
  const merged_additions merged(tensors, apart);
  EXPECT_EQ(merged.count(), 4u * (3 + 2));
  const auto after = weights_of(r.training.model());
  for (const tensor_entry& entry : merged.entries()) {
    const auto values = to_vector<float>(entry);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], after.at(entry.name)[i], 1e-6) << entry.name;
  }
  const auto why = [&](const std::vector<tensor_entry>& to) {
    return clipt_test::why([&] { merged_additions(to, apart); });
  };
  auto other = tensors;
  std::erase_if(other, [](const tensor_entry& e) { return e.name == "transformer.resblocks.0.attn.in_proj_weight"; });
  EXPECT_NE(
      why(other).find("an addition to transformer.resblocks.0.attn.in_proj_weight, which the model does not have"),
      std::string::npos);
  clip<other_vit> wider;
  EXPECT_NE(why(state_of(wider)).find("it is another model's"), std::string::npos);
  EXPECT_NE(clipt_test::why([&] { merged_additions(tensors, r.training.latest()); }).find("no additions of train_clip"),
            std::string::npos);
}

TEST(fine_tuning, rates_decay_from_the_output_to_the_input) {
  training_options options;
  options.layer_decay = 0.5;
  clip<vit> model;
  fine_tuning tuning(model, options);
  tuning.start();
  for (const auto& entry : tuning.trained()) {
    const layer_place at = place_of<vit>(entry.path);
    EXPECT_DOUBLE_EQ(entry.rate, std::pow(0.5, at.groups - 1 - at.group)) << entry.path;
  }
  changed_by(options);
}

TEST(fine_tuning, siglip_learns_a_bias_that_the_checkpoint_keeps) {
  training_options options;
  options.siglip = true;
  options.epochs = 1;
  changed_by(options);
  scenes_run r(options);
  r.training.start();
  r.run();
  const safetensors_file file(r.training.latest());
  const float bias = to_vector<float>(file.at("logit_bias")).front();
  EXPECT_NE(bias, -10);
  EXPECT_NEAR(bias, -10, 1);
  clip<vit> model;
  load_trained(r.training.latest(), model);  // which has no bias: it changes no order
  EXPECT_TRUE(weights_of(model) == weights_of(r.training.model()));
}

TEST(fine_tuning, a_pupil_that_is_its_teacher_has_nothing_to_learn_from_it) {
  scenes_run of({}), pupil({});
  clip<vit>& model = pupil.training.model();
  const pairs p;
  sample_batch samples;
  samples.images = p.images;
  samples.captions = {"a", "dog", "on a", "red", "car seat", "xyz"};
  samples.indices = {0, 1, 2, 3, 4, 5};
  const gradients alone = gradients_of(model, contrastive_objective{}, 1);
  const auto most_by_a_teacher = [&] {
    fine_tuning tuning(model, training_options{});
    tuning.start();
    tuning.learn_from({encoders_of(of.training.model(), of.words, 1), 32, clip_statistics});
    const gradients both = gradients_of(model, tuning.objective(tuning.trained(), 0, samples), 1);
    double most = 0;
    for (const auto& [path, gradient] : alone)
      for (std::size_t i = 0; i < gradient.size(); ++i)
        most = std::max(most, std::abs(both.at(path)[i] - gradient[i]) / (1.0 + std::abs(gradient[i])));
    return most;
  };
  EXPECT_LT(most_by_a_teacher(), 1e-5);
  initialise(of.training.model(), 2);
  EXPECT_GT(most_by_a_teacher(), 1e-2);

  const encoders twice = encoders_of(of.training.model(), of.words, 1);
  EXPECT_NE(clipt_test::why([&] { teacher(twice, 64, clip_statistics); }).find("32 x 32 pixels"), std::string::npos);
  EXPECT_NE(teacher(twice, 32, siglip_statistics).logits(samples, 1),
            teacher(twice, 32, clip_statistics).logits(samples, 1));
}
