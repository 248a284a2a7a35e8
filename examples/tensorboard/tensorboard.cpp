// Event files: each record is a length, its checksum, a message of events.proto, and its checksum.
#include "tensorboard.hpp"

#include <fmt/format.h>

#include <clipt/core/error.hpp>

#ifdef CLIPT_TENSORBOARD
#include <isa-l/crc.h>
#include <unistd.h>

#include "events.pb.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#endif

namespace fs = std::filesystem;

void tensorboard::check_report_to(const std::string& names) {
  if (names.empty() || names == "none") return;
  if (names != "tensorboard")
    throw clipt::io_error(fmt::format("--report-to {}: there are tensorboard and none", names));
#ifndef CLIPT_TENSORBOARD
  throw clipt::io_error(
      "--report-to tensorboard: this program was built without it; install libprotobuf-dev, protobuf-compiler and "
      "libisal-dev "
      "and build it again");
#endif
}

#ifdef CLIPT_TENSORBOARD

namespace {

constexpr std::string_view name_start = "events.out.tfevents.";

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

/// CRC-32C of bytes, masked as records have it: rotated and shifted, since checksums of checksums are weak.
std::string masked_checksum(std::string bytes) {
  auto* data = reinterpret_cast<unsigned char*>(bytes.data());
  const std::uint32_t crc = ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~0u);
  return little_endian((crc >> 15 | crc << 17) + 0xA282EAD8u, 4);
}

std::string record_of(const tensorboard_files::Event& event) {
  const std::string message = event.SerializeAsString(), length = little_endian(message.size(), 8);
  return length + masked_checksum(length) + message + masked_checksum(message);
}

/// The event files of a folder.
std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(name_start)) found.push_back(entry.path());
  return found;
}

/// The seconds in the name of the file: those of now, but later than those of other files, in whose order they are read.
std::int64_t seconds_behind(const std::vector<fs::path>& files) {
  auto seconds = static_cast<std::int64_t>(seconds_now());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    std::int64_t of_file = 0;
    std::from_chars(name.data() + name_start.size(), name.data() + name.size(), of_file);
    seconds = std::max(seconds, of_file + 1);
  }
  return seconds;
}

fs::path new_file(const fs::path& folder, bool resumed) {
  fs::create_directories(folder);
  const std::vector<fs::path> files = event_files(folder);
  if (!resumed)
    for (const fs::path& file : files) fs::remove(file);
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string machine = host[0] == '\0' ? "localhost" : host.data();
  return folder / fmt::format("{}{:010}.{}.{}", name_start, seconds_behind(resumed ? files : std::vector<fs::path>()),
                              machine, getpid());
}

class event_file final : public tensorboard::event_log {
 public:
  event_file(fs::path path, std::optional<std::int64_t> resumed_step)
      : path_(std::move(path)), file_(path_, std::ios::binary) {
    tensorboard_files::Event event;
    event.set_file_version("brain.Event:2");
    append(event);
    if (!resumed_step) return;
    event.set_step(*resumed_step + 1);
    event.mutable_session_log()->set_status(tensorboard_files::SessionLog::START);
    append(event);
  }

  void write(const clipt::metrics_line& line) override {
    tensorboard_files::Event event;
    event.set_step(line.at("step").get<std::int64_t>());
    const std::string part = line.contains("split") ? "val/" : "train/";
    for (const auto& [name, value] : line.items()) {
      if (name == "step" || !(value.is_number() || value.is_null())) continue;
      auto& figure = *event.mutable_summary()->add_value();
      figure.set_tag(part + name);
      figure.set_simple_value(static_cast<float>(clipt::metric(line, name)));
    }
    if (event.summary().value_size() > 0) append(event);
  }

 private:
  void append(tensorboard_files::Event& event) {
    event.set_wall_time(seconds_now());
    file_ << record_of(event) << std::flush;
    if (!file_)
      throw clipt::io_error(fmt::format("--report-to tensorboard: {}: cannot be written: {}", path_.string(),
                                        std::generic_category().message(errno)));
  }

  fs::path path_;
  std::ofstream file_;
};

}  // namespace

std::unique_ptr<tensorboard::event_log> tensorboard::open(const fs::path& folder,
                                                          std::optional<std::int64_t> resumed_step) {
  try {
    return std::make_unique<event_file>(new_file(folder, resumed_step.has_value()), resumed_step);
  } catch (const fs::filesystem_error& failure) {
    throw clipt::io_error(fmt::format("--report-to tensorboard: {}", failure.what()));
  }
}

#else

std::unique_ptr<tensorboard::event_log> tensorboard::open(const fs::path&, std::optional<std::int64_t>) {
  check_report_to("tensorboard");
  return nullptr;
}

#endif
