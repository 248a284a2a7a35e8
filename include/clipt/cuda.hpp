// Umbrella for .cu files: tensors, automatic differentiation and layers on NVIDIA GPUs, with the device tag `gpu`.
//
// Programs link clipt::cuda and are compiled by nvcc. docs/devices.md says which operations exist here.
#pragma once
#include <clipt/cuda/attention.cuh>    // attention
#include <clipt/cuda/batch_norm.cuh>   // normalisation of channels
#include <clipt/cuda/context.cuh>      // stream and plans of products
#include <clipt/cuda/contrastive.cuh>  // the contrastive loss
#include <clipt/cuda/convolution.cuh>  // convolutions of pictures
#include <clipt/cuda/gather.cuh>       // rows by number
#include <clipt/cuda/gemm.cuh>         // matrix products
#include <clipt/cuda/layer_norm.cuh>   // layer_norm
#include <clipt/cuda/map.cuh>          // elementwise statements
#include <clipt/cuda/optimisers.cuh>   // AdamW, SGD, averages
#include <clipt/cuda/pooling.cuh>      // windows of pictures
#include <clipt/cuda/reduce.cuh>       // sums
#include <clipt/cuda/row_rules.cuh>    // softmax, cross_entropy, ...
#include <clipt/cuda/sequences.cuh>    // packed captions
#include <clipt/cuda/shaping.cuh>      // blocks, axes in another order
#include <clipt/cuda/storage.cuh>      // memory
#include <clipt/cuda/transfer.cuh>     // copies
#include <clipt/cuda/vectors.cuh>      // norms of gradients
#include <clipt/nn/copy.hpp>           // copy, item
#include <clipt/nn/cross_entropy.hpp>  // cross_entropy
#include <clipt/nn/init.hpp>           // initialisers
#include <clipt/nn/layers.hpp>         // linear, norm, mlp
#include <clipt/nn/optim.hpp>          // adamw
