// What a scene of the embedded data set shows: its vocabulary, and the plan of one scene as numbers.
#pragma once
#include <array>        // array
#include <cstdint>      // uint32_t
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <clipt/core/philox.hpp>  // random_stream

namespace clipt::inline CLIPT_BUILD {

/// Side of a scene's picture in pixels.
inline constexpr int scene_side = 64;

/// Which part of the data set a scene belongs to; the parts share no random numbers.
///
/// `training` and `validation` are alike: one to three objects, never a held-out pair of colour and shape. `held_out`
/// shows single objects of held-out pairs only: naming one takes the colour from some scenes, the shape from others.
enum class scene_split : std::uint32_t { training, validation, held_out };

/// One object, `group`: two or three alike, `pair`: two unlike, `trio`: three unlike.
enum class scene_layout { single, pair, group, trio };

/// What a scene is made of, in the order of the numbers of a plan.
inline constexpr std::array<std::string_view, 10> scene_shapes = {"circle", "square", "triangle", "star",  "heart",
                                                                  "cross",  "ring",   "diamond",  "arrow", "moon"};
inline constexpr int arrow_shape = 8;  // the only shape that points somewhere
inline constexpr std::array<std::string_view, 10> scene_colours = {"red",    "orange", "yellow", "green", "blue",
                                                                   "purple", "pink",   "brown",  "black", "white"};
inline constexpr std::array<std::string_view, 3> scene_sizes = {"small", "medium", "large"};
inline constexpr std::array<std::string_view, 5> scene_textures = {"plain", "striped", "dotted", "checkered",
                                                                   "outlined"};
inline constexpr std::array<std::string_view, 6> scene_background_kinds = {"plain",   "shaded",   "checkered",
                                                                           "striped", "speckled", "gridded"};
inline constexpr std::array<std::string_view, 12> scene_background_colours = {
    "light grey", "cream", "pale blue", "pale green", "lavender",   "tan",
    "grey",       "teal",  "dark grey", "navy",       "dark green", "maroon"};

/// A colour of 8 bits per channel.
struct rgb_colour {
  int red, green, blue;
  friend constexpr bool operator==(rgb_colour, rgb_colour) = default;
};

/// Fill colours, in the order of scene_colours.
inline constexpr std::array<rgb_colour, 10> scene_fills = {{{218, 38, 42},
                                                            {244, 136, 28},
                                                            {250, 221, 48},
                                                            {46, 158, 68},
                                                            {44, 92, 214},
                                                            {128, 58, 172},
                                                            {250, 138, 182},
                                                            {122, 74, 40},
                                                            {24, 24, 30},
                                                            {250, 250, 250}}};
/// Second tones of textures, in the order of scene_colours.
inline constexpr std::array<rgb_colour, 10> scene_tones = {{{140, 14, 22},
                                                            {255, 198, 120},
                                                            {206, 168, 12},
                                                            {18, 92, 38},
                                                            {146, 184, 250},
                                                            {192, 142, 226},
                                                            {214, 74, 132},
                                                            {186, 136, 94},
                                                            {118, 118, 124},
                                                            {178, 182, 188}}};
/// Ground colours, in the order of scene_background_colours.
inline constexpr std::array<rgb_colour, 12> scene_grounds = {{{214, 215, 217},
                                                              {250, 240, 212},
                                                              {196, 220, 244},
                                                              {202, 234, 204},
                                                              {222, 212, 244},
                                                              {208, 180, 142},
                                                              {140, 141, 144},
                                                              {44, 128, 132},
                                                              {72, 74, 80},
                                                              {24, 34, 84},
                                                              {24, 66, 44},
                                                              {84, 24, 40}}};

/// One object of a scene; the attributes are indices into the names above.
struct scene_object {
  int shape = 0, colour = 0, size = 1, texture = 0;
  int x = 0, y = 0, radius = 0;  // in sixteenths of a pixel
  int angle = 0;                 // in 256ths of a turn, clockwise
  int quarter = 0;               // where an arrow points: up, right, down, left
  int detail = 0;                // phase and tone of the texture, a few random bits
  rgb_colour fill{};             // the colour as drawn: each object's is slightly its own
};

/// The ground of a scene; `detail` holds random bits for phases, directions and specks.
struct scene_background {
  int kind = 0, colour = 0;
  std::uint32_t detail = 0;
};

/// A scene as numbers: all that its picture and its captions are made from.
struct scene_plan {
  scene_layout layout = scene_layout::single;
  std::vector<scene_object> objects;
  scene_background background;
  bool upright = false;  // the two objects of a pair stand one above the other
};

/// Whether the pair never occurs in training: a fifth of all pairs, two colours of each shape, two shapes per colour.
constexpr bool scene_pair_held_out(int colour, int shape) { return (colour + 2 * shape) % 5 == 0; }

/// "<colour> <shape>" in the plainest words.
inline std::string scene_label(int colour, int shape) {
  return std::string(scene_colours[static_cast<std::size_t>(colour)]) + " " +
         std::string(scene_shapes[static_cast<std::size_t>(shape)]);
}

namespace detail::scenes {

/// Numbers of one stream, taken one after the other.
struct dice {
  random_stream random;
  std::uint64_t next = 0;

  int below(int count) { return static_cast<int>(random.below(next++, static_cast<std::uint32_t>(count))); }
  int between(int low, int high) { return low + below(high - low + 1); }
  bool percent(int chance) { return below(100) < chance; }
};

constexpr int colour_distance(rgb_colour a, rgb_colour b) {
  const int r = a.red - b.red, g = a.green - b.green, s = a.blue - b.blue;
  return r * r + g * g + s * s;
}

/// Whether an object of this colour can be told from the ground at a glance.
constexpr bool stands_out(int colour, int ground) {
  return colour_distance(scene_fills[static_cast<std::size_t>(colour)],
                         scene_grounds[static_cast<std::size_t>(ground)]) > 100 * 100;
}

inline constexpr int size_ranges[2][3][2] = {{{8, 11}, {13, 17}, {20, 24}}, {{7, 8}, {10, 11}, {13, 14}}};  // pixels

/// A colour and a shape out of the pairs that the split may show.
inline void choose_pair(dice& d, scene_split split, scene_object& object) {
  const int shape = d.below(10), turn = d.below(split == scene_split::held_out ? 2 : 8);
  int seen = 0;
  for (int colour = 0; colour < 10; ++colour)
    if (scene_pair_held_out(colour, shape) == (split == scene_split::held_out) && seen++ == turn)
      object.colour = colour;
  object.shape = shape;
}

inline scene_object choose_object(dice& d, scene_split split, bool single) {
  scene_object object;
  choose_pair(d, split, object);
  object.size = d.below(3);
  object.texture = d.percent(55) ? 0 : d.between(1, 4);
  const auto& range = size_ranges[single ? 0 : 1][object.size];
  object.radius = d.between(range[0] * 16, range[1] * 16);
  object.quarter = d.below(4);
  constexpr int tilt[] = {128, 10, 14, 128, 12, 10, 0, 8, 8, 20};  // by shape, either way; a tilted square stays one
  const int most = tilt[object.shape];
  object.angle = (d.between(-most, most) + (object.shape == arrow_shape ? 64 * object.quarter : 0)) & 255;
  object.detail = d.below(1 << 16);
  const rgb_colour fill = scene_fills[static_cast<std::size_t>(object.colour)];
  const auto vary = [&d](int channel) {
    const int moved = channel + d.between(-9, 9);
    return moved < 0 ? 0 : moved > 255 ? 255 : moved;
  };
  object.fill.red = vary(fill.red);  // one statement each: the order of the draws must not be left to the compiler
  object.fill.green = vary(fill.green);
  object.fill.blue = vary(fill.blue);
  return object;
}

inline void place(dice& d, scene_object& object, int x, int y, int wobble) {
  object.x = x * 16 + d.between(-wobble * 16, wobble * 16);
  object.y = y * 16 + d.between(-wobble * 16, wobble * 16);
}

/// Places one object anywhere inside, two on either side of the middle, three in a row or a triangle.
inline void place_all(dice& d, scene_plan& plan) {
  auto& objects = plan.objects;
  if (objects.size() == 1) {
    const int room = (scene_side / 2 - 2) * 16 - objects[0].radius;
    objects[0].x = scene_side * 8 + d.between(-room, room);
    objects[0].y = scene_side * 8 + d.between(-room, room);
  } else if (objects.size() == 2) {
    plan.upright = d.percent(40);
    const int shift = d.between(-8, 8);
    for (int i = 0; i < 2; ++i) {
      const int along = i == 0 ? 17 : 47, across = 32 + (i == 0 ? shift : -shift);
      place(d, objects[static_cast<std::size_t>(i)], plan.upright ? across : along, plan.upright ? along : across, 2);
    }
  } else {
    constexpr int spots[4][3][2] = {{{12, 32}, {32, 32}, {52, 32}},
                                    {{32, 12}, {32, 32}, {32, 52}},
                                    {{17, 46}, {32, 17}, {47, 46}},
                                    {{17, 18}, {32, 47}, {47, 18}}};
    const int spot = d.below(4);
    for (std::size_t i = 0; i < 3; ++i) {
      if (spot < 2 && objects[i].radius > 9 * 16) objects[i].radius = 9 * 16;
      if (objects[i].radius > 12 * 16) objects[i].radius = 12 * 16;
      place(d, objects[i], spots[spot][i][0], spots[spot][i][1], 1);
    }
  }
}

inline void choose_background(dice& d, scene_plan& plan) {
  constexpr int kinds[] = {0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5};
  plan.background.kind = kinds[d.below(11)];
  plan.background.detail = static_cast<std::uint32_t>(d.below(1 << 30));
  // Every three colours leave a ground that they all stand out from (a test says so): start anywhere, take the first.
  const int start = d.below(12);
  for (int i = 0; i < 12; ++i) {
    plan.background.colour = (start + i * 5) % 12;
    bool fits = true;
    for (const scene_object& object : plan.objects) fits = fits && stands_out(object.colour, plan.background.colour);
    if (fits) return;
  }
}

}  // namespace detail::scenes

/// The plan of scene `index` of a split: a pure function of its arguments, the same on every machine.
///
/// 60 % of training and validation scenes show one object, 20 % a pair, 10 % a group, 10 % a trio.
inline scene_plan plan_scene(std::uint64_t seed, int index, scene_split split) {
  detail::scenes::dice d{{seed, 0x5CE0'0000u + static_cast<std::uint32_t>(split), static_cast<std::uint32_t>(index)}};
  scene_plan plan;
  const int kind = split == scene_split::held_out ? 0 : d.below(100);
  plan.layout = kind < 60   ? scene_layout::single
                : kind < 80 ? scene_layout::pair
                : kind < 90 ? scene_layout::group
                            : scene_layout::trio;
  const int count = plan.layout == scene_layout::single ? 1
                    : plan.layout == scene_layout::pair ? 2
                    : plan.layout == scene_layout::trio ? 3
                                                        : d.between(2, 3);
  while (static_cast<int>(plan.objects.size()) < count) {
    if (plan.layout == scene_layout::group && !plan.objects.empty()) {
      plan.objects.push_back(plan.objects[0]);
      continue;
    }
    const scene_object next = detail::scenes::choose_object(d, split, count == 1);
    bool alike = false;  // unlike objects differ in colour and in shape: "the star" and "the red one" are then one each
    for (const scene_object& other : plan.objects) alike |= other.colour == next.colour || other.shape == next.shape;
    if (!alike) plan.objects.push_back(next);
  }
  detail::scenes::place_all(d, plan);
  detail::scenes::choose_background(d, plan);
  return plan;
}

}  // namespace clipt::inline CLIPT_BUILD
