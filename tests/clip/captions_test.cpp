// What text transformers read of captions: where they are cut or padded, and which token is the caption.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>

#include "open_clip_variants.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using testing::ElementsAre;
namespace variants = clipt_test::variants;

using captions = std::vector<std::vector<std::int32_t>>;

captions unpacked(const packed_captions<>& packed) {
  captions all;
  for (dim_t i = 0; i < packed.count(); ++i) {
    const auto [begin, end] = packed.rows().range(i);
    all.emplace_back(packed.ids.data() + begin, packed.ids.data() + end);
  }
  return all;
}

constexpr text_config texts(text_pooling pooling, bool causal = true) {
  return {5, 10, 8, 1, 1, 0, pooling, causal, false, 3};
}

/// Two captions of a context of 5, cut and then read by a model.
template <text_config C>
std::pair<captions, captions> cut_and_read() {
  inference<> ctx;
  tensor<std::int32_t, shape<batch, 5>> ids(2);
  const std::int32_t numbers[] = {6, 3, 9, 0, 0, 2, 8, 8, 1, 4};
  std::copy(std::begin(numbers), std::end(numbers), ids.data());
  const auto cut = pack<C>(ctx, ids);
  return {unpacked(cut), unpacked(detail::captions_read<C>(ctx, cut))};
}

TEST(captions, are_cut_after_the_token_that_a_causal_model_pools) {
  const auto whole = captions{{6, 3, 9, 0, 0}, {2, 8, 8, 1, 4}};
  EXPECT_EQ(cut_and_read<texts(text_pooling::largest_id)>().second, (captions{{6, 3, 9}, {2, 8}}));
  EXPECT_EQ(cut_and_read<texts(text_pooling::end_id)>().second, (captions{{6, 3}, {2}}));  // the second has no end
  EXPECT_EQ(cut_and_read<texts(text_pooling::first)>().second, (captions{{6}, {2}}));
  EXPECT_EQ(cut_and_read<texts(text_pooling::last)>().second, whole);
}

TEST(captions, stay_whole_where_tokens_see_their_padding) {
  const auto whole = captions{{6, 3, 9, 0, 0}, {2, 8, 8, 1, 4}};
  EXPECT_EQ(cut_and_read<texts(text_pooling::largest_id, false)>().first, whole);
  EXPECT_EQ(cut_and_read<texts(text_pooling::largest_id, false)>().second, whole);
  EXPECT_EQ(cut_and_read<texts(text_pooling::end_id, false)>().second, whole);
  EXPECT_EQ(cut_and_read<texts(text_pooling::first, false)>().second, whole);
}

/// A tokenizer's captions, which end with their end token.
struct tokenized {
  std::vector<std::int32_t> ids{6, 3, 9, 2, 8};
  std::vector<std::int32_t> offsets{0, 3, 5};

  packed_captions<> view_of() const {
    return {{ids.data(), shape<tokens>(static_cast<dim_t>(ids.size()))},
            {offsets.data(), shape<clipt::offsets>(static_cast<dim_t>(offsets.size()))}};
  }
};

template <text_config C>
std::vector<std::int32_t> rows_of_captions() {
  inference<> ctx;
  const tokenized given;
  const auto rows = detail::caption_rows<C>(ctx, detail::captions_read<C>(ctx, given.view_of()));
  return {rows.begin(), rows.end()};
}

TEST(captions, the_row_of_the_token_that_is_the_caption) {
  EXPECT_THAT(rows_of_captions<texts(text_pooling::largest_id)>(), ElementsAre(2, 4));
  EXPECT_THAT(rows_of_captions<texts(text_pooling::end_id)>(), ElementsAre(1, 2));  // the second has no end
  EXPECT_THAT(rows_of_captions<texts(text_pooling::first)>(), ElementsAre(0, 1));
  EXPECT_THAT(rows_of_captions<texts(text_pooling::last)>(), ElementsAre(4, 9));
  EXPECT_THAT(rows_of_captions<texts(text_pooling::largest_id, false)>(), ElementsAre(2, 5 + 1));
  EXPECT_THAT(rows_of_captions<texts(text_pooling::end_id, false)>(), ElementsAre(1, 5));
  EXPECT_THAT(rows_of_captions<texts(text_pooling::first, false)>(), ElementsAre(0, 5));
  EXPECT_THAT(rows_of_captions<texts(text_pooling::last, false)>(), ElementsAre(4, 9));
}

TEST(captions, a_text_that_spells_the_end_token_ends_there) {
  inference<> ctx;
  const std::vector<std::int32_t> ids{6, 9, 3, 9, 2, 9}, ends{0, 4, 6};
  const packed_captions<> given{{ids.data(), shape<tokens>(6)}, {ends.data(), shape<clipt::offsets>(3)}};
  constexpr text_config largest = texts(text_pooling::largest_id);
  EXPECT_EQ(unpacked(detail::captions_read<largest>(ctx, given)), (captions{{6, 9}, {2, 9}}));
}

TEST(captions, a_tokenizers_are_padded_with_zeros) {
  inference<> ctx;
  const tokenized given;
  constexpr text_config last = texts(text_pooling::last);
  EXPECT_EQ(unpacked(detail::captions_read<last>(ctx, given.view_of())), (captions{{6, 3, 9, 0, 0}, {2, 8, 0, 0, 0}}));
}

template <auto Config>
void expect_packed_is_padded() {
  clip<Config> model;
  initialise(model, 4);
  inference<> ctx;
  tensor<std::int32_t, shape<batch, 12>> padded(2);
  const std::int32_t rows[2][12] = {{7, 30, 4, 63}, {9, 63, 2, 63}};
  std::copy(&rows[0][0], &rows[0][0] + 24, padded.data());
  const std::vector<std::int32_t> ids{7, 30, 4, 63, 9, 63, 2, 63}, ends{0, 4, 8};
  const auto one = model.encode_text(ctx, padded);
  const auto other = model.encode_text(
      ctx, packed_captions<>{{ids.data(), shape<tokens>(8)}, {ends.data(), shape<clipt::offsets>(3)}});
  EXPECT_THAT(std::vector(one.begin(), one.end()), testing::ElementsAreArray(other.begin(), other.end()));
}

TEST(captions, packed_or_padded_the_embeddings_are_the_same) {
  expect_packed_is_padded<variants::first_query>();
  expect_packed_is_padded<variants::mean_of_queries>();
  expect_packed_is_padded<variants::clipa>();
  expect_packed_is_padded<variants::first_sees_all>();
  expect_packed_is_padded<variants::largest_sees_all>();
}

TEST(captions, that_do_not_fit_are_refused_before_they_are_padded) {
  inference<> ctx;
  const std::vector<std::int32_t> ids(6, 1), ends{0, 6}, none{0, 0};
  const auto read = [&](const std::vector<std::int32_t>& offsets) {
    return clipt_test::why([&] {
      detail::captions_read<texts(text_pooling::last)>(
          ctx, packed_captions<>{{ids.data(), shape<tokens>(offsets[1])}, {offsets.data(), shape<clipt::offsets>(2)}});
    });
  };
  EXPECT_THAT(read(ends), testing::HasSubstr("caption 0 has 6 tokens: between 1 and 5 fit; truncate it"));
  EXPECT_THAT(read(none), testing::HasSubstr("caption 0 has 0 tokens"));
}

}  // namespace
