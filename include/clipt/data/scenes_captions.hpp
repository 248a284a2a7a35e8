// English captions of scenes: several templates, synonyms, and more or fewer of the attributes.
#pragma once
#include <array>        // array
#include <iterator>     // size
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // swap

#include <fmt/format.h>  // format

#include <clipt/data/scenes_plan.hpp>  // scene_plan
#include <clipt/core/philox.hpp>       // random_stream

namespace clipt::inline CLIPT_BUILD {

/// How much a caption tells: a random part, as in training, or every attribute, so that retrieval has one answer.
enum class caption_detail { varied, full };

namespace detail::scenes {

using words = std::span<const std::string_view>;

inline constexpr std::string_view circle_words[] = {"disc"}, square_words[] = {"box"},
                                  star_words[] = {"five-pointed star"}, heart_words[] = {"heart shape"},
                                  cross_words[] = {"plus sign", "plus"}, ring_words[] = {"hoop", "doughnut"},
                                  diamond_words[] = {"rhombus", "lozenge"}, arrow_words[] = {"arrow sign"},
                                  moon_words[] = {"crescent", "crescent moon"};
inline constexpr std::array<words, 10> shape_synonyms = {words(circle_words), words(square_words),  words(),
                                                         words(star_words),   words(heart_words),   words(cross_words),
                                                         words(ring_words),   words(diamond_words), words(arrow_words),
                                                         words(moon_words)};
inline constexpr std::array<std::string_view, 10> colour_synonyms = {
    "scarlet", "tangerine", "golden", "emerald", "azure", "violet", "rosy", "chocolate", "jet black", "snow-white"};
inline constexpr std::array<std::array<std::string_view, 3>, 3> size_words = {
    {{"small", "little", "tiny"}, {"medium-sized", "medium", "middle-sized"}, {"large", "big", "huge"}}};
inline constexpr std::array<std::array<std::string_view, 3>, 5> texture_words = {{{"plain", "solid", "plain"},
                                                                                  {"striped", "stripy", "striped"},
                                                                                  {"dotted", "spotted", "polka-dot"},
                                                                                  {"checkered", "checked", "chequered"},
                                                                                  {"outlined", "outlined", "edged"}}};
inline constexpr std::array<std::array<std::string_view, 2>, 5> texture_clauses = {
    {{"in one tone", "without any pattern"},
     {"with stripes", "covered in stripes"},
     {"with dots", "covered in dots"},
     {"with checks", "with a checkered pattern"},
     {"with an outline", "with a clear edge"}}};
inline constexpr std::array<std::string_view, 4> quarter_words = {"up", "right", "down", "left"};

inline std::string with_article(const std::string& phrase) {
  const bool vowel = !phrase.empty() && std::string_view("aeiou").find(phrase[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + phrase;
}

inline std::string plural(std::string noun) {
  if (noun.ends_with('s') || noun.ends_with('x')) return noun + "es";
  return noun + "s";
}

/// Writes one caption; every choice comes from one row of dice.
///
/// No two dice may fall within the arguments of one call: compilers differ in which they would evaluate first.
struct caption_writer {
  const scene_plan& plan;
  dice d;
  int chance;  // of mentioning an attribute, in percent

  bool tell() { return d.percent(chance); }

  template <class List>
  std::string_view one_of(const List& list) {
    return list[static_cast<std::size_t>(d.below(static_cast<int>(std::size(list))))];
  }

  std::string shape(const scene_object& object) {
    const auto which = static_cast<std::size_t>(object.shape);
    const words others = shape_synonyms[which];
    return std::string(!others.empty() && d.percent(20) ? one_of(others) : scene_shapes[which]);
  }

  std::string_view colour(const scene_object& object) {
    const auto which = static_cast<std::size_t>(object.colour);
    return d.percent(10) ? colour_synonyms[which] : scene_colours[which];
  }

  /// Sizes are told of single objects, and of several when they differ as small and large do.
  bool size_matters() const {
    if (plan.objects.size() == 1) return true;
    bool small = false, large = false;
    for (const scene_object& object : plan.objects) {
      small |= object.size == 0;
      large |= object.size == 2;
    }
    return small && large;
  }

  /// An object without its article: "small striped red circle", "big disc that is red", "red hearts with dots".
  std::string noun_phrase(const scene_object& object, bool several = false) {
    std::string before, after;
    const bool sized = size_matters() && tell() && (object.size != 1 || d.percent(30));
    const bool textured = tell() && (object.texture != 0 || d.percent(15));
    if (sized) before = fmt::format("{} ", one_of(size_words[static_cast<std::size_t>(object.size)]));
    const auto texture = static_cast<std::size_t>(object.texture);
    if (textured && d.percent(35))
      after = fmt::format(" {}", one_of(texture_clauses[texture]));
    else if (textured)
      before += fmt::format("{} ", one_of(texture_words[texture]));
    const std::string noun = several ? plural(shape(object)) : shape(object);
    const std::string_view tone = colour(object);
    if (object.shape == arrow_shape && tell())
      after += fmt::format(" pointing {}", quarter_words[static_cast<std::size_t>(object.quarter)]);
    if (d.percent(10)) return fmt::format("{}{} in {}{}", before, noun, tone, after);
    if (d.percent(6) && after.empty())
      return fmt::format("{}{} that {} {}", before, noun, several ? "are" : "is", tone);
    return fmt::format("{}{} {}{}", before, tone, noun, after);
  }

  std::string object(std::size_t i) { return with_article(noun_phrase(plan.objects[i])); }

  /// " on a striped navy background", or nothing.
  std::string ground() {
    const auto kind = scene_background_kinds[static_cast<std::size_t>(plan.background.kind)];
    const auto tone = scene_background_colours[static_cast<std::size_t>(plan.background.colour)];
    const std::string kind_word = plan.background.kind != 0 && tell() ? std::string(kind) + " " : "";
    const std::string_view noun = d.percent(75) ? "background" : "ground";
    if (d.percent(15)) return fmt::format(" on {}", kind_word + std::string(tone));
    return fmt::format(" {} {}", d.percent(70) ? "on" : "against",
                       with_article(fmt::format("{}{} {}", kind_word, tone, noun)));
  }

  /// " in the top left corner", " on the right", " in the middle"; nothing where no word fits well.
  std::string place() {
    const int x = plan.objects[0].x / 16 - scene_side / 2, y = plan.objects[0].y / 16 - scene_side / 2;
    const auto side = [](int at, std::string_view before, std::string_view after) {
      return at < -8 ? before : at > 8 ? after : "";
    };
    const std::string_view across = side(x, "left", "right"), along = side(y, "top", "bottom");
    if (!across.empty() && !along.empty())
      return d.percent(50) ? fmt::format(" in the {} {} corner", along, across)
                           : fmt::format(" at the {} {}", along, across);
    if (!across.empty()) return fmt::format(" on the {}{}", across, d.percent(50) ? "" : " side");
    if (!along.empty()) return fmt::format(" {} the {}", d.percent(50) ? "at" : "near", along);
    const bool middle = x * x + y * y < 25;
    return !middle ? "" : d.percent(50) ? " in the middle" : " in the center";
  }

  /// Puts a frame around what is seen: "a picture of ...", "there is ...".
  std::string frame(const std::string& seen, bool several) {
    switch (d.below(14)) {
      case 0: return "a picture of " + seen;
      case 1: return "an image of " + seen;
      case 2: return "a drawing of " + seen;
      case 3: return (several ? "there are " : "there is ") + seen;
      case 4: return "this is " + seen;
      case 5: return "the picture shows " + seen;
      default: return seen;
    }
  }

  std::string single() {
    const std::string bare = noun_phrase(plan.objects[0]);
    const int article = d.below(12);
    const std::string seen = article == 0   ? "one " + bare
                             : article == 1 ? "a single " + bare
                             : article == 2 ? "the " + bare
                             : article <= 4 ? bare
                                            : with_article(bare);
    const std::string where = tell() ? place() : "", on = tell() ? ground() : "";
    if (!where.empty() && d.percent(25)) return fmt::format("{}, {}{}", where.substr(1), seen, on);
    if (!on.empty() && d.percent(20)) return fmt::format("{}, {}{}", on.substr(1), seen, where);
    const std::string all = d.percent(50) ? seen + where + on : seen + on + where;
    return article == 3 || article == 4 ? all : frame(all, false);  // "this is red star" is not English
  }

  std::string pair() {
    std::string first = object(0), second = object(1);
    const std::string on = d.percent(chance / 2) ? ground() : "";
    const bool upright = plan.upright;
    if (!tell()) {  // without their places, in either order
      if (d.percent(50)) std::swap(first, second);
      return frame(fmt::format("{} {} {}{}", first, d.percent(60) ? "and" : "with", second, on), true);
    }
    switch (d.below(5)) {
      case 0: return frame(fmt::format("{} {} {}{}", first, upright ? "above" : "to the left of", second, on), false);
      case 1: return frame(fmt::format("{} {} {}{}", second, upright ? "below" : "to the right of", first, on), false);
      case 2:
        return fmt::format("{} {} and {} {}{}", first, upright ? "at the top" : "on the left", second,
                           upright ? "at the bottom" : "on the right", on);
      case 3: return frame(fmt::format("{} {} {}{}", first, upright ? "over" : "left of", second, on), false);
      default: return frame(fmt::format("{} {} {}{}", second, upright ? "under" : "right of", first, on), false);
    }
  }

  std::string group() {
    const bool two = plan.objects.size() == 2;
    const std::string many = noun_phrase(plan.objects[0], true);
    const std::string on = d.percent(chance / 2) ? ground() : "";
    switch (d.below(6)) {
      case 0: return frame(fmt::format("{} {}{}", two ? "a pair of" : "a group of three", many, on), false);
      case 1: return fmt::format("{} {}{}", two ? "2" : "3", many, on);
      case 2:
        if (two) return fmt::format("two {} {}{}", many, plan.upright ? "one above the other" : "side by side", on);
        [[fallthrough]];
      default: return frame(fmt::format("{} {}{}", two ? "two" : "three", many, on), true);
    }
  }

  std::string trio() {
    const auto& o = plan.objects;
    const int bend = (o[1].x - o[0].x) * (o[2].y - o[0].y) - (o[1].y - o[0].y) * (o[2].x - o[0].x);
    const bool row = bend > -300 * 256 && bend < 300 * 256;  // the middle one lies between the others
    std::array<std::size_t, 3> order = {0, 1, 2};
    if (row && tell()) {
      const bool turned = d.percent(50);
      const std::string inner = object(1), one = object(turned ? 2 : 0), other = object(turned ? 0 : 2);
      return frame(fmt::format("{} between {} and {}", inner, one, other), false);
    }
    std::swap(order[0], order[static_cast<std::size_t>(d.below(3))]);
    if (d.percent(50)) std::swap(order[1], order[2]);
    const std::string a = object(order[0]), b = object(order[1]), c = object(order[2]);
    const std::string on = d.percent(chance / 3) ? ground() : "";
    if (d.percent(15)) return fmt::format("three shapes: {}, {} and {}{}", a, b, c, on);
    return frame(fmt::format("{}, {} and {}{}", a, b, c, on), true);
  }
};

}  // namespace detail::scenes

/// A caption of the scene, drawn from `random`: about a third name only colours and shapes, a quarter tell everything.
///
/// At most 40 words, without full stop. No caption names what the picture does not show.
inline std::string describe(const scene_plan& plan, random_stream random,
                            caption_detail detail = caption_detail::varied) {
  detail::scenes::caption_writer writer{plan, {random}, 100};
  const int level = writer.d.below(100);
  if (detail == caption_detail::varied) writer.chance = level < 32 ? 0 : level < 75 ? 50 : 100;
  switch (plan.layout) {
    case scene_layout::single: return writer.single();
    case scene_layout::pair: return writer.pair();
    case scene_layout::group: return writer.group();
    default: return writer.trio();
  }
}

}  // namespace clipt::inline CLIPT_BUILD
