// Visiting the parameters and buffers of a model by name: a layer is an aggregate with a list of its members' names.
#pragma once
#include <array>    // array
#include <cstddef>  // size_t
#include <memory>   // shared_ptr
#include <span>     // span
#include <string>   // string
#include <vector>   // vector

#include <clipt/core/dtype.hpp>     // element_type
#include <clipt/core/error.hpp>     // error
#include <clipt/expr/node.hpp>      // is_owner
#include <clipt/memory/tensor.hpp>  // parameter, tensor

namespace clipt::inline CLIPT_BUILD {

/// The checkpoint names of a layer's members, in order: `static constexpr auto names = fields("weight", "bias");`.
///
/// An empty name adds nothing to the path: the members below it appear as if they were members of the layer itself.
/// "+1" is for a `std::array`: its elements appear as members 1, 2, ... of the layer itself.
template <class... Name>
constexpr std::array<const char*, sizeof...(Name)> fields(Name... name) {
  return {name...};
}

/// State that is saved but not trained, such as running statistics. Assigning copies values: the memory stays.
template <class T, dim_t... E>
class buffer : public tensor<T, shape<E...>> {
 public:
  buffer() = default;
  buffer(const buffer&) = default;
  buffer(buffer&&) = default;
  buffer& operator=(const buffer& other) {
    this->assign(other);
    return *this;
  }
};

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

inline std::string joined(const std::string& path, const std::string& name) {
  if (path.empty() || name.empty()) return path + name;
  return path + "." + name;
}

}  // namespace detail

/// A layer: an aggregate that lists the names of its members.
template <class Layer>
concept layer = requires {
  std::remove_cvref_t<Layer>::names;
};

/// A layer has `names`, one for every member and at most 12: `member_names<mlp>::fit`.
template <class Layer>
struct member_names {
  static constexpr bool exist = layer<Layer> || std::is_void_v<Layer>;
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
requires(is_parameter<Part> || is_buffer<Part>) struct unfit_part<Part> {
  using type = void;
};
template <class T, std::size_t N>
struct unfit_part<std::array<T, N>> : unfit_part<T> {};
template <class Part>
requires(layer<Part>&& member_names<Part>::fit&& member_names<Part>::are_few) struct unfit_part<Part> {
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

}  // namespace detail

/// The number of trained numbers of a kind of model, known at compile time: `parameters_of<clip<vit_b_32>>`.
template <class Model>
inline constexpr dim_t parameters_of = detail::parameter_total<Model>::value;

/// One array of a model's state, whatever its shape: what visitors see, so that each is compiled once and not per
/// shape.
struct state_member {
  void* data;
  dim_t size;
  element_type type;
  std::span<const dim_t> extents;
  clipt::gradient* gradient;                    // null: a buffer, which is saved but not trained
  std::shared_ptr<const void> owner = nullptr;  // shares the memory: the model may move or end

  bool is_parameter() const { return gradient != nullptr; }

  /// The elements, which are of type T. Those of a const model must not be written.
  template <class T>
  std::span<T> elements() const {
    if (type != detail::element_type_of<std::remove_const_t<T>>::value)
      throw error("clipt::state_member: the elements are of another type");
    return {static_cast<T*>(data), static_cast<std::size_t>(size)};
  }

  /// The gradient's elements, or null before the first backward.
  template <class T>
  const T* gradient_data() const {
    return gradient == nullptr ? nullptr : static_cast<const T*>(gradient->data);
  }

  /// Calls `f(elements)` with the elements as what they are.
  template <class F>
  void with_elements(F&& f) const {
    switch (type) {
      case element_type::f32: return f(elements<float>());
      case element_type::f64: return f(elements<double>());
      case element_type::i64: return f(elements<std::int64_t>());
      default: throw error("clipt::state_member: elements of a model are float, double or std::int64_t");
    }
  }
};

namespace detail {

template <class Shape>
struct extents_array;
template <dim_t... E>
struct extents_array<shape<E...>> {
  static constexpr std::array<dim_t, sizeof...(E)> value{E...};
};

/// A reference to any function that takes a path and a member.
struct state_visitor {
  void* function;
  void (*call)(void* function, const std::string& path, const state_member& member);
};

template <class Member>
state_member member_of(const Member& m) {
  using T = typename Member::value_type;
  clipt::gradient* gradient = nullptr;
  if constexpr (is_parameter<Member>) gradient = &m.gradient();
  return {const_cast<T*>(m.data()),
          m.size(),
          element_type_of<T>::value,
          extents_array<typename Member::shape_type>::value,
          gradient,
          m.owner()};
}

template <class Part>
void visit_state(const Part& part, const state_visitor& visitor, const std::string& path);

template <class Array>
void visit_elements(const Array& array, const state_visitor& visitor, const std::string& path, std::size_t first) {
  for (std::size_t i = 0; i < array.size(); ++i)
    visit_state(array[i], visitor, joined(path, std::to_string(first + i)));
}

template <class Member>
void visit_member(const Member& member, const state_visitor& visitor, const std::string& path, const char* name) {
  if constexpr (is_array<Member>) {
    if (name[0] == '+') return visit_elements(member, visitor, path, static_cast<std::size_t>(name[1] - '0'));
  }
  visit_state(member, visitor, joined(path, name));
}

template <class Part>
void visit_state(const Part& part, const state_visitor& visitor, const std::string& path) {
  if constexpr (is_parameter<Part> || is_buffer<Part>) {
    visitor.call(visitor.function, path, member_of(part));
  } else if constexpr (is_array<Part>) {
    visit_elements(part, visitor, path, 0);
  } else {
    constexpr std::size_t count = Part::names.size();
    std::size_t index = 0;
    with_members<count>(
        part, [&](const auto&... member) { (visit_member(member, visitor, path, Part::names[index++]), ...); });
  }
}

}  // namespace detail

/// Calls `f(path, member)` for every parameter and buffer below `part`, in the order of declaration.
///
/// `part` is a parameter, a buffer, a layer or a `std::array` of these; paths are those of checkpoints:
/// `transformer.resblocks.0.ln_1.weight`.
template <class Part, class F>
void for_each_state(const Part& part, F&& f) {
  using Unfit = typename detail::unfit_part<Part>::type;
  static_assert(member_names<Unfit>::exist,
                "clipt: a member of a layer is a parameter, a buffer, a layer with `names`, or a std::array of these");
  static_assert(member_names<Unfit>::fit,
                "clipt: `names` lists every member of a layer, in order: a name is missing or too many");
  static_assert(member_names<Unfit>::are_few,
                "clipt: a layer has at most 12 members: it has more; group some of them in a layer of their own");
  using Function = std::remove_reference_t<F>;
  const auto call = [](void* function, const std::string& path, const state_member& member) {
    (*static_cast<Function*>(function))(path, member);
  };
  if constexpr (std::is_void_v<Unfit>)
    detail::visit_state(part, {const_cast<std::remove_const_t<Function>*>(&f), call}, {});
}

/// All parameters and buffers of a model in the order of its members, whose memory the table shares.
template <class Model>
std::vector<state_member> state_table(const Model& model) {
  std::vector<state_member> table;
  for_each_state(model, [&](const std::string&, const state_member& member) { table.push_back(member); });
  return table;
}

/// Calls `f(path, member)` for every parameter below `part`.
template <class Part, class F>
void for_each_parameter(const Part& part, F&& f) {
  for_each_state(part, [&](const std::string& path, const state_member& member) {
    if (member.is_parameter()) f(path, member);
  });
}

/// The number of trained numbers of a model.
template <class Model>
dim_t parameter_count(const Model& model) {
  dim_t count = 0;
  for_each_parameter(model, [&](const std::string&, const state_member& p) { count += p.size; });
  return count;
}

/// Forgets the gradients of all parameters: the next backward starts from zero. PyTorch equivalent:
/// `model.zero_grad()`.
template <class Model>
void clear_gradients(const Model& model) {
  for_each_parameter(model, [](const std::string&, const state_member& p) { p.gradient->clear(); });
}

}  // namespace clipt::inline CLIPT_BUILD
