// Pickles: every opcode that PyTorch writes, and every attack is refused before it costs anything.
#include <clipt/io/pickle.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "made_archive.hpp"
#include "why.hpp"

namespace {

using clipt::pickle_value;
using clipt_test::bytes_of;
using clipt_test::global;
using clipt_test::pickled;
using clipt_test::program;
using clipt_test::raw;
using clipt_test::why;
using testing::HasSubstr;
using kind = clipt::pickle_object::kind;

using namespace std::string_literals;

bool allowed(std::string_view name) { return name == "good.thing"; }

/// A value as Python would print it, more or less; shared objects as often as they are shared.
std::string shown(const pickle_value& value) {
  if (std::holds_alternative<std::monostate>(value)) return "None";
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "True" : "False";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string_view>(&value)) return fmt::format("'{}'", *text);
  const clipt::pickle_object& object = *std::get<clipt::pickle_object*>(value);
  if (object.what == kind::global) return name_of(object);
  constexpr std::string_view names[] = {"list", "tuple", "dict", "global", "persistent", "call", "set", "bytes"};
  std::string out(names[static_cast<std::size_t>(object.what)]);
  for (const pickle_value& item : object.items) out += (&item == object.items.data() ? "(" : ", ") + shown(item);
  return out + (object.items.empty() ? "()" : ")");
}

std::string read(const std::string& bytes) {
  std::string out;
  const std::string said = why([&] { out = shown(clipt::pickle("data.pkl", bytes_of(bytes), allowed).value()); });
  return said == "accepted" ? out : said;
}
std::string verdict(const std::string& bytes) {
  return why([&] { clipt::pickle("data.pkl", bytes_of(bytes), allowed); });
}

TEST(pickle, constants) {
  EXPECT_EQ(read("\x80\2N."s), "None");
  EXPECT_EQ(read("\x80\5\x88."s), "True");
  EXPECT_EQ(read("\x89."), "False");
  EXPECT_EQ(read("K\xff."), "255");
  EXPECT_EQ(read("M\xff\xff."), "65535");
  EXPECT_EQ(read("J\xfe\xff\xff\xff."), "-2");
  EXPECT_EQ(read("G\x3f\xf8\0\0\0\0\0\0."s), "1.5");
  EXPECT_EQ(read("X\2\0\0\0ab."s), "'ab'");
  EXPECT_EQ(read("\x8c\1c."), "'c'");
  EXPECT_EQ(read("\x8d\1\0\0\0\0\0\0\0d."s), "'d'");
  EXPECT_EQ(read("\x80\4\x95\2\0\0\0\0\0\0\0N."s), "None");  // in a frame
}

TEST(pickle, integers_of_any_length) {
  EXPECT_EQ(read("\x8a\0."s), "0");
  EXPECT_EQ(read("\x8a\1\xff."), "-1");
  EXPECT_EQ(read("\x8a\2\xff\0."s), "255");
  EXPECT_EQ(read("\x8a\x08" + raw(std::numeric_limits<std::int64_t>::min()) + "."), "-9223372036854775808");
  EXPECT_EQ(read("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0."s), "1.8446744073709552e+19");
  EXPECT_EQ(read("\x8a\x09\0\0\0\0\0\0\0\0\xff."s), "-1.8446744073709552e+19");
  EXPECT_EQ(read("\x8a\xff" + std::string(255, '\x7f') + "."), "inf");
}

TEST(pickle, containers) {
  EXPECT_EQ(read("(K\1](K\2K\3eK\4a)}t."), "tuple(1, list(2, 3, 4), tuple(), dict())");
  EXPECT_EQ(read("K\1\x85."), "tuple(1)");
  EXPECT_EQ(read("K\1K\2\x86."), "tuple(1, 2)");
  EXPECT_EQ(read("K\1K\2K\3\x87."), "tuple(1, 2, 3)");
  EXPECT_EQ(read("}K\1K\2s(K\3K\4u."), "dict(1, 2, 3, 4)");
}

TEST(pickle, texts_bytes_and_sets) {
  EXPECT_EQ(read("U\2ab."), "'ab'");
  EXPECT_EQ(read("T\2\0\0\0ab."s), "'ab'");
  EXPECT_EQ(read("C\2ab."), "bytes('ab')");
  EXPECT_EQ(read("B\2\0\0\0ab."s), "bytes('ab')");
  EXPECT_EQ(read("\x8e\2\0\0\0\0\0\0\0ab."s), "bytes('ab')");
  EXPECT_EQ(read("\x96\2\0\0\0\0\0\0\0ab."s), "bytes('ab')");
  EXPECT_EQ(read("\x8f(K\1K\2\x90."), "set(1, 2)");
  EXPECT_EQ(read("(K\1K\2\x91."), "set(1, 2)");
  EXPECT_THAT(read("](K\1\x90."), HasSubstr("expected a set, found something else"));
  EXPECT_THAT(read("\x8fK\1a."), HasSubstr("expected a list, found something else"));
  EXPECT_THAT(read("C\4ab."), HasSubstr("expected 4 more bytes"));
}

TEST(pickle, memo) {
  EXPECT_EQ(read("(K\7q\1r\3\0\0\0\x94h\1j\3\0\0\0h\2t."s), "tuple(7, 7, 7, 7)");  // MEMOIZE: the third
  EXPECT_EQ(read("]q\0K\1ah\0\x86."s), "tuple(list(1), list(1))");
}

TEST(pickle, what_would_be_called_is_kept) {
  const std::string thing = global("good", "thing");
  EXPECT_EQ(read(thing + "."), "good.thing");
  EXPECT_EQ(read("\x8c\4good\x8c\5thing\x93."), "good.thing");
  EXPECT_EQ(read(thing + "K\1\x85R."), "call(good.thing, tuple(1), None)");
  EXPECT_EQ(read(thing + ")\x81}K\1K\2sb."), "call(good.thing, tuple(), dict(1, 2))");
  EXPECT_EQ(read(thing + ")RK\1K\2s(K\3K\4u."), "call(good.thing, tuple(), None, 1, 2, 3, 4)");
  EXPECT_EQ(read("K\1\x85Q."), "persistent(tuple(1))");
}

TEST(pickle, refuses_other_names) {
  EXPECT_THAT(read(program(global("os", "system") + pickled("true") + "\x85R")),
              HasSubstr("data.pkl, byte 2: expected only what tensors need, found os.system, which is never called"));
  EXPECT_THAT(read("\x80\4\x8c\2os\x8c\6system\x93."),
              HasSubstr("byte 14: expected only what tensors need, found os.sy"));
  EXPECT_THAT(read(program(global("good", "thing.__globals__"))), HasSubstr("found good.thing.__globals__"));
  EXPECT_THAT(read(program(global("good.thing", ""))), HasSubstr("found good.thing."));
  EXPECT_THAT(read(program(global("\x1b[31m", std::string(200, 'x')))), HasSubstr("found ?[31m.xxxx"));
  EXPECT_THAT(read(program(global("good", std::string(252, 'x')))), HasSubstr("at most 255 bytes, found a longer one"));
  EXPECT_THAT(read("cgood"), HasSubstr("byte 0: expected a line, found no end of it"));
  EXPECT_THAT(read("\x8c\4goodK\1\x93."), HasSubstr("expected text, found something else"));
  // INST, OBJ, PERSID, the extension registry and INT do things that PyTorch does not need.
  for (const char opcode : {'i', 'o', 'P', '\x82', 'I', 'L', 'V', 'S', '0', '2', '1', 'd', 'l', 'p', 'g'})
    EXPECT_THAT(read(std::string(1, opcode) + "os\nsystem\n."), HasSubstr("byte 0: expected an opcode that PyTorch w"));
}

TEST(pickle, refuses_what_does_not_fit) {
  EXPECT_THAT(read(""), HasSubstr("byte 0: expected 1 more bytes, found the end after 0"));
  EXPECT_THAT(read("."), HasSubstr("expected a value on the stack, found none"));
  EXPECT_THAT(read("NN."), HasSubstr("expected one value at the end, found 2"));
  EXPECT_THAT(read("N(."), HasSubstr("expected a value on the stack, found none"));
  EXPECT_THAT(read("\x80\1N."), HasSubstr("expected protocol 2 to 5, found 1"));
  EXPECT_THAT(read("t."), HasSubstr("expected a mark on the stack, found none"));
  EXPECT_THAT(read("N(\x85."), HasSubstr("expected a value on the stack, found none"));
  EXPECT_THAT(read("K\1\x86."), HasSubstr("expected a value on the stack"));
  EXPECT_THAT(read("NNa."), HasSubstr("expected a list, found something else"));
  EXPECT_THAT(read(")Na."), HasSubstr("expected a list"));
  EXPECT_THAT(read("](NNu."), HasSubstr("expected a dictionary"));
  EXPECT_THAT(read("}(NNNu."), HasSubstr("expected a value for every key"));
  EXPECT_THAT(read("h\0."s), HasSubstr("byte 0: expected the memo of something seen before, found 0"));
  EXPECT_THAT(read("Nq\0j\xff\xff\xff\xff."s), HasSubstr("found 4294967295"));
  EXPECT_THAT(read("q\0."s), HasSubstr("expected a value on the stack"));
  EXPECT_THAT(read("N)R."), HasSubstr("expected a function or class and a tuple of arguments"));
  EXPECT_THAT(read(global("good", "thing") + "NR."), HasSubstr("and a tuple of arguments"));
  EXPECT_THAT(read("}Nb."), HasSubstr("expected an object to set the state of"));
}

TEST(pickle, refuses_lengths_beyond_the_end) {
  EXPECT_THAT(read("X\xff\xff\xff\xff."), HasSubstr("expected 4294967295 more bytes, found the end after 1"));
  EXPECT_THAT(read("\x8d" + raw(~std::uint64_t(0)) + "."), HasSubstr("expected 18446744073709551615 more bytes"));
  EXPECT_THAT(read("\x8a\x09\1."), HasSubstr("expected 9 more bytes"));
  EXPECT_THAT(read("\x8c\3."), HasSubstr("expected 3 more bytes"));
  EXPECT_THAT(read("J\1."), HasSubstr("expected 4 more bytes"));
}

TEST(pickle, nesting_and_sharing_cost_nothing) {
  std::string laughs = "]";
  const std::string nested = std::string(1'000'000, ']') + std::string(999'999, 'a');
  EXPECT_EQ(verdict(nested + "."), "accepted");
  EXPECT_EQ(verdict(std::string(1'000'000, '(') + "N" + std::string(1'000'000, 't') + "."), "accepted");
  for (int i = 0; i < 200; ++i) laughs += "q\0h\0\x86"s;
  EXPECT_EQ(verdict(laughs + "."), "accepted");  // 2^200 lists if somebody wrote them out
  EXPECT_EQ(verdict("]q\0h\0a."s), "accepted");  // a list in itself
}

TEST(pickle, has_a_limit_of_values) {
  const std::string many(clipt::pickle_value_limit + 1, 'N'), marks(clipt::pickle_value_limit + 1, '(');
  EXPECT_THAT(read(many), HasSubstr("expected at most 4194304 values, found more"));
  EXPECT_THAT(read(marks), HasSubstr("expected at most 4194304 values"));
  EXPECT_THAT(read("N" + std::string(clipt::pickle_value_limit + 1, '\x94')), HasSubstr("at most 4194304 values"));
  EXPECT_THAT(read(std::string(clipt::pickle_value_limit, ']')), HasSubstr("at most 4194304 values"));
}

TEST(pickle, moves) {
  const std::string bytes = "]K\1a.";
  clipt::pickle first("data.pkl", bytes_of(bytes), allowed);
  const clipt::pickle second = std::move(first);
  EXPECT_EQ(shown(second.value()), "list(1)");
  static_assert(!std::is_copy_constructible_v<clipt::pickle>);
}

TEST(pickle, every_cut_and_changed_byte_is_survived) {
  const std::string good = program("(" + clipt_test::dictionary("a", clipt_test::tensor(4, 0, {2, 2}, {2, 1})) +
                                   "q\0h\0](K\1M\1\1eG\0\0\0\0\0\0\0\0t"s);
  const auto any = [](std::string_view) { return true; };
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_NE(why([&] { clipt::pickle("data.pkl", bytes_of(good.substr(0, i)), any); }), "accepted") << i;
    for (int c = 0; c < 256; ++c) {
      std::string bad = good;
      bad[i] = static_cast<char>(c);
      why([&] { clipt::pickle("data.pkl", bytes_of(bad), any); });  // as long as the sanitizers have nothing to say
    }
  }
}

}  // namespace
