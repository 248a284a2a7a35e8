// Captions back to back: what a text transformer reads of them, and which of their tokens is the caption.
#pragma once
#include <algorithm>  // copy_n, fill, min
#include <cstdint>    // int32_t
#include <string>     // to_string
#include <type_traits>  // is_same_v

#include <clipt/autodiff/context.hpp>    // inference
#include <clipt/clip/config.hpp>         // text_config
#include <clipt/core/error.hpp>          // shape_error
#include <clipt/eval/cpu_sequences.hpp>  // the kernels on the CPU
#include <clipt/expr/node.hpp>           // as_expression
#include <clipt/memory/view.hpp>         // view
#include <clipt/ops/memory.hpp>          // ops::transfer

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

/// Captions of the CPU copied to the context's device. It has happened when the call returns.
template <class Context>
auto captions_on(Context& ctx, const packed_captions<>& captions) {
  const auto copied = [&](const auto& x) {
    const auto there = ctx.template output<std::int32_t>(x.shape());
    run_forward<ops::transfer>(ctx, x.data(), there.data(), x.size());
    return there;
  };
  return packed_captions<typename Context::device>{copied(captions.ids), copied(captions.offsets)};
}

namespace detail {

/// The position of the token that is the caption. Source: open_clip's text_global_pool, in which a caption without its
/// end token is its first token.
template <text_config C>
CLIPT_HD dim_t caption_position(const std::int32_t* ids, dim_t count) {
  if constexpr (C.pooling == text_pooling::first) return 0;
  if constexpr (C.pooling == text_pooling::last) return count - 1;
  dim_t found = 0;
  for (dim_t i = 0; i < count; ++i) {
    if constexpr (C.pooling == text_pooling::end_id) {
      if (ids[i] == C.end_id) return i;
    } else if (ids[i] > ids[found]) {
      found = i;
    }
  }
  return found;
}

/// Chooses the token that is the caption: with the causal mask the last that `captions_read` has left.
template <text_config C>
struct caption_token {
  const std::int32_t* ids;
  CLIPT_HD dim_t operator()(dim_t begin, dim_t size) const {
    return C.causal ? size - 1 : caption_position<C>(ids + begin, size);
  }
};

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
packed_captions<> read_on_cpu(auto& ctx, const packed_captions<>& captions) {
  check_lengths<C>(captions);
  for (dim_t i = 0; i < captions.count(); ++i)
    if (const auto [begin, end] = captions.rows().range(i);
        ids_read<C>(captions.ids.data() + begin, end - begin, C.context) != end - begin)
      return cut_or_padded<C>(ctx, captions.ids.data(), captions.rows(), C.context);
  return captions;
}

/// The same on the context's device. What lies on a GPU already is not looked at: it was read before it was copied.
template <text_config C, class Context, class Device>
packed_captions<typename Context::device> captions_read(Context& ctx, const packed_captions<Device>& captions) {
  if constexpr (!std::is_same_v<Device, cpu>) {
    return captions;
  } else if constexpr (std::is_same_v<typename Context::device, cpu>) {
    return read_on_cpu<C>(ctx, captions);
  } else {
    inference<cpu> host;
    return captions_on(ctx, read_on_cpu<C>(host, captions));
  }
}

/// The same for one who looks at all tokens: nothing is cut.
template <text_config C>
packed_captions<> captions_seen(auto& ctx, const packed_captions<>& captions) {
  if constexpr (C.reads_padding()) return captions_read<C>(ctx, captions);
  check_lengths<C>(captions);
  return captions;
}

/// The row of each caption's token that is the caption, [captions], of `captions_read`.
template <text_config C, class Context, class Device>
auto caption_rows(Context& ctx, const packed_captions<Device>& captions) {
  const auto picked = ctx.template output<std::int32_t>(shape<batch>(captions.count()));
  run_forward<ops::choose_rows>(ctx, captions.rows(), caption_token<C>{captions.ids.data()}, picked.data());
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
