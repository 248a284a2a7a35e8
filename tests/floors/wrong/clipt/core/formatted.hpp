// A core header that formats.
#pragma once
#include <fmt/format.h>
