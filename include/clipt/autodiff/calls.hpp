// How functions are called and which header has each: what a call is told that fits none of them.
#pragma once
#include <cstddef>      // size_t
#include <type_traits>  // is_same_v

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// A function is declared that takes such arguments: `call<>::is_declared` is false.
template <auto... Of>
struct call {
  static constexpr bool is_declared = sizeof...(Of) > 64;
};

/// Any argument, after all others: whatever takes it otherwise is a better fit.
struct any_argument {
  any_argument() = default;
  template <class T>
  constexpr any_argument(const T&) {}
};

/// Any text as a template argument.
struct any_text {
  std::size_t size;
  template <std::size_t Size>
  consteval any_text(const char (&)[Size]) : size(Size) {}
};

/// What a call results in that fits no function: to hand it on or to print it is no second error.
struct no_result {
  template <class T>
  requires(!std::is_same_v<T, any_argument>) operator T() const;
  template <class Stream>
  friend Stream& operator<<(Stream& stream, no_result) {
    return stream;
  }
};

/// @cond
#define CLIPT_CALLED(name, calls, header)                                                                              \
  template <auto... Of>                                                                                                \
  no_result name(any_argument, any_argument = {}, any_argument = {}, any_argument = {}, any_argument = {},             \
                 any_argument = {}, any_argument = {}, any_argument = {}) {                                            \
    static_assert(call<Of...>::is_declared, "clipt::" #name ": " calls ", of <clipt/" header                           \
                                            ">: this call is another one, or the header is not included");             \
    return {};                                                                                                         \
  }

// clang-format off
CLIPT_CALLED(eval, "eval(ctx, x)", "autodiff/evaluate.hpp")
CLIPT_CALLED(assign, "assign(ctx, to, x)", "autodiff/assign.hpp")
CLIPT_CALLED(constant, "constant(ctx, x)", "autodiff/assign.hpp")
CLIPT_CALLED(gradcheck, "gradcheck(f, x...)", "autodiff/gradcheck.hpp")
CLIPT_CALLED(sum, "sum(ctx, x), sum<1>(ctx, x) or sum<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(mean, "mean(ctx, x), mean<1>(ctx, x) or mean<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(max, "max(x, y), max(ctx, x), max<1>(ctx, x) or max<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(min, "min(x, y), min(ctx, x), min<1>(ctx, x) or min<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(argmax, "argmax(ctx, x), argmax<1>(ctx, x) or argmax<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(argmin, "argmin(ctx, x), argmin<1>(ctx, x) or argmin<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(prod, "prod(ctx, x), prod<1>(ctx, x) or prod<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(variance, "variance(ctx, x), variance(ctx, x, 0.0), variance<1>(ctx, x) or variance<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(standard_deviation, "standard_deviation(ctx, x) or standard_deviation<1>(ctx, x)", "nn/axis_reductions.hpp")
CLIPT_CALLED(vector_norm, "vector_norm(ctx, x), vector_norm<1>(ctx, x) or vector_norm<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(any, "any(ctx, x), any<1>(ctx, x) or any<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(all, "all(ctx, x), all<1>(ctx, x) or all<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(log_sum_exp, "log_sum_exp(ctx, x), log_sum_exp<1>(ctx, x) or log_sum_exp<1>(ctx, x, keep_axes)", "nn/axis_reductions.hpp")
CLIPT_CALLED(row_sum, "row_sum(ctx, x)", "nn/rows.hpp")
CLIPT_CALLED(row_mean, "row_mean(ctx, x)", "nn/rows.hpp")
CLIPT_CALLED(row_max, "row_max(ctx, x)", "nn/rows.hpp")
CLIPT_CALLED(row_argmax, "row_argmax(ctx, x)", "nn/rows.hpp")
CLIPT_CALLED(column_sum, "column_sum(ctx, x)", "nn/reductions.hpp")
CLIPT_CALLED(softmax, "softmax(ctx, x) or softmax<1>(ctx, x)", "nn/axis_maps.hpp")
CLIPT_CALLED(log_softmax, "log_softmax(ctx, x) or log_softmax<1>(ctx, x)", "nn/axis_maps.hpp")
CLIPT_CALLED(l2_normalize, "l2_normalize(ctx, x) or l2_normalize<1>(ctx, x)", "nn/axis_maps.hpp")
CLIPT_CALLED(cumsum, "cumsum(ctx, x) or cumsum<1>(ctx, x)", "nn/axis_maps.hpp")
CLIPT_CALLED(sort, "sort(ctx, x) or sort<1>(ctx, x)", "nn/order.hpp")
CLIPT_CALLED(argsort, "argsort(ctx, x) or argsort<1>(ctx, x)", "nn/order.hpp")
CLIPT_CALLED(topk, "topk<count>(ctx, x) or topk<count, axis>(ctx, x)", "nn/order.hpp")
CLIPT_CALLED(gather, "gather(ctx, table, ids)", "nn/gather.hpp")
CLIPT_CALLED(index_select, "index_select<axis>(ctx, x, ids)", "nn/indexing.hpp")
CLIPT_CALLED(take_along, "take_along<axis>(ctx, x, ids)", "nn/indexing.hpp")
CLIPT_CALLED(scatter_add, "scatter_add<axis>(ctx, x, ids, source)", "nn/indexing.hpp")
CLIPT_CALLED(slice, "slice<axis, begin, count>(ctx, x) or slice<axis, rows>(ctx, x, {.begin = 2, .end = 5})", "nn/rearranging.hpp")
CLIPT_CALLED(split, "split<axis, parts>(ctx, x)", "nn/reshaping.hpp")
CLIPT_CALLED(concat, "concat<axis>(ctx, x, y)", "nn/reshaping.hpp")
CLIPT_CALLED(stack, "stack<axis>(ctx, x, y)", "nn/rearranging.hpp")
CLIPT_CALLED(flip, "flip<axis>(ctx, x)", "nn/rearranging.hpp")
CLIPT_CALLED(roll, "roll<axis>(ctx, x, shift)", "nn/rearranging.hpp")
CLIPT_CALLED(repeat, "repeat<axis, times>(ctx, x)", "nn/rearranging.hpp")
CLIPT_CALLED(pad, "pad<axis, before, after>(ctx, x)", "nn/rearranging.hpp")
CLIPT_CALLED(broadcast_to, "broadcast_to(ctx, x, shape<2, 3>())", "nn/broadcast_to.hpp")
CLIPT_CALLED(reshape, "reshape<shape<2, 3>>(x)", "nn/reshaping.hpp")
CLIPT_CALLED(permute, "permute<1, 0, 2>(ctx, x)", "nn/permute.hpp")
CLIPT_CALLED(transpose, "transpose(ctx, x)", "nn/permute.hpp")
CLIPT_CALLED(matmul, "matmul(ctx, x, y)", "nn/products.hpp")
CLIPT_CALLED(matmul_nt, "matmul_nt(ctx, x, y)", "nn/products.hpp")
CLIPT_CALLED(matmul_tn, "matmul_tn(ctx, x, y)", "nn/products.hpp")
CLIPT_CALLED(affine, "affine(ctx, x, weight, bias)", "nn/products.hpp")
CLIPT_CALLED(conv2d, "conv2d<stride, padding>(ctx, x, weight)", "nn/convolution.hpp")
CLIPT_CALLED(max_pool2d, "max_pool2d<size>(ctx, x)", "nn/pooling.hpp")
CLIPT_CALLED(avg_pool2d, "avg_pool2d<size>(ctx, x)", "nn/pooling.hpp")
CLIPT_CALLED(layer_norm, "layer_norm(ctx, x, weight, bias)", "nn/layer_norm.hpp")
CLIPT_CALLED(rms_norm, "rms_norm(ctx, x, weight)", "nn/rows.hpp")
CLIPT_CALLED(group_norm, "group_norm<groups>(ctx, x, weight, bias)", "nn/group_norm.hpp")
CLIPT_CALLED(batch_norm, "batch_norm(ctx, x, weight, bias, running_mean, running_variance)", "nn/batch_norm.hpp")
CLIPT_CALLED(self_attention, "self_attention<heads>(ctx, query_key_value, mask)", "nn/attention.hpp")
CLIPT_CALLED(cross_attention, "cross_attention<heads>(ctx, query, key, value, query_rows, key_rows)", "nn/attention.hpp")
CLIPT_CALLED(cross_entropy, "cross_entropy(ctx, logits, labels)", "nn/cross_entropy.hpp")
CLIPT_CALLED(contrastive_loss, "contrastive_loss(ctx, images, texts, log_scale)", "clip/objective.hpp")
CLIPT_CALLED(siglip_loss, "siglip_loss(ctx, images, texts, log_scale, bias)", "clip/objective.hpp")
CLIPT_CALLED(cholesky, "cholesky(ctx, a)", "nn/decompositions.hpp")
CLIPT_CALLED(qr, "qr(ctx, a)", "nn/decompositions.hpp")
CLIPT_CALLED(svd, "svd(ctx, a)", "nn/decompositions.hpp")
CLIPT_CALLED(eigh, "eigh(ctx, a)", "nn/decompositions.hpp")
CLIPT_CALLED(solve, "solve(ctx, a, b)", "nn/solvers.hpp")
CLIPT_CALLED(triangular_solve, "triangular_solve(ctx, a, b)", "nn/solvers.hpp")
CLIPT_CALLED(least_squares, "least_squares(ctx, a, b)", "nn/solvers.hpp")
CLIPT_CALLED(inverse, "inverse(ctx, a)", "nn/solvers.hpp")
CLIPT_CALLED(log_det, "log_det(ctx, a)", "nn/solvers.hpp")
CLIPT_CALLED(item, "item(ctx, x)", "nn/copy.hpp")
CLIPT_CALLED(initialise, "initialise(model, seed)", "nn/init.hpp")
CLIPT_CALLED(clear_gradients, "clear_gradients(model)", "nn/reflect.hpp")
CLIPT_CALLED(save_state, "save_state(model, path)", "state/state_file.hpp")
CLIPT_CALLED(load_state, "load_state(model, path)", "state/state_file.hpp")
CLIPT_CALLED(visit_model, "visit_model(path, f)", "clip/load.hpp")
CLIPT_CALLED(zero_shot, "zero_shot(model, words, labels)", "evaluate/zero_shot.hpp")
// clang-format on
#undef CLIPT_CALLED

template <any_text Text>
no_result einsum(any_argument, any_argument = {}, any_argument = {}, any_argument = {}) {
  static_assert(call<Text.size>::is_declared,
                "clipt::einsum: einsum<text>(ctx, x, y), of <clipt/nn/einsum.hpp>: this call is another one, "
                "or the header is not included");
  return {};
}

template <auto Config, auto... Of>
no_result load(...) {  // a path is made of its text, which any_argument would be, too
  static_assert(
      call<Config, Of...>::is_declared,
      "clipt::load: load<vit_b_32>(path), of <clipt/clip/load.hpp>: this call is another one, or the header is "
      "not included");
  return {};
}
/// @endcond

}  // namespace clipt::inline CLIPT_BUILD
