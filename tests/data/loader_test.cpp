// Batches: same for any number of workers, resumable, and unmoved by broken pictures.
#include <clipt/data/csv_dataset.hpp>
#include <clipt/data/loader.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "shared.hpp"
#include "why.hpp"

namespace {

/// Small pictures that know their own number; those in `broken` cannot be loaded, those in `fatal` break the program.
struct numbers {
  int count = 100;
  std::set<int> broken{}, fatal{};
  int slow = -1;
  mutable std::atomic<int> loads{0};

  int size() const { return count; }
  std::string name(int i) const { return "number " + std::to_string(i); }
  std::string caption(int i, clipt::random_stream random) const {
    return std::to_string(i) + " " + std::to_string(random.bits(0));
  }
  clipt::image load(int i) const {
    ++loads;
    if (i == slow) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (broken.contains(i)) throw clipt::io_error(name(i) + ": broken");
    if (fatal.contains(i)) throw std::runtime_error(name(i) + ": out of order");
    clipt::image out = clipt::blank_image(8, 8, 3, clipt::pixel_mode::rgb);
    for (std::size_t p = 0; p < out.pixels.size(); ++p) out.pixels[p] = static_cast<std::uint8_t>(i * 7 + int(p) * 3);
    return out;
  }
};

clipt::loader_options options(int workers, int batch = 20) {
  clipt::loader_options out;
  out.batch = batch;
  out.side = 8;
  out.workers = workers;
  out.epochs = 3;
  out.seed = 11;
  out.augment = clipt::augmentation{.scale_min = 0.3f};
  return out;
}

template <class D>
std::vector<clipt::sample_batch> all(const D& data, const clipt::loader_options& how,
                                     clipt::loader_position from = {}) {
  clipt::loader<D> source(data, how, from);
  std::vector<clipt::sample_batch> out;
  for (clipt::sample_batch b; source.next(b);) out.push_back(b);
  return out;
}

void expect_same(const std::vector<clipt::sample_batch>& a, const std::vector<clipt::sample_batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].epoch, b[i].epoch);
    EXPECT_EQ(a[i].step, b[i].step);
    EXPECT_EQ(a[i].indices, b[i].indices);
    EXPECT_EQ(a[i].captions, b[i].captions);
    EXPECT_EQ(a[i].images, b[i].images);
  }
}

TEST(loader, same_batches_for_any_number_of_workers) {
  numbers data;
  data.broken = {3, 4, 50, 99};
  const auto expected = all(data, options(0, 33));
  ASSERT_EQ(expected.size(), 9u);
  for (const int workers : {1, 2, 5}) {
    auto how = options(workers, 33);
    how.ahead = workers;
    how.cache_bytes = workers == 2 ? 0 : 5000;
    expect_same(all(data, how), expected);
  }
}

TEST(loader, each_sample_once_an_epoch_in_another_order) {
  const numbers data;
  const auto batches = all(data, options(2));
  ASSERT_EQ(batches.size(), 15u);
  std::map<int, std::vector<int>> epochs;
  for (const auto& b : batches) {
    EXPECT_EQ(b.images.size(), 20u * 3 * 8 * 8);
    epochs[b.epoch].insert(epochs[b.epoch].end(), b.indices.begin(), b.indices.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& [epoch, indices] : epochs) EXPECT_EQ(std::set<int>(indices.begin(), indices.end()).size(), 100u);
  EXPECT_NE(batches[0].captions, batches[5].captions);
}

TEST(loader, augmentation_belongs_to_sample_and_epoch) {
  const numbers data;
  auto how = options(1, 10);
  std::map<std::pair<int, int>, std::vector<float>> seen;  // by epoch and sample, wherever in the epoch it comes
  for (const bool shuffle : {true, false}) {
    how.shuffle = shuffle;
    for (const auto& b : all(data, how))
      for (int i = 0; i < b.size(); ++i) {
        const std::vector<float> planes(b.images.begin() + i * 192, b.images.begin() + (i + 1) * 192);
        const auto [at, fresh] = seen.emplace(std::pair(b.epoch, b.indices[static_cast<std::size_t>(i)]), planes);
        EXPECT_EQ(fresh, shuffle);
        EXPECT_EQ(at->second, planes);
      }
  }
  EXPECT_NE(seen.at({0, 5}), seen.at({1, 5}));
}

/// Transparent pictures, black below, that lie on their side.
struct clear_pictures {
  int size() const { return 4; }
  std::string name(int) const { return "clear"; }
  std::string caption(int, clipt::random_stream) const { return "nothing"; }
  clipt::image load(int) const {
    clipt::image out = clipt::blank_image(8, 8, 4, clipt::pixel_mode::rgb_alpha);
    std::fill_n(out.row(0), out.stride(), std::uint8_t{255});  // but the first row is seen, and red
    for (int x = 0; x < 8; ++x) out.row(0)[4 * x + 1] = out.row(0)[4 * x + 2] = 0;
    out.orientation = 6;
    return out;
  }
};

TEST(loader, pictures_are_prepared_as_the_model_says_with_augmentation_and_without) {
  auto how = options(0, 4);
  how.epochs = 1;
  how.preprocess.statistics = {{0, 0, 0}, {1, 1, 1}};
  for (const bool augmented : {false, true}) {
    how.augment.reset();
    if (augmented) how.augment = clipt::augmentation{.scale_min = 1};
    how.preprocess.over_white = how.preprocess.exif_orientation = true;
    const auto images = all(clear_pictures{}, how).at(0).images;
    EXPECT_EQ(std::vector<float>(images.begin(), images.begin() + 64), std::vector<float>(64, 1)) << augmented;
    for (int i = 0; i < 64; ++i) EXPECT_EQ(images[static_cast<std::size_t>(64 + i)], i % 8 != 7) << augmented << i;
    how.preprocess.over_white = how.preprocess.exif_orientation = false;
    const auto dropped = all(clear_pictures{}, how).at(0).images;
    for (int i = 0; i < 64; ++i) EXPECT_EQ(dropped[static_cast<std::size_t>(i)], i < 8) << augmented << i;
  }
}

TEST(loader, last_batch_and_plain_order) {
  const numbers data;
  auto how = options(1, 32);
  how.shuffle = how.drop_last = false;
  how.augment.reset();
  how.epochs = 1;
  const auto batches = all(data, how);
  ASSERT_EQ(batches.size(), 4u);
  EXPECT_EQ(batches[3].size(), 4);
  EXPECT_EQ(batches[3].indices, (std::vector<int>{96, 97, 98, 99}));
  EXPECT_EQ(batches[3].images.size(), 4u * 3 * 64);
  std::vector<float> planes(3 * 64);
  clipt::preprocess(data.load(98), 8, planes);
  EXPECT_TRUE(std::equal(planes.begin(), planes.end(), batches[3].images.begin() + 2 * 3 * 64));
  how.drop_last = true;
  EXPECT_EQ(all(data, how).size(), 3u);
}

TEST(loader, begins_anywhere) {
  numbers data;
  data.broken = {7, 8, 9};
  const auto whole = all(data, options(2));
  for (const auto& [epoch, step] : {std::pair{0, 3}, {1, 0}, {1, 5}, {2, 4}, {3, 0}}) {
    const auto rest = all(data, options(2), {epoch, step});
    expect_same(rest, {whole.begin() + std::min(15, epoch * 5 + step), whole.end()});
  }
}

TEST(loader, broken_pictures_are_counted_named_and_replaced) {
  numbers data;
  for (int i = 0; i < 100; i += 9) data.broken.insert(i);  // 12 of them
  auto how = options(2);
  how.epochs = 2;
  clipt::loader<numbers> source(data, how);
  for (clipt::sample_batch b; source.next(b);) {
    EXPECT_EQ(std::set<int>(b.indices.begin(), b.indices.end()).size(), 20u);  // no batch shows a sample twice
    for (const int i : b.indices) EXPECT_FALSE(data.broken.contains(i));
  }
  const auto bad = source.bad();
  EXPECT_EQ(bad.count, 12);
  EXPECT_EQ(bad.reasons.at(18), "number 18: broken");
  EXPECT_EQ(bad.text(100, 1), "12 of 100 pictures cannot be used: number 0: broken; ...");
  EXPECT_TRUE(bad.text(100).starts_with("12 of 100 pictures cannot be used: number 0: broken; number 9: broken"));
  EXPECT_LT(data.loads, 150);  // of more than 200 without cache; two threads may decode the same at the same time
}

TEST(loader, a_stand_in_is_found_wherever_it_is) {
  for (int good = 0; good < 10; ++good) {
    numbers data{.count = 10};
    for (int i = 0; i < 10; ++i)
      if (i != good) data.broken.insert(i);
    auto how = options(1, 1);
    how.epochs = 1;
    const auto batches = all(data, how);
    EXPECT_EQ(batches.size(), 10u);
    for (const auto& b : batches) EXPECT_EQ(b.indices, std::vector{good});
    how.batch = 4;
    EXPECT_THAT(clipt_test::why([&] { all(data, how); }),
                testing::StartsWith("clipt::loader: no 4 different pictures for a batch: "));
    how.drop_last = false;  // then batches may be smaller
    for (const auto& b : all(data, how)) {
      EXPECT_EQ(b.indices, std::vector{good});
      EXPECT_EQ(b.captions.size(), 1u);
      EXPECT_EQ(b.images.size(), 3u * 8 * 8);
    }
  }
}

// Also where the batch is most of the data, so that what stands in lies before or behind it.
TEST(loader, no_batch_shows_a_sample_twice) {
  for (const int batch : {3, 20, 33, 64, 80})
    for (const int step : {5, 7, 9}) {
      numbers data;
      for (int i = 0; i < 100; i += step) data.broken.insert(i);
      std::vector<std::vector<clipt::sample_batch>> runs;
      for (const int workers : {0, 3}) {
        auto how = options(workers, batch);
        how.augment.reset();
        runs.push_back(all(data, how));
        for (const auto& b : runs.back()) {
          ASSERT_EQ(b.size(), batch);
          ASSERT_EQ(std::set(b.indices.begin(), b.indices.end()).size(), b.indices.size()) << batch << " " << step;
          for (int i = 0; i < batch; ++i) {  // and has its own picture and words
            const int sample = b.indices[static_cast<std::size_t>(i)];
            std::vector<float> planes(3 * 64);
            clipt::preprocess(data.load(sample), 8, planes);
            ASSERT_TRUE(std::equal(planes.begin(), planes.end(), b.images.begin() + i * 192));
            ASSERT_EQ(std::stoi(b.captions[static_cast<std::size_t>(i)]), sample);
          }
        }
      }
      expect_same(runs[0], runs[1]);
    }
}

TEST(loader, errors_reach_the_caller) {
  numbers data;
  for (int i = 0; i < 100; ++i) data.broken.insert(i);
  EXPECT_THROW(all(data, options(2)), clipt::io_error);
  data.broken = {42};
  auto how = options(2);
  how.bad = clipt::bad_samples::fatal;
  EXPECT_THROW(all(data, how), clipt::io_error);
  data.broken = {};
  data.fatal = {42};
  for (const int workers : {0, 1, 4}) {
    clipt::loader<numbers> source(data, options(workers));
    clipt::sample_batch b;
    int before = 0;
    try {
      while (source.next(b)) ++before;
      FAIL();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "number 42: out of order");
    }
    EXPECT_LT(before, 5);  // in the first epoch, and after the batches that came before
    EXPECT_THROW(source.next(b), std::runtime_error);
  }
}

TEST(loader, the_first_error_of_a_batch_is_thrown) {  // although the other one happens earlier
  auto how = options(2, 100);
  how.shuffle = false;
  const numbers data{.fatal = {1, 20}, .slow = 1};
  clipt::loader<numbers> source(data, how);
  clipt::sample_batch b;
  try {
    source.next(b);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "number 1: out of order");
  }
}

TEST(loader, checks_its_options) {
  const numbers data;
  EXPECT_THROW(all(data, options(1, 101)), clipt::shape_error);
  EXPECT_THROW(all(data, options(1, 0)), clipt::shape_error);
  EXPECT_THROW(all(data, options(-1)), clipt::shape_error);
  EXPECT_THROW(all(data, options(1), {0, 6}), clipt::shape_error);
  EXPECT_THROW(all(numbers{.count = 0}, options(1)), clipt::shape_error);
}

int threads() {
  int count = 0;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", failure)) count += entry.exists();
  return count;
}

TEST(loader, ends_its_threads_whenever_it_goes) {
  const numbers data;
  const int before = threads();
  for (int i = 0; i < 30; ++i) {
    clipt::loader<numbers> source(data, options(3));
    clipt::sample_batch b;
    for (int k = 0; k < i % 17; ++k) source.next(b);
  }
  EXPECT_EQ(threads(), before);
}

TEST(loader, memory_goes_round) {
  const numbers data;
  auto how = options(1);
  how.ahead = 2;
  clipt::loader<numbers> source(data, how);
  std::set<const float*> seen;
  for (clipt::sample_batch b; source.next(b);) seen.insert(b.images.data());
  EXPECT_LE(seen.size(), 3u);  // two slots and the caller's
}

TEST(loader, corrupt_files_do_no_harm) {
  CLIPT_NEEDS_SHARED("data/fuzz");
  CLIPT_NEEDS_SHARED("data/decode/corrupt");
  const auto list =
      std::filesystem::temp_directory_path() / ("clipt_loader_test_" + std::to_string(::getpid()) + ".tsv");
  int files = 0;
  {
    std::ofstream out(list);
    out << "filepath\ttitle\nno/such/file.png\tmissing\n/\tfolder\n";
    for (const char* folder : {"data/fuzz", "data/decode/corrupt"})
      for (const auto& entry : std::filesystem::recursive_directory_iterator(clipt_test::shared(folder)))
        if (entry.is_regular_file()) out << std::filesystem::absolute(entry).string() << "\tfile " << files++ << "\n";
  }
  const clipt::csv_dataset data(list, {.pixel_limit = 4'000'000});
  auto how = options(2, 32);
  how.epochs = 1;
  how.drop_last = false;
  clipt::loader<clipt::csv_dataset> source(data, how);
  int good = 0;
  std::set<int> used;
  for (clipt::sample_batch b; source.next(b); good += b.size()) used.insert(b.indices.begin(), b.indices.end());
  EXPECT_EQ(good, files + 2);
  EXPECT_EQ(source.bad().count + static_cast<int>(used.size()), files + 2);
  EXPECT_GE(source.bad().count, 2);
  EXPECT_TRUE(source.bad().reasons.contains(0));
  EXPECT_TRUE(source.bad().reasons.contains(1));
  std::filesystem::remove(list);
}

}  // namespace
