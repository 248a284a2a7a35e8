// As image_file_fuzz, but with the picture libraries that CMake has found: GIF, JPEG, WebP, TIFF and AVIF are theirs.
#include "image_file_fuzz.cpp"
