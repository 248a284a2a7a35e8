// clip<Config, Policy>: a pair of encoders with a common embedding and a learned temperature.
#pragma once
#include <type_traits>  // remove_cvref_t

#include <clipt/clip/basic_resnet.hpp>  // basic_resnet
#include <clipt/clip/resnet.hpp>        // modified_resnet
#include <clipt/clip/text.hpp>          // text_transformer
#include <clipt/clip/vision.hpp>        // vision_transformer
#include <clipt/nn/rows.hpp>            // l2_normalize

namespace clipt::inline CLIPT_BUILD {

/// Pictures have the extents of the model: `images<64>::are<shape<-1, 3, 64, 64>>`.
template <dim_t Side>
struct images {
  template <class Shape>
  static constexpr bool are = Shape::rank == 4 && Shape::static_extent(1) == 3 && (Shape::static_extent(2) == Side) &&
                              (Shape::static_extent(3) == Side);
};

namespace detail {

// By the type of the configuration: nvcc takes partial specialisations that differ in the type of a value alone for one.
template <class Config>
struct tower_of;
template <>
struct tower_of<vit_config> {
  template <vit_config C, dim_t Embed, class P, class Activation>
  using type = vision_transformer<C, Embed, P, Activation>;
};
template <>
struct tower_of<resnet_config> {
  template <resnet_config C, dim_t Embed, class P, class>
  using type = modified_resnet<C, Embed, P>;
};
template <>
struct tower_of<basic_resnet_config> {
  template <basic_resnet_config C, dim_t Embed, class P, class>
  using type = basic_resnet<C, Embed, P>;
};

template <auto Vision, dim_t Embed, class P, class Activation>
using image_tower =
    typename tower_of<std::remove_cvref_t<decltype(Vision)>>::template type<Vision, Embed, P, Activation>;

}  // namespace detail

/// CLIP: `clip<vit_b_32>`. Its parameters have the names of OpenAI's state dictionaries.
///
/// Source: Radford et al., 2021, "Learning Transferable Visual Models From Natural Language Supervision".
template <auto Config, class Policy = fp32>
struct clip {
  static constexpr auto config = Config;
  using policy_type = Policy;
  using value_type = typename Policy::activation_type;
  using activation_type = activation_op<Config.activation>;

  text_transformer<Config.text, Config.embed, Policy, activation_type> text;
  parameter<Policy> logit_scale;  // the logarithm of the factor on cosines
  detail::image_tower<Config.vision, Config.embed, Policy, activation_type> visual;
  static constexpr auto names = fields("", "logit_scale", "visual");

  /// Pictures [batch, 3, image, image], normalised -> embeddings [batch, embed], not normalised. `how`: in training.
  template <class How = whole_tower>
  auto encode_image(auto& ctx, const tensor_like auto& pictures, const How& how = {}) const {
    using Pictures = shape_in<decltype(pictures)>;
    static_assert(images<Config.vision.image>::template are<Pictures>,
                  "clipt::encode_image: images [batch, 3, image, image]: they have other extents than the model");
    if constexpr (images<Config.vision.image>::template are<Pictures>)
      return visual.tuned(ctx, as_expression(pictures), how);
    else
      return view<const value_type, shape<batch, Config.embed>>{};  // refused above: no second error follows
  }

  /// Packed captions, of the CPU or of the context's device -> embeddings [batch, embed], not normalised.
  template <class Device, class How = whole_tower>
  auto encode_text(auto& ctx, const packed_captions<Device>& captions, const How& how = {}) const {
    return text.tuned(ctx, captions, how);
  }

  /// Token ids [captions, context], zero-padded -> embeddings [batch, embed], not normalised.
  auto encode_text(auto& ctx, const tensor_like auto& ids) const { return text(ctx, pack<Config.text>(ctx, ids)); }

  /// exp(logit_scale) times the cosines of all pairs: [images, texts]. Its transpose holds the logits per text.
  auto logits_per_image(auto& ctx, const auto& image_features, const auto& text_features) const {
    using C = compute_t<value_type>;
    const auto cosines =
        matmul_nt(ctx, l2_normalize(ctx, cast<C>(image_features)), l2_normalize(ctx, cast<C>(text_features)));
    return eval(ctx, cosines * exp(logit_scale));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
