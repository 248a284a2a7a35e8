// Training that writes reports; evaluation is right.
#pragma once
#include <clipt/report/report.hpp>
#include <clipt/evaluate/encode.hpp>
