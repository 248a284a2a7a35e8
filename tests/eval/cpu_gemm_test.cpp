// The product against plain loops in double, for every form, odd sizes, strides and thread counts.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <clipt/eval/cpu_gemm.hpp>

#include "eval/numbers.hpp"

namespace {

using namespace clipt::on_cpu;
using clipt::dim_t;
using clipt_test::numbers;

struct problem {
  dim_t m, n, k;
  clipt::on_cpu::transpose ta, tb;
  update how;
  bool bias;
  dim_t pad;  // elements between the rows
};

template <class T>
std::vector<T> product(const problem& p, int threads, bool serial = false) {
  const bool at = p.ta == transpose::yes, bt = p.tb == transpose::yes;
  const dim_t as = (at ? p.m : p.k) + p.pad, bs = (bt ? p.k : p.n) + p.pad, cs = p.n + p.pad;
  const auto a = numbers<T>((at ? p.k : p.m) * as + 1, 1), b = numbers<T>((bt ? p.n : p.k) * bs + 1, 2);
  const auto bias = numbers<T>(p.n + 1, 3);
  auto c = numbers<T>(p.m * cs + 1, 4);
  const matrix<const T> ma{a.data(), at ? p.k : p.m, at ? p.m : p.k, as};
  const matrix<const T> mb{b.data(), bt ? p.n : p.k, bt ? p.k : p.n, bs};
  const matrix<T> mc{c.data(), p.m, p.n, cs};
  const T* pb = p.bias ? bias.data() : nullptr;
  if (serial)
    gemm_serial<T>(p.ta, p.tb, T(0.5), ma, mb, mc, p.how, pb);
  else
    gemm<T>(p.ta, p.tb, T(0.5), ma, mb, mc, p.how, threads, pb);
  return c;
}

template <class T>
std::vector<double> expected(const problem& p) {
  const bool at = p.ta == transpose::yes, bt = p.tb == transpose::yes;
  const dim_t as = (at ? p.m : p.k) + p.pad, bs = (bt ? p.k : p.n) + p.pad, cs = p.n + p.pad;
  const auto a = numbers<T>((at ? p.k : p.m) * as + 1, 1), b = numbers<T>((bt ? p.n : p.k) * bs + 1, 2);
  const auto bias = numbers<T>(p.n + 1, 3);
  const auto before = numbers<T>(p.m * cs + 1, 4);
  std::vector<double> c(before.begin(), before.end());
  for (dim_t i = 0; i < p.m; ++i)
    for (dim_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (dim_t l = 0; l < p.k; ++l)
        sum +=
            double(a[std::size_t(at ? l * as + i : i * as + l)]) * double(b[std::size_t(bt ? j * bs + l : l * bs + j)]);
      double& to = c[std::size_t(i * cs + j)];
      to = sum * 0.5 + (p.how == update::add ? to : p.bias ? double(bias[std::size_t(j)]) : 0.0);
    }
  return c;
}

template <class T>
void check(const problem& p) {
  const auto want = expected<T>(p);
  const auto got = product<T>(p, 2);
  const double allowed = (sizeof(T) == 4 ? 1e-6 : 1e-15) * (4 + std::sqrt(double(p.k))) * 4;
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR(got[i], want[i], allowed) << p.m << " x " << p.n << " x " << p.k << " pad " << p.pad << " at " << i
                                          << " ta " << int(p.ta) << " tb " << int(p.tb) << " how " << int(p.how);
  const auto serial = product<T>(p, 1, true);
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(serial[i], want[i], allowed);
  for (int threads : {1, 3, 16}) ASSERT_EQ(got, product<T>(p, threads)) << threads;
}

template <class T>
void check_all(dim_t m, dim_t n, dim_t k) {
  for (auto ta : {transpose::no, transpose::yes})
    for (auto tb : {transpose::no, transpose::yes})
      for (auto how : {update::store, update::add})
        for (bool bias : {false, true})
          for (dim_t pad : {0, 3}) check<T>({m, n, k, ta, tb, how, bias, pad});
}

TEST(cpu_gemm, odd_sizes) {
  for (dim_t m : {1, 2, 3, 5, 6, 7, 13, 50})
    for (dim_t n : {1, 3, 16, 17, 33})
      for (dim_t k : {0, 1, 7, 65}) {
        check_all<float>(m, n, k);
        check_all<double>(m, n, k);
      }
}

TEST(cpu_gemm, several_blocks) {
  check_all<float>(301, 131, 700);
  check_all<double>(97, 301, 530);
  check_all<float>(17, 35, 5000);
  check_all<float>(2, 300, 771);
}

TEST(cpu_gemm, nothing_to_do) {
  check_all<float>(0, 5, 3);
  check_all<float>(5, 0, 3);
}

TEST(cpu_gemm, rows_of_an_operand_may_overlap) {
  const auto a = numbers<float>(100, 1), b = numbers<float>(12, 2);
  std::vector<float> c(40 * 3);
  gemm<float>(transpose::no, transpose::no, 1, {a.data(), 40, 4, 2}, {b.data(), 4, 3, 3}, {c.data(), 40, 3, 3},
              update::store, 2);
  for (std::size_t i = 0; i < 40; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < 4; ++l) sum += double(a[2 * i + l]) * double(b[3 * l + j]);
      ASSERT_NEAR(c[3 * i + j], sum, 1e-5);
    }
}

TEST(cpu_gemm, what_was_in_memory_before_storing_does_not_matter) {
  const auto a = numbers<float>(64, 1);
  std::vector<float> c(64, std::nanf(""));
  gemm<float>(transpose::no, transpose::no, 1, {a.data(), 8, 8, 8}, {a.data(), 8, 8, 8}, {c.data(), 8, 8, 8},
              update::store, 1);
  for (float x : c) ASSERT_FALSE(std::isnan(x));
}

}  // namespace
