// One training sample: order of an epoch, decoding with a cache, augmentation, and what happens to unusable pictures.
#pragma once
#include <array>        // array
#include <atomic>       // atomic
#include <cstdint>      // int64_t, uint64_t
#include <map>          // map
#include <memory>       // shared_ptr
#include <mutex>        // mutex, scoped_lock
#include <iterator>     // prev
#include <numeric>      // gcd, iota
#include <optional>     // optional, nullopt
#include <set>          // set
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move, pair, swap
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/pictures/augment.hpp>  // augment
#include <clipt/data/dataset.hpp>      // dataset
#include <clipt/pictures/image.hpp>    // normalise, preprocess_pixels
#include <clipt/core/error.hpp>        // io_error, shape_error
#include <clipt/core/philox.hpp>       // random_stream
#include <clipt/io/printable.hpp>      // on_one_line

namespace clipt::inline CLIPT_BUILD {

/// What to do with a picture that cannot be loaded: take another one in its place, or stop with its error.
enum class bad_samples { skip, fatal };

/// The most threads that make samples: as many as a user of the system may have are soon all that it has.
inline constexpr int most_workers = 1024;

/// How samples become batches.
struct loader_options {
  int batch = 64;   // samples
  int side = 64;    // pixels
  int workers = 1;  // threads beside the caller's; 0: the caller does it all
  int ahead = 3;    // batches that may wait
  int epochs = 1;
  std::uint64_t seed = 0;
  bool shuffle = true;                    // another order in each epoch
  bool drop_last = true;                  // leave out an epoch's last, smaller batch
  std::optional<augmentation> augment{};  // none: the preprocessing of evaluation
  preprocessing preprocess{};             // of evaluation; augmented pictures share its statistics, turns and white
  std::int64_t cache_bytes = std::int64_t{512} << 20;  // of decoded pictures that are kept
  bad_samples bad = bad_samples::skip;
};

/// The pictures that could not be used so far, by sample; at most `kept` of them with their reasons.
struct bad_sample_summary {
  static constexpr std::size_t kept = 50;

  int count = 0;
  std::map<int, std::string> reasons{};

  /// "9 of 100 pictures cannot be used: <reason>; <reason>; ..." with up to `most` reasons; empty if there are none.
  std::string text(int total, std::size_t most = kept) const {
    if (count == 0) return "";
    std::string out = fmt::format("{} of {} pictures cannot be used", count, total);
    std::size_t told = 0;
    for (auto at = reasons.begin(); at != reasons.end() && told < most; ++at, ++told)
      out += fmt::format("{} {}", told == 0 ? ':' : ';', detail::on_one_line(at->second));
    return told < static_cast<std::size_t>(count) ? out + "; ..." : out;
  }
};

namespace detail {

// Random numbers of different purposes must not meet, and sample and epoch already fill stream and step.
inline constexpr std::uint64_t order_purpose = 0x6F72'6465'7200'0000, augment_purpose = 0x6175'676D'656E'7400,
                               caption_purpose = 0x6361'7074'696F'6E00;

inline random_stream sample_stream(std::uint64_t seed, std::uint64_t purpose, int sample, int epoch) {
  return {seed ^ purpose, static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(epoch)};
}

/// The orders of the two epochs that may be under way at once.
class epoch_orders {
 public:
  using order = std::shared_ptr<const std::vector<int>>;

  epoch_orders(int count, std::uint64_t seed, bool shuffle) : count_(count), seed_(seed), shuffle_(shuffle) {}

  order get(int epoch) {
    const std::scoped_lock lock(mutex_);
    auto& [of, kept] = orders_[static_cast<std::size_t>(epoch % 2)];
    if (kept == nullptr || of != epoch) {
      of = epoch;
      kept = std::make_shared<const std::vector<int>>(make(epoch));
    }
    return kept;
  }

 private:
  std::vector<int> make(int epoch) const {
    std::vector<int> out(static_cast<std::size_t>(count_));
    std::iota(out.begin(), out.end(), 0);
    if (!shuffle_) return out;
    const random_stream random = sample_stream(seed_, order_purpose, 0, epoch);
    for (std::uint32_t i = static_cast<std::uint32_t>(count_); i-- > 1;) std::swap(out[i], out[random.below(i, i + 1)]);
    return out;
  }

  int count_;
  std::uint64_t seed_;
  bool shuffle_;
  std::mutex mutex_;
  std::array<std::pair<int, order>, 2> orders_;
};

/// Decoded pictures, kept first come first served until their bytes reach the limit.
class picture_cache {
 public:
  picture_cache(int count, std::int64_t limit)
      : pictures_(limit > 0 ? static_cast<std::size_t>(count) : 0), left_(limit) {}

  std::shared_ptr<const image> find(int i) {
    if (pictures_.empty()) return nullptr;
    const std::scoped_lock lock(mutex_);
    return pictures_[static_cast<std::size_t>(i)];
  }

  void keep(int i, const std::shared_ptr<const image>& picture) {
    if (pictures_.empty()) return;
    const auto size = static_cast<std::int64_t>(picture->pixels.size() + sizeof(image));
    const std::scoped_lock lock(mutex_);
    auto& place = pictures_[static_cast<std::size_t>(i)];
    if (place != nullptr || size > left_) return;
    left_ -= size;
    place = picture;
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<const image>> pictures_;
  std::int64_t left_;
};

/// Which samples turned out to be unusable.
class bad_sample_log {
 public:
  explicit bad_sample_log(int count) : bad_(static_cast<std::size_t>(count)) {}

  bool known(int i) const { return bad_[static_cast<std::size_t>(i)].load(std::memory_order_relaxed); }

  void note(int i, std::string reason) {
    const std::scoped_lock lock(mutex_);
    if (bad_[static_cast<std::size_t>(i)].exchange(true)) return;
    ++summary_.count;
    summary_.reasons.emplace(i, std::move(reason));
    // The lowest numbers stay: what is reported after an epoch then does not depend on which thread was faster.
    if (summary_.reasons.size() > bad_sample_summary::kept) summary_.reasons.erase(std::prev(summary_.reasons.end()));
  }

  bad_sample_summary summary() const {
    const std::scoped_lock lock(mutex_);
    return summary_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::atomic<bool>> bad_;
  bad_sample_summary summary_;
};

/// The position to look at for a stand-in for `position` at the `attempt`-th try, from 1: whole batches ahead, so that what
/// stands in has its own turn long after or before; all positions are reached.
inline int stand_in_position(int position, int attempt, int batch, int count) {
  const std::int64_t cycle = count / std::gcd(batch, count);
  return static_cast<int>((position + static_cast<std::int64_t>(attempt) * batch + attempt / cycle) % count);
}

/// Makes samples; all of it may be called from several threads at once.
template <dataset D>
class sample_maker {
 public:
  sample_maker(const D& data, const loader_options& options)
      : data_(data), options_(options), orders_(data.size(), options.seed, options.shuffle),
        cache_(data.size(), options.cache_bytes), bad_(data.size()) {}

  epoch_orders::order order(int epoch) { return orders_.get(epoch); }

  /// Writes a sample: planes [3, side, side], caption; false if it cannot be used.
  bool make(int sample, int epoch, std::span<float> planes, std::string& caption) {
    if (bad_.known(sample)) return false;
    const auto picture = load(sample);
    if (picture == nullptr) return false;
    caption = data_.caption(sample, sample_stream(options_.seed, caption_purpose, sample, epoch));
    const random_stream random = sample_stream(options_.seed, augment_purpose, sample, epoch);
    try {
      const image ready = options_.augment ? augment(*picture, options_.side, *options_.augment, random)
                                           : preprocess_pixels(*picture, options_.side, options_.preprocess);
      normalise(ready, options_.preprocess.statistics, planes);
      return true;
    } catch (const error& e) {
      refuse(sample, e);
      return false;
    }
  }

  /// Writes one that is not among `taken` in the place of that of `position`, and adds it to them; none if all are.
  std::optional<int> stand_in(const std::vector<int>& order, int epoch, int position, std::set<int>& taken,
                              std::span<float> planes, std::string& caption) {
    const int count = data_.size();
    for (int attempt = 1; attempt < count; ++attempt) {
      const int sample = order[static_cast<std::size_t>(stand_in_position(position, attempt, options_.batch, count))];
      if (taken.contains(sample) || !make(sample, epoch, planes, caption)) continue;
      taken.insert(sample);
      return sample;
    }
    return std::nullopt;
  }

  bad_sample_summary bad() const { return bad_.summary(); }

 private:
  std::shared_ptr<const image> load(int sample) {
    if (auto kept = cache_.find(sample)) return kept;
    try {
      image decoded = as_shown(data_.load(sample), options_.preprocess);
      if (options_.augment && decoded.channels != 3) decoded = to_rgb(decoded);
      auto picture = std::make_shared<const image>(std::move(decoded));
      cache_.keep(sample, picture);
      return picture;
    } catch (const io_error& e) {
      refuse(sample, e);
      return nullptr;
    }
  }

  /// Of a picture that cannot be read or brought to the model's size.
  void refuse(int sample, const error& why) {
    if (options_.bad == bad_samples::fatal) throw io_error(why.what());
    bad_.note(sample, why.what());
  }

  const D& data_;
  const loader_options& options_;
  epoch_orders orders_;
  picture_cache cache_;
  bad_sample_log bad_;
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
