// What is right in clip, and what is not.
#pragma once
#include <utf8proc.h>
#include <fmt/core.h>
#include <clipt/text/tokenizer.hpp>
#include <CLI/CLI.hpp>
#include <clipt/other/thing.hpp>
