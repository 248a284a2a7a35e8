// Einstein's notation, "bhqd,bhkd->bhqk", read by the compiler.
#pragma once
#include <cstddef>  // size_t
#include <utility>  // index_sequence

#include <clipt/core/shape.hpp>  // shape

namespace clipt::inline CLIPT_BUILD {

/// The letters of some axes, in order.
struct subscripts {
  int count = 0;
  char letters[16] = {};

  constexpr void add(char letter) { letters[count++] = letter; }
  constexpr int place_of(char letter) const {
    for (int i = 0; i < count; ++i)
      if (letters[i] == letter) return i;
    return -1;
  }
  constexpr bool has(char letter) const { return place_of(letter) >= 0; }
  constexpr bool repeats() const {
    for (int i = 0; i < count; ++i)
      if (place_of(letters[i]) != i) return true;
    return false;
  }
  constexpr bool operator==(const subscripts& other) const {
    if (count != other.count) return false;
    for (int i = 0; i < count; ++i)
      if (letters[i] != other.letters[i]) return false;
    return true;
  }
};

/// Letters of a for which `keep` holds, then those of `more`.
template <class Keep>
constexpr subscripts letters_that(const subscripts& a, Keep keep, subscripts before = {}) {
  for (int i = 0; i < a.count; ++i)
    if (keep(a.letters[i])) before.add(a.letters[i]);
  return before;
}

/// A text of Einstein's notation as a template argument.
template <std::size_t Size>
struct einsum_text {
  char text[Size];

  consteval einsum_text(const char (&given)[Size]) : text() {
    for (std::size_t i = 0; i < Size; ++i) text[i] = given[i];
  }

  constexpr int operands() const {
    int commas = 0;
    for (const char c : text) commas += c == ',';
    return commas + 1;
  }
  /// The letters of the operand of a number; those of the result are behind the last.
  constexpr subscripts operand(int number) const {
    subscripts found;
    int now = 0;
    for (const char c : text) {
      if (c == ',' || c == '>') ++now;
      if (now == number && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) && found.count < 16) found.add(c);
    }
    return found;
  }
  constexpr subscripts result() const { return operand(operands()); }

  /// Letters, commas and one arrow; the letters of an operand differ; those of the result differ and stand in an operand.
  constexpr bool is_notation() const {
    int arrows = 0;
    for (std::size_t i = 0; i + 1 < Size; ++i) {
      const char c = text[i];
      if (c == '>') arrows += i > 0 && text[i - 1] == '-' ? 1 : 100;
      if (c == '-' && text[i + 1] != '>') return false;
      if (c == ',' && arrows > 0) return false;
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ',' || c == '-' || c == '>' || c == ' '))
        return false;
    }
    const subscripts out = result();
    for (int i = 0; i < out.count; ++i) {
      bool found = false;
      for (int k = 0; k < operands(); ++k) found = found || operand(k).has(out.letters[i]);
      if (!found) return false;
    }
    for (int k = 0; k <= operands(); ++k)
      if (operand(k).repeats()) return false;
    return arrows == 1;
  }
};

namespace detail {

/// The shape of the axes `To` of an array whose axes are `From`, in the order of To; 1 for those that it lacks.
template <class Shape, subscripts From, subscripts To>
struct lettered {
  static constexpr dim_t at(int i) {
    const int place = From.place_of(To.letters[i]);
    return place < 0 ? 1 : Shape::static_extent(place);
  }
  template <std::size_t... I>
  static auto make(std::index_sequence<I...>) -> shape<at(I)...>;
  using type = decltype(make(std::make_index_sequence<To.count>{}));

  static type of(const Shape& s) {
    dim_t all[To.count == 0 ? 1 : To.count] = {};
    for (int i = 0; i < To.count; ++i) {
      const int place = From.place_of(To.letters[i]);
      all[i] = place < 0 ? 1 : s.extent(place);
    }
    return type::from(all);
  }

  /// The product of the extents where all are known, else a name.
  static constexpr dim_t product(dim_t name) {
    dim_t all = 1;
    for (int i = 0; i < To.count; ++i) {
      if (at(i) < 0) return name;
      all *= at(i);
    }
    return all;
  }
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
