// JPEG through libjpeg-turbo: the pixels that Pillow has, to the byte.
#pragma once
#include <algorithm>    // min, max
#include <csetjmp>      // setjmp, longjmp
#include <cstdint>      // int64_t
#include <cstdio>       // FILE, which jpeglib.h needs
#include <span>         // span
#include <string_view>  // string_view
#include <type_traits>  // is_trivially_destructible_v

#include <fmt/format.h>  // format
#include <jpeglib.h>     // jpeg_decompress_struct

#include <clipt/io/image_guards.hpp>  // refuse_image, check_pixels
#include <clipt/io/jpeg_guard.hpp>    // most_jpeg_scans, refuse_scans
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD::detail {

/// One JPEG file in memory on its way through libjpeg-turbo.
///
/// libjpeg-turbo leaves a failure by longjmp, past every destructor on the way; so whatever calls it runs in `attempt`,
/// as a lambda that owns nothing, and what has to be released belongs to this object.
class jpeg_reader {
 public:
  jpeg_reader(std::span<const std::byte> bytes, std::string_view name) : bytes_(bytes), name_(name) {
    decoder_.err = jpeg_std_error(&errors_);
    errors_.error_exit = [](j_common_ptr decoder) {
      std::longjmp(static_cast<jpeg_reader*>(decoder->client_data)->resume_, 1);
    };
    errors_.output_message = [](j_common_ptr) {};
    progress_.progress_monitor = [](j_common_ptr decoder) {
      auto& reader = *static_cast<jpeg_reader*>(decoder->client_data);
      reader.too_many_scans_ = reader.decoder_.input_scan_number > most_jpeg_scans;
      if (reader.too_many_scans_) std::longjmp(reader.resume_, 1);
    };
    decoder_.client_data = this;
    attempt([this] { jpeg_create_decompress(&decoder_); });
    decoder_.progress = &progress_;
    provide_bytes();
  }
  ~jpeg_reader() { jpeg_destroy_decompress(&decoder_); }
  jpeg_reader(const jpeg_reader&) = delete;
  jpeg_reader& operator=(const jpeg_reader&) = delete;

  image decode(std::int64_t pixel_limit) {
    read_header(pixel_limit);
    bool whole = false;
    attempt([this, &whole] { whole = jpeg_start_decompress(&decoder_) != FALSE; });
    if (!whole) refuse_cut_short();
    image picture = blank_picture();
    attempt([this, &picture] { read_rows(picture); });
    if (decoder_.output_scanline < decoder_.output_height) refuse_cut_short();
    // What follows the pixels must be sound as far as it goes.
    attempt([this] { jpeg_finish_decompress(&decoder_); });
    if (picture.mode == pixel_mode::cmyk)  // stored as 255 - ink: what Adobe does, and Pillow expects of all
      for (std::uint8_t& ink : picture.pixels) ink = static_cast<std::uint8_t>(255 - ink);
    return picture;
  }

 private:
  template <class Step>
  void attempt(Step step) {
    static_assert(std::is_trivially_destructible_v<Step>);
    if (setjmp(resume_) == 0) {
      step();
      return;
    }
    if (too_many_scans_) refuse_scans(name_);
    char text[JMSG_LENGTH_MAX];
    errors_.format_message(reinterpret_cast<j_common_ptr>(&decoder_), text);
    refuse_image(name_, fmt::format("cannot be decoded: {}", text));
  }

  [[noreturn]] void refuse_cut_short() const {
    refuse_image(name_, fmt::format("cut short: the file ends at {} bytes, before its last pixel", bytes_.size()));
  }

  /// All bytes at once; asking for more means that the file is cut short, which libjpeg-turbo calls suspension.
  void provide_bytes() {
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes_.data());
    source_.bytes_in_buffer = bytes_.size();
    source_.init_source = [](j_decompress_ptr) {};
    source_.fill_input_buffer = [](j_decompress_ptr) -> boolean { return FALSE; };
    source_.skip_input_data = [](j_decompress_ptr decoder, long count) {
      jpeg_source_mgr& source = *decoder->src;
      const std::size_t skipped = std::min(static_cast<std::size_t>(std::max(count, 0L)), source.bytes_in_buffer);
      source.next_input_byte += skipped;
      source.bytes_in_buffer -= skipped;
    };
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = [](j_decompress_ptr) {};
    decoder_.src = &source_;
  }

  void read_header(std::int64_t pixel_limit) {
    int found = JPEG_HEADER_TABLES_ONLY;
    attempt([this, &found] {
      while (found == JPEG_HEADER_TABLES_ONLY) found = jpeg_read_header(&decoder_, FALSE);
    });
    if (found != JPEG_HEADER_OK)
      refuse_image(name_, fmt::format("the header cannot be read: it does not end within {} bytes", bytes_.size()));
    check_pixels(decoder_.image_width, decoder_.image_height, name_, pixel_limit);
    const int layers = decoder_.num_components;
    if (layers != 1 && layers != 3 && layers != 4)
      refuse_image(name_, fmt::format("{} channels; a JPEG has 1 (grey), 3 (colours) or 4 (inks)", layers));
    std::uint64_t blocks = 0;
    for (int i = 0; i < layers; ++i)
      blocks += std::uint64_t{decoder_.comp_info[i].width_in_blocks} * decoder_.comp_info[i].height_in_blocks;
    if (decoder_.arith_code == FALSE && bytes_.size() < blocks / 8)  // a Huffman code has at least one bit
      refuse_image(name_, fmt::format("cut short: {} x {} pixels in {} bytes", decoder_.image_width,
                                      decoder_.image_height, bytes_.size()));
    decoder_.out_color_space = layers == 1 ? JCS_GRAYSCALE : layers == 3 ? JCS_RGB : JCS_CMYK;
  }

  image blank_picture() const {
    const int channels = decoder_.output_components;
    const pixel_mode mode = channels == 1 ? pixel_mode::grey : channels == 3 ? pixel_mode::rgb : pixel_mode::cmyk;
    return blank_image(static_cast<int>(decoder_.output_width), static_cast<int>(decoder_.output_height), channels,
                       mode);
  }

  void read_rows(image& picture) {
    while (decoder_.output_scanline < decoder_.output_height) {
      JSAMPROW row = picture.row(static_cast<int>(decoder_.output_scanline));
      if (jpeg_read_scanlines(&decoder_, &row, 1) != 1) return;
    }
  }

  std::span<const std::byte> bytes_;
  std::string_view name_;
  jpeg_decompress_struct decoder_{};
  jpeg_error_mgr errors_{};
  jpeg_source_mgr source_{};
  jpeg_progress_mgr progress_{};
  bool too_many_scans_ = false;
  std::jmp_buf resume_{};
};

}  // namespace clipt::inline CLIPT_BUILD::detail
