// What is asked for: texts and pictures with weights, from the command line or from lines.
#pragma once
#include <clipt/evaluate/encode_files.hpp>

#include <string>
#include <string_view>
#include <vector>

/// A text or a picture file, and how much it counts; less than nothing for what is not wanted.
struct query_part {
  bool picture;
  std::string what;
  double weight;
};

struct search_query {
  std::string name;   // where results are shown
  std::string where;  // where it cannot be answered
  std::vector<query_part> parts;
};

/// The query of a line: its words or, where it begins with a brace, an object
/// {"texts": {"a dog": 1, "snow": -0.5}, "images": {"dog.jpg": 1}}. Errors: io_error that names `where`.
search_query query_of_line(const std::string& line, const std::string& where);

/// How a query of parts is named where results are shown.
std::string name_of(const std::vector<query_part>& parts);

/// The unit sums of the weighted embeddings of each query's parts; the reasons of those that have none.
clipt::file_embeddings embed_queries(const clipt::encoders& encode, std::span<const search_query> queries);
