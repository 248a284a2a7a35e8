// A folder that is no floor.
#pragma once
