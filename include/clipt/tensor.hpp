// clipt for users of tensors and automatic differentiation, without CLIP: all operations, layers and optimisers.
#pragma once
#include <clipt/autodiff/calls.hpp>  // first: messages name the way to it
#include <clipt/autodiff/assign.hpp>
#include <clipt/autodiff/checkpoint.hpp>
#include <clipt/autodiff/gradcheck.hpp>
#include <clipt/memory/print.hpp>
#include <clipt/nn/axis_maps.hpp>
#include <clipt/nn/axis_reductions.hpp>
#include <clipt/nn/batch_norm.hpp>
#include <clipt/nn/convolution.hpp>
#include <clipt/nn/copy.hpp>
#include <clipt/nn/cross_entropy.hpp>
#include <clipt/nn/einsum.hpp>
#include <clipt/nn/init.hpp>
#include <clipt/nn/layers.hpp>
#include <clipt/nn/optim.hpp>
#include <clipt/nn/order.hpp>
#include <clipt/nn/picture_layers.hpp>
#include <clipt/nn/rearranging.hpp>
#include <clipt/nn/schedule.hpp>
