// The reference strings that need mojibake repair, which clipt does not do yet.
#pragma once
#include <set>     // set
#include <string>  // string

namespace clipt_test {

/// Exactly these of golden/tokenizer/strings.jsonl come out differently; when the repair is written, the list is empty.
inline const std::set<std::string>& mojibake_strings() {
  static const std::set<std::string> texts{
      "Ã©tÃ© â€œmojibakeâ€\xC2\x9D"
      "",
      "schÃ¶n",
      "cafÃ©",
      "ÃœbergrÃ¶ÃŸe",
      "lâ€™Ã©tÃ©",
      "seÃ±or",
      "Ã…ngstrÃ¶m",
      "Å“uvre",
      "piÃ±ata",
      "Å\xC2\x81"
      "Ã³dÅº",
      "dÃ©jÃ\xC2\xA0"
      " vu",
      "20 Â°C",
      "â„¢ and Â©",
      "Ä\xC2\x8D"
      "aj",
      "â€˜singleâ€™",
      "naÃ¯vetÃ© â€” sure",
      "coÃ¶perate",
      "jalapeÃ±o",
      "Ã¼ber",
      "SÃ£o",
      "KÃ¶ln",
      "Î‘Î¸Î®Î½Î±",
      "cafÃƒÂ©",
      "ÃƒÅ“bergrÃƒÂ¶ÃƒÅ¸e",
      "lÃ¢â‚¬â„¢ÃƒÂ©tÃƒÂ©",
      "seÃƒÂ±or",
      "Ãƒâ€¦ngstrÃƒÂ¶m",
      "Ã…â€œuvre",
      "piÃƒÂ±ata",
      "Ã\xC2\x85"
      "Â\xC2\x81"
      "Ã\xC2\x83"
      "Â³dÃ\xC2\x85"
      "Âº",
      "the cafÃ© place",
      "the Ã\xC2\x9C"
      "bergrÃ¶Ã\xC2\x9F"
      "e place",
      "the lâ\xC2\x80"
      "\xC2\x99"
      "Ã©tÃ© place",
      "the seÃ±or place",
      "the Ã\xC2\x85"
      "ngstrÃ¶m place",
      "the Å\xC2\x93"
      "uvre place",
      "the piÃ±ata place",
      "the Å\xC2\x81"
      "Ã³dÅº place",
  };
  return texts;
}

}  // namespace clipt_test
