// tensor and parameter: arrays that own their elements.
#pragma once
#include <algorithm>         // copy
#include <concepts>          // convertible_to, integral, same_as
#include <initializer_list>  // initializer_list
#include <memory>            // shared_ptr, make_shared
#include <span>              // span
#include <utility>           // as_const, move

#include <clipt/core/check.hpp>      // static_extent
#include <clipt/core/dtype.hpp>      // policy
#include <clipt/memory/storage.hpp>  // storage
#include <clipt/memory/view.hpp>     // view, var, gradient

namespace clipt::inline CLIPT_BUILD {

namespace detail {

inline void check_held(bool held) {
  if (!held)
    throw error("clipt: a tensor or parameter whose elements were moved away is used: use what they were moved to");
}

}  // namespace detail

namespace detail {

/// Zeroed elements for a shape, which a lack of memory is reported with.
template <class T, class Device, class Shape>
storage<T, Device> storage_of(const Shape& shape) {
  try {
    return storage<T, Device>(checked_size(shape));
  } catch (const memory_error&) {
    refuse_memory("clipt::tensor: " + to_string(shape), shape.size(), sizeof(T));
  }
}

}  // namespace detail

/// Elements of arrays: `array_elements<policy<float>>::are_numbers` is false.
template <class T>
struct array_elements {
  static constexpr bool are_numbers = std::is_arithmetic_v<T> || !std::is_same_v<compute_t<T>, T>;
};

/// What is assigned has elements of its own: `assigned<int>::is_a_tensor`.
template <class X>
struct assigned {
  static constexpr bool is_a_tensor = std::is_void_v<X>;
};

/// An array that owns its elements: inputs and results that outlive a step.
///
/// As an lvalue it is a passive leaf; a temporary tensor in an expression is refused, its elements would be gone.
template <class T, class Shape, class Device = cpu>
class tensor {
  static_assert(
      array_elements<T>::are_numbers,
      "clipt::tensor, clipt::buffer: the first argument is an element type: it is none; write float, double or "
      "Policy::parameter_type");

 public:
  using value_type = T;
  using shape_type = Shape;
  using device = Device;

  tensor() : tensor(Shape{}) {}

  /// Zeros.
  explicit tensor(const Shape& shape) : shape_(shape), elements_(detail::storage_of<T, Device>(shape)) {}

  /// Zeros, of the given runtime extents: `tensor<float, shape<batch, 3>> x(256)`.
  template <std::convertible_to<dim_t>... Extent>
  requires(sizeof...(Extent) == Shape::runtime_rank && Shape::runtime_rank > 0) explicit tensor(Extent... extent)
      : tensor(Shape(extent...)) {}

  /// Values that are not one for each runtime extent: refused with a sentence.
  template <std::convertible_to<dim_t>... Extent>
  requires(sizeof...(Extent) > 0 && sizeof...(Extent) != Shape::runtime_rank) explicit tensor(Extent...)
      : tensor(Shape{}) {
    static_assert(given_values<sizeof...(Extent)>::template match<Shape::runtime_rank>,
                  "clipt::tensor: one value for each runtime extent of the shape: more or fewer are given; elements "
                  "stand behind the shape, x(shape, {1, 2, 3})");
  }

  /// The given elements in row-major order, for instance of a vector; `shape_error` if their number differs.
  tensor(const Shape& shape, std::span<const T> values) requires std::same_as<Device, cpu> : tensor(shape) {
    detail::check_count("tensor", to_string(shape), size(), values.size());
    std::copy(values.begin(), values.end(), data());
  }
  tensor(const Shape& shape, std::initializer_list<T> values) requires std::same_as<Device, cpu>
      : tensor(shape, std::span<const T>(values.begin(), values.size())) {}

  /// A copy of a result or a view.
  template <std::same_as<T> U>
  requires std::same_as<Device, cpu> tensor(const clipt::view<const U, Shape, Device>& x)
      : tensor(x.shape(), std::span<const T>(x.data(), static_cast<std::size_t>(x.size()))) {}

  /// Of a recording's result: refused with a sentence, a gradient would stop here without a word.
  template <std::same_as<T> U>
  tensor(const var<U, Shape, Device>& x) : tensor(detach(x)) {
    static_assert(std::is_void_v<U>,
                  "clipt::tensor: a tensor carries no gradient: this is the result of a recording; write detach(x)");
  }

  /// A statement or a number: refused with a sentence.
  template <class X>
  requires(!std::convertible_to<X, tensor> && (std::is_arithmetic_v<std::remove_cvref_t<X>> ||
                                               requires { typename std::remove_cvref_t<X>::shape_type; })) tensor&
  operator=(X&&) {
    static_assert(assigned<std::remove_cvref_t<X>>::is_a_tensor,
                  "clipt::tensor: `=` takes a tensor or a result: this is none; write assign(ctx, x, statement)");
    return *this;
  }

  T* data() { return elements_.data(); }
  const T* data() const { return elements_.data(); }
  const Shape& shape() const { return shape_; }
  dim_t size() const { return shape_.size(); }

  // Elements one by one, x[i] of all and x(row, column): on the host alone; what lies on another device is copied first.
  T& operator[](dim_t i) requires std::same_as<Device, cpu> { return data()[detail::checked_position(shape_, i)]; }
  const T& operator[](dim_t i) const requires std::same_as<Device, cpu> {
    return data()[detail::checked_position(shape_, i)];
  }
  template <std::integral... Index>
  T& operator()(Index... index) requires std::same_as<Device, cpu> {
    return data()[position_of(shape_, index...)];
  }
  template <std::integral... Index>
  const T& operator()(Index... index) const requires std::same_as<Device, cpu> {
    return data()[position_of(shape_, index...)];
  }
  T* begin() requires std::same_as<Device, cpu> { return data(); }
  T* end() requires std::same_as<Device, cpu> { return data() + size(); }
  const T* begin() const requires std::same_as<Device, cpu> { return data(); }
  const T* end() const requires std::same_as<Device, cpu> { return data() + size(); }

  /// Errors: `clipt::error` when the elements were moved away.
  clipt::view<T, Shape, Device> view() & {
    detail::check_held(data() != nullptr || size() == 0);
    return {data(), shape_, elements_.stamp()};
  }
  clipt::view<const T, Shape, Device> view() const& {
    detail::check_held(data() != nullptr || size() == 0);
    return {data(), shape_, elements_.stamp()};
  }
  clipt::view<T, Shape, Device> view() && = delete;

  /// Takes over the elements of a tensor of the same shape; the memory stays, for all who look at it.
  ///
  /// Errors: `shape_error` when runtime extents differ.
  void assign(const tensor& other) {
    if (!(shape_ == other.shape_))
      throw shape_error("clipt::tensor: " + to_string(shape_) + " is assigned " + to_string(other.shape_) +
                        ": the extents differ; make a tensor of that shape");
    elements_.assign(other.elements_);
  }

  /// Shares the memory.
  std::shared_ptr<const void> owner() const { return elements_.owner(); }

 private:
  [[no_unique_address]] Shape shape_;
  storage<T, Device> elements_;
};

namespace detail {

/// A parameter's values and gradient, which stay where they are however its model moves.
template <class T, class Device>
struct parameter_block : gradient {
  storage<T, Device> values, gradients;

  explicit parameter_block(storage<T, Device> initial) : values(std::move(initial)) {
    allocate = [](gradient& base) {
      auto& self = static_cast<parameter_block&>(base);
      self.gradients = storage<T, Device>(self.values.size());
      self.data = self.gradients.data();
    };
  }
};

}  // namespace detail

/// Trained state: values, and a gradient once a recording needs one. `parameter<fp32, 512, 768>` is [512, 768].
///
/// Optimisers share its memory: a model may move or end under them, and assigning to it copies values into its memory.
template <class Policy, dim_t... E>
class parameter {
  static_assert(((E >= 0) && ...), "clipt::parameter: the extents of a parameter are known at compile time");
  static_assert(policy_of<Policy>::is_one,
                "clipt::parameter: its first argument is a policy: it is none; write fp32, fp64 or policy<T>");

 public:
  using policy_type = typename policy_of<Policy>::type;
  using value_type = typename policy_type::parameter_type;
  using shape_type = clipt::shape<E...>;
  using device = typename policy_type::device;

  parameter() : block_(std::make_shared<block>(storage<value_type, device>(checked_size(shape_type{})))) {}
  parameter(const parameter& other) : block_(std::make_shared<block>(other.block_->values)) {}  // values, no gradient
  parameter(parameter&& other) noexcept = default;
  parameter& operator=(const parameter& other) {
    if (block_ == nullptr) return *this = parameter(other);
    block_->values.assign(other.block_->values);
    return *this;
  }
  parameter& operator=(parameter&& other) {
    if (block_ != nullptr) return *this = std::as_const(other);
    block_.swap(other.block_);  // what was here was moved away before
    return *this;
  }

  static constexpr shape_type shape() { return {}; }
  static constexpr dim_t size() { return shape_type{}.size(); }
  value_type* data() { return block_->values.data(); }
  const value_type* data() const { return block_->values.data(); }

  value_type& operator[](dim_t i) requires std::same_as<device, cpu> {
    return data()[detail::checked_position(shape(), i)];
  }
  const value_type& operator[](dim_t i) const requires std::same_as<device, cpu> {
    return data()[detail::checked_position(shape(), i)];
  }
  template <std::integral... Index>
  value_type& operator()(Index... index) requires std::same_as<device, cpu> {
    return data()[position_of(shape(), index...)];
  }
  template <std::integral... Index>
  const value_type& operator()(Index... index) const requires std::same_as<device, cpu> {
    return data()[position_of(shape(), index...)];
  }
  value_type* begin() requires std::same_as<device, cpu> { return data(); }
  value_type* end() requires std::same_as<device, cpu> { return data() + size(); }
  const value_type* begin() const requires std::same_as<device, cpu> { return data(); }
  const value_type* end() const requires std::same_as<device, cpu> { return data() + size(); }

  /// Errors: `clipt::error` when the values were moved away.
  clipt::view<value_type, shape_type, device> view() & { return {held().values.data(), {}, block_->values.stamp()}; }
  clipt::view<const value_type, shape_type, device> view() const& {
    return {held().values.data(), {}, block_->values.stamp()};
  }

  /// The active leaf: a recording adds the gradient to this parameter, `const` model or not.
  var<value_type, shape_type, device> leaf() const {
    return {held().values.data(), block_.get(), {}, block_->values.stamp()};
  }

  /// The gradient after a backward; `gradient().empty` tells whether anything was added since it was cleared.
  clipt::gradient& gradient() const { return held(); }

  /// The gradient's elements, or null before the first backward.
  const value_type* gradient_data() const { return static_cast<const value_type*>(block_->data); }

  /// Shares the memory of values and gradient.
  std::shared_ptr<const void> owner() const { return block_; }

 private:
  using block = detail::parameter_block<value_type, device>;

  block& held() const {
    detail::check_held(block_ != nullptr);
    return *block_;
  }

  std::shared_ptr<block> block_;
};

}  // namespace clipt::inline CLIPT_BUILD
