// Pictures that know of text and of kernels; files are right.
#pragma once
#include <clipt/text/tokenizer.hpp>
#include <clipt/eval/parallel.hpp>
#include <clipt/io/pixels.hpp>
