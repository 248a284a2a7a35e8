// The embedded data set: same bytes everywhere, held-out pairs held out, captions that tell the truth.
#include <clipt/data/scenes.hpp>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <set>

namespace {

using clipt::scene_layout;
using clipt::scene_split;
namespace inner = clipt::detail::scenes;

struct fnv {  // 64-bit FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ull;
  template <class Bytes>
  void operator()(const Bytes& bytes) {
    for (const auto b : bytes) hash = (hash ^ static_cast<unsigned char>(b)) * 0x100000001b3ull;
  }
};

bool contains(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

TEST(scenes, same_bytes_on_every_machine) {
  fnv pictures, captions;
  for (const auto split : {scene_split::training, scene_split::validation, scene_split::held_out})
    for (int i = 0; i < 500; ++i) {
      const clipt::scene s = clipt::draw_scene(42, i, split);
      pictures(s.picture.pixels);
      captions(s.caption);
      captions(s.label);
    }
  // Whoever changes the drawing or the words on purpose writes the new numbers here; nothing else may change them.
  EXPECT_EQ(pictures.hash, 14731361854195380117ull);
  EXPECT_EQ(captions.hash, 3749942157536580313ull);
}

TEST(scenes, seed_index_and_split_matter) {
  const auto a = clipt::draw_scene(1, 0), b = clipt::draw_scene(2, 0), c = clipt::draw_scene(1, 1);
  const auto d = clipt::draw_scene(1, 0, scene_split::validation);
  EXPECT_NE(a.picture.pixels, b.picture.pixels);
  EXPECT_NE(a.picture.pixels, c.picture.pixels);
  EXPECT_NE(a.picture.pixels, d.picture.pixels);
  EXPECT_EQ(a.picture.pixels, clipt::training_scenes(1, 1)[0].picture.pixels);
  EXPECT_EQ(a.picture.pixels.size(), 64u * 64 * 3);
}

TEST(scenes, a_fifth_of_the_pairs_is_held_out) {
  std::map<int, int> by_shape, by_colour;
  for (int colour = 0; colour < 10; ++colour)
    for (int shape = 0; shape < 10; ++shape)
      if (clipt::scene_pair_held_out(colour, shape)) ++by_shape[shape], ++by_colour[colour];
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(by_shape[i], 2);
    EXPECT_EQ(by_colour[i], 2);
  }
  EXPECT_EQ(clipt::all_labels().size(), 100u);
  EXPECT_EQ(clipt::held_out_labels().size(), 20u);
  EXPECT_EQ(clipt::all_labels()[1], "red square");
}

TEST(scenes, splits_show_what_they_should) {
  std::set<std::string> seen, held;
  std::map<scene_layout, int> layouts;
  const int count = 20000;
  for (int i = 0; i < count; ++i) {
    const auto plan = clipt::plan_scene(3, i, scene_split::training);
    ++layouts[plan.layout];
    for (const auto& object : plan.objects) {
      ASSERT_FALSE(clipt::scene_pair_held_out(object.colour, object.shape));
      seen.insert(clipt::scene_label(object.colour, object.shape));
    }
    for (const auto& object : clipt::plan_scene(3, i, scene_split::validation).objects)
      ASSERT_FALSE(clipt::scene_pair_held_out(object.colour, object.shape));
    const auto zero_shot = clipt::plan_scene(3, i, scene_split::held_out);
    ASSERT_EQ(zero_shot.objects.size(), 1u);
    held.insert(clipt::scene_label(zero_shot));
  }
  EXPECT_EQ(seen.size(), 80u);
  const auto labels = clipt::held_out_labels();
  EXPECT_EQ(held, std::set<std::string>(labels.begin(), labels.end()));
  EXPECT_NEAR(layouts[scene_layout::single] / double(count), 0.6, 0.02);
  EXPECT_NEAR(layouts[scene_layout::pair] / double(count), 0.2, 0.02);
  EXPECT_NEAR(layouts[scene_layout::trio] / double(count), 0.1, 0.02);
}

TEST(scenes, objects_are_inside_apart_and_visible) {
  for (int i = 0; i < 3000; ++i) {
    const auto plan = clipt::plan_scene(5, i, scene_split::training);
    const auto& o = plan.objects;
    for (std::size_t a = 0; a < o.size(); ++a) {
      EXPECT_TRUE(inner::stands_out(o[a].colour, plan.background.colour));
      EXPECT_GE(std::min(o[a].x, o[a].y) - o[a].radius, 0) << i;
      EXPECT_LE(std::max(o[a].x, o[a].y) + o[a].radius, 64 * 16) << i;
      for (std::size_t b = 0; b < a; ++b)
        EXPECT_GT(std::hypot(o[a].x - o[b].x, o[a].y - o[b].y), o[a].radius + o[b].radius - 32) << i;
    }
    if (plan.layout == scene_layout::pair) {
      EXPECT_GT(plan.upright ? o[1].y - o[0].y : o[1].x - o[0].x, 20 * 16);
      EXPECT_NE(o[0].colour, o[1].colour);
      EXPECT_NE(o[0].shape, o[1].shape);
    }
  }
}

TEST(scenes, any_three_colours_have_a_ground) {
  for (int a = 0; a < 10; ++a)
    for (int b = 0; b < 10; ++b)
      for (int c = 0; c < 10; ++c) {
        bool found = false;
        for (int g = 0; g < 12; ++g)
          found |= inner::stands_out(a, g) && inner::stands_out(b, g) && inner::stands_out(c, g);
        EXPECT_TRUE(found) << a << ' ' << b << ' ' << c;
      }
}

double area(int shape, int radius, int angle, int x, int y) {
  inner::coverage_map map;
  map.clear();
  inner::add_shape(map, {.shape = shape, .x = x, .y = y, .radius = radius, .angle = angle});
  map.fill();
  double sum = 0;
  for (int v = 0; v < 64; ++v)
    for (int u = 0; u < 64; ++u) {
      EXPECT_LE(map(u, v), inner::coverage_map::full);
      sum += map(u, v);
    }
  return sum / inner::coverage_map::full;
}

TEST(scenes, shapes_cover_their_area) {
  const double r = 20;
  EXPECT_NEAR(area(0, 320, 0, 512, 512), std::numbers::pi * r * r * 0.96 * 0.96, 6);
  EXPECT_NEAR(area(1, 320, 0, 512, 512), 4 * r * r * 0.84 * 0.84,
              5);  // its upper and lower edges fall between sample rows
  EXPECT_NEAR(area(1, 320, 32, 512, 512), 4 * r * r * 0.84 * 0.84, 3);  // turned by an eighth
  EXPECT_NEAR(area(1, 320, 9, 519, 505), 4 * r * r * 0.84 * 0.84, 3);   // and between pixels
  EXPECT_NEAR(area(5, 320, 5, 512, 512), r * r * (2 * 2 * 0.68 - 0.68 * 0.68), 3);
  EXPECT_NEAR(area(6, 320, 0, 512, 512), std::numbers::pi * r * r * (1 - 0.56 * 0.56), 6);
  EXPECT_NEAR(area(7, 320, 0, 512, 512), 2 * r * r * 1.12 * 0.72, 3);
  EXPECT_NEAR(area(1, 320, 0, 0, 0), r * r * 0.84 * 0.84, 2);  // three quarters are outside of the picture
  for (int shape = 0; shape < 10; ++shape) {
    EXPECT_GT(area(shape, 320, 0, 512, 512), 0.25 * 4 * r * r * 0.8) << shape;
    EXPECT_NEAR(area(shape, 320, 0, 512, 512), area(shape, 320, 77, 512, 512), 8) << shape;
  }
}

TEST(scenes, plain_objects_show_their_colour) {
  for (int i = 0; i < 500; ++i) {
    const auto plan = clipt::plan_scene(6, i, scene_split::held_out);
    const auto& object = plan.objects[0];
    if (object.texture != 0) continue;
    const auto picture = clipt::draw_picture(plan);
    int exact = 0;
    for (std::size_t p = 0; p < picture.pixels.size(); p += 3)
      exact += picture.pixels[p] == object.fill.red && picture.pixels[p + 1] == object.fill.green &&
               picture.pixels[p + 2] == object.fill.blue;
    EXPECT_GT(exact, object.radius * object.radius / 256 / 2) << i << ' ' << clipt::scene_label(plan);
  }
}

TEST(scenes, captions_tell_the_truth) {
  std::set<std::string> different;
  int bare = 0, singles = 0;
  for (int i = 0; i < 5000; ++i) {
    const clipt::scene s = clipt::draw_scene(7, i);
    different.insert(s.caption);
    EXPECT_EQ(s.caption.find("  "), std::string::npos) << s.caption;
    EXPECT_NE(s.caption.back(), ' ');
    EXPECT_LE(std::count(s.caption.begin(), s.caption.end(), ' '), 39) << s.caption;
    for (const auto& object : s.plan.objects) {
      const auto shape = static_cast<std::size_t>(object.shape), colour = static_cast<std::size_t>(object.colour);
      bool named = contains(s.caption, clipt::scene_shapes[shape]);
      for (const auto word : inner::shape_synonyms[shape]) named |= contains(s.caption, word);
      EXPECT_TRUE(named) << s.caption;
      EXPECT_TRUE(contains(s.caption, clipt::scene_colours[colour]) ||
                  contains(s.caption, inner::colour_synonyms[colour]))
          << s.caption;
    }
    if (s.plan.objects.size() != 1) continue;
    ++singles;
    bare += s.caption == s.label;
    const auto& o = s.plan.objects[0];
    const bool sides = !contains(s.caption, "pointing");
    if (sides && contains(s.caption, "left")) {
      EXPECT_LT(o.x, 512) << s.caption;
    }
    if (sides && contains(s.caption, "right")) {
      EXPECT_GT(o.x, 512) << s.caption;
    }
    if (contains(s.caption, "top")) {
      EXPECT_LT(o.y, 512) << s.caption;
    }
    if (contains(s.caption, "bottom")) {
      EXPECT_GT(o.y, 512) << s.caption;
    }
    for (const auto word : {"tiny", "little", "small"})
      if (contains(s.caption, word)) {
        EXPECT_EQ(o.size, 0) << s.caption;
      }
    for (const auto word : {"huge", "big "})
      if (contains(s.caption, word)) {
        EXPECT_EQ(o.size, 2) << s.caption;
      }
  }
  EXPECT_GT(different.size(), 4000u);
  EXPECT_GT(bare, singles / 50);  // the label alone is one of the forms
}

TEST(scenes, full_captions_tell_everything) {
  for (int i = 0; i < 2000; ++i) {
    const clipt::scene s = clipt::draw_scene(8, i, scene_split::validation);
    if (s.plan.objects.size() != 1) continue;
    const auto ground = clipt::scene_background_colours[static_cast<std::size_t>(s.plan.background.colour)];
    EXPECT_TRUE(contains(s.caption, ground)) << s.caption;
    if (s.plan.objects[0].texture == 1) {
      EXPECT_TRUE(contains(s.caption, "strip")) << s.caption;
    }
    if (s.plan.objects[0].size == 0) {
      EXPECT_TRUE(contains(s.caption, "small") || contains(s.caption, "little") || contains(s.caption, "tiny"))
          << s.caption;
    }
  }
}

TEST(scenes, other_words_for_the_same_scene) {
  const auto plan = clipt::plan_scene(1, 4, scene_split::training);
  std::set<std::string> captions;
  for (std::uint32_t step = 0; step < 50; ++step) captions.insert(clipt::describe(plan, {9, 9, step}));
  EXPECT_GT(captions.size(), 10u);
  EXPECT_EQ(clipt::describe(plan, {9, 9, 1}), clipt::describe(plan, {9, 9, 1}));
}

}  // namespace
