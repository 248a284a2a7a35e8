// Feeds bytes to the tokenizer: as a merges file, and as a text to encode and decode with what was read.
#include <clipt/text/tokenizer.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  clipt::tokenizer words;
  try {
    words = clipt::tokenizer::from_merges_text(input);
    if (!(clipt::tokenizer::from_merges_text(words.merges_text()) == words)) std::abort();
  } catch (const clipt::error&) {
  }
  const auto ids = words.encode_with_specials(input.substr(0, 2000), 77);
  if (ids.size() > 77 || ids.back() != words.end_of_text()) std::abort();
  static_cast<void>(words.decode(ids));
  return 0;
}
