// A layer that knows files.
#pragma once
#include <clipt/io/safetensors.hpp>
#include <zip.h>
