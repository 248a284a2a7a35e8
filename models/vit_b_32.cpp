// What ViT-B/32 does, compiled once for all users of models.hpp.
#include <clipt/weights/weights.hpp>
#include <clipt/models.hpp>

namespace clipt {

template class zero_shot_classifier<clip<vit_b_32>>;
template embeddings encode_texts(const clip<vit_b_32>&, const tokenizer&, std::span<const std::string>, int,
                                 std::size_t);
template embeddings encode_images(const clip<vit_b_32>&, dim_t, const picture_source&, int, dim_t);
template step_result accumulate_gradients(recording<>&, const clip<vit_b_32>&, const training_batch<float, 224>&);
template step_result accumulate_gradients(recording<>&, const clip<vit_b_32>&, const training_batch<float, 224>&,
                                          dim_t);
template void clear_gradients(const clip<vit_b_32>&);
template void initialise(clip<vit_b_32>&, std::uint64_t);
template void load_state(clip<vit_b_32>&, const std::filesystem::path&);
template void save_state(const clip<vit_b_32>&, const std::filesystem::path&,
                         const std::map<std::string, std::string>&);

}  // namespace clipt
