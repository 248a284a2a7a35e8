// Tests of the tokenizer: splitting, merging, files, packing, and CLIP's own vocabulary with its reference strings.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <shared.hpp>  // CLIPT_NEEDS_SHARED

#include <clipt/text/tokenizer.hpp>  // tokenizer
#include <clipt/core/error.hpp>      // io_error, shape_error
#include <clipt/core/philox.hpp>     // random_stream

namespace {

using clipt::tokenizer;
using ids_t = std::vector<std::int32_t>;
using words_t = std::vector<std::string>;

words_t pieces(std::string_view text) {
  words_t out;
  clipt::for_each_piece(text, [&](std::string_view piece) { out.emplace_back(piece); });
  return out;
}

template <class Error>
std::string message_of(auto&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

tokenizer small() {
  return tokenizer::from_merges_text("#version: 0.2\na b\nab c\na b</w>\nab ab</w>\nb c</w>\na a\n");
}

const tokenizer& clip_tokenizer() {
  static const tokenizer t = tokenizer::from_file(clipt_test::shared("clip/bpe_simple_vocab_16e6.txt.gz"));
  return t;
}

TEST(word_split, words_digits_punctuation) {
  EXPECT_EQ(pieces(""), words_t{});
  EXPECT_EQ(pieces("a photo of 12 cats."), (words_t{"a", "photo", "of", "1", "2", "cats", "."}));
  EXPECT_EQ(pieces("x²+½=①"), (words_t{"x", "²", "+", "½", "=", "①"}));
  EXPECT_EQ(pieces("naïve 你好,世界"), (words_t{"naïve", "你好", ",", "世界"}));
  EXPECT_EQ(pieces("a😀b \u0301"), (words_t{"a", "😀", "b", "\u0301"}));
  EXPECT_EQ(pieces("हिन्दी").size(), 6u);  // marks are no letters
  EXPECT_EQ(pieces("a\u0345b"), (words_t{"a", "b"}));
}

TEST(word_split, contractions) {
  EXPECT_EQ(pieces("it's they're i'll we've i'm you'd can't"),
            (words_t{"it", "'s", "they", "'re", "i", "'ll", "we", "'ve", "i", "'m", "you", "'d", "can", "'t"}));
  EXPECT_EQ(pieces("'sit's"), (words_t{"'s", "it", "'s"}));
  EXPECT_EQ(pieces("!'s ''s"), (words_t{"!'", "s", "''", "s"}));
  EXPECT_EQ(pieces("'rock 'n'"), (words_t{"'", "rock", "'", "n", "'"}));
  EXPECT_EQ(pieces("'ſ"), (words_t{"'ſ"}));
}

TEST(word_split, specials) {
  EXPECT_EQ(pieces("a<|endoftext|>b"), (words_t{"a", "<|endoftext|>", "b"}));
  EXPECT_EQ(pieces("!<|endoftext|>"), (words_t{"!<|", "endoftext", "|>"}));
  EXPECT_EQ(pieces("<|endoftext|"), (words_t{"<|", "endoftext", "|"}));
  EXPECT_EQ(pieces("<|startoftext|><|endoftext|>"), (words_t{"<|startoftext|>", "<|endoftext|>"}));
}

TEST(byte_pairs, numbering) {
  const tokenizer t = small();
  EXPECT_EQ(t.vocabulary_size(), 512 + 6 + 2);
  EXPECT_EQ(t.start_of_text(), 518);
  EXPECT_EQ(t.end_of_text(), 519);
  EXPECT_EQ(t.encode("!"), ids_t{256});
  EXPECT_EQ(t.encode("ÿ"), (ids_t{0xC3 - 174 + 94 + 12, 256 + 0xBF - 174 + 94 + 12}));
  EXPECT_EQ(t.encode("ab"), ids_t{514});
}

TEST(byte_pairs, merges_by_rank_not_by_length) {
  const tokenizer t = small();
  EXPECT_EQ(t.encode("abab"), ids_t{515});
  EXPECT_EQ(t.encode("abc"), (ids_t{512, 256 + 'c' - 33}));  // "a b" goes before "b c</w>"
  EXPECT_EQ(t.encode("abcd"), (ids_t{513, 256 + 'd' - 33}));
  EXPECT_EQ(t.encode("aaax"), (ids_t{517, 'a' - 33, 256 + 'x' - 33}));
}

TEST(byte_pairs, a_symbol_whose_text_comes_out_otherwise_is_not_taken_whole) {
  // "bc</w>" exists, and so does "abc</w>" through it, but "ab" merges first.
  const tokenizer t = tokenizer::from_merges_text("#\na b\nb c</w>\na bc</w>");
  EXPECT_EQ(t.encode("abc"), (ids_t{512, 256 + 'c' - 33}));
  EXPECT_EQ(t.encode("bc"), ids_t{513});
}

TEST(byte_pairs, short_and_long_words_merge_alike) {
  // Random merges over three letters, in any order that a file could hold, then words of every length both ways.
  clipt::detail::byte_pairs pairs;
  const clipt::random_stream random{7, 0, 0};
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto symbol = [&](std::uint64_t element) {
      const auto c =
          static_cast<std::int32_t>(random.below(element, 3 + static_cast<std::uint32_t>(pairs.merges().size())));
      return c < 3 ? 'a' - 33 + c : 512 + c - 3;
    };
    const std::int32_t left = symbol(2 * i), right = symbol(2 * i + 1);
    if (pairs.bytes(left).size() + pairs.bytes(right).size() <= 6) pairs.append(left, right);
  }
  ASSERT_GT(pairs.merges().size(), 100u);
  const clipt::random_stream letters{7, 1, 0};
  for (std::uint32_t n = 2; n <= clipt::detail::byte_pairs::short_word; ++n) {
    for (std::uint32_t round = 0; round < 50; ++round) {
      ids_t a;
      for (std::uint32_t i = 0; i < n; ++i)
        a.push_back('a' - 33 + static_cast<std::int32_t>(letters.below((n * 50 + round) * 64 + i, 3)));
      ids_t b = a;
      a.resize(pairs.merge_short(a.data(), a.size()));
      b.resize(pairs.merge_long(b.data(), b.size()));
      ASSERT_EQ(a, b) << n;
    }
  }
}

TEST(tokenizer, decode) {
  const tokenizer t = small();
  EXPECT_EQ(t.decode(t.encode("Abc  abab!")), "abc abab ! ");
  EXPECT_EQ(t.decode(ids_t{518, 512, 256 + 'c' - 33, 519}), "<|startoftext|>abc <|endoftext|>");
  EXPECT_EQ(t.decode(ids_t{}), "");
  EXPECT_EQ(t.decode(t.encode("é")), "é ");
  EXPECT_EQ(t.decode(ids_t{t.encode("é")[0]}), "\uFFFD");
  EXPECT_EQ(t.decode(ids_t{t.encode("é")[0] + 256}), "\uFFFD ");
  EXPECT_THROW(t.decode(ids_t{-1}), clipt::shape_error);
  EXPECT_EQ(message_of<clipt::shape_error>([&] { t.decode(ids_t{520}); }),
            "clipt::tokenizer::decode: id 520 is outside [0, 520)");
}

TEST(tokenizer, every_byte_string_has_ids) {
  const tokenizer t;
  EXPECT_EQ(t.vocabulary_size(), 514);
  for (int b = 0; b < 256; ++b) {
    const std::string text{'x', char(b), 'y'};
    for (const auto id : t.encode(text)) EXPECT_TRUE(id >= 0 && id < 512);
  }
}

TEST(tokenizer, specials_and_truncation) {
  const tokenizer t = small();
  EXPECT_EQ(t.encode_with_specials("", 77), (ids_t{518, 519}));
  EXPECT_EQ(t.encode_with_specials("! ! !", 77), (ids_t{518, 256, 256, 256, 519}));
  EXPECT_EQ(t.encode_with_specials("! ! !", 5), (ids_t{518, 256, 256, 256, 519}));
  EXPECT_EQ(t.encode_with_specials("! ! !", 4), (ids_t{518, 256, 256, 519}));
  EXPECT_EQ(t.encode_with_specials("! ! !", 2), (ids_t{518, 519}));
  EXPECT_EQ(t.encode("a <|EndOfText|> a"), (ids_t{256 + 'a' - 33, 519, 256 + 'a' - 33}));
  EXPECT_EQ(message_of<clipt::shape_error>([&] { t.encode_with_specials("! ! !", 4, false); }),
            "clipt::tokenizer: '! ! !...' has 5 ids with start and end, context_length is 4; shorten it or truncate");
  EXPECT_THROW(t.encode_with_specials("!", 1), clipt::shape_error);
}

TEST(tokenizer, text_and_file_read_back_equal) {
  const tokenizer t = small();
  EXPECT_EQ(tokenizer::from_merges_text(t.merges_text()), t);
  EXPECT_EQ(tokenizer::from_merges_text(tokenizer().merges_text()), tokenizer());
  EXPECT_FALSE(t == tokenizer());
  const auto path = std::filesystem::path(testing::TempDir()) / "clipt_tokenizer_test.txt.gz";
  t.save(path);
  EXPECT_EQ(tokenizer::from_file(path), t);
  std::filesystem::remove(path);
  EXPECT_EQ(tokenizer::from_merges_text("#version: 0.2\r\na b\r\n"), tokenizer::from_merges_text("x\na b"));
}

TEST(tokenizer, texts_can_be_cleaned_in_other_ways) {
  const tokenizer lower = small();
  EXPECT_EQ(lower.cleaning(), clipt::text_cleaning::lower);
  const tokenizer whitespace = lower.with_cleaning(clipt::text_cleaning::whitespace);
  const tokenizer canonical = lower.with_cleaning(clipt::text_cleaning::canonicalize);
  EXPECT_EQ(whitespace.encode("ab AB!"), (ids_t{514, 'A' - 33, 256 + 'B' - 33, 256}));
  EXPECT_EQ(canonical.encode("ab_AB! a-b"), (ids_t{514, 514, 514}));
  EXPECT_EQ(whitespace.encode("<|endoftext|>"), ids_t{519});
  EXPECT_EQ(whitespace.encode("<|EndOfText|>").size(), 13u);  // matched in any case, but it is the id only in this
  EXPECT_FALSE(canonical == lower);
}

TEST(tokenizer, a_merges_file_keeps_the_cleaning) {
  const tokenizer canonical = small().with_cleaning(clipt::text_cleaning::canonicalize);
  EXPECT_EQ(tokenizer::from_merges_text(canonical.merges_text()), canonical);
  EXPECT_EQ(tokenizer::from_merges_text(canonical.merges_text()).cleaning(), clipt::text_cleaning::canonicalize);
  EXPECT_TRUE(canonical.merges_text().starts_with("#version: 0.2 - clipt byte-pair merges, cleaning: canonicalize\n"));
  EXPECT_EQ(
      message_of<clipt::io_error>(
          [] { tokenizer::from_merges_text("#version: 0.2 - clipt byte-pair merges, cleaning: upper\r\na b"); }),
      "clipt::tokenizer: the merges text, line 1: expected cleaning: lower or whitespace or canonicalize or none, "
      "found 'upper'");
}

TEST(tokenizer, bytes_beyond_ascii_read_back_equal) {
  const tokenizer t = tokenizer::from_merges_text("#\nÃ ©</w>\nÄ ł\nĠ Ń</w>");
  EXPECT_EQ(t.encode("é"), ids_t{512});
  EXPECT_EQ(tokenizer::from_merges_text(t.merges_text()), t);
}

TEST(tokenizer, what_is_wrong_with_a_file) {
  const auto message = [](std::string_view text) {
    return message_of<clipt::io_error>([&] { tokenizer::from_merges_text(text); });
  };
  const std::string lead =
      "clipt::tokenizer: the merges text, line 3: expected two known symbols and a space between them, found ";
  EXPECT_EQ(message("#\na b\nab"), lead + "'ab'");
  EXPECT_EQ(message("#\na b\na b c"), lead + "'a b c'");
  EXPECT_EQ(message("#\na b\n\na c"), lead + "''");
  EXPECT_EQ(message("#\na b\nab cd"), lead + "'cd', which is neither a byte's symbol nor made by a line before");
  EXPECT_EQ(message("#\na b\na b"), lead + "'a b', whose result an earlier line makes already");
  EXPECT_EQ(message("#\na b\nb</w> a"), lead + "'b</w>' on the left, which ends a word");
  EXPECT_EQ(message("#\na b\na \x01"), lead + "'\x01', which is neither a byte's symbol nor made by a line before");
  EXPECT_EQ(message("#\na b\n a"), lead + "'', which is neither a byte's symbol nor made by a line before");
  EXPECT_EQ(message(""), "no error");
  EXPECT_THROW(tokenizer::from_file("absent.txt.gz"), clipt::io_error);
}

TEST(tokenizer, packed_and_padded) {
  const tokenizer t = small();
  std::vector<std::string> captions;
  for (int i = 0; i < 1000; ++i)
    captions.push_back(std::string(static_cast<std::size_t>(i % 7), '!') + " a b " + std::to_string(i));
  const auto packed = clipt::tokenize_packed(t, captions, 6, 1);
  const auto padded = clipt::tokenize_padded(t, captions, 6, 1);
  ASSERT_EQ(packed.offsets.size(), 1001u);
  ASSERT_EQ(padded.size(), 6000u);
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const ids_t expected = t.encode_with_specials(captions[i], 6);
    EXPECT_EQ(ids_t(packed.ids.begin() + packed.offsets[i], packed.ids.begin() + packed.offsets[i + 1]), expected);
    ids_t row(padded.begin() + static_cast<long>(i) * 6, padded.begin() + static_cast<long>(i + 1) * 6);
    EXPECT_TRUE(
        std::all_of(row.begin() + static_cast<long>(expected.size()), row.end(), [](auto id) { return id == 0; }));
    row.resize(expected.size());
    EXPECT_EQ(row, expected);
  }
  for (const int threads : {0, 2, 3}) {
    EXPECT_EQ(clipt::tokenize_packed(t, captions, 6, threads).ids, packed.ids);
    EXPECT_EQ(clipt::tokenize_padded(t, captions, 6, threads), padded);
  }
  const auto none = clipt::tokenize_packed(t, {}, 6);
  EXPECT_EQ(none.offsets, std::vector<std::int32_t>{0});
  EXPECT_THROW(clipt::tokenize_packed(t, captions, 1, 2), clipt::shape_error);
}

TEST(tokenizer, many_threads_share_one) {
  const tokenizer t = small();
  const ids_t expected = t.encode("abab abc 12 é");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t k = 0; k < wrong.size(); ++k)
    threads.emplace_back([&, k] {
      for (int i = 0; i < 2000; ++i) wrong[k] += t.encode("abab abc 12 é") != expected;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(tokenizer, a_word_of_a_million_letters_takes_bounded_time) {
  const tokenizer t = small();
  EXPECT_EQ(t.encode(std::string(1000000, 'a')).size(), 500001u);
}

TEST(clip_vocabulary, numbers) {
  CLIPT_NEEDS_SHARED("clip/bpe_simple_vocab_16e6.txt.gz");
  const tokenizer& t = clip_tokenizer();
  EXPECT_EQ(t.vocabulary_size(), 49408);
  EXPECT_EQ(t.start_of_text(), 49406);
  EXPECT_EQ(t.end_of_text(), 49407);
  EXPECT_EQ(t.encode_with_specials("Hello World!", 77), (ids_t{49406, 3306, 1002, 256, 49407}));
  EXPECT_EQ(t.decode(ids_t{512, 49405}), "injekyll ");
  const tokenizer again = tokenizer::from_merges_text(t.merges_text());
  EXPECT_EQ(again, t);
  EXPECT_EQ(again.vocabulary_size(), 49408);
}

TEST(clip_vocabulary, reference_strings) {
  CLIPT_NEEDS_SHARED("clip/bpe_simple_vocab_16e6.txt.gz");
  CLIPT_NEEDS_SHARED("golden/tokenizer/strings.jsonl");
  const tokenizer& t = clip_tokenizer();
  std::ifstream file(clipt_test::golden("tokenizer/strings.jsonl"));
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto reference = nlohmann::json::parse(line);
    const std::string text = reference["text"];
    const ids_t ids = t.encode(text);
    EXPECT_EQ(ids, reference["ids"].get<ids_t>()) << line;
    EXPECT_EQ(t.decode(ids), reference["decoded"].get<std::string>()) << line;
    EXPECT_EQ(t.encode_with_specials(text, 77), reference["truncated77"].get<ids_t>()) << line;
  }
  EXPECT_EQ(count, 358u);
}

TEST(clip_vocabulary, other_cleanings) {
  CLIPT_NEEDS_SHARED("clip/bpe_simple_vocab_16e6.txt.gz");
  // open_clip.SimpleTokenizer(clean=...).encode("A photo_of I'LL, the CAT!")
  const std::string text = "A photo_of I'LL, the CAT!";
  EXPECT_EQ(clip_tokenizer().with_cleaning(clipt::text_cleaning::whitespace).encode(text),
            (ids_t{288, 1125, 318, 539, 296, 6, 43, 299, 267, 518, 34, 32, 307, 256}));
  EXPECT_EQ(clip_tokenizer().with_cleaning(clipt::text_cleaning::canonicalize).encode(text),
            (ids_t{320, 1125, 539, 660, 518, 2368}));
}

}  // namespace
