// Matrix products of an emulated GPU: plain loops, which refuse what cuBLASLt documents as wrong.
#pragma once
#include <clipt/core/bfloat16.hpp>     // bfloat16
#include <clipt/cuda/product_key.hpp>  // product_key, product_data
#include <clipt/cuda/runtime.cuh>      // stream_type

namespace clipt::inline CLIPT_BUILD::on_cuda {

class product_plans {
 public:
  void run(stream_type, const product_key& key, const product_data& data) {
    const emulator::access open;
    refuse(key, data);
    if (key.in == element_type::f64)
      multiply<double, double>(key, data);
    else if (key.in == element_type::f32)
      multiply<float, float>(key, data);
    else if (key.out == element_type::f32)
      multiply<bfloat16, float>(key, data);
    else
      multiply<bfloat16, bfloat16>(key, data);
  }

 private:
  static void refuse(const product_key& key, const product_data& data) {
    if (key.a.stride < (key.a_turned ? key.m : key.k) || key.b.stride < (key.b_turned ? key.k : key.n) ||
        key.c.stride < key.n)
      throw device_error("emulated cuBLASLt: a leading dimension is too small");
    if (data.alignment() < key.alignment)
      throw device_error("emulated cuBLASLt: an address is not aligned as described");
    const dim_t in = key.in == element_type::f64 ? 8 : key.in == element_type::f32 ? 4 : 2;
    const dim_t out = key.out == element_type::f64 ? 8 : key.out == element_type::f32 ? 4 : 2;
    if (key.count > 1 && (key.a.distance * in % key.alignment != 0 || key.b.distance * in % key.alignment != 0 ||
                          key.c.distance * out % key.alignment != 0))
      throw device_error("emulated cuBLASLt: the matrices of a batch are not aligned as described");
    if (key.biased && (key.adds || key.count > 1 || key.out == element_type::f64))
      throw device_error("emulated cuBLASLt: a bias of what is added to, of a batch, or of doubles");
  }

  /// Sums of doubles, each result rounded once; c is not read unless it is added to.
  template <class T, class C>
  static void multiply(const product_key& key, const product_data& data) {
    const auto at = [](const void* x, dim_t i) { return static_cast<double>(static_cast<const T*>(x)[i]); };
    for (dim_t batch = 0; batch < key.count; ++batch)
      for (dim_t row = 0; row < key.m; ++row)
        for (dim_t column = 0; column < key.n; ++column) {
          const dim_t a = batch * key.a.distance, b = batch * key.b.distance;
          double sum = key.biased ? static_cast<double>(static_cast<const C*>(data.bias)[column]) : 0;
          for (dim_t j = 0; j < key.k; ++j)
            sum += at(data.a, a + (key.a_turned ? j * key.a.stride + row : row * key.a.stride + j)) *
                   at(data.b, b + (key.b_turned ? column * key.b.stride + j : j * key.b.stride + column));
          C& out = static_cast<C*>(data.c)[batch * key.c.distance + row * key.c.stride + column];
          out = static_cast<C>(key.adds ? sum + static_cast<double>(out) : sum);
        }
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
