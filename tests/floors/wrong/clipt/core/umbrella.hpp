// Includes all of clipt.
#pragma once
#include <clipt/clip.hpp>
