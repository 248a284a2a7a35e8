// A model's configuration at run time: what a checkpoint says of its model, and the C++ line that compiles it.
#pragma once
#include <algorithm>  // all_of, max
#include <charconv>   // from_chars
#include <cmath>      // lround, sqrt
#include <string>     // string
#include <variant>    // variant

#include <fmt/format.h>  // format

#include <clipt/clip/config.hpp>         // clip_config
#include <clipt/state/state_dict.hpp>  // state_dict
#include <clipt/core/error.hpp>          // io_error

namespace clipt::inline CLIPT_BUILD {

/// The configuration of a model of any kind.
using any_clip_config = std::variant<clip_config<vit_config>, clip_config<resnet_config>>;

/// What is known of a model without its tensors. Sizes that are not 0 must be those of the tensors, and 0 heads stand for
/// one for every 64 numbers of the width. As it begins: OpenAI's.
struct config_hints {
  clipt::activation activation = clipt::activation::quick_gelu;
  vit_config vision{0, 0, 0, 0, 0, 0, true, vision_pooling::class_token, 0, 8};  // a ResNet's image, width, heads, too
  text_config text{0, 0, 0, 0, 0};
  int embed = 0;
  int stages[4] = {};     // of a ResNet
  bool stem_pool = true;  // of a ResNet
  std::string from{};  // the file that says it
  bool resizes =
      false;  // pictures and contexts of other sizes than the tables': these are interpolated, as open_clip does
};

namespace detail {

/// Reads sizes off a state dictionary. Source: OpenAI's build_model.
class config_reader {
 public:
  config_reader(const state_dict& state, const config_hints& hints, std::string source)
      : state_(state), hints_(hints), source_(std::move(source)) {}

  any_clip_config read() const {
    if (state_.contains("visual.proj")) return with_vision(vit());
    if (state_.contains("visual.attnpool.c_proj.weight")) return with_vision(resnet());
    throw io_error(fmt::format(
        "clipt::read_config: {}: no CLIP: neither visual.proj (a vision transformer) nor visual.attnpool.c_proj.weight "
        "(a ResNet) is among its {} tensors",
        source_, state_.size()));
  }

 private:
  /// Extent `axis` of a tensor of so many axes.
  int extent(const std::string& name, std::size_t rank, std::size_t axis) const {
    const auto found = state_.find(name);
    if (found == state_.end())
      throw io_error(fmt::format("clipt::read_config: {}: no CLIP: {} is missing", source_, name));
    const auto shape = found->second.shape();
    constexpr std::int64_t most = 1 << 24;
    const auto fits = [](std::int64_t e) { return e >= 1 && e <= most; };
    if (shape.size() != rank || !std::all_of(shape.begin(), shape.end(), fits))
      throw io_error(fmt::format("clipt::read_config: {}: {} is [{}]: expected {} axes of 1 to {}", source_, name,
                                 joined(shape), rank, most));
    return static_cast<int>(shape[axis]);
  }

  /// How many numbered parts follow `prefix`: one more than the largest number.
  int count(std::string_view prefix) const {
    int found = 0;
    for (auto i = state_.lower_bound(std::string(prefix)); i != state_.end() && i->first.starts_with(prefix); ++i) {
      int number = -1;
      const char* const digits = i->first.data() + prefix.size();
      std::from_chars(digits, i->first.data() + i->first.size(), number);
      if (number < 4096) found = std::max(found, number + 1);
    }
    return found;
  }

  /// A size by the tensors. Errors: io_error if the configuration file says another one.
  int agreed(const std::string& what, int found, int said) const {
    if (said != 0 && said != found)
      throw io_error(
          fmt::format("clipt::read_config: {}: {} is {} by the tensors and {} by {}; the files are of different models",
                      source_, what, found, said, hints_.from));
    return found;
  }
  /// The same of what may be interpolated to what is said.
  int wanted(const std::string& what, int found, int said) const {
    return hints_.resizes && said != 0 ? said : agreed(what, found, said);
  }

  /// The side of the square whose places, and a token, are the rows of a table.
  int side(const std::string& table) const {
    const int places = extent(table, 2, 0) - 1;
    const int side = static_cast<int>(std::lround(std::sqrt(places)));
    if (side * side != places)
      throw io_error(
          fmt::format("clipt::read_config: {}: {} has {} rows: expected 1 and a square; the model's pictures are not "
                      "square, clipt has no models of such",
                      source_, table, places + 1));
    return side;
  }
  /// The perceptrons' width as configurations have it: 0 for four widths.
  int hidden(const std::string& transformer, int width, int said) const {
    const int found = extent(transformer + "resblocks.0.mlp.c_fc.weight", 2, 0);
    agreed("the width inside " + transformer, found, said);
    return found == 4 * width ? 0 : found;
  }
  int heads(int known, int width) const {
    const int heads = known > 0 ? known : std::max(1, width / 64);
    if (width % heads != 0)
      throw io_error(fmt::format("clipt::read_config: {}: a width of {} cannot be shared by {} heads, as {} says",
                                 source_, width, heads,
                                 hints_.from.empty() ? "the rule of 64 numbers a head" : hints_.from));
    return heads;
  }

  vit_config vit() const {
    const vit_config& said = hints_.vision;
    vit_config c = said;
    c.width = agreed("the width of the picture tower", extent("visual.conv1.weight", 4, 0), said.width);
    c.patch = agreed("a patch's side", extent("visual.conv1.weight", 4, 3), said.patch);
    c.image = wanted("the pictures' side", side("visual.positional_embedding") * c.patch, said.image);
    if (c.image % c.patch != 0)
      throw io_error(fmt::format("clipt::read_config: {}: pictures of {} pixels are no whole number of patches of {}",
                                 hints_.from, c.image, c.patch));
    c.layers = agreed("the layers of the picture tower", count("visual.transformer.resblocks."), said.layers);
    c.heads = heads(c.heads, c.width);
    c.hidden = hidden("visual.transformer.", c.width, said.hidden);
    c.ln_pre = state_.contains("visual.ln_pre.weight");
    const bool queries = state_.contains("visual.attn_pool.query");
    c.pool_queries = queries ? extent("visual.attn_pool.query", 2, 0) : 0;
    if (!queries) c.pool_heads = 0;
    return c;
  }
  resnet_config resnet() const {
    const vit_config& said = hints_.vision;
    const int width =
        agreed("the width of the picture tower", extent("visual.layer1.0.conv1.weight", 4, 0), said.width);
    const auto stage = [&](int number) {
      return agreed(fmt::format("the layers of stage {}", number), count(fmt::format("visual.layer{}.", number)),
                    hints_.stages[number - 1]);
    };
    const int place = hints_.stem_pool ? 32 : 16;
    const int image = wanted("the pictures' side", place * side("visual.attnpool.positional_embedding"), said.image);
    if (image % place != 0)
      throw io_error(fmt::format("clipt::read_config: {}: pictures of {} pixels are no multiple of {}", hints_.from,
                                 image, place));
    return {image, {stage(1), stage(2), stage(3), stage(4)}, width, heads(said.heads, 32 * width), hints_.stem_pool};
  }
  text_config text() const {
    const text_config& said = hints_.text;
    text_config c = said;
    c.width = agreed("the width of the text tower", extent("ln_final.weight", 1, 0), said.width);
    c.context = wanted("the context", extent("positional_embedding", 2, 0), said.context);
    c.vocabulary = agreed("the vocabulary", extent("token_embedding.weight", 2, 0), said.vocabulary);
    c.heads = heads(c.heads, c.width);
    c.layers = agreed("the layers of the text tower", count("transformer.resblocks."), said.layers);
    c.hidden = hidden("transformer.", c.width, said.hidden);
    c.projection_bias = projection_has_bias();
    return c;
  }
  bool projection_has_bias() const { return state_.contains("text_projection.bias"); }
  template <class Vision>
  clip_config<Vision> with_vision(const Vision& vision) const {
    const int embed = projection_has_bias() ? extent("text_projection.weight", 2, 0) : extent("text_projection", 2, 1);
    return {agreed("the width of an embedding", embed, hints_.embed), vision, text(), hints_.activation};
  }

  const state_dict& state_;
  config_hints hints_;
  std::string source_;
};

inline std::string_view name_of(vision_pooling p) {
  constexpr std::string_view names[] = {"class_token", "mean", "normalised_mean"};
  return names[static_cast<int>(p)];
}
inline std::string cpp_value(const vit_config& c) {
  std::string text = fmt::format("clipt::vit_config{{{}, {}, {}, {}, {}", c.image, c.patch, c.width, c.layers, c.heads);
  const vit_config plain{c.image, c.patch, c.width, c.layers, c.heads};
  if (c != plain) text += fmt::format(", {}, {}, clipt::vision_pooling::{}", c.hidden, c.ln_pre, name_of(c.pooling));
  if (c.pool_queries > 0) text += fmt::format(", {}, {}", c.pool_queries, c.pool_heads);
  return text + '}';
}
inline std::string cpp_value(const resnet_config& c) {
  return fmt::format("clipt::resnet_config{{{}, {{{}, {}, {}, {}}}, {}, {}{}}}", c.image, c.stages[0], c.stages[1],
                     c.stages[2], c.stages[3], c.width, c.heads, c.stem_pool ? "" : ", false");
}
inline std::string_view name_of(text_pooling p) {
  constexpr std::string_view names[] = {"largest_id", "last", "first", "end_id"};
  return names[static_cast<int>(p)];
}
inline std::string cpp_value(const text_config& c) {
  std::string text =
      fmt::format("clipt::text_config{{{}, {}, {}, {}, {}", c.context, c.vocabulary, c.width, c.heads, c.layers);
  if (c != text_config{c.context, c.vocabulary, c.width, c.heads, c.layers})
    text +=
        fmt::format(", {}, clipt::text_pooling::{}, {}, {}", c.hidden, name_of(c.pooling), c.causal, c.projection_bias);
  if (c.pooling == text_pooling::end_id) text += fmt::format(", {}", c.end_id);
  return text + '}';
}
inline std::string_view name_of(activation a) {
  constexpr std::string_view names[] = {"quick_gelu", "gelu", "gelu_tanh"};
  return names[static_cast<int>(a)];
}

}  // namespace detail

/// The configuration that a state dictionary is for. Errors: io_error for what is no CLIP, naming what is missing.
inline any_clip_config read_config(const state_dict& state, const config_hints& hints, const std::string& source) {
  return detail::config_reader(state, hints, source).read();
}

/// Whether tensors without a file beside them would be read as this configuration.
inline bool is_said_by_tensors(const any_clip_config& config, const state_dict& state) {
  try {
    return read_config(state, {}, "the tensors") == config;
  } catch (const io_error&) {  // a width, for instance, that heads of 64 numbers cannot share
    return false;
  }
}

/// The C++ definition of a configuration: `inline constexpr clipt::clip_config name{512, clipt::vit_config{...}, ...};`
inline std::string to_cpp(const any_clip_config& config, std::string_view name) {
  return std::visit(
      [&](const auto& c) {
        return fmt::format("inline constexpr clipt::clip_config {}{{{}, {}, {}, clipt::activation::{}}};", name,
                           c.embed, detail::cpp_value(c.vision), detail::cpp_value(c.text),
                           detail::name_of(c.activation));
      },
      config);
}

}  // namespace clipt::inline CLIPT_BUILD
