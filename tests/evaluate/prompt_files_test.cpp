// Prompts from files: OpenAI's lists and sets, and what is said of files that hold something else.
#include <clipt/evaluate/prompt_files.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class prompt_files : public testing::Test {
 protected:
  std::filesystem::path file(std::string_view text) const {
    write_file_atomically(folder / "prompts", text);
    return folder / "prompts";
  }
  std::vector<std::string> labels(std::string_view text) const { return labels_from_file(file(text)); }
  std::string why_labels(std::string_view text) const {
    return clipt_test::why([&] { (void)labels_from_file(file(text)); });
  }
  std::string why_templates(std::string_view text) const {
    return clipt_test::why([&] { (void)templates_from_file(file(text)); });
  }
  std::string why_sets(std::string_view text) const {
    return clipt_test::why([&] { (void)prompt_sets_from_file(file(text)); });
  }
  clipt_test::temporary_folder folder;
};

TEST_F(prompt_files, openai_lists) {
  CLIPT_NEEDS_SHARED("clip/openai_imagenet_classes.txt");
  const auto labels = labels_from_file(clipt_test::shared("clip/openai_imagenet_classes.txt"));
  ASSERT_EQ(labels.size(), 1000u);
  EXPECT_EQ(labels[0], "tench");
  EXPECT_EQ(labels[999], "toilet paper");
  const auto templates = templates_from_file(clipt_test::shared("clip/openai_imagenet_templates.txt"));
  ASSERT_EQ(templates.size(), 80u);
  EXPECT_EQ(fill_template(templates[0], labels[1]), "a bad photo of a goldfish.");
}

TEST_F(prompt_files, openai_sets) {
  CLIPT_NEEDS_SHARED("clip/openai_prompts.json");
  const auto sets = prompt_sets_from_file(clipt_test::shared("clip/openai_prompts.json"));
  EXPECT_EQ(sets.size(), 26u);
  EXPECT_EQ(sets.at("Kinetics700").labels.size(), 700u);
  EXPECT_EQ(sets.at("UCF101").templates.size(), 48u);
  const prompt_set faces =
      prompts_from_file(clipt_test::shared("clip/openai_prompts.json"), "FacialEmotionRecognition2013");
  EXPECT_THAT(faces.labels, ElementsAre("angry", "disgusted", "fearful", "happy", "sad", "surprised", "neutral"));
  EXPECT_THAT(faces.synonyms[5], ElementsAre("shocked", "spooked"));
  EXPECT_THAT(faces.synonyms[0], IsEmpty());
  std::vector<std::string> sentences;
  append_sentences(faces, 3, sentences);
  EXPECT_EQ(sentences.size(), 12u);
  EXPECT_EQ(sentences[6], "a photo of a smiling looking face.");
  EXPECT_THAT(
      clipt_test::why([] { (void)prompts_from_file(clipt_test::shared("clip/openai_prompts.json"), "CIFAR1"); }),
      AllOf(HasSubstr("no set 'CIFAR1'"), HasSubstr("Birdsnap, CIFAR10, CIFAR100")));
}

TEST_F(prompt_files, a_list_is_its_lines) {
  EXPECT_THAT(labels("cat\n great  white shark \r\n\tdog\n\n \n"), ElementsAre("cat", "great  white shark", "dog"));
  EXPECT_THAT(labels("\xEF\xBB\xBF"
                     "cat"),
              ElementsAre("cat"));
  EXPECT_THAT(labels("cat\rdog\r"), ElementsAre("cat", "dog"));
  EXPECT_THAT(labels(std::string_view("\xFF\xFE"
                                      "c\0\n\0\xE9\0",
                                      8)),
              ElementsAre("c", "\u00E9"));
  EXPECT_THAT(labels("missile\nmissile\n"), ElementsAre("missile", "missile"));  // as two of ImageNet's classes
  EXPECT_THAT(templates_from_file(file("a {}.\n{}\n")), ElementsAre("a {}.", "{}"));
}

TEST_F(prompt_files, errors_in_lists_name_the_line) {
  EXPECT_THAT(why_labels("cat\n\n\ndog\n"),
              AllOf(HasSubstr("prompts: line 2: expected a label"), HasSubstr("empty line")));
  EXPECT_THAT(why_labels(" \n"), HasSubstr("an empty file"));
  EXPECT_THAT(why_labels(""), HasSubstr("an empty file"));
  EXPECT_THAT(why_labels(std::string_view("cat\nd\0g\n", 8)),
              HasSubstr("line 2, column 2: expected text, found a zero byte"));
  EXPECT_THAT(why_labels("\xFF\xFE"
                         "c"),
              HasSubstr("UTF-16"));
  EXPECT_THAT(why_labels("cat\nd\xE9j\xE0\n"), HasSubstr("line 2, column 2: expected UTF-8, found the byte E9"));
  EXPECT_THAT(why_templates("a {}.\na photo\n"), HasSubstr("line 2: expected a template with one {}, found 'a photo'"));
  EXPECT_THAT(why_templates("{} and {}\n"), HasSubstr("line 1"));
  EXPECT_THAT(clipt_test::why([&] { (void)labels_from_file(folder / "absent"); }), HasSubstr("absent"));
}

TEST_F(prompt_files, errors_in_sets_name_the_place) {
  EXPECT_THAT(why_sets("{\"a\": {\n\"classes\": [\"x\"],\n\"templates\" [\"{}\"]}}"),
              AllOf(HasSubstr("line 3: expected JSON"), HasSubstr("syntax error")));
  EXPECT_THAT(why_sets(""), HasSubstr("line 1: expected JSON"));
  EXPECT_THAT(why_sets("[1]"), HasSubstr("expected an object of prompt sets, found array"));
  EXPECT_THAT(why_sets(R"({"a": 3})"), HasSubstr("set 'a': expected an object"));
  EXPECT_THAT(why_sets(R"({"a": {"templates": ["{}"]}})"),
              HasSubstr("set 'a': expected \"classes\", found no such key"));
  EXPECT_THAT(why_sets(R"({"a": {"classes": [], "templates": ["{}"]}})"), HasSubstr("found an empty one"));
  EXPECT_THAT(why_sets(R"({"a": {"classes": "x", "templates": ["{}"]}})"), HasSubstr("found string"));
  EXPECT_THAT(why_sets(R"({"a": {"classes": ["x", 3], "templates": ["{}"]}})"),
              HasSubstr("set 'a', class 1: expected text, found number"));
  EXPECT_THAT(why_sets(R"({"a": {"classes": ["x", []], "templates": ["{}"]}})"),
              HasSubstr("class 1: expected at least one"));
  EXPECT_THAT(why_sets(R"({"a": {"classes": ["x"], "templates": ["{}", "b"]}})"),
              HasSubstr("set 'a', template 1: expected text with one {}, found 'b'"));
  EXPECT_THAT(why_sets(R"({"a": {"classes": ["x"], "templates": [null]}})"), HasSubstr("found null"));
  EXPECT_THAT(why_sets(std::string(1000000, '[')), HasSubstr("deeper nesting"));
}

}  // namespace
