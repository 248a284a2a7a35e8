// Feeds bytes to the readers of small text files; the first byte says to which.
#include <clipt/evaluate/embedding_store.hpp>
#include <clipt/train/metrics_log.hpp>
#include <clipt/evaluate/prompt_files.hpp>
#include <clipt/io/gzip.hpp>

#include <cstdlib>

#include "scratch_folder.hpp"

namespace {

const clipt_test::scratch_folder folder;

void read_labels(std::string_view bytes) {
  for (const std::string& label : clipt::labels_from_file(folder.fill("labels", bytes)))
    if (label.empty()) std::abort();
}

void read_templates(std::string_view bytes) {
  if (clipt::templates_from_file(folder.fill("templates", bytes)).empty()) std::abort();
}

void read_prompt_sets(std::string_view bytes) {
  for (const auto& [name, set] : clipt::prompt_sets_from_file(folder.fill("prompts.json", bytes)))
    if (set.labels.empty() || set.templates.empty() || set.synonyms.size() != set.labels.size()) std::abort();
}

/// A log that can be read goes on where it was stopped.
void read_log(std::string_view bytes) {
  const auto path = folder.fill("metrics.jsonl", bytes);
  std::size_t kept = 0;
  for (const auto& line : clipt::read_metrics(path)) {
    static_cast<void>(clipt::metric(line, "loss"));
    kept += line["step"].get<std::int64_t>() <= 7;
  }
  clipt::metrics_log(path, 7).write({{"step", 8}});
  if (clipt::read_metrics(path).size() != kept + 1) std::abort();
}

/// Whatever stands in its two text files, a store is refused, or keeps what is appended to it.
void open_store(std::string_view bytes) {
  const std::size_t second = std::min(bytes.find('\0'), bytes.size());
  if (second < bytes.size()) {
    folder.fill("store.json", bytes.substr(0, second));
    bytes.remove_prefix(second + 1);
  } else {
    std::filesystem::remove(folder.path() / "store.json");
  }
  folder.fill("records.jsonl", bytes);
  folder.fill("embeddings.f32", std::string(8 * 2 * sizeof(float), '\1'));
  const auto open = [] { return clipt::embedding_store(folder.path(), 2, {{"model", "m"}}); };
  std::size_t records = 0;
  {
    clipt::embedding_store store = open();
    if (store.rows() < 0 || store.rows() > 8) std::abort();
    records = store.records().size();
    store.append(std::vector<float>{1, 2}, std::vector<clipt::embedding_store::record>{{{"row", store.rows()}}});
  }
  if (open().records().size() != records + 1) std::abort();
}

void unpack(std::string_view bytes) {
  if (clipt::read_gzip_file(folder.fill("text.gz", bytes), 1 << 20).size() > 1 << 20) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr void (*readers[])(std::string_view) = {read_labels, read_templates, read_prompt_sets,
                                                   read_log,    open_store,     unpack};
  try {
    readers[data[0] % std::size(readers)]({reinterpret_cast<const char*>(data + 1), size - 1});
  } catch (const clipt::error&) {
  }
  return 0;
}
