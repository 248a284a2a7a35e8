// One table of fields reads what it wrote, says what it does not understand, and knows what stands for a missing field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/weights/json_fields.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using testing::HasSubstr;

enum class colour { red, green, blue };

struct settings {
  int size = 3;
  bool fast = true, odd = false;
  colour main = colour::green, border = colour::red, inner = colour::red;
  std::string name;
  std::array<float, 3> mean = {0.1f, 0.2f, 0.3f};
};

template <class Fields>
void exchange(const Fields& file, settings& s) {
  file.write("layers", 7);
  file.number("size", s.size, 5, 1, 9);
  file.flag("fast", s.fast);
  const Fields below = file.object("below");
  below.word("main", s.main, {{"red", colour::red}, {"green", colour::green}, {"GREEN", colour::green}});
  below.option("border", s.border, colour::red, {{0, colour::red}, {1, colour::blue}});
  file.option_in("kwargs", "inner", s.inner, colour::red, {{"red", colour::red}, {"blue", colour::blue}});
  file.option("odd", s.odd);
  file.option("name", s.name);
  file.three("mean", s.mean, true);
  file.always("whole");
  file.never("broken");
  file.constant("eps", 0.5);
  file.usual("kind", "plain");
  file.usual_in("norm", "eps", 0.5);
  file.unset({"other", "more"});
}

std::string written(settings s) {
  detail::ordered_json json;
  exchange(detail::field_writer(json), s);
  return json.dump();
}

settings read(const std::string& text) {
  const clipt_test::temporary_folder folder;
  write_file_atomically(folder / "a.json", text);
  settings s;
  exchange(detail::field_reader(detail::json_file(folder / "a.json")), s);
  return s;
}

std::string refusal(const std::string& text) {
  return clipt_test::why([&] { read(text); });
}

TEST(json_fields, are_written_in_the_tables_order_without_the_usual) {
  EXPECT_EQ(
      written({}),
      R"({"layers":7,"size":3,"fast":true,"below":{"main":"green"},"mean":[0.1,0.2,0.3],"whole":true,"eps":0.5})");
}

TEST(json_fields, are_read_as_they_were_written) {
  const settings other{9, false, true, colour::red, colour::blue, colour::blue, "x", {1, 2, 3}};
  EXPECT_EQ(written(read(written(other))), written(other));
  EXPECT_EQ(written(read(written({}))), written({}));
  EXPECT_THAT(written(other), HasSubstr(R"("below":{"main":"red","border":1},"kwargs":{"inner":"blue"},"odd":true)"));
}

TEST(json_fields, that_are_missing_stay_or_are_the_usual) {
  const settings found = read("{}");
  EXPECT_EQ(found.size, 5);
  EXPECT_TRUE(found.fast);
  EXPECT_EQ(found.main, colour::green);
  EXPECT_EQ(found.mean[2], 0.3f);
}

TEST(json_fields, of_two_words_with_one_meaning_both_are_read) {
  EXPECT_EQ(read(R"({"below": {"main": "GREEN"}})").main, colour::green);
}

TEST(json_fields, that_are_not_understood_are_refused_by_name) {
  EXPECT_THAT(refusal(R"({"size": 10})"), HasSubstr("a.json: size is 10: expected a whole number from 1 to 9"));
  EXPECT_THAT(refusal(R"({"fast": 1})"), HasSubstr("fast is 1: expected true or false"));
  EXPECT_THAT(refusal(R"({"below": {"main": "x"}})"),
              HasSubstr(R"(below.main is "x": understood: "red", "green", "GREEN")"));
  EXPECT_THAT(refusal(R"({"below": {"border": 2}})"), HasSubstr("below.border is 2: understood: 0, 1"));
  EXPECT_THAT(refusal(R"({"kwargs": {"inner": "x"}})"),
              HasSubstr("kwargs is {\"inner\":\"x\"}: no model of clipt has"));
  EXPECT_THAT(refusal(R"({"mean": [0, 1, 1]})"), HasSubstr("mean is [0,1,1]: expected three positive numbers"));
  EXPECT_THAT(refusal(R"({"name": 1})"), HasSubstr("name is 1: expected a text"));
  EXPECT_THAT(refusal(R"({"whole": false})"), HasSubstr("whole is false: understood: true"));
  EXPECT_THAT(refusal(R"({"broken": true})"), HasSubstr("broken is true: understood: false"));
  EXPECT_THAT(refusal(R"({"eps": 0.25})"), HasSubstr("eps is 0.25: no model of clipt has this"));
  EXPECT_THAT(refusal(R"({"kind": "x"})"), HasSubstr("kind is \"x\": no model of clipt has this"));
  EXPECT_THAT(refusal(R"({"norm": {"eps": 1}})"), HasSubstr("norm is {\"eps\":1}: no model of clipt has this"));
  EXPECT_THAT(refusal(R"({"more": true})"), HasSubstr("more is true: no model of clipt has this"));
  EXPECT_EQ(refusal(R"({"eps": 0.5, "kind": null, "norm": {"x": 1}, "more": 0, "other": false})"), "accepted");
}

}  // namespace
