// One HTML file: the query, and the found pictures in a grid.
#include "page.hpp"

#include <fmt/format.h>

#include <clipt/pictures/colours.hpp>
#include <clipt/report/report_text.hpp>
#include <clipt/pictures/resize.hpp>
#include <clipt/io/image_file.hpp>
#include <clipt/io/png.hpp>
#include <clipt/io/printable.hpp>

namespace {

constexpr int thumbnail_side = 192;

constexpr const char* style = R"(
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 2rem; background: Canvas; color: CanvasText; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1rem; }
figure { margin: 0; } img { width: 192px; height: 192px; object-fit: contain; }
figcaption { overflow-wrap: anywhere; font-size: 12px; }
)";

/// The picture within a square, as the address of a PNG; its reason if it cannot be read.
std::string picture_or_reason(const std::string& path) {
  try {
    const clipt::image picture = clipt::to_rgb(clipt::read_image(path, {.exif_orientation = true}));
    const int longest = std::max(picture.width, picture.height);
    const auto scaled = [&](int length) { return std::max(1, length * std::min(thumbnail_side, longest) / longest); };
    const clipt::image small = clipt::resize(picture, scaled(picture.width), scaled(picture.height));
    return fmt::format("<img alt=\"\" src=\"{}\">", clipt::detail::picture_address(clipt::encode_png(small)));
  } catch (const clipt::io_error& e) {
    return clipt::detail::escape_html(clipt::detail::on_one_line(e.what()));
  }
}

}  // namespace

void write_results_page(const std::filesystem::path& page, const std::string& query,
                        const std::vector<found_picture>& found) {
  using clipt::detail::escape_html, clipt::detail::on_one_line;
  std::string html = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>{0}</title><style>{1}</style><h1>{0}</h1><main>\n",
      escape_html(on_one_line(query)), style);
  for (const found_picture& f : found)
    html += fmt::format("<figure>{}<figcaption>{:.3f} {}</figcaption></figure>\n", picture_or_reason(f.path), f.cosine,
                        escape_html(on_one_line(f.path)));
  clipt::write_file_atomically(page, html + "</main></html>\n");
}
