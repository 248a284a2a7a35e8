// Draws the picture of a scene with whole numbers alone, so that every machine draws the same bytes.
#pragma once
#include <algorithm>  // clamp, fill, min, max, sort
#include <array>      // array
#include <cstdint>    // int64_t, uint16_t
#include <span>       // span
#include <utility>    // swap

#include <clipt/data/scenes_plan.hpp>  // scene_plan
#include <clipt/io/pixels.hpp>         // image

namespace clipt::inline CLIPT_BUILD {

namespace detail::scenes {

/// A corner of an outline, in thousandths of the radius, y downwards.
struct outline_point {
  int x, y;
};

inline constexpr outline_point square_outline[] = {{-840, -840}, {840, -840}, {840, 840}, {-840, 840}};
inline constexpr outline_point triangle_outline[] = {{0, -980}, {979, 715}, {-979, 715}};
inline constexpr outline_point star_outline[] = {{0, -1060}, {276, -320}, {1065, -286}, {447, 205},    {658, 966},
                                                 {0, 530},   {-658, 966}, {-447, 205},  {-1065, -286}, {-276, -320}};
inline constexpr outline_point heart_outline[] = {
    {0, -438},    {7, -485},    {56, -607},   {171, -750},  {354, -850}, {575, -863},  {789, -772},   {943, -597},
    {1000, -375}, {943, -142},  {789, 80},    {575, 285},   {354, 475},  {171, 650},   {56, 799},     {0, 938},
    {-56, 799},   {-171, 650},  {-354, 475},  {-575, 285},  {-789, 80},  {-943, -142}, {-1000, -375}, {-943, -597},
    {-789, -772}, {-575, -863}, {-354, -850}, {-171, -750}, {-56, -607}, {-7, -485}};
inline constexpr outline_point cross_outline[] = {{-340, -1000}, {340, -1000}, {340, -340},   {1000, -340},
                                                  {1000, 340},   {340, 340},   {340, 1000},   {-340, 1000},
                                                  {-340, 340},   {-1000, 340}, {-1000, -340}, {-340, -340}};
inline constexpr outline_point diamond_outline[] = {{0, -1120}, {720, 0}, {0, 1120}, {-720, 0}};
inline constexpr outline_point arrow_outline[] = {{0, -1060},   {820, -180},  {300, -180}, {300, 1000},
                                                  {-300, 1000}, {-300, -180}, {-820, -180}};
inline constexpr outline_point moon_outline[] = {
    {835, 789},  {623, 915},  {385, 986},   {138, 997},   {-104, 946},  {-327, 837},  {-515, 678},  {-659, 476},
    {-749, 246}, {-780, 0},   {-749, -246}, {-659, -476}, {-515, -678}, {-327, -837}, {-104, -946}, {138, -997},
    {385, -986}, {623, -915}, {835, -789},  {604, -794},  {381, -734},  {184, -612},  {31, -438},   {-67, -229},
    {-100, 0},   {-67, 229},  {31, 438},    {184, 612},   {381, 734},   {604, 794}};

/// A quarter of a sine wave times 2^14, in 256ths of a turn.
inline constexpr std::array<int, 65> sine_quarter = {
    0,     402,   804,   1205,  1606,  2006,  2404,  2801,  3196,  3590,  3981,  4370,  4756,
    5139,  5520,  5897,  6270,  6639,  7005,  7366,  7723,  8076,  8423,  8765,  9102,  9434,
    9760,  10080, 10394, 10702, 11003, 11297, 11585, 11866, 12140, 12406, 12665, 12916, 13160,
    13395, 13623, 13842, 14053, 14256, 14449, 14635, 14811, 14978, 15137, 15286, 15426, 15557,
    15679, 15791, 15893, 15986, 16069, 16143, 16207, 16261, 16305, 16340, 16364, 16379, 16384};

constexpr int sine(int angle) {
  angle &= 255;
  const int folded = angle & 127;
  const int value = sine_quarter[static_cast<std::size_t>(folded <= 64 ? folded : 128 - folded)];
  return angle < 128 ? value : -value;
}
constexpr int cosine(int angle) { return sine(angle + 64); }

/// How much of each pixel an outline covers, of `full`: exact in x (1/256 pixel), eight rows of samples in y.
///
/// Overlapping outlines cancel (even-odd rule), which is how a ring gets its hole.
class coverage_map {
 public:
  static constexpr int full = 2048;

  void clear() {
    covered_.fill(0);
    crossings_.fill(0);
  }

  /// Adds the edge from (x0, y0) to (x1, y1), in 1/256 pixel.
  void edge(int x0, int y0, int x1, int y1) {
    if (y0 == y1) return;
    if (y0 > y1) std::swap(x0, x1), std::swap(y0, y1);
    const std::int64_t slope = (static_cast<std::int64_t>(x1 - x0) * 65536) / (y1 - y0);
    // Sample row k lies at 32 k + 16; rows y0 <= sample < y1 are crossed, so neighbouring edges share none.
    const int first = std::max(0, (y0 - 16 + 31) >> 5), last = std::min(rows, (y1 - 16 + 31) >> 5);
    std::int64_t x = static_cast<std::int64_t>(x0) * 65536 + slope * (32 * first + 16 - y0);
    for (int k = first; k < last; ++k, x += slope * 32) {
      const auto row = static_cast<std::size_t>(k);
      if (crossings_[row] < most) at_[row][static_cast<std::size_t>(crossings_[row]++)] = static_cast<int>(x >> 16);
    }
  }

  /// Turns the edges added so far into covered area.
  void fill() {
    for (std::size_t row = 0; row < rows; ++row) {
      auto& at = at_[row];
      const int count = crossings_[row];
      std::sort(at.begin(), at.begin() + count);
      for (int i = 0; i + 1 < count; i += 2)
        span(row / 8, at[static_cast<std::size_t>(i)], at[static_cast<std::size_t>(i + 1)]);
    }
  }

  int operator()(int x, int y) const { return covered_[static_cast<std::size_t>(y * scene_side + x)]; }

  /// What is left at (x, y) when a brush has eaten from the rim; the first `brush` of the steps below make it rounder.
  int inner(int x, int y, std::size_t brush) const {
    constexpr int steps[16][2] = {{1, 0}, {-1, 0}, {0, 1},  {0, -1},  {2, 0}, {-2, 0}, {0, 2},  {0, -2},
                                  {2, 1}, {2, -1}, {-2, 1}, {-2, -1}, {1, 2}, {1, -2}, {-1, 2}, {-1, -2}};
    int least = (*this)(x, y);
    for (std::size_t i = 0; i < brush; ++i) {
      const int u = x + steps[i][0], v = y + steps[i][1];
      if (u >= 0 && v >= 0 && u < scene_side && v < scene_side) least = std::min(least, (*this)(u, v));
    }
    return least;
  }

 private:
  static constexpr std::size_t most = 12;
  static constexpr int rows = scene_side * 8;

  void span(std::size_t y, int from, int to) {
    from = std::clamp(from, 0, scene_side * 256 - 1);
    to = std::clamp(to, 0, scene_side * 256 - 1);
    const int first = from >> 8, last = to >> 8;
    std::uint16_t* row = covered_.data() + y * scene_side;
    if (first == last) {
      row[first] = static_cast<std::uint16_t>(row[first] + (to - from));
      return;
    }
    row[first] = static_cast<std::uint16_t>(row[first] + 256 - (from & 255));
    for (int x = first + 1; x < last; ++x) row[x] = static_cast<std::uint16_t>(row[x] + 256);
    row[last] = static_cast<std::uint16_t>(row[last] + (to & 255));
  }

  std::array<std::uint16_t, scene_side * scene_side> covered_;
  std::array<std::uint8_t, scene_side * 8> crossings_;
  std::array<std::array<int, most>, scene_side * 8> at_;
};

/// Adds an object's closed outline: scaled, turned, moved.
inline void add_outline(coverage_map& map, std::span<const outline_point> points, const scene_object& object) {
  const std::int64_t s = sine(object.angle), c = cosine(object.angle);
  const auto corner = [&](outline_point p) {  // 1/256 pixel = 1/16 pixel * 16; thousandths; sine of 2^14
    const std::int64_t scale = static_cast<std::int64_t>(object.radius) * 16;
    const std::int64_t x = (p.x * c - p.y * s) * scale / 1000, y = (p.x * s + p.y * c) * scale / 1000;
    return outline_point{object.x * 16 + static_cast<int>(x >> 14), object.y * 16 + static_cast<int>(y >> 14)};
  };
  outline_point last = corner(points.back());
  for (const outline_point& p : points) {
    const outline_point next = corner(p);
    map.edge(last.x, last.y, next.x, next.y);
    last = next;
  }
}

inline void add_circle(coverage_map& map, int thousandths, const scene_object& object) {
  std::array<outline_point, 64> points;
  for (int i = 0; i < 64; ++i)
    points[static_cast<std::size_t>(i)] = {cosine(4 * i) * thousandths / 16384, sine(4 * i) * thousandths / 16384};
  scene_object upright = object;
  upright.angle = 0;
  add_outline(map, points, upright);
}

inline void add_shape(coverage_map& map, const scene_object& object) {
  switch (object.shape) {  // in the order of scene_shapes
    case 0: return add_circle(map, 960, object);
    case 1: return add_outline(map, square_outline, object);
    case 2: return add_outline(map, triangle_outline, object);
    case 3: return add_outline(map, star_outline, object);
    case 4: return add_outline(map, heart_outline, object);
    case 5: return add_outline(map, cross_outline, object);
    case 6: return add_circle(map, 1000, object), add_circle(map, 560, object);
    case 7: return add_outline(map, diamond_outline, object);
    case 8: return add_outline(map, arrow_outline, object);
    default: return add_outline(map, moon_outline, object);
  }
}

/// `part` of 256 of `b`, the rest of `a`.
constexpr rgb_colour blend(rgb_colour a, rgb_colour b, int part) {
  const auto mix = [part](int p, int q) { return (p * (256 - part) + q * part + 128) >> 8; };
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

/// A band pattern: 256 inside the band of `width`, 0 outside, with an edge of one pixel; all in 1/256 pixel.
constexpr int band(int position, int period, int width) {
  const int at = ((position % period) + period) % period;
  const int inside = at < width ? std::min(at, width - at) : -std::min(at - width, period - at);
  return std::clamp(inside + 128, 0, 256);
}

/// How much of the second tone an object's texture shows at a pixel, of 256; (u, v) from its centre, 1/256 pixel.
inline int texture_at(const scene_object& object, int u, int v) {
  const int turn = (object.detail & 7) * 16;
  const int along = (u * cosine(turn) + v * sine(turn)) >> 14, across = (v * cosine(turn) - u * sine(turn)) >> 14;
  const int period = std::max(object.radius * 8, 5 * 256);  // half the radius, at least five pixels
  if (object.texture == 1) return band(along + (object.detail >> 4 & 1023), period, period * 2 / 5);
  if (object.texture == 3) {
    const int a = band(along, 2 * period, period), b = band(across, 2 * period, period);
    return (a * (256 - b) + b * (256 - a)) >> 8;
  }
  if (object.texture != 2) return 0;
  const auto from_dot = [period](int w) { return (((w % period) + period) % period) - period / 2; };
  const int a = from_dot(along), b = from_dot(across), r = period * 3 / 10;
  return std::clamp(128 + (r * r - a * a - b * b) / (2 * r), 0, 256);
}

/// The second tone: a lighter or darker one of the same colour, or white on a colour that is neither black nor white.
constexpr rgb_colour second_tone(const scene_object& object) {
  const bool grey = object.colour >= 8;
  if (object.texture == 4) {
    const bool dark = object.fill.red * 3 + object.fill.green * 6 + object.fill.blue < 800;
    return dark ? rgb_colour{245, 245, 245} : rgb_colour{28, 28, 34};
  }
  if (!grey && (object.detail & 8) != 0) return {248, 248, 248};
  return scene_tones[static_cast<std::size_t>(object.colour)];
}

inline void put(image& picture, int x, int y, rgb_colour colour) {
  std::uint8_t* pixel = picture.row(y) + 3 * x;
  pixel[0] = static_cast<std::uint8_t>(colour.red);
  pixel[1] = static_cast<std::uint8_t>(colour.green);
  pixel[2] = static_cast<std::uint8_t>(colour.blue);
}

/// One pixel in eight, scattered: multiplicative hashing with two primes and the golden ratio.
constexpr bool speck(std::uint32_t x, std::uint32_t y, std::uint32_t key) {
  return ((x * 73856093u ^ y * 19349663u ^ key) * 2654435761u) >> 29 == 0;
}

/// How much of the ground's second tone there is at a pixel, of 256.
inline int ground_at(const scene_background& ground, int x, int y) {
  const int phase = static_cast<int>(ground.detail & 31), period = 8 + static_cast<int>(ground.detail >> 5 & 7);
  const int turn = static_cast<int>(ground.detail >> 8 & 7) * 32;
  switch (ground.kind) {  // in the order of scene_background_kinds
    case 1: return std::clamp(128 + ((((x - 32) * cosine(turn) + (y - 32) * sine(turn)) * 4) >> 14), 0, 256);
    case 2: return ((x + phase) / period + (y + phase) / period) % 2 * 256;
    case 3: return band(((x * cosine(turn) + y * sine(turn)) >> 6) + phase * 256, period * 256, period * 128);
    case 4: return speck(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), ground.detail) ? 256 : 0;
    case 5: return std::max(band((x + phase) * 256, period * 256, 256), band((y + phase) * 256, period * 256, 256));
    default: return 0;
  }
}

inline void draw_background(image& picture, const scene_background& ground) {
  const rgb_colour base = scene_grounds[static_cast<std::size_t>(ground.colour)];
  const int step = ground.kind == 1 ? 26 : 18;
  const int shift = base.red + base.green + base.blue > 384 ? -step : step;
  const auto move = [shift](int channel) { return std::clamp(channel + shift, 0, 255); };
  const rgb_colour other{move(base.red), move(base.green), move(base.blue)};
  for (int y = 0; y < scene_side; ++y)
    for (int x = 0; x < scene_side; ++x)
      put(picture, x, y, ground.kind == 0 ? base : blend(base, other, ground_at(ground, x, y)));
}

inline void draw_object(image& picture, coverage_map& map, const scene_object& object) {
  map.clear();
  add_shape(map, object);
  map.fill();
  const rgb_colour second = second_tone(object);
  const std::size_t brush = object.radius < 12 * 16 ? 4 : 16;  // an outline of one or two pixels
  for (int y = 0; y < scene_side; ++y)
    for (int x = 0; x < scene_side; ++x) {
      const int covered = map(x, y);
      if (covered == 0) continue;
      const int u = x * 256 + 128 - object.x * 16, v = y * 256 + 128 - object.y * 16;
      const int part = object.texture == 4 ? 256 - map.inner(x, y, brush) / 8 : texture_at(object, u, v);
      const std::uint8_t* below = picture.row(y) + 3 * x;
      put(picture, x, y, blend({below[0], below[1], below[2]}, blend(object.fill, second, part), covered / 8));
    }
}

}  // namespace detail::scenes

/// The picture of a scene, [64, 64, 3]: a pure function of the plan, the same bytes on every machine.
inline image draw_picture(const scene_plan& plan) {
  image picture = blank_image(scene_side, scene_side, 3, pixel_mode::rgb);
  detail::scenes::draw_background(picture, plan.background);
  detail::scenes::coverage_map map;
  for (const scene_object& object : plan.objects) detail::scenes::draw_object(picture, map, object);
  return picture;
}

}  // namespace clipt::inline CLIPT_BUILD
