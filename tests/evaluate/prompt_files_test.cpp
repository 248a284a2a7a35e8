// Prompts from files: OpenAI's lists and sets, and what is said of files that hold something else.
#include <clipt/evaluate/class_names.hpp>
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

/// Names of classes out of files, for folders (or labels of a table) that are called like those of ImageNet or otherwise.
class class_names : public prompt_files {
 protected:
  /// "label=name|name; ..." of each class.
  std::string read(std::string_view text, const std::vector<std::string>& labels = {}) const {
    std::string out;
    for (const named_class& one : class_names_from_file(file(text), labels))
      out += fmt::format("{}{}={}", out.empty() ? "" : "; ", one.label, fmt::join(one.names, "|"));
    return out;
  }
  std::string why_names(std::string_view text, const std::vector<std::string>& labels = {}) const {
    return clipt_test::why([&] { (void)class_names_from_file(file(text), labels); });
  }
  /// "label=name|name; ... - unmatched".
  static std::string shown(const label_prompts& found) {
    std::string out;
    for (std::size_t k = 0; k < found.labels.size(); ++k) {
      out += fmt::format("{}{}={}", k == 0 ? "" : "; ", found.labels[k], found.prompts.labels[k]);
      if (!found.prompts.synonyms.empty())
        for (const auto& name : found.prompts.synonyms[k]) out += "|" + name;
    }
    if (!found.unmatched.empty()) out += fmt::format(" - {}", fmt::join(found.unmatched, ", "));
    return out + (found.by_place ? " by place" : "");
  }
  std::string named(const std::vector<std::string>& labels, std::string_view text, bool folders = true) const {
    return shown(name_labels(labels, class_names_from_file(file(text), labels), folders, "it"));
  }
  std::string matched(const std::vector<std::string>& labels, const prompt_set& set, std::string_view text = "",
                      bool folders = true) const {
    const auto names = text.empty() ? std::vector<named_class>() : class_names_from_file(file(text), labels);
    return shown(match_prompts(labels, names, set, folders, "it"));
  }
};

TEST_F(class_names, as_people_have_them) {
  const char* synsets = "n01440764=tench|Tinca tinca; n01443537=goldfish";
  EXPECT_EQ(read("n01440764 tench, Tinca tinca\nn01443537 goldfish\n"), synsets);
  EXPECT_EQ(read("n01440764\ttench, Tinca_tinca\r\nn01443537\tgoldfish"), synsets);
  EXPECT_EQ(read("n01440764,tench,Tinca tinca\nn01443537: goldfish"), synsets);
  EXPECT_EQ(read("n01440764 2 kit_fox\nn01443537 1 7_up"), "n01440764=kit fox; n01443537=7 up");
  EXPECT_EQ(read("n01440764 7 up\nn01443537 goldfish"), "n01440764=7 up; n01443537=goldfish");
  EXPECT_EQ(read(R"({"1": ["n01443537", "great_white"], "0": ["n01440764", "tench"], "10": ["n02", "x"]})"),
            "n01440764=tench; n01443537=great white; 10=n02|x");
  EXPECT_EQ(read(R"({"n01440764": "tench, Tinca tinca", "n01443537": ["goldfish"]})"), synsets);
  EXPECT_EQ(read(R"(["tench", ["goldfish", "carp"]])"), "=tench; =goldfish|carp");
  EXPECT_EQ(read("great white shark, white shark\ncrane"), "=great white shark|white shark; =crane");
  EXPECT_EQ(read("b a barn\na an apple", {"a", "b"}), "b=a barn; a=an apple");
  EXPECT_EQ(read("Sea lion\tlion\nx\ty"), "Sea lion=lion; x=y");
}

TEST_F(class_names, what_fits_none_is_refused_with_its_line) {
  EXPECT_THAT(why_names("n01440764 tench\ngoldfish\n"), HasSubstr("line 2: expected a label and a name"));
  EXPECT_THAT(why_names("n01440764 tench\nn01443537\n"), HasSubstr("line 2: expected a label and a name"));
  EXPECT_THAT(why_names("n01440764 tench\nn01440764 carp\n"),
              HasSubstr("line 2: expected another label than on line 1"));
  EXPECT_THAT(why_names("a apple\nb\n", {"a", "b"}), HasSubstr("line 2"));
  EXPECT_THAT(why_names("tench\n\ncarp"), HasSubstr("line 2: expected a name, found an empty line"));
  EXPECT_THAT(why_names("tench\n,\n"), HasSubstr("line 2: expected a name, found ','"));
  EXPECT_THAT(why_names(R"({"tench": 0})"), HasSubstr("entry 'tench': expected text, found number"));
  EXPECT_THAT(why_names("{\n\"0\": [\"n\"\n"), HasSubstr("expected JSON"));
  EXPECT_THAT(why_names("[]"), HasSubstr("expected an object or a list of names, found nothing"));
}

TEST_F(class_names, labels_get_their_names) {
  EXPECT_EQ(named({"n01443537", "n09999999"}, "n01440764 tench\nn01443537 goldfish"), "n01443537=goldfish - n09999999");
  EXPECT_EQ(named({"n1", "n2"}, "tench, Tinca tinca\ngoldfish"), "n1=tench|Tinca tinca; n2=goldfish by place");
  EXPECT_EQ(named({"n1", "n2"}, R"({"0": "tench", "1": "goldfish"})"), "n1=tench; n2=goldfish by place");
  EXPECT_EQ(named({"0", "1"}, R"({"1": "tench", "0": "goldfish"})"), "0=goldfish; 1=tench");
  EXPECT_EQ(named({"1", "0"}, "tench\ngoldfish", false), "1=goldfish; 0=tench");
  EXPECT_EQ(named({"blue", "red"}, "red\nblue"), "blue=blue; red=red");
  EXPECT_THAT(clipt_test::why([&] {
                (void)named({"n1", "n2"}, "a\nb\nc");
              }),
              HasSubstr("it: 3 names, 2 labels of the data, such as 'n1': none has a name here"));
  EXPECT_THAT(clipt_test::why([&] { (void)named({"n1", "n2"}, "a\nb", false); }), HasSubstr("none has a name"));
  EXPECT_THAT(clipt_test::why([&] { (void)named({"1", "2"}, "a\nb"); }), HasSubstr("none has a name"));  // from 0 or 1?
}

TEST_F(class_names, labels_are_classes_of_a_set) {
  const prompt_set set{{"crane bird", "dog", "cat"}, {"a {}"}, {{}, {"hound"}, {"kitty", "puss"}}};
  EXPECT_EQ(matched({"Cat", "Crane_Bird"}, set, "", false), "Crane_Bird=crane bird; dog=dog|hound; Cat=cat|kitty|puss");
  EXPECT_EQ(matched({"hound", "horse"}, set), "crane bird=crane bird; hound=dog|hound; cat=cat|kitty|puss - horse");
  EXPECT_EQ(matched({"2", "0"}, set, "", false), "0=crane bird; dog=dog|hound; 2=cat|kitty|puss");
  EXPECT_EQ(matched({"n1", "n2", "n3"}, set), "n1=crane bird; n2=dog|hound; n3=cat|kitty|puss by place");
  // Through names: by these, or by their order in the file where most of what is named agrees with it.
  EXPECT_EQ(matched({"n2"}, set, "n2\tpuss, tomcat"), "crane bird=crane bird; dog=dog|hound; n2=cat|kitty|puss");
  EXPECT_EQ(matched({"n7", "n9"}, set, "n7\tcrane\nn8\tdog\nn9\tfelid"),
            "n7=crane bird; dog=dog|hound; n9=cat|kitty|puss by place");
  EXPECT_EQ(matched({"n7", "n9"}, set, "n7\tdog\nn8\tcat\nn9\tcrane"),
            "crane bird=crane bird; n7=dog|hound; cat=cat|kitty|puss - n9");
  EXPECT_THAT(clipt_test::why([&] {
                (void)matched({"n1", "n2"}, set);
              }),
              HasSubstr("3 classes, such as 'crane bird'; 2"));
  EXPECT_THAT(clipt_test::why([&] { (void)matched({"a", "b", "c"}, set, "", false); }), HasSubstr("none is a class"));
  EXPECT_THAT(clipt_test::why([&] { (void)matched({"dog", "hound"}, set); }), HasSubstr("are both 'dog'"));
}

TEST_F(class_names, of_imagenet) {
  CLIPT_NEEDS_SHARED("clip/openai_imagenet_classes.txt");
  const auto path = clipt_test::shared("clip/openai_imagenet_classes.txt");
  std::vector<std::string> folders;
  for (int i = 0; i < 1000; ++i) folders.push_back(fmt::format("n{:08}", 1000 + 7 * i));
  const label_prompts found = name_labels(folders, class_names_from_file(path, folders), true, "it");
  EXPECT_TRUE(found.by_place);
  EXPECT_EQ(found.prompts.labels[134], "crane bird");
}

}  // namespace
