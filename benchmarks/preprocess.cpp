// Preprocessing and augmentation of one picture, from decoded pixels or from a file, on one core; `items` are pictures.
// CLIPT_PICTURE: a file for decode_and_preprocess, which is left out without it.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include <clipt/pictures/augment.hpp>
#include <clipt/pictures/image.hpp>
#include <clipt/core/philox.hpp>
#include <clipt/io/image_file.hpp>

namespace {

clipt::image noise(int width, int height, int channels) {
  constexpr clipt::pixel_mode modes[] = {clipt::pixel_mode::grey, clipt::pixel_mode::grey_alpha, clipt::pixel_mode::rgb,
                                         clipt::pixel_mode::rgb_alpha};
  clipt::image out = clipt::blank_image(width, height, channels, modes[channels - 1]);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = static_cast<std::uint8_t>(clipt::random_stream{1}.bits(i));
  return out;
}

// preprocess/WIDTH/HEIGHT/CHANNELS, to 224: 299 x 224 only needs its crop, as in the peer's benchmark.
void preprocess(benchmark::State& state) {
  const clipt::image from =
      noise(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), static_cast<int>(state.range(2)));
  std::vector<float> planes(3 * 224 * 224);
  for (auto _ : state) {
    clipt::preprocess(from, 224, planes);
    benchmark::DoNotOptimize(planes.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(preprocess)->Args({299, 224, 3})->Args({640, 480, 3})->Args({640, 480, 4})->Args({100, 80, 3});

// Pillow: image.resize((299, 224), Image.BICUBIC) of 640 x 480.
void resize(benchmark::State& state) {
  const clipt::image from = noise(640, 480, 3);
  for (auto _ : state) benchmark::DoNotOptimize(clipt::resize(from, 299, 224).pixels.data());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(resize);

// augment/0: crop alone; 1: and affine; 2: and colour; 72 pixels to 64.
void augment(benchmark::State& state) {
  const clipt::image from = noise(72, 72, 3);
  clipt::augmentation how;
  if (state.range(0) >= 1) {
    how.degrees = 15;
    how.translate = 0.1f;
    how.zoom_min = 0.75f;
    how.zoom_max = 1.2f;
    how.shear = 8;
  }
  if (state.range(0) >= 2) {
    how.brightness = how.contrast = 0.4f;
    how.saturation = 0.5f;
    how.hue = 0.08f;
    how.grey = 0.1f;
  }
  std::uint32_t step = 0;
  for (auto _ : state) benchmark::DoNotOptimize(clipt::augment(from, 64, how, {1, 0, step++}).pixels.data());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(augment)->DenseRange(0, 2);

void decode_png(benchmark::State& state) {
  clipt::image from = noise(64, 64, 3);
  for (std::size_t i = 0; i < from.pixels.size(); ++i) from.pixels[i] = static_cast<std::uint8_t>(i / 700);
  const std::string png = clipt::encode_png(from);
  for (auto _ : state)
    benchmark::DoNotOptimize(clipt::decode_image(std::as_bytes(std::span(png)), "png").pixels.data());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_png);

// From the bytes of a file to planes of 224 x 224; Pillow and open_clip: transform(Image.open(BytesIO(bytes))).
void decode_and_preprocess(benchmark::State& state) {
  const char* path = std::getenv("CLIPT_PICTURE");
  if (path == nullptr) return state.SkipWithError("CLIPT_PICTURE names no file");
  const std::string bytes = clipt::read_file(path);
  std::vector<float> planes(3 * 224 * 224);
  for (auto _ : state) {
    clipt::preprocess(clipt::decode_image(std::as_bytes(std::span(bytes)), path), 224, planes);
    benchmark::DoNotOptimize(planes.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_and_preprocess);

}  // namespace
