// Quotation marks hide the floor.
#pragma once
#include "../expr/node.hpp"
