// Text that knows of layers and of pictures; files and threads are right.
#pragma once
#include <clipt/nn/layers.hpp>
#include <clipt/pictures/image.hpp>
#include <clipt/io/gzip.hpp>
#include <clipt/eval/parallel.hpp>
