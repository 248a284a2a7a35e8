// Safetensors: what is written is read, the reference files are read, and damaged ones are refused with their place.
#include <clipt/io/safetensors.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using clipt::dtype_code;
using clipt::tensor_entry;
using clipt_test::why;
using testing::ElementsAre;
using testing::HasSubstr;

/// The bytes of a file with this header and `size` bytes of data.
std::string made(const std::string& header, std::size_t size) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(size, '\1');
}

/// What is said about a file with these bytes.
std::string verdict_on_file(const std::string& bytes) {
  const clipt_test::temporary_folder folder;
  std::ofstream(folder / "t.safetensors", std::ios::binary) << bytes;  // not atomically: a thousand times fsync is slow
  return why([&] { clipt::safetensors_file file(folder / "t.safetensors"); });
}

template <class T>
tensor_entry entry(const std::string& name, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  return clipt::make_entry(name, std::move(shape), std::span<const T>(values));
}

TEST(safetensors, what_was_written_is_read) {
  const clipt_test::temporary_folder folder;
  const std::vector<float> weights = {1, 2, 3, 4, 5, -0.0f};
  const std::vector<clipt::float16> half = {clipt::float16(0.5f)};
  const std::vector<std::int64_t> step = {std::numeric_limits<std::int64_t>::min()};
  const std::vector<std::uint8_t> bytes = {7, 0, 255};
  const std::vector<double> none;
  const std::vector<tensor_entry> entries = {entry("half", {1}, half), entry("weight \"q\"\n", {2, 3}, weights),
                                             entry("bytes", {3}, bytes), entry("step", {}, step),
                                             entry("none", {0, 1'000'000'000'000, 1'000'000'000'000}, none)};
  clipt::write_safetensors(folder / "t", entries, {{"format", "pt"}, {"config", "{\"width\": 64}"}});
  const clipt::safetensors_file first(folder / "t");
  const clipt::safetensors_file file = clipt::safetensors_file(folder / "t");  // moved: names still lead to entries
  ASSERT_EQ(file.entries().size(), 5u);
  EXPECT_EQ(file.metadata().at("config"), "{\"width\": 64}");
  EXPECT_EQ(clipt::to_vector<float>(file.at("weight \"q\"\n")), weights);
  EXPECT_TRUE(std::signbit(clipt::to_vector<float>(file.at("weight \"q\"\n"))[5]));
  EXPECT_THAT(file.at("weight \"q\"\n").shape, ElementsAre(2, 3));
  EXPECT_EQ(clipt::to_vector<std::int64_t>(file.at("step")), step);
  EXPECT_EQ(clipt::to_vector<float>(file.at("half"))[0], 0.5f);
  EXPECT_EQ(clipt::to_vector<std::uint8_t>(file.at("bytes")), bytes);
  EXPECT_TRUE(clipt::to_vector<float>(file.at("none")).empty());
  for (const tensor_entry& e : file.entries())
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(e.bytes.data()) % clipt::item_size(e.dtype), 0u) << e.name;
  EXPECT_EQ(file.find("nothing"), nullptr);
}

TEST(safetensors, empty_and_foreign_files) {
  const clipt_test::temporary_folder folder;
  clipt::write_safetensors(folder / "t", {});
  EXPECT_TRUE(clipt::safetensors_file(folder / "t").entries().empty());
  // Neither padded nor sorted, data at an odd address: still valid.
  clipt::write_file_atomically(folder / "u", made(R"({"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},)"
                                                  R"("a":{"data_offsets":[1,5],"shape":[1,1],"dtype":"F32"}})",
                                                  5));
  const clipt::safetensors_file file(folder / "u");
  EXPECT_EQ(file.entries()[0].name, "b");
  EXPECT_EQ(clipt::to_vector<std::int32_t>(file.at("b"))[0], 1);
  EXPECT_EQ(clipt::to_vector<float>(file.at("a")).size(), 1u);
}

TEST(safetensors, converts_between_types) {
  const std::vector<double> d = {1.0 / 3, 1e300, -2.5};
  EXPECT_THAT(clipt::to_vector<float>(entry("d", {3}, d)),
              ElementsAre(1.0f / 3, std::numeric_limits<float>::infinity(), -2.5f));
  const std::vector<float> f = {65504.0f, 1.0f / 3};
  EXPECT_EQ(clipt::to_vector<clipt::float16>(entry("f", {2}, f))[0].bits(), 0x7bff);
  EXPECT_EQ(clipt::to_vector<clipt::bfloat16>(entry("f", {2}, f))[1].bits(), 0x3eab);
  const std::vector<clipt::bfloat16> b = {clipt::bfloat16(3.140625f)};
  EXPECT_EQ(clipt::to_vector<double>(entry("b", {1}, b))[0], 3.140625);
  const std::vector<std::int32_t> i = {-128, 127};
  EXPECT_THAT(clipt::to_vector<std::int8_t>(entry("i", {2}, i)), ElementsAre(-128, 127));
  EXPECT_THAT(clipt::to_vector<float>(entry("i", {2}, i)), ElementsAre(-128.0f, 127.0f));
  EXPECT_THAT(why([&] { clipt::to_vector<std::uint8_t>(entry("i", {2}, i)); }),
              HasSubstr("tensor 'i': element 0 is -128, which does not fit the wanted type [0, 255]"));
  EXPECT_THAT(why([&] { clipt::to_vector<std::int64_t>(entry("f", {2}, f)); }),
              HasSubstr("expected integers, found F32"));
  std::vector<float> place(3);
  EXPECT_THAT(why([&] { clipt::copy_to(entry("f", {2}, f), std::span<float>(place)); }),
              HasSubstr("tensor 'f' [2] has 2 elements, the place for it 3"));
  EXPECT_THAT(why([&] { entry("f", {3}, f); }), HasSubstr("F32 [3] does not fit 8 bytes"));
  EXPECT_THAT(why([&] { entry("f", {-2, -1}, f); }), HasSubstr("[-2, -1] does not fit"));
}

TEST(safetensors, a_missing_name_suggests_others) {
  const clipt_test::temporary_folder folder;
  const std::vector<float> x = {1};
  clipt::write_safetensors(folder / "t",
                           std::vector{entry("module.visual.proj", {1}, x), entry("visual.conv1.weight", {1}, x),
                                       entry("logit_scale", {1}, x), entry("visual.conv2.weight", {1}, x)});
  const clipt::safetensors_file file(folder / "t");
  EXPECT_THAT(why([&] { file.at("visual.proj"); }),
              HasSubstr("no tensor 'visual.proj' among 4; most like it: module.visual.proj"));
  EXPECT_THAT(why([&] { file.at("logits_scale"); }), HasSubstr("most like it: logit_scale"));
  EXPECT_THAT(why([&] { file.at("positional_embedding_of_text"); }), testing::EndsWith("among 4"));
}

TEST(safetensors, refuses_a_broken_frame) {
  EXPECT_THAT(verdict_on_file(""),
              HasSubstr("t.safetensors: byte 0: expected 8 bytes of header length, found 0 bytes"));
  EXPECT_THAT(verdict_on_file("1234567"), HasSubstr("found 7 bytes"));
  EXPECT_THAT(verdict_on_file(std::string(8, '\0')),
              HasSubstr("header: expected a JSON object that begins with {, found nothing"));
  EXPECT_THAT(verdict_on_file(std::string(8, '\xff')),
              HasSubstr("header length: expected at most 0, found 18446744073709551615"));
  EXPECT_THAT(verdict_on_file("PK\3\4\1\2\3\4" + std::string(99, 'x')),
              HasSubstr("a zip archive, as torch.save writes"));
  EXPECT_THAT(verdict_on_file("version https://git-lfs"), HasSubstr("a pointer of Git LFS"));
  EXPECT_THAT(verdict_on_file("GGUF\3" + std::string(67, '\0')),
              HasSubstr("expected a safetensors file, found a GGUF file, as llama"));
  EXPECT_THAT(verdict_on_file(made("{}", 0).substr(0, 9)), HasSubstr("header length: expected at most 1, found 2"));
  EXPECT_THAT(verdict_on_file(made(" {}", 0)), HasSubstr("begins with {, found byte 0x20"));
  EXPECT_THAT(verdict_on_file(made(R"({"a": 1e999})", 0)), HasSubstr("expected numbers that a double can hold"));
  EXPECT_THAT(verdict_on_file(made("{}", 3)), HasSubstr("end of the data: expected 0 bytes, found 3"));
  std::string huge = made("{}", 100'000'010);
  const std::uint64_t length = 100'000'001;
  huge.replace(0, 8, reinterpret_cast<const char*>(&length), 8);
  EXPECT_THAT(verdict_on_file(huge), HasSubstr("header length: expected at most 100000000, found 100000001"));
}

TEST(safetensors, refuses_a_broken_header) {
  EXPECT_THAT(verdict_on_file(made("{\"a\":}", 0)), HasSubstr("header, byte 6 of 6: expected JSON, found parse error"));
  EXPECT_THAT(verdict_on_file(made("{\"\xff\":1}", 0)), HasSubstr("expected JSON, found parse error"));
  EXPECT_THAT(verdict_on_file(made("{}{}", 0)), HasSubstr("expected JSON"));
  EXPECT_THAT(verdict_on_file(made("{\"a\":" + std::string(100'000, '['), 0)),
              HasSubstr("'a': expected an object, found a list"));
  EXPECT_THAT(verdict_on_file(made("{\"a\":{\"other\":" + std::string(100'000, '['), 0)), HasSubstr("deeper nesting"));
  EXPECT_EQ(
      verdict_on_file(made(R"({"a":{"dtype":"U8","other":{"x":[1,{"y":null}]},"shape":[0],"data_offsets":[0,0]}})", 0)),
      "accepted");
  EXPECT_THAT(verdict_on_file(made(R"({"\u001b[2J":1})", 0)), HasSubstr("tensor '?[2J': expected an object, found 1"));
  EXPECT_THAT(verdict_on_file(made(R"({"__metadata__":{"a":"b","a":"c"}})", 0)), HasSubstr("'a' twice"));
  EXPECT_THAT(verdict_on_file(made(R"({"__metadata__":{},"__metadata__":{}})", 0)), HasSubstr("'__metadata__' twice"));
  EXPECT_THAT(verdict_on_file(made("{\"" + std::string(5000, 'a') + "\":1}", 0)),
              HasSubstr("names of at most 4096 bytes"));
  EXPECT_THAT(verdict_on_file(made(R"({"a":1})", 0)), HasSubstr("tensor 'a': expected an object, found 1"));
  EXPECT_THAT(verdict_on_file(made(R"({"__metadata__":{"a":1}})", 0)),
              HasSubstr("__metadata__, 'a': expected a string, found 1"));
  EXPECT_THAT(verdict_on_file(made(R"({"__metadata__":[]})", 0)),
              HasSubstr("expected an object of strings, found a list"));
  const std::string twice =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})";
  EXPECT_THAT(verdict_on_file(made(twice, 2)), HasSubstr("header: expected every name once, found 'a' twice"));
  EXPECT_THAT(verdict_on_file(made(R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1)),
              HasSubstr("'dtype' twice"));
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets, std::size_t size) {
  return verdict_on_file(
      made("{\"a\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}", size));
}

TEST(safetensors, refuses_a_broken_tensor) {
  EXPECT_EQ(one("\"U8\"", "[1]", "[0,1]", 1), "accepted");
  EXPECT_THAT(verdict_on_file(made(R"({"a":{"dtype":"U8","shape":[1]}})", 1)),
              HasSubstr("tensor 'a': expected dtype, shape and data_offsets, found no data_offsets"));
  EXPECT_THAT(one("\"F8_E4M3\"", "[1]", "[0,1]", 1), HasSubstr("BOOL, found \"F8_E4M3\""));
  EXPECT_THAT(one("7", "[1]", "[0,1]", 1), HasSubstr("BOOL, found 7"));
  EXPECT_THAT(one("\"U8\"", "[-1]", "[0,1]", 1),
              HasSubstr("tensor 'a', shape: expected integers from 0 to 2^63 - 1, found -1"));
  EXPECT_THAT(one("\"U8\"", "[1.0]", "[0,1]", 1), HasSubstr("found 1.0"));
  EXPECT_THAT(one("\"U8\"", "[9223372036854775808]", "[0,1]", 1), HasSubstr("found 9223372036854775808"));
  EXPECT_THAT(one("\"U8\"", "[[1]]", "[0,1]", 1), HasSubstr("expected integers from 0 to 2^63 - 1, found a list"));
  EXPECT_THAT(one("[]", "[1]", "[0,1]", 1), HasSubstr("BOOL, found a list"));
  EXPECT_THAT(one("\"U8\"", "1", "[0,1]", 1), HasSubstr("tensor 'a', shape: expected a list of integers, found 1"));
  EXPECT_THAT(one("\"U8\"", "[" + std::string(200, ',') + "]", "[0,1]", 1), HasSubstr("expected JSON"));
  std::string ones = "1";
  for (int i = 1; i < 65; ++i) ones += ",1";
  EXPECT_THAT(one("\"U8\"", "[" + ones + "]", "[0,1]", 1),
              HasSubstr("shape: expected at most 64 integers, found more"));
  EXPECT_THAT(one("\"U8\"", "{}", "[0,1]", 1),
              HasSubstr("tensor 'a', shape: expected a list of integers, found an object"));
  EXPECT_THAT(one("\"U8\"", "[1]", "[0,1,2]", 1), HasSubstr("[begin, end] in this order, found [0,1,2]"));
  EXPECT_THAT(one("\"U8\"", "[1]", "[1,0]", 1), HasSubstr("[begin, end] in this order, found [1,0]"));
  EXPECT_THAT(one("\"U8\"", "[2]", "[0,2]", 1),
              HasSubstr("an end within the 1 bytes of data, found 2; the file has been cut short"));
  EXPECT_THAT(one("\"F32\"", "[2]", "[0,4]", 4),
              HasSubstr("expected 2 elements of 4 bytes, found shape [2] in 4 bytes"));
  // Products that wrap to the right size: 2^32 * 2^32 = 2^64, and 2^62 elements of 4 bytes.
  EXPECT_THAT(one("\"U8\"", "[4294967296,4294967296]", "[0,0]", 0), HasSubstr("expected fewer than 2^63 elements"));
  EXPECT_THAT(one("\"F32\"", "[4611686018427387904]", "[0,0]", 0),
              HasSubstr("expected 4611686018427387904 elements of 4 bytes"));
}

TEST(safetensors, has_a_limit_of_tensors) {
  std::string many = "{", strings = R"({"__metadata__":{)";
  for (std::size_t i = 0; i <= clipt::safetensors_tensor_limit; ++i) {
    many += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})", i == 0 ? "" : ",", i);
    strings += fmt::format(R"({}"{}":"")", i == 0 ? "" : ",", i);
  }
  EXPECT_THAT(verdict_on_file(made(many + "}", 0)), HasSubstr("header: expected at most 262144 tensors, found more"));
  EXPECT_THAT(verdict_on_file(made(strings + "}}", 0)),
              HasSubstr("expected at most 262144 strings of metadata, found more"));
}

TEST(safetensors, refuses_overlaps_and_holes) {
  const auto two = [](const std::string& first, const std::string& second, std::size_t size) {
    return verdict_on_file(made("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" + first +
                                    "},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" + second + "}}",
                                size));
  };
  EXPECT_EQ(two("[2,4]", "[0,2]", 4), "accepted");
  EXPECT_THAT(two("[0,2]", "[1,3]", 3),
              HasSubstr("tensor 'b': expected its data at offset 2, found 1: it overlaps the one before"));
  EXPECT_THAT(two("[0,2]", "[0,2]", 2), HasSubstr("found 0: it overlaps"));
  EXPECT_THAT(two("[0,2]", "[3,5]", 5), HasSubstr("tensor 'b': expected its data at offset 2, found 3: a hole"));
  EXPECT_THAT(two("[1,3]", "[3,5]", 5), HasSubstr("tensor 'a': expected its data at offset 0, found 1: a hole"));
  EXPECT_THAT(two("[0,2]", "[2,4]", 5), HasSubstr("end of the data: expected 4 bytes, found 5"));
}

TEST(safetensors, refuses_to_write_what_cannot_be_read) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "t", "old");
  const std::vector<float> x = {1};
  const auto write = [&](const std::vector<tensor_entry>& entries) {
    return why([&] { clipt::write_safetensors(folder / "t", entries); });
  };
  EXPECT_THAT(write({entry("a", {1}, x), entry("a", {1}, x)}), HasSubstr("the name 'a' is there twice"));
  EXPECT_THAT(write({entry("__metadata__", {1}, x)}), HasSubstr("the name '__metadata__' is reserved"));
  EXPECT_THAT(write({entry("\xff", {1}, x)}), HasSubstr("must be UTF-8"));
  EXPECT_THAT(write({{"a", dtype_code::f32, {2}, std::as_bytes(std::span(x))}}),
              HasSubstr("F32 [2] does not fit 4 bytes"));
  EXPECT_EQ(clipt::read_file(folder / "t"), "old");
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(safetensors, every_cut_and_changed_byte_is_survived) {
  const clipt_test::temporary_folder folder;
  const std::vector<float> x = {1, 2};
  const std::vector<std::uint8_t> y = {1, 2, 3};
  clipt::write_safetensors(folder / "t", std::vector{entry("first", {2, 1}, x), entry("second", {3}, y)}, {{"k", "v"}});
  const std::string good = clipt::read_file(folder / "t");
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_NE(verdict_on_file(good.substr(0, i)), "accepted") << i;
    for (const char c : {'\0', '9', '"', '}', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      verdict_on_file(bad);  // either way, as long as the sanitizers have nothing to say
    }
  }
}

TEST(safetensors, reads_the_reference_files) {
  CLIPT_NEEDS_SHARED("golden/losses.safetensors");
  const clipt::safetensors_file losses(clipt_test::golden("losses.safetensors"));
  const auto features = clipt::to_vector<double>(losses.at("contrastive.grad.image_features"));
  EXPECT_EQ(features.size(), 16u * 32u);
  const clipt::safetensors_file batches(clipt_test::golden("train_vit_tiny/batches.safetensors"));
  EXPECT_THAT(batches.at("images").shape, ElementsAre(30, 8, 3, 32, 32));
  EXPECT_EQ(clipt::to_vector<std::int64_t>(batches.at("tokens"))[0], 198);  // SOT = vocabulary - 2
  EXPECT_NEAR(clipt::to_vector<float>(batches.at("log"))[1], 1e-4, 1e-9);   // the learning rate of the first of 5 steps
  std::size_t files = 0;
  for (const auto& place : std::filesystem::recursive_directory_iterator(clipt_test::shared("golden"))) {
    if (place.path().extension() != ".safetensors") continue;
    const clipt::safetensors_file file(place.path());
    for (const tensor_entry& e : file.entries())
      EXPECT_EQ(clipt::to_vector<double>(e).size(), element_count(e)) << e.name;
    ++files;
  }
  EXPECT_GE(files, 15u);
}

}  // namespace
