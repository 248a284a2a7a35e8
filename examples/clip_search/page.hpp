// The results of a search as a page with thumbnails that needs no network.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "index.hpp"

/// Writes the page, whole or not at all; pictures that cannot be read any more are named. Errors: io_error.
void write_results_page(const std::filesystem::path& page, const std::string& query,
                        const std::vector<found_picture>& found);
