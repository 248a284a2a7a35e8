// Lesson 8: text. A vocabulary is read from CLIP's file or learned from captions; captions go to the model packed.
#include <fmt/format.h>

#include <filesystem>

#include <clipt/text/bpe_train.hpp>  // train_tokenizer
#include <clipt/data/scenes.hpp>     // captions to learn from
#include <clipt/text/tokenizer.hpp>  // tokenizer

#include "expect.hpp"

int main(int argc, char** argv) {
  // With the path of CLIP's bpe_simple_vocab_16e6.txt.gz: its 49,408 symbols. Without: 200 merges learned here.
  std::vector<std::string> captions;
  for (const auto& scene : clipt::training_scenes(1, 300)) captions.push_back(scene.caption);
  const auto words = argc > 1 ? clipt::tokenizer::from_file(argv[1])
                              : clipt::train_tokenizer(captions, {.merges = 200, .min_count = 2});
  fmt::print("{} symbols, learned from captions such as '{}'\n", words.vocabulary_size(), captions[0]);

  // Cleaning (mojibake, HTML entities, white space, case), splitting, merging. No symbol is unknown: bytes are left.
  const auto ids = words.encode("A  small RED circle &amp; 2 caf\u00e9s");
  fmt::print("[{}] is '{}'\n", fmt::join(ids, " "), words.decode(ids));
  expect(words.decode(ids).starts_with("a small red circle & 2 caf\u00e9s"), "text comes back cleaned");

  // What a model reads has a start and an end; a text that is too long is cut, with the end as its last id.
  const auto whole = words.encode_with_specials("a red circle", 32);
  const auto cut = words.encode_with_specials(captions[0] + captions[1] + captions[2], 8);
  expect(whole.front() == words.start_of_text() && whole.back() == words.end_of_text(), "the two ends");
  expect(cut.size() == 8 && cut.back() == words.end_of_text(), "cut to 8 ids");

  // Many captions at once, on all threads: back to back with offsets. The model computes no padding.
  const auto packed = clipt::tokenize_packed(words, captions, 32);
  const auto padded = clipt::tokenize_padded(words, captions, 32);
  fmt::print("{} captions: {} ids packed, {} padded\n", captions.size(), packed.ids.size(), padded.size());
  expect(packed.offsets.size() == captions.size() + 1 && packed.offsets.back() == static_cast<int>(packed.ids.size()),
         "caption i is ids[offsets[i], offsets[i + 1])");
  expect(packed.ids[packed.offsets[7]] == padded[7 * 32], "the same captions in both");

  // A vocabulary is saved in the format of CLIP's own file, and as text inside the checkpoints of train_clip.
  const auto file = std::filesystem::temp_directory_path() / "clipt_lesson_8.txt.gz";
  words.save(file);
  expect(clipt::tokenizer::from_file(file) == words, "read back equal");
  std::filesystem::remove(file);
}
