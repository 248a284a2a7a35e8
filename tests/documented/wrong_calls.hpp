CLIPT_CALLED(eval, "evaluate(ctx, x)", "autodiff/evaluate.hpp")
CLIPT_CALLED(sum, "sum(ctx, x)", "nn/order.hpp")
CLIPT_CALLED(mean, "mean(ctx, x)", "nn/mean.hpp")
