// The type of an extent, and the names of extents that are known only at run time.
#pragma once
#include <cstddef>      // size_t
#include <cstdint>      // int64_t
#include <string>       // string
#include <type_traits>  // is_arithmetic_v, is_constant_evaluated, is_same_v

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// An extent, an index or a count of elements.
using dim_t = std::int64_t;

/// No array has more elements, so that no count of bytes leaves 64 bits.
inline constexpr dim_t most_elements = dim_t{1} << 59;

namespace detail {

// Words are numbers of base 38, below all that anybody would write by hand.
inline constexpr char name_letters[] = "_abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr int name_base = 38;
inline constexpr dim_t first_word = -1'000'000;

}  // namespace detail

/// The name of a runtime extent, `inline constexpr extent_name faces{"faces"}`: usable in types, `shape<faces, 3>`, where
/// it is a negative number, and nowhere as a number. A word has at most 12 small letters, digits and underscores.
class extent_name {
 public:
  dim_t code;  // what types hold, and messages of the compiler show

  /// The library's own names are small numbers: -1 is `batch`.
  consteval explicit extent_name(dim_t negative) : code(negative) {}

  template <std::size_t Size>
  consteval explicit extent_name(const char (&word)[Size]) : code(detail::first_word) {
    static_assert(Size >= 2 && Size <= 13,
                  "clipt::extent_name: a name has 1 to 12 small letters, digits and underscores; write a shorter word");
    dim_t number = 0;
    for (std::size_t i = 0; i + 1 < Size; ++i) number = number * detail::name_base + place_of(word[i]);
    code -= number;
  }

  /// In a type, a case or a constant; anywhere else it does not compile.
  [[gnu::always_inline]] constexpr operator dim_t() const {
    return std::is_constant_evaluated() ? code : used_as_number();
  }
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, dim_t>) constexpr operator T() const { return refused<T>(); }

  template <class A, class B>
  friend constexpr dim_t operator+(const A&, const B&) {
    return refused<A, B>();
  }
  template <class A, class B>
  friend constexpr dim_t operator-(const A&, const B&) {
    return refused<A, B>();
  }
  template <class A, class B>
  friend constexpr dim_t operator*(const A&, const B&) {
    return refused<A, B>();
  }
  template <class A, class B>
  friend constexpr dim_t operator/(const A&, const B&) {
    return refused<A, B>();
  }
  template <class A, class B>
  friend constexpr dim_t operator%(const A&, const B&) {
    return refused<A, B>();
  }
  template <class A, class B>
  friend constexpr bool operator==(const A&, const B&) {
    return refused<A, B>();
  }
  template <class A, class B>
  friend constexpr dim_t operator<=>(const A&, const B&) {
    return refused<A, B>();
  }

 private:
  // Declared alone: where a call of it is left, the compiler prints the sentence.
  static dim_t used_as_number() __attribute__((
      error("clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)")));

  template <class... Operand>  // not in the operators: the sentence stands once
  static constexpr bool refused() {
    static_assert(sizeof...(Operand) == 0,
                  "clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)");
    return false;
  }

  static constexpr int place_of(char letter) {
    for (int i = 0; detail::name_letters[i] != '\0'; ++i)
      if (detail::name_letters[i] == letter) return i + 1;
    throw "clipt::extent_name: a name has 1 to 12 small letters, digits and underscores";
  }
};

/// Two runtime extents are the same if they carry the same name; their values are compared once, when an operation runs.
inline constexpr extent_name batch{-1};      // samples of a batch
inline constexpr extent_name tokens{-2};     // rows of a packed batch of sequences
inline constexpr extent_name sequences{-3};  // sequences of a packed batch
inline constexpr extent_name offsets{-4};    // sequences + 1
inline constexpr extent_name classes{-5};
inline constexpr extent_name height{-6};
inline constexpr extent_name width{-7};
inline constexpr extent_name rows{-8};
inline constexpr extent_name columns{-9};

/// The word that messages print for a runtime extent.
inline std::string word_of(dim_t extent) {
  constexpr const char* own[] = {"batch",  "tokens", "sequences", "offsets", "classes",
                                 "height", "width",  "rows",      "columns"};
  constexpr dim_t count = sizeof(own) / sizeof(own[0]);
  if (extent < 0 && extent >= -count) return own[-1 - extent];
  std::string word;
  for (dim_t number = detail::first_word - extent; number > 0; number /= detail::name_base)
    word.insert(word.begin(), detail::name_letters[number % detail::name_base - 1]);
  return word.empty() ? "runtime" : word;
}

}  // namespace clipt::inline CLIPT_BUILD
