// The reference models without their compile time: what models do is compiled once, in the library clipt::models.
//
// A program that includes this header links clipt::models; with other headers it compiles the same functions itself.
#pragma once
#include <functional>

#include <clipt/evaluate/encode.hpp>
#include <clipt/pictures/image.hpp>
#include <clipt/clip/initialise.hpp>
#include <clipt/clip/objective.hpp>
#include <clipt/text/tokenizer.hpp>
#include <clipt/train/train.hpp>
#include <clipt/weights/weights_fwd.hpp>
#include <clipt/evaluate/zero_shot.hpp>
#include <clipt/io/image_file.hpp>

namespace clipt::inline CLIPT_BUILD {

/// Writes normalised picture i, [3, image, image], for encode_images.
using picture_source = std::function<void(dim_t i, std::span<float> planes)>;

extern template image read_image(const std::filesystem::path&, const decoding&);
extern template tokenizer tokenizer::from_file(const std::filesystem::path&);

extern template class zero_shot_classifier<clip<vit_b_32>>;
extern template embeddings encode_texts(const clip<vit_b_32>&, const tokenizer&, std::span<const std::string>, int,
                                        std::size_t);
extern template embeddings encode_images(const clip<vit_b_32>&, dim_t, const picture_source&, int, dim_t);
extern template step_result accumulate_gradients(recording<>&, const clip<vit_b_32>&,
                                                 const training_batch<float, 224>&);
extern template step_result accumulate_gradients(recording<>&, const clip<vit_b_32>&, const training_batch<float, 224>&,
                                                 dim_t);
extern template void clear_gradients(const clip<vit_b_32>&);
extern template void initialise(clip<vit_b_32>&, std::uint64_t);
extern template void load_state(clip<vit_b_32>&, const std::filesystem::path&);
extern template void save_state(const clip<vit_b_32>&, const std::filesystem::path&,
                                const std::map<std::string, std::string>&);

extern template class zero_shot_classifier<clip<vit_l_14>>;
extern template embeddings encode_texts(const clip<vit_l_14>&, const tokenizer&, std::span<const std::string>, int,
                                        std::size_t);
extern template embeddings encode_images(const clip<vit_l_14>&, dim_t, const picture_source&, int, dim_t);
extern template step_result accumulate_gradients(recording<>&, const clip<vit_l_14>&,
                                                 const training_batch<float, 224>&);
extern template step_result accumulate_gradients(recording<>&, const clip<vit_l_14>&, const training_batch<float, 224>&,
                                                 dim_t);
extern template void clear_gradients(const clip<vit_l_14>&);
extern template void initialise(clip<vit_l_14>&, std::uint64_t);
extern template void load_state(clip<vit_l_14>&, const std::filesystem::path&);
extern template void save_state(const clip<vit_l_14>&, const std::filesystem::path&,
                                const std::map<std::string, std::string>&);

extern template class zero_shot_classifier<clip<rn50>>;
extern template embeddings encode_texts(const clip<rn50>&, const tokenizer&, std::span<const std::string>, int,
                                        std::size_t);
extern template embeddings encode_images(const clip<rn50>&, dim_t, const picture_source&, int, dim_t);
extern template step_result accumulate_gradients(recording<>&, const clip<rn50>&, const training_batch<float, 224>&);
extern template step_result accumulate_gradients(recording<>&, const clip<rn50>&, const training_batch<float, 224>&,
                                                 dim_t);
extern template void clear_gradients(const clip<rn50>&);
extern template void initialise(clip<rn50>&, std::uint64_t);
extern template void load_state(clip<rn50>&, const std::filesystem::path&);
extern template void save_state(const clip<rn50>&, const std::filesystem::path&,
                                const std::map<std::string, std::string>&);

}  // namespace clipt::inline CLIPT_BUILD
