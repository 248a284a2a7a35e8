// Fingerprints of weights: the same for a copy, another for another name, type, shape or beginning of a tensor.
#include <gtest/gtest.h>

#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/weights/fingerprint.hpp>
#include "why.hpp"

namespace {

using namespace clipt;

/// The fingerprint of two tensors, the first of 2,000 floats.
std::string of(const std::string& name, std::vector<std::int64_t> shape, const std::vector<float>& first) {
  const std::vector<float> second{1};
  const tensor_entry one{name, dtype_code::f32, std::move(shape), std::as_bytes(std::span(first))};
  const tensor_entry two{"second", dtype_code::f32, {1}, std::as_bytes(std::span(second))};
  return fingerprint({{one.name, {{&one}}}, {two.name, {{&two}}}});
}

TEST(fingerprint, tells_weights_apart_by_the_beginning_of_each_tensor) {
  std::vector<float> values(2000, 0.5f);
  const std::string whole = of("first", {2000}, values);
  EXPECT_EQ(whole.size(), 64u);
  EXPECT_EQ(of("first", {2000}, values), whole);
  EXPECT_NE(of("other", {2000}, values), whole);
  EXPECT_NE(of("first", {20, 100}, values), whole);
  values[1024] = 1;  // behind the first 4 KiB
  EXPECT_EQ(of("first", {2000}, values), whole);
  values[1023] = 1;
  EXPECT_NE(of("first", {2000}, values), whole);
}

TEST(fingerprint, knows_the_type) {
  const std::vector<float> values(8);
  const auto typed = [&](dtype_code type) {
    const tensor_entry entry{"x", type, {8}, std::as_bytes(std::span(values))};
    return fingerprint({{"x", {{&entry}}}});
  };
  EXPECT_NE(typed(dtype_code::f32), typed(dtype_code::i32));
}

TEST(fingerprint, knows_what_the_file_beside_the_weights_says) {
  const checkpoint_file file(std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip/wide_perceptron");
  auto config = std::get<clip_config<vit_config>>(read_config(file.state(), {}, "m"));
  EXPECT_EQ(fingerprint(file.state(), config), fingerprint(file.state()));
  config.activation = activation::gelu;
  const std::string gelu = fingerprint(file.state(), config);
  EXPECT_NE(gelu, fingerprint(file.state()));
  config.text.heads += 1;
  EXPECT_NE(fingerprint(file.state(), config), gelu);
}

TEST(fingerprint, of_a_width_that_heads_of_64_numbers_cannot_share) {
  const std::vector<tensor_entry> entries{{"visual.proj", dtype_code::f32, {200, 8}, {}},
                                          {"visual.conv1.weight", dtype_code::f32, {200, 3, 8, 8}, {}},
                                          {"visual.positional_embedding", dtype_code::f32, {5, 200}, {}}};
  const state_dict state = from_openai(entries);
  EXPECT_NE(clipt_test::why([&] { read_config(state, {}, "m"); }).find("cannot be shared by 3 heads"),
            std::string::npos);
  EXPECT_FALSE(is_said_by_tensors(clip_config<vit_config>{}, state));
}

}  // namespace
