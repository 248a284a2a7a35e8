// Models to files: the name under which users include <clipt/weights/save.hpp>.
#pragma once
#include <clipt/weights/save.hpp>
