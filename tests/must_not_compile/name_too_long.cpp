// A name that does not fit into a number.
// expect: clipt::extent_name: a name has 1 to 12 small letters, digits and underscores; write a shorter word
#include <clipt/core/dims.hpp>

inline constexpr clipt::extent_name faces{"faces_of_the_mesh"};  // error here
// remedy: inline constexpr clipt::extent_name faces{"faces"};
int main() {}
