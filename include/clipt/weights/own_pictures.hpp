// What is done to pictures and the libraries' files have no key for: an object "clipt", which libraries pass over.
#pragma once
#include <clipt/pictures/image.hpp>  // preprocessing

namespace clipt::inline CLIPT_BUILD::detail {

/// Written where it is not the usual, which is what the file's library does.
template <class Fields>
void own_pictures(const Fields& pictures, preprocessing& how, const preprocessing& usual) {
  const Fields own = pictures.object("clipt");
  own.option("order", how.order, usual.order,
             {{"openai", pixel_order::openai}, {"hugging_face", pixel_order::hugging_face}});
  own.option("over_white", how.over_white, usual.over_white, {{true, true}, {false, false}});
  own.option("exif_orientation", how.exif_orientation, usual.exif_orientation, {{true, true}, {false, false}});
}

}  // namespace clipt::inline CLIPT_BUILD::detail
