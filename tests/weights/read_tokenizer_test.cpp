// Tokenizers as the files beside a model's weights hold them: the ids of the library that reads them, and refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/weights/read_tokenizer.hpp>

#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

fs::path golden() { return fs::path(CLIPT_TEST_DIR) / "golden/tokenizer"; }

/// A folder with weights whose tensors are named as a library names them, and files beside.
class words_folder {
 public:
  explicit words_folder(naming names = naming::openai) {
    const float one = 1;
    const char* tensor = names == naming::openai ? "logit_scale" : "text_model.final_layer_norm.weight";
    write_safetensors(weights(), std::vector{make_entry<float>(tensor, {1}, std::span(&one, 1))});
  }

  fs::path weights() const { return folder_ / "weights.safetensors"; }
  void put(const std::string& name, const std::string& text) const { write_file_atomically(folder_ / name, text); }
  void put(const std::string& name, const json& values) const { put(name, values.dump()); }
  void copy(const fs::path& file) const { fs::copy_file(file, folder_ / file.filename()); }
  /// An open_clip_config.json with this text_cfg.
  void put_text_cfg(const json& text) const { put("open_clip_config.json", json{{"model_cfg", {{"text_cfg", text}}}}); }

  tokenizer_source read() const { return read_tokenizer(checkpoint_file(weights())); }
  std::string why() const {
    return clipt_test::why([&] { read(); });
  }
  template <class Content>
  std::string why(const std::string& name, const Content& content) const {
    put(name, content);
    return why();
  }

 private:
  clipt_test::temporary_folder folder_;
};

json golden_json() { return json::parse(read_file(golden() / "tokenizer.json")); }

void expect_golden_ids(const tokenizer& words, const char* library) {
  const std::string text = read_file(golden() / "ids.jsonl");
  int lines = 0;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1, ++lines) {
    const json line = json::parse(text.substr(at, end - at));
    EXPECT_EQ(words.encode(line.at("text").get<std::string>()), line.at(library).get<std::vector<std::int32_t>>())
        << library << ": " << line.at("text");
  }
  EXPECT_GE(lines, 19);
}

TEST(read_tokenizer, gives_transformers_ids_for_transformers_folders) {
  const words_folder folder(naming::hugging_face);
  folder.copy(golden() / "tokenizer.json");
  expect_golden_ids(folder.read().words, "hugging_face");
  EXPECT_EQ(folder.read().file.filename(), "tokenizer.json");
}

TEST(read_tokenizer, gives_open_clips_ids_for_open_clip_folders) {
  const words_folder folder;
  folder.copy(golden() / "tokenizer.json");
  folder.put_text_cfg({{"context_length", 77}});
  expect_golden_ids(folder.read().words, "open_clip");
  folder.put_text_cfg({{"hf_tokenizer_name", "openai/clip-vit-base-patch32"}});
  expect_golden_ids(folder.read().words, "whitespace");
  for (const char* clean : {"lower", "whitespace", "canonicalize"}) {
    folder.put_text_cfg({{"hf_tokenizer_name", "x/y"}, {"tokenizer_kwargs", {{"clean", clean}, {"unknown", 1}}}});
    expect_golden_ids(folder.read().words, clean);
  }
}

TEST(read_tokenizer, reads_the_same_vocabulary_from_every_kind_of_file) {
  const words_folder list(naming::hugging_face), pairs(naming::hugging_face), merges(naming::hugging_face);
  pairs.copy(golden() / "tokenizer.json");
  json file = golden_json();
  const tokenizer expected = pairs.read().words;
  merges.put("merges.txt", expected.merges_text());
  merges.put("vocab.json", file["model"]["vocab"]);
  EXPECT_EQ(merges.read().words, expected);
  for (json& merge : file["model"]["merges"]) merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  list.put("tokenizer.json", file);
  EXPECT_EQ(list.read().words, expected);
}

TEST(read_tokenizer, says_what_it_looked_for_and_where) {
  const words_folder folder;
  EXPECT_FALSE(find_tokenizer(checkpoint_file(folder.weights())));
  EXPECT_THAT(folder.why(), AllOf(HasSubstr("weights.safetensors: no tokenizer beside the weights"),
                                  HasSubstr("looked in " + folder.weights().parent_path().string()),
                                  HasSubstr("bpe_simple_vocab_16e6.txt.gz, merges.txt, tokenizer.json")));
  folder.put_text_cfg({{"hf_tokenizer_name", "xlm-roberta-base"}});
  EXPECT_THAT(folder.why(), HasSubstr("open_clip_config.json names 'xlm-roberta-base'"));
}

TEST(read_tokenizer, refuses_by_name_what_is_not_clips_tokenizer) {
  const words_folder folder(naming::hugging_face);
  json file = golden_json();
  file["model"]["type"] = "WordPiece";
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("tokenizer.json: model.type is \"WordPiece\""));
  file = golden_json();
  file["model"]["end_of_word_suffix"] = "";
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("model.end_of_word_suffix is \"\": understood: \"</w>\""));
  file = golden_json();
  file["added_tokens"].push_back({{"id", 999}, {"content", "<mine>"}});
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("added_tokens.2.content is \"<mine>\": understood"));
  folder.put("tokenizer.json", golden_json());
  EXPECT_THAT(folder.why("tokenizer_config.json", json{{"tokenizer_class", "BertTokenizer"}}),
              HasSubstr("tokenizer_config.json: tokenizer_class is \"BertTokenizer\": understood: \"CLIPTokenizer\""));
}

TEST(read_tokenizer, refuses_open_clips_ways_that_it_does_not_have) {
  const words_folder folder;
  folder.copy(golden() / "tokenizer.json");
  folder.put_text_cfg({{"tokenizer_kwargs", {{"clean", "whitespace_underscore"}}}});
  EXPECT_THAT(folder.why(), HasSubstr("text_cfg.tokenizer_kwargs.clean is \"whitespace_underscore\": understood"));
  folder.put_text_cfg({{"tokenizer_kwargs", {{"reduction_mask", "syntax"}}}});
  EXPECT_THAT(folder.why(), HasSubstr("reduction_mask is \"syntax\": understood: none"));
  folder.put_text_cfg({{"tokenizer_mode", "clips"}});
  EXPECT_THAT(folder.why(), HasSubstr("tokenizer_mode is \"clips\""));
}

TEST(read_tokenizer, says_where_a_vocabulary_is_malformed) {
  const words_folder folder(naming::hugging_face);
  json file = golden_json();
  file["model"]["merges"][3] = {"nowhere", "seen"};
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("tokenizer.json, merge 4: expected two known symbols"));
  file["model"]["merges"][3] = 5;
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("tokenizer.json: model.merges.3 is 5: expected"));
  file["model"].erase("merges");
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("model.merges is null: expected a list of merges"));
  file = golden_json();
  file["model"]["vocab"]["the</w>"] = 7;
  EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("tokenizer.json: \"the</w>\" is 7: expected 513"));
  for (const json& vocabulary : {json::array({1, 2}), json("x"), json(nullptr)}) {
    file["model"]["vocab"] = vocabulary;
    EXPECT_THAT(folder.why("tokenizer.json", file), HasSubstr("tokenizer.json: "));
  }
  EXPECT_THAT(folder.why("tokenizer.json", std::string("{")), HasSubstr("tokenizer.json: expected a JSON object"));

  const words_folder merges(naming::hugging_face);
  EXPECT_THAT(merges.why("merges.txt", std::string("#version: 0.2\nt h\nt h e\n")), HasSubstr("merges.txt, line 3"));
  merges.put("merges.txt", std::string("#version: 0.2\nt h\n"));
  EXPECT_THAT(merges.why("vocab.json", json{{"!", 0}}), HasSubstr("vocab.json: \"\\\"\" is missing: expected 1,"));
}

TEST(read_tokenizer, keeps_whose_rules_they_are_in_a_merges_header) {
  const tokenizer words = tokenizer().with_cleaning(text_cleaning::canonicalize).with_rules(token_rules::hugging_face);
  EXPECT_EQ(tokenizer::from_merges_text(words.merges_text()), words);
  EXPECT_NE(tokenizer::from_merges_text(words.merges_text()), words.with_rules(token_rules::open_clip));
  EXPECT_THAT(
      clipt_test::why([] { (void)tokenizer::from_merges_text("#version: 0.2 - clipt byte-pair merges, rules: mine"); }),
      HasSubstr("line 1: expected rules: openai or open_clip or hugging_face, found 'mine'"));
}

}  // namespace
