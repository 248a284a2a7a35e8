// What the lessons check of themselves: they run as tests, and a lesson that is not true fails.
#pragma once
#include <cstdio>   // fprintf
#include <cstdlib>  // exit

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this lesson is not true: %s\n", what);
  std::exit(1);
}
