// GIF through giflib: the first frame on its canvas, as Pillow has it, and refused where Pillow refuses it.
#pragma once
#include <gif_lib.h>    // DGifOpen, DGifGetLZCodes
#include <algorithm>    // max, min, copy_n, reverse
#include <array>        // array
#include <cstdint>      // uint8_t
#include <span>         // span
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>    // byte_at
#include <clipt/io/image_guards.hpp>  // refuse_image, check_pixels
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD::detail {

/// The strings that LZW codes stand for: codes below `clear` for one pixel each, those from clear + 2 on for strings of
/// before and one pixel more.
class lzw_strings {
 public:
  explicit lzw_strings(int bits) : clear_(1 << bits) { restart(); }

  /// Whether the code is the one that forgets all strings.
  bool clears(int code) const { return code == clear_; }

  void restart() {
    next_ = clear_ + 2;
    previous_ = -1;
  }

  /// Whether the code stands for a string by now; the next one to be given may be used already.
  bool knows(int code) const { return previous_ < 0 ? code < clear_ : code <= next_; }

  /// Writes the string of a code that is known, and learns the next one.
  void append(int code, std::vector<std::uint8_t>& out) {
    const std::size_t start = out.size();
    for (int at = code == next_ ? previous_ : code;; at = prefix_[static_cast<std::size_t>(at)]) {
      out.push_back(at < clear_ ? static_cast<std::uint8_t>(at) : pixel_[static_cast<std::size_t>(at)]);
      if (at < clear_) break;
    }
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(start), out.end());
    const std::uint8_t first = out[start];
    if (code == next_) out.push_back(first);
    if (previous_ >= 0 && next_ < most) {
      prefix_[static_cast<std::size_t>(next_)] = previous_;
      pixel_[static_cast<std::size_t>(next_++)] = first;
    }
    previous_ = code;
  }

 private:
  static constexpr int most = 4096;
  int clear_, next_ = 0, previous_ = -1;
  std::array<int, most> prefix_{};
  std::array<std::uint8_t, most> pixel_{};
};

/// The first frame of one GIF file in memory.
///
/// giflib reads the file's parts and its codes; the strings are put together here, because giflib makes up pixels for
/// codes that stand for nothing, where Pillow refuses the file.
class gif_reader {
 public:
  gif_reader(std::span<const std::byte> bytes, std::string_view name) : bytes_(bytes), name_(name) {
    int error = 0;
    file_ = DGifOpen(this, &gif_reader::provide, &error);
    if (file_ == nullptr) refuse_image(name_, fmt::format("the header cannot be read: {}", text_of(error)));
  }
  ~gif_reader() { DGifCloseFile(file_, nullptr); }
  gif_reader(const gif_reader&) = delete;
  gif_reader& operator=(const gif_reader&) = delete;

  image decode(std::int64_t pixel_limit) {
    go_to_frame();
    const GifImageDesc& frame = file_->Image;
    // A frame that reaches beyond the canvas makes it larger.
    const std::int64_t width = std::max<std::int64_t>(file_->SWidth, std::int64_t{frame.Left} + frame.Width);
    const std::int64_t height = std::max<std::int64_t>(file_->SHeight, std::int64_t{frame.Top} + frame.Height);
    check_pixels(frame.Width, frame.Height, name_, pixel_limit);
    check_pixels(width, height, name_, pixel_limit);
    image indices = blank_image(static_cast<int>(width), static_cast<int>(height), 1, pixel_mode::grey);
    std::fill(indices.pixels.begin(), indices.pixels.end(), static_cast<std::uint8_t>(std::max(transparent_, 0)));
    place(read_frame(), indices);
    return coloured(std::move(indices));
  }

 private:
  static int provide(GifFileType* file, GifByteType* to, int count) {
    auto& reader = *static_cast<gif_reader*>(file->UserData);
    const std::span<const std::byte> part = part_of(reader.bytes_, reader.at_, static_cast<std::size_t>(count));
    std::copy_n(reinterpret_cast<const GifByteType*>(part.data()), part.size(), to);
    reader.at_ += part.size();
    return static_cast<int>(part.size());
  }

  static const char* text_of(int error) {
    const char* text = GifErrorString(error);
    return text != nullptr ? text : "damaged";
  }

  [[noreturn]] void refuse() const {
    if (at_ >= bytes_.size())
      refuse_image(name_, fmt::format("cut short: the file ends at {} bytes, before its last pixel", bytes_.size()));
    refuse_image(name_, fmt::format("cannot be decoded: {}", text_of(file_->Error)));
  }

  /// Up to the first frame's pixels; what is said before it of transparency is kept.
  void go_to_frame() {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    while (skip_to_block(), DGifGetRecordType(file_, &record) != GIF_ERROR) {
      if (record == TERMINATE_RECORD_TYPE) refuse_image(name_, "no frame in this GIF");
      if (record == IMAGE_DESC_RECORD_TYPE) {
        if (DGifGetImageDesc(file_) == GIF_ERROR) break;
        return;
      }
      if (!read_extension()) break;
    }
    refuse();
  }

  /// Passes over bytes between the parts that begin none, such as a zero too many, as Pillow does.
  void skip_to_block() {
    const auto begins_one = [](int byte) { return byte == '!' || byte == ',' || byte == ';'; };
    while (at_ < bytes_.size() && !begins_one(byte_at(bytes_, at_))) ++at_;
  }

  bool read_extension() {
    int label = 0;
    GifByteType* data = nullptr;  // a length, then so many bytes
    if (DGifGetExtension(file_, &label, &data) == GIF_ERROR) return false;
    if (label == GRAPHICS_EXT_FUNC_CODE && data != nullptr && data[0] >= 4)
      transparent_ = (data[1] & 1) != 0 ? data[4] : -1;
    while (data != nullptr)
      if (DGifGetExtensionNext(file_, &data) == GIF_ERROR) return false;
    return true;
  }

  /// The numbers of the frame's colours, in the order of the file.
  std::vector<std::uint8_t> read_frame() {
    const std::size_t count =
        static_cast<std::size_t>(file_->Image.Width) * static_cast<std::size_t>(file_->Image.Height);
    lzw_strings strings(byte_at(bytes_, at_ - 1));  // giflib has read so far: what comes next are codes
    std::vector<std::uint8_t> out;
    out.reserve(count);
    while (out.size() < count) {
      int code = 0;
      if (DGifGetLZCodes(file_, &code) == GIF_ERROR) refuse();
      if (code < 0)
        refuse_image(name_, fmt::format("cut short: the frame ends after {} of {} pixels", out.size(), count));
      if (strings.clears(code)) {
        strings.restart();
      } else {
        if (!strings.knows(code)) refuse_image(name_, fmt::format("damaged: the code {} stands for nothing", code));
        strings.append(code, out);
      }
    }
    return out;
  }

  /// Puts the frame on its canvas, its rows in the order of the picture.
  void place(const std::vector<std::uint8_t>& frame, image& canvas) const {
    const GifImageDesc& at = file_->Image;
    const auto width = static_cast<std::size_t>(at.Width);
    std::size_t next = 0;
    const auto rows = [&](int first, int step) {
      for (int y = first; y < at.Height; y += step, next += width)
        std::copy_n(frame.data() + next, width, canvas.row(at.Top + y) + at.Left);
    };
    if (!at.Interlace) return rows(0, 1);
    rows(0, 8);
    rows(4, 8);
    rows(2, 4);
    rows(1, 2);
  }

  /// Numbers as colours. Without a palette, or with one of greys in order, the numbers are the greys.
  image coloured(image indices) const {
    const ColorMapObject* map = file_->Image.ColorMap != nullptr ? file_->Image.ColorMap : file_->SColorMap;
    bool grey = true;
    std::array<std::array<std::uint8_t, 4>, 256> colours{};  // beyond the palette: black
    for (auto& colour : colours) colour[3] = 255;
    for (int i = 0; map != nullptr && i < std::min(map->ColorCount, 256); ++i) {
      const GifColorType& from = map->Colors[i];
      colours[static_cast<std::size_t>(i)] = {from.Red, from.Green, from.Blue, 255};
      grey = grey && from.Red == i && from.Green == i && from.Blue == i;
    }
    if (grey) {
      if (transparent_ >= 0) indices.colour_key.assign(3, static_cast<std::uint8_t>(transparent_));
      return indices;
    }
    if (transparent_ >= 0) colours[static_cast<std::size_t>(transparent_)][3] = 0;
    image out = blank_image(indices.width, indices.height, transparent_ >= 0 ? 4 : 3, pixel_mode::palette);
    std::uint8_t* pixel = out.pixels.data();
    for (const std::uint8_t index : indices.pixels) pixel = std::copy_n(colours[index].data(), out.channels, pixel);
    for (std::size_t i = 0; i < static_cast<std::size_t>(map->ColorCount); ++i)
      out.palette.insert(out.palette.end(), colours[i].begin(), colours[i].begin() + 3);
    return out;
  }

  std::span<const std::byte> bytes_;
  std::string_view name_;
  std::size_t at_ = 0;
  GifFileType* file_ = nullptr;
  int transparent_ = -1;  // the number of the colour, or -1
};

}  // namespace clipt::inline CLIPT_BUILD::detail
