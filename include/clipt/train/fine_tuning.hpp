// What a run trains of its model and by which loss: locked layers, learning rates by layer, additions of low rank, a teacher.
#pragma once
#include <algorithm>  // min
#include <cmath>      // pow
#include <optional>   // optional
#include <string>     // string
#include <vector>     // vector

#include <clipt/clip/layer_groups.hpp>         // place_of
#include <clipt/io/safetensors.hpp>            // safetensors_file, write_safetensors
#include <clipt/nn/low_rank.hpp>               // low_rank_additions
#include <clipt/train/teacher.hpp>             // teacher
#include <clipt/train/train.hpp>               // accumulate_gradients
#include <clipt/train/training_options.hpp>    // training_options
#include <clipt/weights/checkpoint_names.hpp>  // optimiser_prefix
#include <clipt/weights/merged_additions.hpp>  // digest_of_base

namespace clipt::inline CLIPT_BUILD {

/// The loss of a step: contrastive, or SigLIP's where there is a bias, and that of a teacher besides.
struct tuned_objective {
  tower_tuning images{}, texts{};
  const parameter<fp32>* bias = nullptr;
  std::vector<float> of_teacher{};  // logits [batch, batch]; none: there is no teacher

  /// image_features, text_features: [batch, embed], unit rows -> a scalar.
  auto loss(auto& ctx, const auto& model, const auto& image_features, const auto& text_features) const {
    const auto own = bias != nullptr ? siglip_loss(ctx, image_features, text_features, model.logit_scale, *bias)
                                     : contrastive_loss(ctx, image_features, text_features, model.logit_scale);
    if (of_teacher.empty()) return own;
    const dim_t n = image_features.shape().extent(0);
    const view<const float, shape<batch, batch>> wanted{of_teacher.data(), shape<batch, batch>(n, n)};
    return eval(ctx, own + distillation_loss(ctx, image_features, text_features, model.logit_scale, wanted));
  }
};

/// The part of a trainer that knows what is trained. Without options of this kind: all of the model, by the contrastive
/// loss.
template <class Model>
class fine_tuning {
 public:
  /// `model` must live where it is. Errors: `clipt::error` for more unlocked groups than there are, and for patches left
  /// out of a model without a class token.
  fine_tuning(Model& model, training_options options) : model_(model), options_(std::move(options)) {
    check("lock_image", options_.lock_image, decltype(model.visual)::groups);
    check("lock_text", options_.lock_text, decltype(model.text)::groups);
    if (options_.patch_dropout > 0 && !drops_patches())
      throw error(
          fmt::format("clipt::training_options: patch_dropout is {}, but only vision transformers whose class token "
                      "or queries become the picture can leave out patches; take 0",
                      options_.patch_dropout));
    bias_[0] = -10;  // Source: Zhai et al., 2023, section 3.2
  }
  fine_tuning(const fine_tuning&) = delete;

  /// Takes the weights as they are now for those that additions are made to; before `trained`.
  void start() {
    all_ = parameter_table<float>(model_);
    if (options_.lora_rank == 0) return;
    const double alpha = options_.lora_alpha > 0 ? options_.lora_alpha : options_.lora_rank;
    additions_.emplace(model_, options_.lora_rank, alpha / options_.lora_rank, options_.seed,
                       [&](const std::string& path) { return is_product(path) && rate_of(path) > 0; });
  }

  /// SigLIP's bias as other weights have it.
  void begin_with_bias(float bias) { bias_[0] = bias; }

  /// Whether batch norms go by the statistics that they begin with: additions are to weights that stay as they are.
  bool keeps_statistics() const { return options_.lora_rank > 0; }

  void learn_from(teacher t) { teacher_.emplace(std::move(t)); }

  /// What an optimiser moves, each with its factor of the learning rate.
  std::vector<parameter_entry<float>> trained() {
    auto table = additions_ ? additions_->parameters() : parameter_table<float>(model_);
    if (options_.siglip)
      for_each_parameter(bias_, [&](const std::string&, const state_member& p) {
        table.push_back({bias_name, p.elements<float>().data(), p.gradient, p.size, false, p.owner});
      });
    for (auto& entry : table) entry.rate = rate_of(entry.path);
    std::erase_if(table, [](const auto& entry) { return entry.rate == 0; });
    return table;
  }

  /// The objective of a step on a batch, of the parameters that `trained` has named.
  tuned_objective objective(const std::vector<parameter_entry<float>>& trained, std::int64_t step,
                            const sample_batch& samples) const {
    constexpr std::uint64_t purpose = 0x7061'7463'6865'7300;
    tuned_objective o;
    o.images.locked_groups = first_trained(trained, tower::image, decltype(model_.visual)::groups);
    o.texts.locked_groups = first_trained(trained, tower::text, decltype(model_.text)::groups);
    o.images.patch_dropout = options_.patch_dropout;
    o.images.random = {options_.seed ^ purpose, 0, static_cast<std::uint32_t>(step)};
    if (options_.siglip) o.bias = &bias_;
    if (teacher_) o.of_teacher = teacher_->logits(samples, options_.threads);
    return o;
  }

  /// Before a backward, behind it, and behind a step of the optimiser.
  void clear_gradients(const std::vector<parameter_entry<float>>& trained) const {
    clipt::clear_gradients(all_);
    clipt::clear_gradients(trained);
  }
  void pull() {
    if (additions_) additions_->pull(options_.threads);
  }
  void apply() {
    if (additions_) additions_->apply(options_.threads);
  }

  /// What a checkpoint holds besides the model: the bias, and the factors of additions, which the weights contain.
  std::vector<tensor_entry> state() const {
    std::vector<tensor_entry> entries = factors(detail::optimiser_prefix);
    if (options_.siglip) entries.push_back(make_entry<float>(bias_name, {}, std::span<const float>(bias_.data(), 1)));
    return entries;
  }
  /// Reads it back. Errors: io_error for what is missing.
  void load(const safetensors_file& file) {
    if (options_.siglip) copy_to(file.at(bias_name), std::span<float>(bias_.data(), 1));
    if (!additions_) return;
    for (const auto& entry : additions_->parameters())
      copy_to(file.at(detail::optimiser_prefix + entry.path),
              std::span<float>(entry.values, static_cast<std::size_t>(entry.size)));
    apply();
  }

  /// Writes the additions alone, `PATH.lora_A` [rank, in] and `PATH.lora_B` [out, rank], if there are any.
  void save_additions(const std::filesystem::path& path) const {
    if (!additions_) return;
    digest_of_base base;
    for (const auto& a : additions_->list()) base.add(a.path, {a.base.data(), static_cast<std::size_t>(a.out * a.in)});
    write_safetensors(path, factors(""),
                      {{"clipt.lora_scale", fmt::format("{}", additions_->scale())}, {"clipt.lora_base", base.text()}});
  }

 private:
  static constexpr const char* bias_name = "logit_bias";

  static void check(const char* name, const tower_lock& lock, int groups) {
    check_range("training_options", fmt::format("{}.unlocked_groups", name).c_str(), lock.unlocked_groups,
                {.most = static_cast<double>(groups)});
  }

  static constexpr bool drops_patches() {
    if constexpr (requires { Model::config.vision.patch; })
      return Model::config.vision.pooling == vision_pooling::class_token || Model::config.vision.pool_queries > 0;
    else
      return false;
  }

  /// The factor of the learning rate; 0 for what is locked.
  double rate_of(const std::string& path) const {
    const layer_place at = place_of<Model::config>(path);
    if (at.tower == tower::neither) return 1;
    const tower_lock& lock = at.tower == tower::image ? options_.lock_image : options_.lock_text;
    if (lock.locked && at.group < at.groups - lock.unlocked_groups) return 0;
    return std::pow(options_.layer_decay, at.groups - 1 - at.group);
  }

  /// The weights of attention's and perceptrons' products, those of a ResNet's attention pooling included.
  static bool is_product(const std::string& path) {
    return path.ends_with("attn.in_proj_weight") || path.ends_with("attn.out_proj.weight") ||
           path.ends_with("mlp.c_fc.weight") || path.ends_with("mlp.c_proj.weight") ||
           (path.starts_with("visual.attnpool.") && path.ends_with("_proj.weight"));
  }

  static int first_trained(const std::vector<parameter_entry<float>>& trained, tower of, int groups) {
    int first = groups;
    for (const auto& entry : trained)
      if (const layer_place at = place_of<Model::config>(entry.path); at.tower == of) first = std::min(first, at.group);
    return first;
  }

  std::vector<tensor_entry> factors(const std::string& prefix) const {
    std::vector<tensor_entry> entries;
    if (!additions_) return entries;
    for (const auto& a : additions_->list()) {
      entries.push_back(make_entry<float>(prefix + a.path + ".lora_A", {a.rank, a.in},
                                          std::span<const float>(a.down->values.data(), a.rank * a.in)));
      entries.push_back(make_entry<float>(prefix + a.path + ".lora_B", {a.out, a.rank},
                                          std::span<const float>(a.up->values.data(), a.out * a.rank)));
    }
    return entries;
  }

  Model& model_;
  training_options options_;
  parameter<fp32> bias_;
  std::vector<parameter_entry<float>> all_;
  std::optional<low_rank_additions<float>> additions_;
  std::optional<teacher> teacher_;
};

}  // namespace clipt::inline CLIPT_BUILD
