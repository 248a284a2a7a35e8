// A batch after the other, and the bar between them: batches are those that the encoders make themselves.
#include "with_progress.hpp"

#include <clipt/train/progress.hpp>

#include <algorithm>

namespace {

/// What `encode(begin, count)` makes of `count` inputs, 64 at a time.
template <class Encode>
clipt::embeddings in_batches(std::size_t count, const char* unit, Encode&& encode) {
  constexpr std::size_t at_once = 64;
  if (count <= at_once) return encode(std::size_t{0}, count);
  clipt::progress bar({.name = "embedding", .total = static_cast<std::int64_t>(count), .unit = unit},
                      clipt::standard_progress_output(2));
  clipt::embeddings all;
  for (std::size_t begin = 0; begin < count; begin += at_once) {
    const clipt::embeddings part = encode(begin, std::min(at_once, count - begin));
    all.count += part.count;
    all.embed = part.embed;
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
    bar.update(all.count);
  }
  bar.finish();
  return all;
}

}  // namespace

clipt::encoders command_line::with_progress(clipt::encoders encode) {
  clipt::encoders shown = encode;
  shown.texts = [texts = encode.texts](std::span<const std::string> all) {
    return in_batches(all.size(), "texts",
                      [&](std::size_t begin, std::size_t count) { return texts(all.subspan(begin, count)); });
  };
  shown.pictures = [pictures = encode.pictures](clipt::dim_t count, const clipt::encoders::fill_picture& fill) {
    return in_batches(static_cast<std::size_t>(count), "pictures", [&](std::size_t begin, std::size_t part) {
      return pictures(static_cast<clipt::dim_t>(part), [&](clipt::dim_t i, std::span<float> planes) {
        fill(static_cast<clipt::dim_t>(begin) + i, planes);
      });
    });
  };
  return shown;
}
