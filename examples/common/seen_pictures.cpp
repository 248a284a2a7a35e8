// Digests of training data, and pictures that are evaluated after having been trained on.
#include "seen_pictures.hpp"

#include <fmt/format.h>

#include <clipt/io/sha256.hpp>

#include <filesystem>
#include <set>
#include <span>

namespace fs = std::filesystem;

std::string command_line::digest_of(const clipt::any_dataset& data) {
  std::string rows;
  for (int i = 0; i < data.size(); ++i) {
    rows += fs::path(data.name(i)).filename().string() + '\0';
    for (const std::string& caption : data.captions(i)) rows += caption + '\0';
    rows += '\0';
  }
  return fmt::format("{} pairs, SHA-256 {}", data.size(), clipt::sha256(std::as_bytes(std::span(rows))));
}

int command_line::trained_on(const clipt::any_dataset& evaluated, const clipt::any_dataset& training) {
  const auto file = [](const clipt::any_dataset& of, int i) { return fs::absolute(of.name(i)).lexically_normal(); };
  std::set<fs::path> known;
  for (int i = 0; i < training.size(); ++i) known.insert(file(training, i));
  int count = 0;
  for (int i = 0; i < evaluated.size(); ++i) count += known.contains(file(evaluated, i));
  return count;
}
