// Captions back to back: what a text transformer reads of them, and which of their tokens is the caption.
#pragma once
#include <algorithm>  // copy_n, fill, find, max_element, min
#include <cstdint>    // int32_t
#include <string>     // to_string

#include <clipt/clip/config.hpp>     // text_config
#include <clipt/core/error.hpp>      // shape_error
#include <clipt/ops/sequences.hpp>  // sequence_rows
#include <clipt/expr/node.hpp>       // as_expression
#include <clipt/memory/view.hpp>     // view

namespace clipt::inline CLIPT_BUILD {

/// Captions back to back, each from its start token to its end token: what follows the end token cannot matter.
///
/// Because of the causal mask a padded batch gives the same embeddings; its padding is only work. For a model that
/// reads the padding (`text_config::reads_padding`) zeros are added.
template <class Device = cpu>
struct packed_captions {
  view<const std::int32_t, shape<tokens>, Device> ids;
  view<const std::int32_t, shape<clipt::offsets>, Device> offsets;  // [captions + 1], from 0 to the number of ids

  dim_t count() const { return offsets.size() - 1; }
  sequence_rows rows() const { return {offsets.data(), count(), 0}; }
};

namespace detail {

/// The position of the token that is the caption. Source: open_clip's text_global_pool, in which a caption without its
/// end token is its first token.
template <text_config C>
dim_t caption_position(const std::int32_t* ids, dim_t count) {
  if constexpr (C.pooling == text_pooling::first) {
    return 0;
  } else if constexpr (C.pooling == text_pooling::last) {
    return count - 1;
  } else if constexpr (C.pooling == text_pooling::end_id) {
    const std::int32_t* const found = std::find(ids, ids + count, C.end_id);
    return found == ids + count ? 0 : found - ids;
  } else {
    return std::max_element(ids, ids + count) - ids;
  }
}

/// How many of a caption's ids decide what a model makes of it: the whole context if it reads the padding, else those
/// up to the token that is the caption.
template <text_config C>
dim_t ids_read(const std::int32_t* ids, dim_t count, dim_t context) {
  return C.reads_padding() ? context : caption_position<C>(ids, count) + 1;
}

/// Captions with the ids that are read of them: cut, or with zeros up to the context.
template <text_config C>
packed_captions<> cut_or_padded(auto& ctx, const std::int32_t* ids, const sequence_rows& given, dim_t context) {
  const auto offsets = ctx.template output<std::int32_t>(shape<clipt::offsets>(given.count + 1));
  offsets[0] = 0;
  for (dim_t i = 0; i < given.count; ++i) {
    const auto [begin, end] = given.range(i);
    offsets[i + 1] = offsets[i] + static_cast<std::int32_t>(ids_read<C>(ids + begin, end - begin, context));
  }
  const auto read = ctx.template output<std::int32_t>(shape<tokens>(offsets[given.count]));
  for (dim_t i = 0; i < given.count; ++i) {
    const auto [begin, end] = given.range(i);
    std::int32_t* const to = read.data() + offsets[i];
    std::int32_t* const to_end = read.data() + offsets[i + 1];
    std::fill(std::copy_n(ids + begin, std::min(to_end - to, end - begin), to), to_end, 0);
  }
  return {read, offsets};
}

/// Refuses a caption that is empty or does not fit into the context.
template <text_config C>
void check_lengths(const packed_captions<>& captions) {
  for (dim_t i = 0; i < captions.count(); ++i)
    if (const dim_t length = captions.rows().range(i).size(); length < 1 || length > C.context)
      throw shape_error("clipt::text_transformer: caption " + std::to_string(i) + " has " + std::to_string(length) +
                        " tokens: between 1 and " + std::to_string(C.context) + " fit; truncate it");
}

/// Captions as a model reads them: cut after the token that is the caption, which a text that spells the end token has
/// before its end, or with zeros up to the context.
template <text_config C>
packed_captions<> captions_read(auto& ctx, const packed_captions<>& captions) {
  check_lengths<C>(captions);
  for (dim_t i = 0; i < captions.count(); ++i)
    if (const auto [begin, end] = captions.rows().range(i);
        ids_read<C>(captions.ids.data() + begin, end - begin, C.context) != end - begin)
      return cut_or_padded<C>(ctx, captions.ids.data(), captions.rows(), C.context);
  return captions;
}

/// The same for one who looks at all tokens: nothing is cut.
template <text_config C>
packed_captions<> captions_seen(auto& ctx, const packed_captions<>& captions) {
  if constexpr (C.reads_padding()) return captions_read<C>(ctx, captions);
  check_lengths<C>(captions);
  return captions;
}

/// The row of each caption's token that is the caption, [captions], of `captions_read`: with the causal mask the last.
template <text_config C>
auto caption_rows(auto& ctx, const packed_captions<>& captions) {
  const auto picked = ctx.template output<std::int32_t>(shape<batch>(captions.count()));
  for (dim_t i = 0; i < captions.count(); ++i) {
    const auto [begin, end] = captions.rows().range(i);
    const dim_t position = C.causal ? end - begin - 1 : caption_position<C>(captions.ids.data() + begin, end - begin);
    picked[i] = static_cast<std::int32_t>(begin + position);
  }
  return picked;
}

}  // namespace detail

/// Captions of a padded batch [captions, context], cut after the token that is the caption: the first largest id, which
/// is the end token, unless C says otherwise. A model that reads the padding keeps it.
template <text_config C = text_config{}, class Context, class Ids>
packed_captions<> pack(Context& ctx, const Ids& padded) {
  const auto ids = as_expression(padded);
  const dim_t count = ids.shape().extent(0), context = ids.shape().extent(1);
  return detail::cut_or_padded<C>(ctx, ids.data(), {nullptr, count, context}, context);
}

}  // namespace clipt::inline CLIPT_BUILD
