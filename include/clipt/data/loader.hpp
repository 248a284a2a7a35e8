// Batches of pictures and captions, made on worker threads while the model computes.
#pragma once
#include <algorithm>           // copy, count, min
#include <chrono>              // steady_clock
#include <condition_variable>  // condition_variable_any
#include <cstdint>             // int64_t
#include <exception>           // exception_ptr
#include <mutex>               // mutex, unique_lock
#include <set>                 // set
#include <span>                // span
#include <stop_token>          // stop_token
#include <string>              // string
#include <thread>              // jthread
#include <utility>             // move, swap
#include <vector>              // vector

#include <fmt/format.h>  // format

#include <clipt/data/samples.hpp>  // sample_maker
#include <clipt/core/error.hpp>    // shape_error

namespace clipt::inline CLIPT_BUILD {

/// Samples that the model gets at once.
struct sample_batch {
  std::vector<float> images;          // [size, 3, side, side], normalised
  std::vector<std::string> captions;  // [size]
  std::vector<int> indices;           // [size], numbers in the data set
  int epoch = 0, step = 0;            // both from 0; the step counts within the epoch

  int size() const { return static_cast<int>(indices.size()); }
};

/// Where in the training to begin: the first batch that `next` returns.
struct loader_position {
  int epoch = 0, step = 0;
};

/// Makes the batches of one epoch after the other, on worker threads, some ahead of what the model has taken.
///
/// What the batches hold is a pure function of data, options, epoch and step: neither the number of workers nor the
/// position at which the loader was started matters. A picture that cannot be loaded is counted and named in `bad`, and
/// a sample that is not in the batch stands in for it, for the objective would take a repeated one for a wrong match; where
/// none is left, a batch that may be smaller (drop_last = false) is. `bad_samples::fatal` makes it an error instead.
/// Errors: shape_error for options out of range; what a worker throws is thrown by `next` at the batch concerned;
/// io_error if fewer pictures can be used than a batch needs. The data must outlive the loader.
///
/// PyTorch equivalent: DataLoader(data, batch, shuffle, num_workers, drop_last, prefetch_factor).
template <dataset D>
class loader {
 public:
  loader(const D& data, loader_options options, loader_position from = {})
      : options_(std::move(options)), count_(checked(data.size())), samples_(data, options_), slots_(slot_count()) {
    if (from.epoch < 0 || from.step < 0 || from.step > steps())
      throw shape_error(fmt::format("clipt::loader: cannot begin at epoch {}, step {}; an epoch has {} steps",
                                    from.epoch, from.step, steps()));
    taken_ = begun_ = static_cast<std::int64_t>(from.epoch) * steps() + from.step;
    for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this](std::stop_token stop) { work(stop); });
  }
  loader(const D&&, loader_options, loader_position = {}) = delete;  // would read from data that is gone

  /// Batches in an epoch.
  int steps() const {
    return options_.drop_last ? count_ / options_.batch : (count_ + options_.batch - 1) / options_.batch;
  }

  /// Waits for the next batch and puts it into `out`; false after the last epoch.
  ///
  /// The memory of `out` is used again for a batch to come: with the same object each time, nothing is allocated.
  bool next(sample_batch& out) {
    std::unique_lock lock(mutex_);
    if (taken_ >= total()) return false;
    slot& wanted = slots_[static_cast<std::size_t>(taken_ % slot_count())];
    const auto start = std::chrono::steady_clock::now();
    while (!wanted.ready) {
      if (begun_ == taken_)
        make_piece(lock);  // nobody has begun the rest of this batch: rather than wait, help
      else
        finished_.wait(lock, [&] { return wanted.ready; });
    }
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (wanted.failure) {
      stopped_ = true;
      std::rethrow_exception(wanted.failure);
    }
    std::swap(out, wanted.content);
    wanted.ready = false;
    ++taken_;
    room_.notify_all();
    return true;
  }

  /// The samples that could not be used so far.
  bad_sample_summary bad() const { return samples_.bad(); }

  /// Seconds that `next` has spent waiting or making batches itself: near 0 if the workers keep up.
  double waited() const {
    const std::scoped_lock lock(mutex_);
    return waited_;
  }

 private:
  /// A batch that is being made: its pieces are handed to whoever is free.
  struct slot {
    sample_batch content;
    int pieces = 0, unfinished = 0;
    int failed_piece = 0;
    bool ready = false;
    std::exception_ptr failure;
  };
  static constexpr int missing = -1;  // the index of a sample that cannot be used
  static constexpr int piece = 16;  // samples; small enough that all threads work on the first batch

  int checked(int count) const {
    const loader_options& o = options_;
    if (count < 1 || o.batch < 1 || o.side < 1 || o.workers < 0 || o.workers > most_workers || o.ahead < 1 ||
        o.epochs < 0)
      throw shape_error(
          fmt::format("clipt::loader: {} samples, batch {}, side {}, workers {}, ahead {}, epochs {}: samples, "
                      "batch, side and ahead must be at least 1, the others at least 0, workers at most {}",
                      count, o.batch, o.side, o.workers, o.ahead, o.epochs, most_workers));
    if (o.drop_last && count < o.batch)
      throw shape_error(
          fmt::format("clipt::loader: {} samples do not fill a batch of {}; take a smaller batch or keep the "
                      "last one (drop_last = false)",
                      count, o.batch));
    return count;
  }

  std::int64_t slot_count() const { return options_.ahead; }
  std::int64_t total() const { return static_cast<std::int64_t>(options_.epochs) * steps(); }

  /// Whether a piece may be begun: of a batch that is needed and that has a free slot.
  bool work_left() const { return !stopped_ && begun_ < total() && begun_ < taken_ + slot_count(); }

  // Not inlined: g++ 12 would warn of a use after free within its own stop_token.
  [[gnu::noinline]] void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (room_.wait(lock, stop, [this] { return work_left(); })) {
      if (stop.stop_requested()) return;
      make_piece(lock);
    }
  }

  /// Readies the slot of batch `begun_` for its first piece.
  void begin(slot& to) {
    to.content.epoch = static_cast<int>(begun_ / steps());
    to.content.step = static_cast<int>(begun_ % steps());
    const int size = std::min(options_.batch, count_ - to.content.step * options_.batch);
    to.content.captions.resize(static_cast<std::size_t>(size));
    to.content.indices.resize(static_cast<std::size_t>(size));
    to.content.images.resize(static_cast<std::size_t>(size) * plane_count());
    to.pieces = to.unfinished = (size + piece - 1) / piece;
    to.failure = nullptr;
  }

  /// Takes the next piece of the next batch and makes it, without the lock meanwhile.
  void make_piece(std::unique_lock<std::mutex>& lock) {
    slot& to = slots_[static_cast<std::size_t>(begun_ % slot_count())];
    if (next_piece_ == 0) begin(to);
    const int mine = next_piece_++;
    if (next_piece_ == to.pieces) {
      ++begun_;
      next_piece_ = 0;
    }
    lock.unlock();
    std::exception_ptr failure = failure_of([&] { fill(to.content, mine); });
    lock.lock();
    // The first failure in the batch counts, not the one that came first in time.
    if (failure && (!to.failure || mine < to.failed_piece)) {
      to.failure = failure;
      to.failed_piece = mine;
    }
    if (--to.unfinished > 0) return;
    if (!to.failure && std::ranges::count(to.content.indices, missing) > 0) {
      lock.unlock();
      failure = failure_of([&] { find_stand_ins(to.content); });
      lock.lock();
      to.failure = failure;
    }
    to.ready = true;
    finished_.notify_all();
  }

  template <class F>
  static std::exception_ptr failure_of(F&& work) {
    try {
      work();
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }

  void fill(sample_batch& to, int mine) {
    const auto order = samples_.order(to.epoch);
    const int end = std::min(to.size(), (mine + 1) * piece);
    for (int i = mine * piece; i < end; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const int sample = (*order)[static_cast<std::size_t>(to.step * options_.batch + i)];
      to.indices[at] = samples_.make(sample, to.epoch, planes_of(to, at), to.captions[at]) ? sample : missing;
    }
  }

  /// Other samples in the places of those that cannot be used, one place after the other.
  void find_stand_ins(sample_batch& to) {
    const auto order = samples_.order(to.epoch);
    std::set<int> taken(to.indices.begin(), to.indices.end());
    for (std::size_t at = 0; at < to.indices.size(); ++at) {
      if (to.indices[at] != missing) continue;
      const int position = to.step * options_.batch + static_cast<int>(at);
      to.indices[at] =
          samples_.stand_in(*order, to.epoch, position, taken, planes_of(to, at), to.captions[at]).value_or(missing);
    }
    const auto left_out = std::ranges::count(to.indices, missing);
    if (left_out == to.size() || (left_out > 0 && options_.drop_last))
      throw io_error(fmt::format("clipt::loader: no {} different pictures for a batch: {}", to.size(),
                                 samples_.bad().text(count_, 3)));
    close_gaps(to);
  }

  /// The batch without the places for which there is no sample.
  void close_gaps(sample_batch& of) const {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < of.indices.size(); ++at) {
      if (of.indices[at] == missing) continue;
      if (kept != at) {
        std::ranges::copy(planes_of(of, at), planes_of(of, kept).begin());
        of.indices[kept] = of.indices[at];
        of.captions[kept] = std::move(of.captions[at]);
      }
      ++kept;
    }
    of.indices.resize(kept);
    of.captions.resize(kept);
    of.images.resize(kept * plane_count());
  }

  std::span<float> planes_of(sample_batch& of, std::size_t at) const {
    return std::span(of.images).subspan(at * plane_count(), plane_count());
  }

  std::size_t plane_count() const {
    return 3 * static_cast<std::size_t>(options_.side) * static_cast<std::size_t>(options_.side);
  }

  const loader_options options_;
  const int count_;
  detail::sample_maker<D> samples_;
  mutable std::mutex mutex_;
  std::condition_variable_any room_, finished_;
  std::vector<slot> slots_;
  std::int64_t taken_ = 0, begun_ = 0;  // batches that the caller has taken; the batch whose pieces are handed out
  int next_piece_ = 0;
  bool stopped_ = false;
  double waited_ = 0;
  std::vector<std::jthread> workers_;  // last: they stop before anything that they use goes away
};

}  // namespace clipt::inline CLIPT_BUILD
