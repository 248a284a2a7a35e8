// How a tower runs in training: which of its groups of layers stay as they are, and which patches it leaves out.
#pragma once
#include <algorithm>  // max
#include <cstdint>    // int32_t
#include <type_traits>  // false_type

#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/philox.hpp>  // random_stream

namespace clipt::inline CLIPT_BUILD {

/// A tower that learns as a whole and sees everything.
struct whole_tower {
  static constexpr std::false_type locks(int) { return {}; }
  static constexpr std::false_type drops_patches() { return {}; }
};

/// A tower in training. Its groups, from the input: what embeds it, each block or stage, what projects; see tower::groups.
struct tower_tuning {
  int locked_groups = 0;     ///< so many groups, from the first, get no gradient
  double patch_dropout = 0;  ///< the share of a picture's patches that are left out, [0, 1)
  random_stream random{};    ///< which: differs from step to step
  dim_t first_picture = 0;   ///< the number in the batch of the first picture

  bool locks(int group) const { return group < locked_groups; }
  bool drops_patches() const { return patch_dropout > 0; }

  /// How many of so many patches stay.
  dim_t patches_kept(dim_t patches) const {
    return std::max<dim_t>(1, static_cast<dim_t>(static_cast<double>(patches) * (1 - patch_dropout)));
  }
};

/// Chooses the tokens of a picture that stay, of a class token and `patches` patches, in their order.
///
/// Source: Li et al., 2023, "Scaling Language-Image Pre-training via Masking". PyTorch equivalent: open_clip's
/// PatchDropout.
struct kept_patches {
  random_stream random;
  dim_t first_picture, patches, stay;

  kept_patches(const tower_tuning& how, dim_t of)
      : random(how.random), first_picture(how.first_picture), patches(of), stay(how.patches_kept(of)) {}

  /// Writes the rows of a picture's tokens that stay, 1 + stay of them.
  CLIPT_HD void operator()(dim_t picture, std::int32_t* kept) const {
    const dim_t class_token = picture * (1 + patches), first_draw = (first_picture + picture) * patches;
    *kept++ = static_cast<std::int32_t>(class_token);
    for (dim_t j = 0, wanted = stay; wanted > 0; ++j) {  // Knuth's algorithm S: every choice is as likely as any other
      const float draw = random.uniform(static_cast<std::uint64_t>(first_draw + j));
      if (draw * static_cast<float>(patches - j) >= static_cast<float>(wanted)) continue;
      *kept++ = static_cast<std::int32_t>(class_token + 1 + j);
      --wanted;
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD
