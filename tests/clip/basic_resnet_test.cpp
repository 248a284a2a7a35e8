// The ResNet of basic blocks against loops that are written down plainly, its gradient, and the names of its parts.
#include <clipt/autodiff/gradcheck.hpp>
#include <clipt/clip/initialise.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace {

using namespace clipt;

inline constexpr clip_config tiny_resnet{6, basic_resnet_config{16, {1, 2, 1, 1}, 2, 3, 2},
                                         text_config{12, 50, 16, 2, 1}};
using resnet_type = clip<tiny_resnet, fp64>;

/// One picture, [height, width, channels].
struct pixels {
  dim_t side, channels;
  std::vector<double> values;

  double at(dim_t y, dim_t x, dim_t c) const {
    const bool inside = y >= 0 && x >= 0 && y < side && x < side;
    return inside ? values[static_cast<std::size_t>((y * side + x) * channels + c)] : 0;
  }
};

/// The model's state by name, and the layers as sums over it.
class plain_resnet {
 public:
  explicit plain_resnet(const resnet_type& model) {
    for_each_state(model, [&](const std::string& path, const state_member& member) {
      if (path.starts_with("visual.") && !path.ends_with("num_batches_tracked")) state_[path.substr(7)] = member;
    });
  }

  std::vector<double> embed(const pixels& picture) const {
    pixels x = rectified(normalised("bn1", convolved("conv1", picture, 2)));
    x = block("layer1.0", x, 1);
    x = block("layer2.0", x, 2);
    x = block("layer2.1", x, 1);
    x = block("layer3.0", x, 2);
    x = block("layer4.0", x, 2);
    std::vector<double> out;
    for (dim_t i = 0; i < tiny_resnet.embed; ++i) {
      double sum = value("proj.bias", i);
      for (dim_t c = 0; c < x.channels; ++c) sum += mean(x, c) * value("proj.weight", i * x.channels + c);
      out.push_back(sum);
    }
    return out;
  }

 private:
  double value(const std::string& name, dim_t i) const { return static_cast<const double*>(state_.at(name).data)[i]; }

  static double mean(const pixels& x, dim_t c) {
    double sum = 0;
    for (dim_t i = 0; i < x.side * x.side; ++i) sum += x.values[static_cast<std::size_t>(i * x.channels + c)];
    return sum / static_cast<double>(x.side * x.side);
  }

  pixels convolved(const std::string& name, const pixels& x, dim_t stride) const {
    const auto& extents = state_.at(name + ".weight").extents;  // [out, in, kernel, kernel]
    const dim_t out = extents[0], in = extents[1], kernel = extents[2], padding = kernel / 2;
    pixels y{(x.side + 2 * padding - kernel) / stride + 1, out, {}};
    for (dim_t p = 0; p < y.side * y.side; ++p)
      for (dim_t o = 0; o < out; ++o) {
        double sum = 0;
        for (dim_t k = 0; k < in * kernel * kernel; ++k) {
          const dim_t c = k / (kernel * kernel), dy = k / kernel % kernel, dx = k % kernel;
          const dim_t row = p / y.side * stride + dy - padding, column = p % y.side * stride + dx - padding;
          sum += x.at(row, column, c) * value(name + ".weight", o * in * kernel * kernel + k);
        }
        y.values.push_back(sum);
      }
    return y;
  }

  pixels normalised(const std::string& name, pixels x) const {
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const dim_t c = static_cast<dim_t>(i) % x.channels;
      const double deviation = std::sqrt(value(name + ".running_var", c) + 1e-5);
      x.values[i] = (x.values[i] - value(name + ".running_mean", c)) / deviation * value(name + ".weight", c) +
                    value(name + ".bias", c);
    }
    return x;
  }

  static pixels rectified(pixels x) {
    for (double& v : x.values) v = std::max(v, 0.0);
    return x;
  }

  static pixels pooled(const pixels& x, dim_t stride) {
    pixels y{x.side / stride, x.channels, {}};
    for (dim_t p = 0; p < y.side * y.side; ++p)
      for (dim_t c = 0; c < x.channels; ++c) {
        double sum = 0;
        for (dim_t k = 0; k < stride * stride; ++k)
          sum += x.at(p / y.side * stride + k / stride, p % y.side * stride + k % stride, c);
        y.values.push_back(sum / static_cast<double>(stride * stride));
      }
    return y;
  }

  pixels block(const std::string& name, const pixels& x, dim_t stride) const {
    const pixels narrow = rectified(normalised(name + ".bn1", convolved(name + ".conv1", x, stride)));
    pixels y = normalised(name + ".bn2", convolved(name + ".conv2", narrow, 1));
    const bool projected = state_.contains(name + ".downsample.0.weight");
    const pixels shortcut =
        projected ? normalised(name + ".downsample.1", convolved(name + ".downsample.0", pooled(x, stride), 1)) : x;
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] += shortcut.values[i];
    return rectified(y);
  }

  std::map<std::string, state_member> state_;
};

/// A model whose statistics are not those of a fresh one.
resnet_type moved_model() {
  resnet_type model;
  initialise(model, 1);
  const random_stream random{9};
  std::uint64_t draw = 0;
  for_each_state(model, [&](const std::string& path, const state_member& member) {
    if (path.find("running_") == std::string::npos) return;
    for (dim_t i = 0; i < member.size; ++i) static_cast<double*>(member.data)[i] = random.uniform(draw++, 0.5f, 1.5f);
  });
  return model;
}

TEST(basic_resnet, is_what_plain_loops_compute) {
  const resnet_type model = moved_model();
  tensor<double, shape<batch, 3, 16, 16>> images(2);
  const random_stream random{5};
  for (dim_t i = 0; i < images.size(); ++i) images[i] = random.normal(i);

  inference<> ctx;
  const auto features = model.encode_image(ctx, images);
  const plain_resnet plain(model);
  for (dim_t n = 0; n < 2; ++n) {
    pixels picture{16, 3, {}};
    for (dim_t i = 0; i < 256; ++i)
      for (dim_t c = 0; c < 3; ++c) picture.values.push_back(images[(n * 3 + c) * 256 + i]);
    const auto expected = plain.embed(picture);
    for (dim_t i = 0; i < tiny_resnet.embed; ++i)
      EXPECT_NEAR(features[n * tiny_resnet.embed + i], expected[static_cast<std::size_t>(i)], 1e-12) << n << " " << i;
  }
}

TEST(basic_resnet, has_the_gradient_of_its_pictures) {
  const resnet_type model = moved_model();
  tensor<double, shape<batch, 3, 16, 16>> images(1);
  const random_stream random{6};
  for (dim_t i = 0; i < images.size(); ++i) images[i] = random.normal(i);
  EXPECT_LT(gradcheck([&](auto& ctx, const auto& x) { return model.encode_image(ctx, x); }, images), 1e-6);
}

TEST(basic_resnet, has_the_names_of_torchvision) {
  std::vector<std::string> names;
  for_each_parameter(resnet_type{}, [&](const std::string& path, const state_member&) { names.push_back(path); });
  EXPECT_THAT(names, testing::IsSupersetOf({"visual.conv1.weight", "visual.bn1.bias", "visual.layer1.0.conv2.weight",
                                            "visual.layer2.0.downsample.1.weight", "visual.layer2.1.bn2.weight"}));
  EXPECT_THAT(names, testing::Not(testing::Contains("visual.layer1.0.downsample.0.weight")));
  EXPECT_THAT(names, testing::Not(testing::Contains("visual.layer2.1.downsample.0.weight")));
}

}  // namespace
