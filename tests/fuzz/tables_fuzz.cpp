// Feeds bytes to the readers of tables: the first line says how to read, the lines after it are the table.
#include <clipt/data/data.hpp>

#include <cstdlib>

#include "memory_file.hpp"

namespace {

/// "<separator><caption key>TAB<label key>TAB<conditions>"; conditions do not name other files.
clipt::csv_options options_of(std::string_view line) {
  clipt::csv_options options{.caption_separator = "|"};
  if (line.empty()) return options;
  options.separator = line[0];
  line.remove_prefix(1);
  for (std::string* field : {&options.caption_key, &options.label_key, &options.where}) {
    const std::size_t end = std::min(line.find('\t'), line.size());
    *field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  std::replace(options.where.begin(), options.where.end(), '@', '%');
  return options;
}

void use(const clipt::csv_dataset& data) {
  if (data.size() < 1) std::abort();
  for (int i = 0; i < data.size(); ++i) {
    if (data.captions(i).empty() || data.name(i).empty()) std::abort();
    static_cast<void>(data.caption(i, {1, static_cast<std::uint32_t>(i)}));
    static_cast<void>(data.label(i));
  }
  static_cast<void>(clipt::labels_of(data));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const clipt_test::memory_file file;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t first_line = std::min(input.find('\n'), size);
  file.fill(input.substr(std::min(first_line + 1, size)));
  try {
    use({file.path(), options_of(input.substr(0, first_line))});
  } catch (const clipt::error&) {
  }
  return 0;
}
