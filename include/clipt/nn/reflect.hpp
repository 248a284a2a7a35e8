// Visiting the parameters and buffers of a model by name: a layer is an aggregate with a list of its members' names.
#pragma once
#include <memory>  // shared_ptr
#include <span>    // span
#include <string>  // string
#include <vector>  // vector

#include <clipt/core/dtype.hpp>        // element_type
#include <clipt/core/error.hpp>        // error
#include <clipt/nn/layer_members.hpp>  // with_members, member_names

namespace clipt::inline CLIPT_BUILD {

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
      default:
        throw error(
            "clipt::state_member: elements of a model that is initialised, loaded, saved or averaged are float, double "
            "or std::int64_t: they are not; copy it to one of policy fp32 by copy_model");
    }
  }
};

namespace detail {

inline std::string joined(const std::string& path, const std::string& name) {
  if (path.empty() || name.empty() || path.back() == '_') return path + name;
  return path + "." + name;
}

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
  } else if constexpr (!is_constant<Part>) {
    constexpr std::size_t count = Part::names.size();
    std::size_t index = 0;
    with_members<count>(
        part, [&](const auto&... member) { (visit_member(member, visitor, path, Part::names[index++]), ...); });
  }
}

}  // namespace detail

/// Calls `f(path, member)` for every parameter and buffer below `part`, in the order of declaration.
///
/// `part` is a parameter, a buffer, a layer or a `std::array` of these; numbers and tensors among a layer's members are
/// constants, and passed over. Paths are those of checkpoints: `transformer.resblocks.0.ln_1.weight`.
template <class Part, class F>
void for_each_state(const Part& part, F&& f) {
  using Unfit = typename detail::unfit_part<Part>::type;
  static_assert(
      member_names<Unfit>::exist,
      "clipt: a member of a layer is a parameter, a buffer, a layer with `names`, a std::array of these, or a "
      "number or tensor that stays as it is");
  static_assert(members_of<Unfit>::are_visible,
                "clipt: a layer is an aggregate: it has a constructor, private members or a base; give members their "
                "values where they are declared");
  static_assert(member_names<Unfit>::differ, "clipt: the names of a layer's members differ: two are the same");
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
