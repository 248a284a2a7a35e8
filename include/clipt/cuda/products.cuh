// Matrix products by cuBLASLt: described, and an algorithm chosen, once for each kind of product; then only run.
#pragma once
#include <cublasLt.h>  // cublasLtMatmul
#include <map>         // map
#include <memory>      // unique_ptr
#include <string>      // string

#include <clipt/cuda/counts.hpp>       // counted
#include <clipt/cuda/product_key.hpp>  // product_key, product_data
#include <clipt/cuda/runtime.cuh>      // stream_type, allocate, release

namespace clipt::inline CLIPT_BUILD::on_cuda {

inline void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw device_error(std::string("clipt::gpu: ") + what + " failed: " + cublasLtGetStatusString(status));
}

namespace cublas_lt {

/// One of cuBLASLt's objects, which ends with its owner.
template <class Handle, auto Destroy>
struct destroyed {
  void operator()(Handle object) const { static_cast<void>(Destroy(object)); }
};
template <class Handle, auto Destroy>
using owned = std::unique_ptr<std::remove_pointer_t<Handle>, destroyed<Handle, Destroy>>;

inline cudaDataType_t type_of(element_type type) {
  return type == element_type::f64 ? CUDA_R_64F : type == element_type::f32 ? CUDA_R_32F : CUDA_R_16BF;
}

}  // namespace cublas_lt

/// The products of one context, which take place in the order of its stream.
///
/// Fp32 is fp32: no TF32, no split into halves. cuBLASLt counts columns first: c = a b is computed as cᵀ = bᵀ aᵀ.
class product_plans {
 public:
  product_plans() = default;
  product_plans(const product_plans&) = delete;
  product_plans& operator=(const product_plans&) = delete;
  ~product_plans() { release(workspace_); }

  void run(stream_type stream, const product_key& key, const product_data& data) {
    const plan& p = plan_of(key);
    if (key.biased) set(p, CUBLASLT_MATMUL_DESC_BIAS_POINTER, data.bias);
    const double double_one = 1, double_beta = key.adds ? 1 : 0;
    const float float_one = 1, float_beta = key.adds ? 1 : 0;
    const bool doubles = key.out == element_type::f64;
    const void* const one = doubles ? static_cast<const void*>(&double_one) : &float_one;
    const void* const beta = doubles ? static_cast<const void*>(&double_beta) : &float_beta;
    check(cublasLtMatmul(handle_.get(), p.operation.get(), one, data.b, p.first.get(), data.a, p.second.get(), beta,
                         data.c, p.result.get(), data.c, p.result.get(), &p.algorithm, workspace_, workspace_bytes,
                         stream),
          "a matrix product");
  }

 private:
  using layout = cublas_lt::owned<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
  struct plan {
    cublas_lt::owned<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy> operation;
    layout first, second, result;  // b, a and c, as cuBLASLt sees them
    cublasLtMatmulAlgo_t algorithm;
  };
  static constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what NVIDIA asks for on Hopper
  static constexpr std::size_t most_plans = 4096;  // packed captions have a number of tokens of their own in each step

  template <class T>
  static void set(const plan& p, cublasLtMatmulDescAttributes_t what, const T& value) {
    check(cublasLtMatmulDescSetAttribute(p.operation.get(), what, &value, sizeof(value)),
          "describing a matrix product");
  }

  /// A row-major [rows, columns] of a batch, which is a column-major [columns, rows].
  static layout layout_of(element_type type, dim_t rows, dim_t columns, const product_layout& lies, dim_t count) {
    cublasLtMatrixLayout_t made = nullptr;
    check(cublasLtMatrixLayoutCreate(&made, cublas_lt::type_of(type), static_cast<std::uint64_t>(columns),
                                     static_cast<std::uint64_t>(rows), lies.stride),
          "describing a matrix");
    layout result(made);
    const auto batch = static_cast<std::int32_t>(counted("products of a batch", count));
    const std::int64_t distance = lies.distance;
    if (count > 1) {
      check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof(batch)),
            "describing a batch");
      check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &distance,
                                             sizeof(distance)),
            "describing a batch");
    }
    return result;
  }

  const plan& plan_of(const product_key& key) {
    if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
    start();
    if (plans_.size() == most_plans) plans_.clear();
    return plans_.emplace(key, made_for(key)).first->second;
  }

  /// The handle and the memory to work in: they cost time and memory that elementwise programs need not spend.
  void start() {
    if (handle_ != nullptr) return;
    cublasLtHandle_t handle = nullptr;
    check(cublasLtCreate(&handle), "creating a cuBLASLt handle");
    handle_.reset(handle);
    workspace_ = allocate(workspace_bytes);
  }

  plan made_for(const product_key& key) const {
    const bool doubles = key.out == element_type::f64;
    cublasLtMatmulDesc_t operation = nullptr;
    check(cublasLtMatmulDescCreate(&operation, doubles ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F,
                                   doubles ? CUDA_R_64F : CUDA_R_32F),
          "describing a matrix product");
    plan p{};
    p.operation.reset(operation);
    set(p, CUBLASLT_MATMUL_DESC_TRANSA, key.b_turned ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(p, CUBLASLT_MATMUL_DESC_TRANSB, key.a_turned ? CUBLAS_OP_T : CUBLAS_OP_N);
    if (key.biased) {
      set(p, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
      set(p, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, cublas_lt::type_of(key.out));
    }
    p.first = layout_of(key.in, key.b_turned ? key.n : key.k, key.b_turned ? key.k : key.n, key.b, key.count);
    p.second = layout_of(key.in, key.a_turned ? key.k : key.m, key.a_turned ? key.m : key.k, key.a, key.count);
    p.result = layout_of(key.out, key.m, key.n, key.c, key.count);
    p.algorithm = algorithm_of(p, key);
    return p;
  }

  cublasLtMatmulAlgo_t algorithm_of(const plan& p, const product_key& key) const {
    cublasLtMatmulPreference_t made = nullptr;
    check(cublasLtMatmulPreferenceCreate(&made), "choosing an algorithm");
    const cublas_lt::owned<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy> preference(made);
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t what, const auto& value) {
      check(cublasLtMatmulPreferenceSetAttribute(made, what, &value, sizeof(value)), "choosing an algorithm");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes);
    for (const auto what : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      prefer(what, static_cast<std::uint32_t>(key.alignment));
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    check(cublasLtMatmulAlgoGetHeuristic(handle_.get(), p.operation.get(), p.first.get(), p.second.get(),
                                         p.result.get(), p.result.get(), made, 1, &best, &found),
          "choosing an algorithm");
    if (found == 0) throw device_error("clipt::gpu: cuBLASLt has no algorithm for a matrix product " + described(key));
    return best.algo;
  }

  static std::string described(const product_key& key) {
    return "[" + std::to_string(key.m) + ", " + std::to_string(key.k) + "] x [" + std::to_string(key.k) + ", " +
           std::to_string(key.n) + "]";
  }

  cublas_lt::owned<cublasLtHandle_t, cublasLtDestroy> handle_;
  void* workspace_ = nullptr;
  std::map<product_key, plan> plans_;
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
