// What including clipt costs a user who uses nothing of it.
#include <clipt/clip.hpp>
