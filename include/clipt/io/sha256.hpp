// SHA-256: whether a file is the one that was published. The digest is computed by OpenSSL's libcrypto.
#pragma once
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>   // min
#include <array>       // array
#include <cerrno>      // errno
#include <cstddef>     // byte
#include <cstdint>     // uint64_t
#include <filesystem>  // path
#include <functional>  // function
#include <memory>      // unique_ptr
#include <span>        // span
#include <string>      // string
#include <vector>      // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // error, io_error
#include <clipt/io/file.hpp>     // open_to_read

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// A digest of bytes that come piece by piece.
class sha256_digest {
 public:
  sha256_digest() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) refuse();
  }

  void add(std::span<const std::byte> bytes) {
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) refuse();
  }

  /// 64 hexadecimal digits of all that was added; nothing can be added afterwards.
  std::string text() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) != 1) refuse();
    std::string out;
    for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
    return out;
  }

 private:
  struct deleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  [[noreturn]] static void refuse() { throw error("clipt::sha256: libcrypto does not provide SHA-256 here"); }

  std::unique_ptr<EVP_MD_CTX, deleter> context_;
};

/// How often progress is told, in bytes.
inline constexpr std::size_t sha256_step = std::size_t{1} << 24;

}  // namespace detail

/// The digest of bytes in 64 lower-case hexadecimal digits; `progress(bytes)` is called every 16 MiB.
/// Python equivalent: hashlib.sha256(bytes).hexdigest().
inline std::string sha256(std::span<const std::byte> bytes, const std::function<void(std::size_t)>& progress = {}) {
  detail::sha256_digest digest;
  for (std::size_t at = 0; at < bytes.size(); at += detail::sha256_step) {
    if (progress && at > 0) progress(at);
    digest.add(bytes.subspan(at, std::min(detail::sha256_step, bytes.size() - at)));
  }
  return digest.text();
}

/// The digest of a file's bytes, which are read and not mapped: a file that becomes shorter meanwhile is an error, not a
/// signal. Errors: io_error if it cannot be read, or not to the length that it had.
inline std::string sha256_of_file(const std::filesystem::path& path,
                                  const std::function<void(std::size_t)>& progress = {}) {
  std::uint64_t size = 0, done = 0, told = detail::sha256_step;
  const detail::descriptor file = detail::open_to_read("sha256_of_file", path, size);
  detail::sha256_digest digest;
  std::vector<std::byte> buffer(std::size_t{1} << 18);
  while (true) {
    const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) detail::refuse_file("sha256_of_file", path, fmt::format("cannot be read at byte {}", done), errno);
    if (count == 0) break;
    digest.add(std::span(buffer).first(static_cast<std::size_t>(count)));
    done += static_cast<std::uint64_t>(count);
    if (progress && done >= told) progress(static_cast<std::size_t>(done)), told += detail::sha256_step;
  }
  if (done < size)
    throw io_error(
        fmt::format("clipt::sha256_of_file: {}: {} bytes when it was opened, {} could be read: it was shortened "
                    "meanwhile; try again when nothing writes to it",
                    path.string(), size, done));
  return digest.text();
}

}  // namespace clipt::inline CLIPT_BUILD
