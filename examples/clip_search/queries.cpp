// Reading and embedding queries.
#include "queries.hpp"

#include <fmt/format.h>

#include <clipt/io/json_text.hpp>

#include <cmath>

namespace {

void add_parts(const nlohmann::ordered_json& weights, bool picture, const std::string& where,
               std::vector<query_part>& parts) {
  for (const auto& [what, weight] : weights.items()) {
    if (!weight.is_number() || !std::isfinite(weight.get<double>()))
      throw clipt::io_error(fmt::format("{}: the weight of '{}' is no number", where, what));
    parts.push_back({picture, what, weight.get<double>()});
  }
}

/// The parts' embeddings, texts and pictures each at once, added up for each query.
void add_up(const clipt::file_embeddings& parts, std::span<const std::pair<std::size_t, double>> places,
            clipt::file_embeddings& sums) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto [query, weight] = places[i];
    if (!parts.reasons[i].empty()) sums.reasons[query] = parts.reasons[i];
    const auto row = parts.values.row(static_cast<clipt::dim_t>(i));
    float* const sum = sums.values.values.data() + query * row.size();
    for (std::size_t k = 0; k < row.size(); ++k) sum[k] += static_cast<float>(weight * row[k]);
  }
}

/// Refuses what is next to nothing: its direction would be that of rounding.
void to_unit_length(std::span<float> sum, double weights, std::string& reason) {
  double squares = 0;
  for (const float x : sum) squares += static_cast<double>(x) * x;
  const double length = std::sqrt(squares);
  if (reason.empty() && !(length > 1e-4 * weights)) reason = "what is asked for and what is not cancel each other";
  if (reason.empty())
    for (float& x : sum) x = static_cast<float>(x / length);
}

}  // namespace

search_query query_of_line(const std::string& line, const std::string& where) {
  if (!line.starts_with('{')) return {line, where, {{false, line, 1}}};
  const auto object = clipt::detail::parse_json<nlohmann::ordered_json>(line);
  search_query query{line, where, {}};
  if (object.is_discarded())
    throw clipt::io_error(
        fmt::format("{}: a line that begins with a brace is an object of JSON, and this is none", where));
  for (const auto& [name, weights] : object.items()) {
    if ((name != "texts" && name != "images") || !weights.is_object())
      throw clipt::io_error(fmt::format(
          R"({}: '{}': expected {{"texts": {{"a dog": 1, ...}}, "images": {{"dog.jpg": 0.5, ...}}}})", where, name));
    add_parts(weights, name == "images", where, query.parts);
  }
  if (query.parts.empty()) throw clipt::io_error(fmt::format("{}: there is no text and no image in it", where));
  return query;
}

std::string name_of(const std::vector<query_part>& parts) {
  std::string name;
  for (const query_part& part : parts) {
    if (!name.empty()) name += part.weight < 0 ? " - " : " + ";
    if (name.empty() && part.weight < 0) name = "- ";
    if (std::abs(part.weight) != 1) name += fmt::format("{} ", std::abs(part.weight));
    name += part.what;
  }
  return name;
}

clipt::file_embeddings embed_queries(const clipt::encoders& encode, std::span<const search_query> queries) {
  const auto width = static_cast<std::size_t>(encode.embed);
  clipt::file_embeddings sums{{static_cast<clipt::dim_t>(queries.size()), encode.embed, {}},
                              std::vector<std::string>(queries.size())};
  sums.values.values.resize(queries.size() * width);
  std::vector<std::string> texts;
  std::vector<std::filesystem::path> pictures;
  std::vector<std::pair<std::size_t, double>> places_of_texts, places_of_pictures;
  std::vector<double> weights(queries.size());
  for (std::size_t q = 0; q < queries.size(); ++q)
    for (const query_part& part : queries[q].parts) {
      if (part.picture)
        pictures.emplace_back(part.what);
      else
        texts.push_back(part.what);
      (part.picture ? places_of_pictures : places_of_texts).emplace_back(q, part.weight);
      weights[q] += std::abs(part.weight);
    }
  if (!texts.empty()) add_up(clipt::encode_lines(encode, texts), places_of_texts, sums);
  if (!pictures.empty()) add_up(clipt::encode_files(encode, pictures), places_of_pictures, sums);
  for (std::size_t q = 0; q < queries.size(); ++q)
    to_unit_length(std::span(sums.values.values).subspan(q * width, width), weights[q], sums.reasons[q]);
  return sums;
}
