// Pictures of one colour, and encoders that see nothing but that colour: evaluation with answers known beforehand.
#pragma once
#include <clipt/evaluate/encoders.hpp>

#include <atomic>
#include <map>
#include <string>
#include <vector>

namespace clipt_test {

inline constexpr int side = 8;

inline clipt::embeddings unit_rows(std::vector<float> values, clipt::dim_t embed) {
  clipt::embeddings out{static_cast<clipt::dim_t>(values.size()) / embed, embed, std::move(values)};
  for (clipt::dim_t i = 0; i < out.count; ++i) {
    float* row = out.values.data() + i * embed;
    const float length = std::sqrt(clipt::on_cpu::row_dot(row, row, embed));
    for (clipt::dim_t c = 0; c < embed; ++c) row[c] /= length;
  }
  return out;
}

/// A picture is embedded as its colour, a text as the colour that its last word means; counts what it is asked.
struct colour_encoders {
  std::map<std::string, std::vector<float>> words{{"red", {1, 0, 0}},    {"green", {0, 1, 0}},  {"blue", {0, 0, 1}},
                                                  {"orange", {2, 1, 0}}, {"yellow", {1, 1, 0}}, {"white", {1, 1, 1}}};
  int pictures_encoded = 0;
  std::vector<std::string> texts_encoded;

  clipt::encoders get() {
    return {side, 3, 1,
            [this](std::span<const std::string> texts) {
              std::vector<float> values;
              for (const auto& text : texts) {
                texts_encoded.push_back(text);
                const auto& colour = words.at(text.substr(text.rfind(' ') + 1));
                values.insert(values.end(), colour.begin(), colour.end());
              }
              return unit_rows(values, 3);
            },
            [this](clipt::dim_t count, const clipt::encoders::fill_picture& fill) {
              std::vector<float> planes(3 * side * side), values;
              for (clipt::dim_t i = 0; i < count; ++i) {
                fill(i, planes);
                ++pictures_encoded;
                for (std::size_t c = 0; c < 3; ++c)  // the preprocessing undone
                  values.push_back(planes[c * side * side] * clipt::clip_statistics.std[c] +
                                   clipt::clip_statistics.mean[c]);
              }
              return unit_rows(values, 3);
            }};
  }
};

/// One picture of a data set: its colour, its label (or none), its captions, and what it is called.
struct solid {
  std::array<std::uint8_t, 3> colour;
  std::string label;
  std::vector<std::string> captions;
  bool broken = false;
  std::string name{};  // none: by its number
};

class solid_pictures {
 public:
  solid_pictures(std::vector<solid> pictures) : pictures_(std::move(pictures)) {}

  int size() const { return static_cast<int>(pictures_.size()); }
  std::string name(int i) const { return at(i).name.empty() ? "picture " + std::to_string(i) : at(i).name; }
  std::string label(int i) const { return at(i).label; }
  std::vector<std::string> captions(int i) const { return at(i).captions; }
  std::string caption(int i, clipt::random_stream) const { return at(i).captions.at(0); }
  std::string value(int i, std::string_view column) const {
    return std::string(column) + (at(i).colour[2] > 0 ? " cold" : " warm");
  }
  clipt::image load(int i) const {
    if (at(i).broken) throw clipt::io_error(name(i) + " is broken");
    clipt::image out = clipt::blank_image(side, side, 3, clipt::pixel_mode::rgb);
    for (std::size_t k = 0; k < out.pixels.size(); ++k) out.pixels[k] = at(i).colour[k % 3];
    return out;
  }

 private:
  const solid& at(int i) const { return pictures_[static_cast<std::size_t>(i)]; }
  std::vector<solid> pictures_;
};

}  // namespace clipt_test
