// Captions a second of the tokenizer, and learning a vocabulary.
// CLIPT_CAPTIONS: a COCO captions file (synthetic captions without it); CLIPT_VOCABULARY: a merges file (learned
// without it).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <clipt/text/bpe_train.hpp>  // train_tokenizer
#include <clipt/text/tokenizer.hpp>  // tokenizer
#include <clipt/core/philox.hpp>     // random_stream

namespace {

/// Sentences of about ten words from a vocabulary of some thousand words, frequent ones drawn more often.
std::vector<std::string> synthetic_captions(std::size_t count) {
  const clipt::random_stream letters{1, 0, 0}, choices{1, 1, 0};
  std::vector<std::string> words(4000), captions(count);
  for (std::size_t w = 0; w < words.size(); ++w)
    for (std::uint64_t k = 0; k < 2 + w % 8; ++k) words[w] += static_cast<char>('a' + letters.below(w * 16 + k, 26));
  for (std::size_t i = 0; i < count; ++i) {
    captions[i] = "A ";
    for (std::uint64_t k = 0; k < 10; ++k) {
      const float u = choices.uniform(i * 16 + k);
      captions[i] += words[static_cast<std::size_t>(u * u * u * 3999)] + (k < 9 ? " " : ".");
    }
  }
  return captions;
}

const std::vector<std::string>& captions() {
  static const std::vector<std::string> all = [] {
    const char* path = std::getenv("CLIPT_CAPTIONS");
    if (path == nullptr) return synthetic_captions(25000);
    std::ifstream file(path);
    const auto json = nlohmann::json::parse(file);
    std::vector<std::string> read;
    for (const auto& annotation : json.at("annotations")) read.push_back(annotation.at("caption"));
    return read;
  }();
  return all;
}

const clipt::tokenizer& vocabulary() {
  static const clipt::tokenizer t = [] {
    const char* path = std::getenv("CLIPT_VOCABULARY");
    return path != nullptr ? clipt::tokenizer::from_file(path) : clipt::train_tokenizer(captions(), {});
  }();
  return t;
}

void count_captions(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(captions().size()));
  state.SetLabel(std::getenv("CLIPT_CAPTIONS") != nullptr ? "COCO captions" : "synthetic captions");
}

void tokenize_packed(benchmark::State& state) {
  vocabulary();
  for (auto _ : state)
    benchmark::DoNotOptimize(clipt::tokenize_packed(vocabulary(), captions(), 77, static_cast<int>(state.range(0))));
  count_captions(state);
}
BENCHMARK(tokenize_packed)->Arg(1)->Arg(2)->ArgName("threads")->UseRealTime()->Unit(benchmark::kMillisecond);

void tokenize_padded(benchmark::State& state) {
  vocabulary();
  for (auto _ : state)
    benchmark::DoNotOptimize(clipt::tokenize_padded(vocabulary(), captions(), 77, static_cast<int>(state.range(0))));
  count_captions(state);
}
BENCHMARK(tokenize_padded)->Arg(1)->Arg(2)->ArgName("threads")->UseRealTime()->Unit(benchmark::kMillisecond);

void learn_vocabulary(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(
        clipt::train_tokenizer(captions(), {.merges = 8192, .min_count = static_cast<int>(state.range(0))}));
  count_captions(state);
}
BENCHMARK(learn_vocabulary)->Arg(1)->Arg(2)->ArgName("min_count")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
