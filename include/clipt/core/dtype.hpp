// Precision policies, and the type in which sums of an element type are taken.
#pragma once
#include <cstdint>  // int32_t, int64_t

#include <clipt/core/bfloat16.hpp>  // bfloat16, float16
#include <clipt/core/device.hpp>    // cpu

namespace clipt::inline CLIPT_BUILD {

namespace detail {
template <class T>
struct compute_of {
  using type = T;
};
template <>
struct compute_of<bfloat16> {
  using type = float;
};
template <>
struct compute_of<float16> {
  using type = float;
};
}  // namespace detail

/// The type in which elements of type T are computed with and summed: float for the 16-bit types.
template <class T>
using compute_t = typename detail::compute_of<T>::type;

/// Where a model lives and what it is made of: the type of parameters, of activations, and the device.
///
/// Sums, softmax, normalisation and losses are in `compute_t` of the activation type in every policy.
template <class Parameter, class Activation = Parameter, class Device = cpu>
struct policy {
  using parameter_type = Parameter;
  using activation_type = Activation;
  using device = Device;
};

/// The first argument of layers and parameters is a policy: `policy_of<float>::is_one` is false.
template <class Policy>
struct policy_of {
  static constexpr bool is_one = false;
  using type = policy<float>;
};
template <class Parameter, class Activation, class Device>
struct policy_of<policy<Parameter, Activation, Device>> {
  static constexpr bool is_one = true;
  using type = policy<Parameter, Activation, Device>;
};

/// The precisions that layers come in: `linear<fp32, 512, 768>`.
using fp32 = policy<float>;
using fp64 = policy<double>;                 // for oracles and gradient checks
using bf16_mixed = policy<float, bfloat16>;  // fp32 master weights, bf16 activations: training
using bf16 = policy<bfloat16>;               // inference in half the memory

/// A policy moved to another device.
template <class Policy, class Device>
using on = policy<typename Policy::parameter_type, typename Policy::activation_type, Device>;

/// The element types that a model's state can have, as a value.
enum class element_type { f32, f64, bf16, f16, i32, i64 };

namespace detail {
template <class T>
struct element_type_of;
template <element_type Type>
struct element_type_is {
  static constexpr element_type value = Type;
};
template <>
struct element_type_of<float> : element_type_is<element_type::f32> {};
template <>
struct element_type_of<double> : element_type_is<element_type::f64> {};
template <>
struct element_type_of<bfloat16> : element_type_is<element_type::bf16> {};
template <>
struct element_type_of<float16> : element_type_is<element_type::f16> {};
template <>
struct element_type_of<std::int32_t> : element_type_is<element_type::i32> {};
template <>
struct element_type_of<std::int64_t> : element_type_is<element_type::i64> {};
}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
