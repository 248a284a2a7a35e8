// patchify: cuts pictures into square patches, one row each, so that a patch convolution is a matrix product.
#pragma once
#include <clipt/nn/permute.hpp>  // permuted

namespace clipt::inline CLIPT_BUILD {

/// The patches of pictures as rows. images: [batch, channels, height, width] -> [batch, patches, channels * P * P].
///
/// Patches run row by row through the picture, elements in the order (channel, y, x): that of the weights of a
/// convolution with kernel and stride P, [out, channels, P, P], which is then `affine` of the rows with the weights as
/// [out, channels * P * P]. The adjoint puts each element back. PyTorch equivalent: `F.unfold(images, P, stride=P).mT`.
template <dim_t P, class Context, tensor_like Images>
auto patchify(Context& ctx, Images&& images) {
  const auto x = eval(ctx, std::forward<Images>(images));
  using S = typename std::remove_const_t<decltype(x)>::shape_type;
  static_assert(rank_of<S>::template is<4>,
                "clipt::patchify: images [batch, channels, height, width]: they have another rank");
  constexpr dim_t channels = S::static_extent(1), height = S::static_extent(2), width = S::static_extent(3);
  static_assert(static_extent<channels>::known && static_extent<height>::known && static_extent<width>::known,
                "clipt::patchify: channels, height and width are known at compile time: one of them is not");
  static_assert(divides<P, height>::evenly && divides<P, width>::evenly,
                "clipt::patchify: the patch size divides height and width: it does not");
  constexpr dim_t down = height / P, across = width / P, elements = channels * P * P;
  using Out = shape<S::static_extent(0), down * across, elements>;
  const dim_t count = x.shape().extent(0);
  return detail::permuted<6>(ctx, x, {count, channels, down, P, across, P}, {0, 2, 4, 1, 3, 5},
                             Out::from({count, down * across, elements}));
}

}  // namespace clipt::inline CLIPT_BUILD
