// Visiting the parameters and buffers of a model by name: a layer is an aggregate with a list of its members' names.
#pragma once
#include <array>    // array
#include <cstddef>  // size_t
#include <string>   // string
#include <tuple>    // tie

#include <clipt/expr/node.hpp>      // is_owner
#include <clipt/memory/tensor.hpp>  // parameter, tensor

namespace clipt {

/// The checkpoint names of a layer's members, in order: `static constexpr auto names = fields("weight", "bias");`.
///
/// An empty name adds nothing to the path: the members below it appear as if they were members of the layer itself.
/// "+1" is for a `std::array`: its elements appear as members 1, 2, ... of the layer itself.
template <class... Name>
constexpr std::array<const char*, sizeof...(Name)> fields(Name... name) {
  return {name...};
}

/// State that is saved but not trained, such as running statistics.
template <class T, dim_t... E>
class buffer : public tensor<T, shape<E...>> {};

namespace detail {

template <class T, dim_t... E>
inline constexpr bool is_owner<buffer<T, E...>> = true;

template <class T>
inline constexpr bool is_parameter = false;
template <class Policy, dim_t... E>
inline constexpr bool is_parameter<parameter<Policy, E...>> = true;

template <class T>
inline constexpr bool is_buffer = false;
template <class T, dim_t... E>
inline constexpr bool is_buffer<buffer<T, E...>> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

struct any_member {
  template <class T>
  constexpr operator T() const noexcept;  // never defined: it only stands for a member of any type
};

template <class T, std::size_t N>
constexpr bool has_members = []<std::size_t... I>(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), any_member{})...}; };
}(std::make_index_sequence<N>{});

/// References to the members of an aggregate; C++20 needs one line per number of members.
template <std::size_t N, class T>
constexpr auto tie_members(T& t) {
  if constexpr (N == 0) return std::tie();
  else if constexpr (N == 1) { auto& [a] = t; return std::tie(a); }
  else if constexpr (N == 2) { auto& [a, b] = t; return std::tie(a, b); }
  else if constexpr (N == 3) { auto& [a, b, c] = t; return std::tie(a, b, c); }
  else if constexpr (N == 4) { auto& [a, b, c, d] = t; return std::tie(a, b, c, d); }
  else if constexpr (N == 5) { auto& [a, b, c, d, e] = t; return std::tie(a, b, c, d, e); }
  else if constexpr (N == 6) { auto& [a, b, c, d, e, f] = t; return std::tie(a, b, c, d, e, f); }
  else if constexpr (N == 7) { auto& [a, b, c, d, e, f, g] = t; return std::tie(a, b, c, d, e, f, g); }
  else if constexpr (N == 8) { auto& [a, b, c, d, e, f, g, h] = t; return std::tie(a, b, c, d, e, f, g, h); }
  else if constexpr (N == 9) { auto& [a, b, c, d, e, f, g, h, i] = t; return std::tie(a, b, c, d, e, f, g, h, i); }
  else if constexpr (N == 10) { auto& [a, b, c, d, e, f, g, h, i, j] = t; return std::tie(a, b, c, d, e, f, g, h, i, j); }
  else if constexpr (N == 11) { auto& [a, b, c, d, e, f, g, h, i, j, k] = t; return std::tie(a, b, c, d, e, f, g, h, i, j, k); }
  else if constexpr (N == 12) { auto& [a, b, c, d, e, f, g, h, i, j, k, l] = t; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l); }
  else static_assert(N <= 12, "clipt: a layer has at most 12 members; group some of them in a layer of their own");
}

inline std::string joined(const std::string& path, const std::string& name) {
  if (path.empty() || name.empty()) return path + name;
  return path + "." + name;
}

}  // namespace detail

template <class Part, class F>
void for_each_state(Part& part, F&& f, const std::string& path = {});

namespace detail {
template <class Array, class F>
void for_each_element(Array& array, F& f, const std::string& path, std::size_t first) {
  for (std::size_t i = 0; i < array.size(); ++i) for_each_state(array[i], f, joined(path, std::to_string(first + i)));
}
}  // namespace detail

/// A layer: an aggregate that lists the names of its members.
template <class Layer>
concept layer = requires { std::remove_cvref_t<Layer>::names; };

/// Calls `f(path, member)` for every parameter and buffer below `part`, in the order of declaration.
///
/// `part` is a parameter, a buffer, a layer or a `std::array` of these; paths are those of checkpoints:
/// `transformer.resblocks.0.ln_1.weight`.
template <class Part, class F>
void for_each_state(Part& part, F&& f, const std::string& path) {
  using Plain = std::remove_const_t<Part>;
  if constexpr (detail::is_parameter<Plain> || detail::is_buffer<Plain>) {
    f(path, part);
  } else if constexpr (detail::is_array<Plain>) {
    detail::for_each_element(part, f, path, 0);
  } else {
    static_assert(layer<Plain>, "clipt: a member of a layer is a parameter, a buffer, a layer with `names`, or a std::array of these");
    constexpr std::size_t count = Plain::names.size();
    static_assert(detail::has_members<Plain, count> && !detail::has_members<Plain, count + 1>,
                  "clipt: `names` lists every member of a layer, in order: a name is missing or too many");
    const auto visit = [&](auto& member, const char* name) {
      if constexpr (detail::is_array<std::remove_const_t<std::remove_reference_t<decltype(member)>>>) {
        if (name[0] == '+') return detail::for_each_element(member, f, path, static_cast<std::size_t>(name[1] - '0'));
      }
      for_each_state(member, f, detail::joined(path, name));
    };
    std::size_t index = 0;
    std::apply([&](auto&... member) { (visit(member, Plain::names[index++]), ...); }, detail::tie_members<count>(part));
  }
}

/// Calls `f(path, parameter)` for every parameter below `part`.
template <class Part, class F>
void for_each_parameter(Part& part, F&& f) {
  for_each_state(part, [&](const std::string& path, auto& member) {
    if constexpr (detail::is_parameter<std::remove_cvref_t<decltype(member)>>) f(path, member);
  });
}

/// The number of trained numbers of a model.
template <class Model>
dim_t parameter_count(const Model& model) {
  dim_t count = 0;
  for_each_parameter(model, [&](const std::string&, const auto& p) { count += p.size(); });
  return count;
}

/// Forgets the gradients of all parameters: the next backward starts from zero. PyTorch equivalent: `model.zero_grad()`.
template <class Model>
void clear_gradients(const Model& model) {
  for_each_parameter(model, [](const std::string&, const auto& p) { p.gradient().clear(); });
}

}  // namespace clipt
