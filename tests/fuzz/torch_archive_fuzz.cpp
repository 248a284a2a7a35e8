// Feeds bytes to torch_archive: as a whole file if they begin as a zip file does, and as the pickle of one otherwise.
#include <clipt/io/torch_archive.hpp>

#include "io/made_archive.hpp"
#include "reading.hpp"

namespace {

/// With storages 0 to 31 of 256 bytes each.
std::string archive_around(std::string_view pickle) {
  clipt_test::members members = {{"x/data.pkl", std::string(pickle)}};
  for (int i = 0; i < 32; ++i) members.emplace_back("x/data/" + std::to_string(i), std::string(256, '\1'));
  return clipt_test::zip_of(members);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with("PK"))
    clipt_test::read_or_refuse<clipt::torch_archive>(input);
  else
    clipt_test::read_or_refuse<clipt::torch_archive>(archive_around(input));
  return 0;
}
