// The members of a layer and their names, as the compiler knows them: what may be one, how many, of which type.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <string_view>  // string_view
#include <type_traits>  // is_aggregate_v, type_identity
#include <utility>      // declval, index_sequence

#include <clipt/expr/node.hpp>      // is_owner
#include <clipt/memory/tensor.hpp>  // parameter, tensor

namespace clipt::inline CLIPT_BUILD {

/// The checkpoint names of a layer's members, in order: `static constexpr auto names = fields("weight", "bias");`.
///
/// An empty name adds nothing to the path: the members below it appear as if they were members of the layer itself.
/// One that ends in _ stands before theirs without a dot: "in_proj_" and "weight" are "in_proj_weight".
/// "+1" is for a `std::array`: its elements appear as members 1, 2, ... of the layer itself.
template <class... Name>
constexpr std::array<const char*, sizeof...(Name)> fields(Name... name) {
  return {name...};
}

/// State that is saved but not trained, such as running statistics. Assigning copies values: the memory stays.
template <class Device, class T, dim_t... E>
class device_buffer : public tensor<T, shape<E...>, Device> {
 public:
  device_buffer() = default;
  device_buffer(const device_buffer&) = default;
  device_buffer(device_buffer&&) = default;
  device_buffer& operator=(const device_buffer& other) {
    if (this->data() == nullptr)  // moved away
      tensor<T, shape<E...>, Device>::operator=(other);
    else
      this->assign(other);
    return *this;
  }
};

/// The same on the CPU: `buffer<float, 64>`.
template <class T, dim_t... E>
using buffer = device_buffer<cpu, T, E...>;

namespace detail {

template <class Device, class T, dim_t... E>
inline constexpr bool is_owner<device_buffer<Device, T, E...>> = true;

template <class T>
inline constexpr bool is_parameter = false;
template <class Policy, dim_t... E>
inline constexpr bool is_parameter<parameter<Policy, E...>> = true;

template <class T>
inline constexpr bool is_buffer = false;
template <class Device, class T, dim_t... E>
inline constexpr bool is_buffer<device_buffer<Device, T, E...>> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

/// What a layer holds beside its state, neither saved nor trained: a number, or a table.
template <class T>
inline constexpr bool is_constant = std::is_arithmetic_v<T> || (is_owner<T> && !is_parameter<T> && !is_buffer<T>);

struct any_member {
  template <class T>
  constexpr operator T() const noexcept;  // never defined: it only stands for a member of any type
};

template <class T, std::size_t N>
constexpr bool has_members = []<std::size_t... I>(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), any_member{})...}; };
}
(std::make_index_sequence<N>{});

/// What `use` returns of the members of an aggregate; C++20 needs one line per number of members.
template <std::size_t N, class T, class F>
constexpr auto with_members(T& t, F&& use) {
  if constexpr (N == 0)
    return use();
  else if constexpr (N == 1) {
    auto& [a] = t;
    return use(a);
  } else if constexpr (N == 2) {
    auto& [a, b] = t;
    return use(a, b);
  } else if constexpr (N == 3) {
    auto& [a, b, c] = t;
    return use(a, b, c);
  } else if constexpr (N == 4) {
    auto& [a, b, c, d] = t;
    return use(a, b, c, d);
  } else if constexpr (N == 5) {
    auto& [a, b, c, d, e] = t;
    return use(a, b, c, d, e);
  } else if constexpr (N == 6) {
    auto& [a, b, c, d, e, f] = t;
    return use(a, b, c, d, e, f);
  } else if constexpr (N == 7) {
    auto& [a, b, c, d, e, f, g] = t;
    return use(a, b, c, d, e, f, g);
  } else if constexpr (N == 8) {
    auto& [a, b, c, d, e, f, g, h] = t;
    return use(a, b, c, d, e, f, g, h);
  } else if constexpr (N == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = t;
    return use(a, b, c, d, e, f, g, h, i);
  } else if constexpr (N == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = t;
    return use(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (N == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = t;
    return use(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (N == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = t;
    return use(a, b, c, d, e, f, g, h, i, j, k, l);
  }
}

}  // namespace detail

/// A layer: an aggregate that lists the names of its members.
template <class Layer>
concept layer = requires {
  std::remove_cvref_t<Layer>::names;
};

/// A layer has no constructors, private members or bases, so that its members can be counted and visited.
template <class Layer>
struct members_of {
  static constexpr bool are_visible = !layer<Layer> || (std::is_aggregate_v<Layer> && std::is_standard_layout_v<Layer>);
};

/// A layer has `names`, one for every member and at most 12: `member_names<mlp>::fit`.
template <class Layer>
struct member_names {
  static constexpr bool exist = layer<Layer> || std::is_void_v<Layer>;
  static constexpr bool differ = [] {
    if constexpr (layer<Layer>)
      for (std::size_t i = 0; i != Layer::names.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
          if (std::string_view(Layer::names[i]) == Layer::names[k] && Layer::names[i][0] != '\0') return false;
    return true;
  }();
  static constexpr bool are_few = [] {
    if constexpr (layer<Layer>) return Layer::names.size() <= 12;
    return true;
  }();
  static constexpr bool fit = [] {
    if constexpr (layer<Layer>)
      return detail::has_members<Layer, Layer::names.size()> && !detail::has_members<Layer, Layer::names.size() + 1>;
    return true;
  }();
};

namespace detail {

/// The first part below `Part` whose names are absent or do not fit; void if there is none. Found before anything is
/// visited, so that the error is in the function that the user called and not at the bottom of a recursion.
template <class Part>
struct unfit_part {
  using type = Part;
};
template <class... Part>
struct first_unfit {
  using type = void;
};
template <class Part, class... More>
struct first_unfit<Part, More...> {
  using type = typename std::conditional_t<std::is_void_v<typename unfit_part<Part>::type>, first_unfit<More...>,
                                           unfit_part<Part>>::type;
};
struct find_unfit {
  template <class... Member>
  constexpr first_unfit<Member...> operator()(const Member&...) const {
    return {};
  }
};

template <class Part>
requires(is_parameter<Part> || is_buffer<Part> || is_constant<Part>) struct unfit_part<Part> {
  using type = void;
};
template <class T, std::size_t N>
struct unfit_part<std::array<T, N>> : unfit_part<T> {};
template <class Part>
requires(layer<Part>&& members_of<Part>::are_visible&& member_names<Part>::fit&& member_names<Part>::are_few&&
             member_names<Part>::differ) struct unfit_part<Part> {
  using type = typename decltype(with_members<Part::names.size()>(std::declval<const Part&>(), find_unfit{}))::type;
};

/// How many numbers the parameters below a type have.
template <class Part>
struct parameter_total : std::integral_constant<dim_t, 0> {};
struct sum_parameters {
  template <class... Member>
  constexpr std::integral_constant<dim_t, (parameter_total<Member>::value + ... + 0)> operator()(
      const Member&...) const {
    return {};
  }
};
template <class Part>
requires is_parameter<Part>
struct parameter_total<Part> : std::integral_constant<dim_t, typename Part::shape_type{}.size()> {
};
template <class T, std::size_t N>
struct parameter_total<std::array<T, N>>
    : std::integral_constant<dim_t, static_cast<dim_t>(N) * parameter_total<T>::value> {};
template <class Part>
requires layer<Part>
struct parameter_total<Part>
    : decltype(with_members<Part::names.size()>(std::declval<const Part&>(), sum_parameters{})) {
};

/// The element type of the first parameter below a type; void if there is none.
template <class Part>
struct parameter_element {
  using type = void;
};
template <class... Part>
struct first_element {
  using type = void;
};
template <class Part, class... More>
struct first_element<Part, More...> {
  using own = typename parameter_element<Part>::type;
  using type = typename std::conditional_t<std::is_void_v<own>, first_element<More...>, std::type_identity<own>>::type;
};
struct find_element {
  template <class... Member>
  constexpr first_element<Member...> operator()(const Member&...) const {
    return {};
  }
};
template <class Part>
requires is_parameter<Part>
struct parameter_element<Part> {
  using type = typename Part::value_type;
};
template <class T, std::size_t N>
struct parameter_element<std::array<T, N>> : parameter_element<T> {};
template <class Part>
requires layer<Part>
struct parameter_element<Part>
    : decltype(with_members<Part::names.size()>(std::declval<const Part&>(), find_element{})) {
};

}  // namespace detail

/// The number of trained numbers of a kind of model, known at compile time: `parameters_of<clip<vit_b_32>>`.
template <class Model>
inline constexpr dim_t parameters_of = detail::parameter_total<Model>::value;

/// The element type of a model's parameters: float for one of policy fp32.
template <class Model>
using parameter_element_t = typename detail::parameter_element<std::remove_cvref_t<Model>>::type;

}  // namespace clipt::inline CLIPT_BUILD
