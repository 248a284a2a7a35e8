// Reading pictures and vocabularies, compiled once for all users of models.hpp.
#include <clipt/models.hpp>

namespace clipt {

template image read_image(const std::filesystem::path&, const decoding&);
template tokenizer tokenizer::from_file(const std::filesystem::path&);

}  // namespace clipt
