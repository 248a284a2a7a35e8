// The functions and classes that a pickle of PyTorch's may name, and what each makes of its arguments.
//
// Source: what torch.load(weights_only=True) accepts, torch/_weights_only_unpickler.py, and TorchScript's own. Nothing is
// ever called: a name says how to read what it comes with.
#pragma once
#include <algorithm>    // all_of
#include <array>        // array
#include <optional>     // optional
#include <string_view>  // string_view
#include <utility>      // pair

#include <clipt/core/config.hpp>      // CLIPT_BUILD
#include <clipt/io/tensor_entry.hpp>  // dtype_code

namespace clipt::inline CLIPT_BUILD::detail {

/// What is made of the arguments: a tensor; one of a subclass, through a function among the arguments; the first of them;
/// a dictionary; something without tensors; or a tensor whose numbers cannot be had.
enum class torch_role { tensor, subclass, wrapper, dictionary, inert, unusable };

/// The types of elements in PyTorch's words, in the order of `dtype_code`: of numbers and of storages.
inline constexpr std::array<std::string_view, 10> torch_dtypes = {"float64", "float32", "float16", "bfloat16", "int64",
                                                                  "int32",   "int16",   "int8",    "uint8",    "bool"};
inline constexpr std::array<std::string_view, 10> torch_kinds = {"Double", "Float", "Half", "BFloat16", "Long",
                                                                 "Int",    "Short", "Char", "Byte",     "Bool"};

/// A storage of bytes, whose type the tensor says.
inline constexpr std::string_view torch_untyped_storage = "torch.storage.UntypedStorage";

/// The type called torch.float32 or the like. None: one that no dtype_code stands for.
constexpr std::optional<dtype_code> torch_dtype(std::string_view name) {
  for (std::size_t i = 0; i < torch_dtypes.size(); ++i)
    if (name.starts_with("torch.") && name.substr(6) == torch_dtypes[i]) return static_cast<dtype_code>(i);
  return {};
}

/// The type of a storage such as torch.FloatStorage or torch.cuda.FloatStorage.
constexpr std::optional<dtype_code> torch_storage_dtype(std::string_view name) {
  for (const std::string_view module : {"torch.cuda.", "torch."})
    if (name.starts_with(module)) {
      name.remove_prefix(module.size());
      break;
    }
  for (std::size_t i = 0; i < torch_kinds.size(); ++i)
    if (name.starts_with(torch_kinds[i]) && name.substr(torch_kinds[i].size()) == "Storage")
      return static_cast<dtype_code>(i);
  return {};
}

/// Whether this may be a type of elements, of which PyTorch gets more with every version: letters, then digits.
constexpr bool names_torch_dtype(std::string_view name) {
  constexpr std::array<std::string_view, 9> families = {"bfloat",  "float", "uint", "int", "bcomplex",
                                                        "complex", "quint", "qint", "bits"};
  if (name == "torch.bool") return true;
  for (const std::string_view family : families)
    if (name.starts_with("torch.") && name.substr(6).starts_with(family)) {
      const std::string_view rest = name.substr(6 + family.size());
      return !rest.empty() && rest.front() >= '1' && rest.front() <= '9';
    }
  return false;
}

/// Whether this is one of the old classes, torch.cuda.sparse.FloatTensor or torch.QInt8Storage for instance.
constexpr bool names_torch_class(std::string_view name) {
  for (const std::string_view module : {"torch.cuda.sparse.", "torch.cuda.", "torch.sparse.", "torch."})
    if (name.starts_with(module)) {
      name.remove_prefix(module.size());
      break;
    }
  constexpr std::array<std::string_view, 7> others = {"ComplexDouble", "ComplexFloat", "QInt32", "QInt8",
                                                      "QUInt2x4",      "QUInt4x2",     "QUInt8"};
  const auto is_of = [&](std::string_view kind) {
    return name.starts_with(kind) && (name.substr(kind.size()) == "Storage" || name.substr(kind.size()) == "Tensor");
  };
  return std::any_of(torch_kinds.begin(), torch_kinds.end(), is_of) || std::any_of(others.begin(), others.end(), is_of);
}

inline constexpr std::array<std::pair<std::string_view, torch_role>, 55> torch_functions = {{
    {"torch._utils._rebuild_tensor", torch_role::tensor},
    {"torch._utils._rebuild_tensor_v2", torch_role::tensor},
    {"torch._utils._rebuild_tensor_v3", torch_role::tensor},
    {"torch._tensor._rebuild_from_type_v2", torch_role::subclass},
    {"torch._utils._rebuild_parameter", torch_role::wrapper},
    {"torch._utils._rebuild_parameter_with_state", torch_role::wrapper},
    {"torch._utils._rebuild_device_tensor_from_cpu_tensor", torch_role::wrapper},
    {"torch.nn.parameter.Parameter", torch_role::wrapper},
    {"torch._utils._rebuild_device_tensor_from_numpy", torch_role::unusable},
    {"torch._utils._rebuild_meta_tensor_no_storage", torch_role::unusable},
    {"torch._utils._rebuild_qtensor", torch_role::unusable},
    {"torch._utils._rebuild_sparse_tensor", torch_role::unusable},
    {"torch._utils._rebuild_wrapper_subclass", torch_role::unusable},
    {"torch.Tensor", torch_role::unusable},
    {"torch.jit._pickle.build_intlist", torch_role::wrapper},
    {"torch.jit._pickle.build_doublelist", torch_role::wrapper},
    {"torch.jit._pickle.build_boollist", torch_role::wrapper},
    {"torch.jit._pickle.build_tensorlist", torch_role::wrapper},
    {"torch.jit._pickle.restore_type_tag", torch_role::wrapper},
    {"torch.Size", torch_role::inert},
    {"torch.device", torch_role::inert},
    {"torch.serialization._get_layout", torch_role::inert},
    {"torch.storage.TypedStorage", torch_role::inert},
    {torch_untyped_storage, torch_role::inert},
    {"torch.per_tensor_affine", torch_role::inert},
    {"torch.per_tensor_symmetric", torch_role::inert},
    {"torch.per_channel_affine", torch_role::inert},
    {"torch.per_channel_symmetric", torch_role::inert},
    {"torch.per_channel_affine_float_qparams", torch_role::inert},
    {"collections.OrderedDict", torch_role::dictionary},
    {"collections.Counter", torch_role::dictionary},
    {"collections.defaultdict", torch_role::dictionary},
    {"_codecs.encode", torch_role::inert},
    // Pickles of protocol 2 name the built-in ones as Python 2 does.
    {"builtins.bytearray", torch_role::inert},
    {"builtins.complex", torch_role::inert},
    {"builtins.bool", torch_role::inert},
    {"builtins.int", torch_role::inert},
    {"builtins.float", torch_role::inert},
    {"builtins.str", torch_role::inert},
    {"builtins.dict", torch_role::dictionary},
    {"builtins.list", torch_role::wrapper},
    {"builtins.tuple", torch_role::wrapper},
    {"builtins.set", torch_role::wrapper},
    {"builtins.frozenset", torch_role::wrapper},
    {"__builtin__.bytearray", torch_role::inert},
    {"__builtin__.complex", torch_role::inert},
    {"__builtin__.bool", torch_role::inert},
    {"__builtin__.int", torch_role::inert},
    {"__builtin__.float", torch_role::inert},
    {"__builtin__.unicode", torch_role::inert},
    {"__builtin__.dict", torch_role::dictionary},
    {"__builtin__.list", torch_role::wrapper},
    {"__builtin__.tuple", torch_role::wrapper},
    {"__builtin__.set", torch_role::wrapper},
    {"__builtin__.frozenset", torch_role::wrapper},
}};

/// What a name makes of its arguments. None: it may not occur.
constexpr std::optional<torch_role> torch_role_of(std::string_view name) {
  for (const auto& [function, role] : torch_functions)
    if (function == name) return role;
  if (name.starts_with("__torch__.") || torch_storage_dtype(name) || names_torch_dtype(name)) return torch_role::inert;
  if (names_torch_class(name)) return torch_role::unusable;
  return {};
}

}  // namespace clipt::inline CLIPT_BUILD::detail
