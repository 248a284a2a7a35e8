// Prompts: the sentences that stand for a label when pictures are classified by words.
#pragma once
#include <string>  // string
#include <vector>  // vector

#include <clipt/core/error.hpp>  // shape_error

namespace clipt::inline CLIPT_BUILD {

/// Labels and the sentences that they are put into: every name of a label into every template.
struct prompt_set {
  std::vector<std::string> labels;                   // what a class is called; it is its first name
  std::vector<std::string> templates{"{}"};          // sentences with {} in the place of the name
  std::vector<std::vector<std::string>> synonyms{};  // further names, a list for each label; or no list at all
};

/// A template with the label in the place of its one "{}". Python equivalent: `sentence.format(label)`.
inline std::string fill_template(const std::string& sentence, const std::string& label) {
  const std::size_t at = sentence.find("{}");
  if (at == std::string::npos || sentence.find("{}", at + 2) != std::string::npos)
    throw shape_error("clipt::zero_shot: the template '" + sentence +
                      "' has no {} for the label, or several; a template has one");
  return sentence.substr(0, at) + label + sentence.substr(at + 2);
}

/// Refuses labels without sentences: shape_error for no label, no template, or lists of synonyms for other labels.
inline void check_prompts(const prompt_set& prompts) {
  if (prompts.labels.empty()) throw shape_error("clipt::zero_shot: no label to choose from; give one or more");
  if (prompts.templates.empty())
    throw shape_error("clipt::zero_shot: no template to put labels into; \"{}\" is the label itself");
  if (!prompts.synonyms.empty() && prompts.synonyms.size() != prompts.labels.size())
    throw shape_error("clipt::zero_shot: " + std::to_string(prompts.labels.size()) + " labels, " +
                      std::to_string(prompts.synonyms.size()) + " lists of synonyms: one list for each label, or none");
}

/// Adds the sentences of label `i` to a list.
inline void append_sentences(const prompt_set& prompts, std::size_t i, std::vector<std::string>& sentences) {
  for (const auto& sentence : prompts.templates) sentences.push_back(fill_template(sentence, prompts.labels[i]));
  if (prompts.synonyms.empty()) return;
  for (const auto& name : prompts.synonyms[i])
    for (const auto& sentence : prompts.templates) sentences.push_back(fill_template(sentence, name));
}

}  // namespace clipt::inline CLIPT_BUILD
