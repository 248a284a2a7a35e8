// Tests of learning byte pairs: against a plain count of all pairs in every round, determinism, stopping, real
// captions.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <shared.hpp>  // CLIPT_NEEDS_SHARED

#include <clipt/text/bpe_train.hpp>  // train_tokenizer
#include <clipt/core/error.hpp>      // shape_error
#include <clipt/core/philox.hpp>     // random_stream

namespace {

using captions_t = std::vector<std::string>;

/// The algorithm as written: count every pair anew in each round. It stays the oracle.
clipt::tokenizer train_plainly(const captions_t& captions, const clipt::bpe_options& options) {
  std::vector<std::pair<std::vector<std::int32_t>, std::int64_t>> words;
  for (const auto& [word, count] : clipt::detail::count_words(captions, options.cleaning)) {
    words.emplace_back();
    words.back().second = count;
    for (const char c : word) words.back().first.push_back(clipt::detail::alphabet.id[static_cast<unsigned char>(c)]);
    words.back().first.back() += 256;
  }
  clipt::detail::byte_pairs pairs;
  std::map<std::pair<std::int32_t, std::int32_t>, bool> passed_over;
  while (pairs.merges().size() < static_cast<std::size_t>(options.merges)) {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> counts;
    for (const auto& [ids, count] : words)
      for (std::size_t i = 0; i + 1 < ids.size(); ++i) counts[{ids[i], ids[i + 1]}] += count;
    std::pair<std::int32_t, std::int32_t> best;
    std::int64_t most = 0;
    for (const auto& [pair, count] : counts)
      if (count > most && !passed_over.contains(pair)) best = pair, most = count;
    if (most < options.min_count) break;
    const std::int32_t merged = pairs.append(best.first, best.second);
    if (merged < 0) {
      passed_over[best] = true;
      continue;
    }
    for (auto& [ids, count] : words) {
      std::vector<std::int32_t> next;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool hit = i + 1 < ids.size() && ids[i] == best.first && ids[i + 1] == best.second;
        next.push_back(hit ? merged : ids[i]);
        i += hit;
      }
      ids = next;
    }
  }
  return clipt::tokenizer::from_merges_text(clipt::detail::format_merges(pairs));
}

captions_t random_captions(std::size_t count, std::uint32_t letters, std::uint64_t seed) {
  const clipt::random_stream random{seed, 0, 0};
  captions_t captions(count);
  for (std::size_t i = 0; i < count; ++i)
    for (std::uint64_t k = 0; k < 40; ++k) {
      const std::uint32_t c = random.below(i * 40 + k, letters + 2);
      captions[i] += c < letters ? static_cast<char>('a' + c) : ' ';
    }
  return captions;
}

captions_t coco() {
  std::ifstream file(clipt_test::shared("data/coco/captions_val2017.json"));
  const auto json = nlohmann::json::parse(file);
  captions_t captions;
  for (const auto& annotation : json["annotations"]) captions.push_back(annotation["caption"]);
  return captions;
}

TEST(bpe_train, a_corpus_one_can_follow) {
  // "low" 5, "lower" 2, "newest" 6, "widest" 3: the example of Sennrich et al.
  captions_t captions;
  for (int i = 0; i < 5; ++i) captions.push_back("low");
  for (int i = 0; i < 2; ++i) captions.push_back("Lower");
  for (int i = 0; i < 6; ++i) captions.push_back("newest");
  for (int i = 0; i < 3; ++i) captions.push_back("widest");
  const std::string text = clipt::train_tokenizer(captions, {.merges = 5, .min_count = 2}).merges_text();
  EXPECT_EQ(text.substr(text.find('\n')), "\ne s\nes t</w>\nl o\ne w\nn ew");
}

TEST(bpe_train, equals_the_plain_algorithm) {
  for (const std::uint32_t letters : {1u, 2u, 3u, 8u, 26u}) {
    for (const int min_count : {1, 2, 5}) {
      const captions_t captions = random_captions(60, letters, letters);
      const clipt::bpe_options options{.merges = 400, .min_count = min_count};
      EXPECT_EQ(clipt::train_tokenizer(captions, options), train_plainly(captions, options))
          << letters << " " << min_count;
    }
  }
}

TEST(bpe_train, order_of_captions_does_not_matter) {
  captions_t captions = random_captions(200, 6, 3);
  const auto once = clipt::train_tokenizer(captions, {.merges = 300});
  std::reverse(captions.begin(), captions.end());
  EXPECT_EQ(clipt::train_tokenizer(captions, {.merges = 300}), once);
}

TEST(bpe_train, stops_when_no_pair_is_left) {
  EXPECT_EQ(clipt::train_tokenizer({}, {}).vocabulary_size(), 514);
  EXPECT_EQ(clipt::train_tokenizer(captions_t{"a b c", ""}, {}).vocabulary_size(), 514);
  EXPECT_EQ(clipt::train_tokenizer(captions_t{"abc"}, {.merges = 10, .min_count = 2}).vocabulary_size(), 514);
  EXPECT_EQ(clipt::train_tokenizer(captions_t{"abc"}, {.merges = 10, .min_count = 1}).vocabulary_size(), 516);
  EXPECT_EQ(clipt::train_tokenizer(captions_t{"abc abc abc"}, {.merges = 0}).vocabulary_size(), 514);
  EXPECT_EQ(clipt::train_tokenizer(captions_t{"<|endoftext|> <|endoftext|>"}, {}).vocabulary_size(), 514);
  EXPECT_THROW(clipt::train_tokenizer({}, {.merges = -1}), clipt::shape_error);
  EXPECT_THROW(clipt::train_tokenizer({}, {.merges = 1, .min_count = 0}), clipt::shape_error);
}

TEST(bpe_train, the_vocabulary_keeps_its_cleaning) {
  const captions_t captions{"a-b A_B a.b", "AB"};
  const auto learned = [&](clipt::text_cleaning how) {
    return clipt::train_tokenizer(captions, {.merges = 9, .min_count = 1, .cleaning = how});
  };
  EXPECT_EQ(learned(clipt::text_cleaning::canonicalize).encode("A--B").size(), 1u);
  EXPECT_EQ(learned(clipt::text_cleaning::whitespace).encode("AB").size(), 1u);
  EXPECT_EQ(learned(clipt::text_cleaning::whitespace).encode("ab").size(), 2u);
}

TEST(bpe_train, cleans_and_splits_as_for_encoding) {
  const captions_t captions{"Ｃａｔ CAT &#99;at 12 12", "it's \u2018it's\u2019"};
  const auto t = clipt::train_tokenizer(captions, {.merges = 100, .min_count = 1});
  EXPECT_EQ(t.encode("cat").size(), 1u);
  EXPECT_EQ(t.encode("'s").size(), 1u);
  EXPECT_EQ(t.encode("12").size(), 2u);
}

TEST(bpe_train, coco_captions) {
  CLIPT_NEEDS_SHARED("data/coco/captions_val2017.json");
  const captions_t captions = coco();
  const auto start = std::chrono::steady_clock::now();
  const auto t = clipt::train_tokenizer(captions, {.merges = 8192, .min_count = 1});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_EQ(t.vocabulary_size(), 512 + 8192 + 2);
  // A fifth of a second at most on an idle machine; sanitizers and busy machines get fifty times that.
  EXPECT_LT(seconds, 10);
  RecordProperty("milliseconds", static_cast<int>(seconds * 1000));
  for (std::size_t i = 0; i < captions.size(); i += 97) {
    std::string words = clipt::clean_text(captions[i]), decoded = t.decode(t.encode(captions[i]));
    std::erase(words, ' ');
    std::erase(decoded, ' ');
    EXPECT_EQ(decoded, words);
  }
}

}  // namespace
