// A training step of a whole CLIP: both encoders, the contrastive loss, all gradients.
#include <clipt/clip.hpp>

using namespace clipt;

step_result step(recording<>& ctx, const clip<vit_b_32>& model, const training_batch<float, 224>& batch) {
  clear_gradients(model);
  return accumulate_gradients(ctx, model, batch);
}
