// context: the memory, the tape and the settings that operations run with; their first argument.
#pragma once
#include <cstdint>      // uint64_t
#include <memory>       // shared_ptr
#include <new>          // placement new
#include <type_traits>  // is_trivially_destructible_v

#include <clipt/autodiff/calls.hpp>                 // what a call is told that fits no function
#include <clipt/autodiff/node_gradients.hpp>        // node_gradients
#include <clipt/autodiff/operands_as_recorded.hpp>  // operands_as_recorded
#include <clipt/autodiff/tape.hpp>                  // tape_node, claims
#include <clipt/core/check.hpp>                     // rank_of
#include <clipt/core/dtype.hpp>                     // compute_t
#include <clipt/eval/cpu_memory.hpp>                // the kernels of ops::fill, ops::copy on the CPU
#include <clipt/expr/node.hpp>                      // kept_alive, own_gradient
#include <clipt/memory/arena.hpp>                   // arena
#include <clipt/memory/pool.hpp>                    // pool
#include <clipt/memory/view.hpp>                    // view, var

namespace clipt::inline CLIPT_BUILD {

/// What operations run in, as a first argument.
template <class Context>
concept operation_context = requires {
  Context::records;
};

/// A second argument of `backward`: the tape stays, for one more backward. PyTorch equivalent: `retain_graph=True`.
struct keep_tape_t {};
inline constexpr keep_tape_t keep_tape;

/// Memory of one device for a round of operations; contexts of a round share it.
template <class Device>
struct working_memory {
  arena<Device> values;    // results of operations, and scratch above them
  arena<cpu> nodes;        // the tape
  pool<Device> gradients;  // gradients of intermediate results, alive only while they are needed
  detail::claims claimed;  // gradients of parameters that the backward which runs writes to

  /// The tapes that run backwards, the innermost first.
  const detail::running_tape* running = nullptr;
  [[no_unique_address]] device_state<Device> state;
};

/// How operations and models run in a context.
struct context_settings {
  int threads = 0;                 // 0: all that there are; results do not depend on it
  bool training = false;           // batch_norm: the batch's own statistics instead of the running ones
  bool frozen_statistics = false;  // batch_norm: the running ones in training, too, which stay as they are
  bool recomputing = false;        // a part is computed once more for its backward: running statistics stay
  bool checkpoints = false;  // models keep only the results of their blocks and compute the rest again in the backward
  bool as_recorded = false;  // where nothing is recorded: a recording's passes all the same, and so its bits

  /// Whether batch_norm goes by the batch's own statistics.
  bool batch_statistics() const { return training && !frozen_statistics; }
};

/// What operations run in: `recording<>` keeps a tape for `backward`, `inference<>` instantiates no backward at all.
///
/// Results live until `reset()`, and a tape for one `backward` unless it says `keep_tape`. After the first round nothing is allocated any more; `seal()` turns growth into an
/// error. Two contexts are independent of each other; one context belongs to one thread at a time.
template <class Device, bool Records>
class context {
 public:
  using device = Device;
  static constexpr bool records = Records;

  context() : memory_(std::make_shared<working_memory<Device>>()) {}

  /// A context that takes its results from another one's memory, with a tape of its own; only the last one of those that
  /// share can `reset` it.
  template <bool OtherRecords>
  explicit context(context<Device, OtherRecords>& other) : settings(other.settings), memory_(other.shared_memory()) {}
  context(const context&) = delete;
  context(context&&) = default;
  context& operator=(context&&) = default;

  context_settings settings;

  int threads() const { return settings.threads; }

  /// Whether results may come by fewer passes than a recording takes, equal to rounding, and picture by picture.
  bool evaluates() const { return !Records && !settings.as_recorded && !settings.batch_statistics(); }

  /// The device's own state: kernels take their stream from here.
  device_state<Device>& state() { return memory_->state; }

  /// An uninitialised array that lives until `reset()`.
  template <class T, class Shape>
  view<T, Shape, Device> output(const Shape& shape) {
    return {scratch<T>(checked_size(shape)), shape, memory_->values.stamp()};
  }

  /// Uninitialised elements; inside a backward they live until the end of that node.
  template <class T>
  T* scratch(dim_t count) {
    return static_cast<T*>(memory_->values.take(byte_count<T>(count)));
  }

  /// Ids or offsets that a backward needs as they are now: a copy if the context records, else themselves.
  template <class T>
  const T* kept(const T* from, dim_t count) {
    if constexpr (Records) {
      T* const copy = scratch<T>(count);
      run_forward<ops::copy>(*this, from, copy, count);
      return copy;
    } else {
      return from;
    }
  }

  /// A leaf of one's own inside a recording: a var with the given values whose gradient can be read after `backward`.
  template <class T, class Shape>
  var<std::remove_const_t<T>, Shape, Device> variable(const view<T, Shape, Device>& x) requires Records {
    auto* slot = new (memory_->nodes.take(sizeof(gradient))) gradient{.kept = true, .recorded_in = tape_};
    return {x.data(), slot, x.shape(), memory_->values.stamp().and_of(x.stamp)};
  }
  template <class Tensor>
  auto variable(Tensor&& x) requires(Records&& requires { x.view(); }) {
    static_assert(kept_alive<Tensor>::by_a_name,
                  "clipt::variable: a temporary tensor: its elements would be gone; give it a name");
    static_assert(own_gradient<std::remove_cvref_t<Tensor>>::is_absent,
                  "clipt::variable: a parameter has a gradient of its own, which would get nothing; use it as it is");
    return variable(std::as_const(x).view());
  }

  /// Keeps the gradient of an intermediate result readable after `backward`; those of several add up. PyTorch equivalent: `x.retain_grad()`.
  template <class T, class Shape>
  void keep_gradient(const var<T, Shape, Device>& x) {
    x.slot->kept = true;
  }

  /// The gradient of a variable after `backward`; `clipt::error` if nothing reached it.
  template <class T, class Shape>
  view<const T, Shape, Device> gradient_of(const var<T, Shape, Device>& x) const {
    x.stamp.check("gradient_of");
    const void* const data = x.slot->passed != nullptr || x.slot->empty ? x.slot->passed : x.slot->data;
    if (data == nullptr)
      throw error("clipt::gradient_of: no gradient reached " + to_string(x.shape()) +
                  "; was backward run, and was keep_gradient called before it?");
    return {static_cast<const T*>(data), x.shape(), memory_->values.stamp()};
  }

  /// Ends an operation whose result is `out`: a recording context remembers `backward(context, gradient view,
  /// operands...)`, which gets the operands with sinks in the place of vars and writes all of each sink's gradient.
  template <class T, class Shape, class Backward, class... X>
  var<T, Shape, Device> record(const view<T, Shape, Device>& out, Backward backward,
                               const X&... operand) requires Records {
    static_assert(
        std::is_trivially_destructible_v<Backward>,
        "clipt::record: a backward lives in an arena and is never destroyed; capture views and numbers, not owners");
    const detail::operands_as_recorded recorded(operand...);
    constexpr int leaves = (0 + ... + detail::active_leaves<X>);  // nvcc 13 loses the pack inside of the lambda
    auto pass = [backward, recorded, operand...](context& ctx, const auto& g) {
      recorded.check(operand...);
      detail::node_gradients<context, leaves> gradients(ctx);
      detail::in_order{backward, ctx, g, gradients.open(operand)...};
      gradients.finish();
    };
    using Recorded = detail::recorded<context, view<T, Shape, Device>, decltype(pass)>;
    void* place = memory_->nodes.take(sizeof(Recorded));
    auto* made = new (place) Recorded{{&run<Recorded>, last_, {.recorded_in = tape_}}, out, pass};
    last_ = made;
    return {out.data(), &made->result, out.shape(), out.stamp};
  }

  /// Adds the gradient of a scalar to all parameters and variables that it was computed from.
  ///
  /// The tape is then gone; with `keep_tape` it stays unless the backward is refused. Errors: `clipt::error` from a
  /// result whose tape is gone, or through what another context has recorded.
  /// PyTorch equivalent: `loss.backward()`, `loss.backward(retain_graph=True)`.
  template <class T, class Shape, class... KeepTape>
  requires(std::is_same_v<KeepTape, keep_tape_t>&&...) void backward(const var<T, Shape, Device>& loss,
                                                                     KeepTape... keep) {
    static_assert(Records, "clipt::backward: the context records: it is an inference context; use recording<>");
    static_assert(elements<Shape, shape<>>::equal,
                  "clipt::backward: the loss is a scalar: it has axes; reduce it with sum or mean, or give a gradient");
    sweep(loss, sizeof...(keep) > 0, [&](T* g) { run_forward<ops::fill>(*this, g, 1, T(1)); });
  }

  /// The same from a statement, `backward(a + 0.1 * b)`, which is evaluated.
  template <class Op, class... Args, class... KeepTape>
  void backward(const node<Op, Args...>& loss, KeepTape... keep) {
    backward(eval(*this, loss), keep...);
  }

  /// A result that no gradient can come from, as in an inference context: refused with a sentence.
  template <class T, class Shape>
  void backward(const view<T, Shape, Device>&) {
    static_assert(
        Records && element_types<T, void>::equal,
        "clipt::backward: the loss depends on a parameter or on ctx.variable(x) in a recording context: it does not");
  }

  /// The same from a result of any shape, with the gradient that it gets. Errors: `shape_error` when runtime extents
  /// differ. PyTorch equivalent: `x.backward(gradient)`.
  template <class T, class U, class Shape, class... KeepTape>
  requires(Records && (std::is_same_v<KeepTape, keep_tape_t> &&
                       ...)) void backward(const var<T, Shape, Device>& x, const view<U, Shape, Device>& gradient,
                                           KeepTape... keep) {
    if (!(x.shape() == gradient.shape()))
      throw shape_error("clipt::backward: the result is " + to_string(x.shape()) + ", its gradient " +
                        to_string(gradient.shape()) + ": the extents differ");
    sweep(x, sizeof...(keep) > 0,
          [&](T* g) { run_forward<ops::copy>(*this, static_cast<const T*>(gradient.data()), g, x.size()); });
  }

  /// Whether the backward that runs leaves the tape for another one: what nodes have saved must then stay as it is.
  bool keeps_tape() const { return keeps_tape_; }

  /// Forgets all results and the tape: the start of the next step. Errors: `clipt::error` while another context shares
  /// the memory.
  void reset() {
    if (memory_.use_count() > 1)
      throw error(
          "clipt::reset: another context shares this memory, and its results and tape would go, too: end it first");
    last_ = nullptr;
    memory_->values.reset();
    memory_->nodes.reset();
    memory_->gradients.reset();
  }

  /// From now on a step that needs more memory than the largest so far is an error.
  void seal() {
    memory_->values.seal();
    memory_->nodes.seal();
    memory_->gradients.seal();
  }

  working_memory<Device>& memory() { return *memory_; }
  const std::shared_ptr<working_memory<Device>>& shared_memory() { return memory_; }

 private:
  template <class, int>
  friend class detail::node_gradients;

  /// Makes a gradient ready to be written, all of it: whether to store, because nothing is in it yet, or to add.
  bool open(gradient& slot, std::size_t bytes) {
    refuse_foreign(slot);
    refuse_spent(slot);
    if (slot.allocate != nullptr) memory_->claimed.add(slot);
    if (slot.data == nullptr) {
      if (slot.allocate != nullptr)
        slot.allocate(slot);
      else
        slot.data = memory_->gradients.take(bytes);
    }
    const bool stores = slot.empty;
    slot.empty = false;
    return stores;
  }

  template <class Recorded>
  static void run(tape_node<context>* base, context& ctx) {
    auto* self = static_cast<Recorded*>(base);
    gradient& g = self->result;
    if (g.empty) return;  // nothing that was differentiated depends on this result
    const auto& out = self->out;
    using View = std::remove_cvref_t<decltype(out)>;
    using T = typename View::value_type;
    const auto mark = ctx.memory_->values.mark();
    self->backward(ctx, view<const T, typename View::shape_type, Device>{static_cast<const T*>(g.data), out.shape()});
    ctx.memory_->values.release(mark);
    if (g.kept && g.passed == nullptr) {
      g.passed = g.data;
    } else {
      if (g.kept)
        run_forward<ops::accumulate>(ctx, static_cast<const T*>(g.data), static_cast<T*>(g.passed), out.size());
      ctx.memory_->gradients.give(g.data, static_cast<std::size_t>(out.size()) * sizeof(T));
    }
    g.data = nullptr;
    g.empty = true;
  }

  static void refuse_spent(const gradient& slot) {
    if (slot.spent)
      throw error(
          "clipt::backward: the tape behind this result has run backwards and is gone: write backward(loss, keep_tape) "
          "the first time, or compute it again");
  }

  /// A gradient that no tape which runs would pass on.
  void refuse_foreign(const gradient& slot) const {
    if (slot.recorded_in == 0 || slot.recorded_in == tape_) return;
    for (const auto* tape = memory_->running; tape != nullptr; tape = tape->outer)
      if (tape->number == slot.recorded_in) return;
    throw error(
        "clipt::backward: a gradient for what another context has recorded, where it would not go on: record all of "
        "it in one context, or write detach(x)");
  }

  /// A backward from its begin to its end, by a refusal as well: gradients are given free, and the tape is gone.
  struct running_backward {
    context& ctx;
    detail::running_tape tape;
    bool passed = false;
    running_backward(context& c, bool keep) : ctx(c), tape{c.tape_, c.memory_->running} {
      ctx.keeps_tape_ = keep;
      ctx.memory_->running = &tape;
    }
    running_backward(const running_backward&) = delete;
    ~running_backward() {
      ctx.memory_->running = tape.outer;
      if (tape.outer == nullptr) ctx.memory_->claimed.release();
      if (ctx.keeps_tape_ && passed) return;
      for (tape_node<context>* node = ctx.last_; node != nullptr; node = node->previous) node->result.spent = true;
      ctx.last_ = nullptr;
    }
  };

  template <class T, class Shape, class Seed>
  void sweep(const var<T, Shape, Device>& x, bool keep, Seed seed) {
    x.stamp.check("backward");
    refuse_foreign(*x.slot);  // before it begins: other tapes stay
    refuse_spent(*x.slot);
    running_backward runs(*this, keep);
    const auto mark = memory_->values.mark();
    if (open(*x.slot, static_cast<std::size_t>(x.size()) * sizeof(T))) {
      seed(static_cast<T*>(x.slot->data));
    } else {
      T* const more = scratch<T>(x.size());
      seed(more);
      run_forward<ops::accumulate>(*this, static_cast<const T*>(more), static_cast<T*>(x.slot->data), x.size());
      memory_->values.release(mark);
    }
    for (tape_node<context>* node = last_; node != nullptr; node = node->previous) node->run(node, *this);
    runs.passed = true;
  }

  std::shared_ptr<working_memory<Device>> memory_;
  std::uint64_t tape_ = detail::next_tape();
  tape_node<context>* last_ = nullptr;
  bool keeps_tape_ = false;
};

/// The two kinds of context: one that keeps a tape for `backward`, one that does not.
template <class Device = cpu>
using recording = context<Device, true>;
template <class Device = cpu>
using inference = context<Device, false>;

}  // namespace clipt::inline CLIPT_BUILD
