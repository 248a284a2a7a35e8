// Models from files: the name under which users include <clipt/weights/load.hpp>.
#pragma once
#include <clipt/weights/load.hpp>
