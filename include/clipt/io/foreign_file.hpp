// Files that people hand over as weights and that are none which can be read: what each is, and what to do with it.
#pragma once
#include <algorithm>    // all_of, min
#include <array>        // array
#include <cstddef>      // byte, size_t
#include <span>         // span
#include <string_view>  // string_view

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

/// Bytes by which a kind of file is known, and what a message calls it.
struct file_sign {
  std::size_t at;
  std::string_view bytes, kind;
};

inline constexpr std::string_view kind_legacy_torch =
    "a file as PyTorch wrote before version 1.6; load it there and save it again with torch.save";

inline constexpr std::array<file_sign, 21> file_signs = {{
    {0, "GGUF",
     "a GGUF file, as llama.cpp has them; take the weights that it was made from (safetensors or a .bin file)"},
    {0, "lmgg",
     "a GGML file, as llama.cpp had them; take the weights that it was made from (safetensors or a .bin file)"},
    {0, "\x89HDF\r\n\x1a\n",
     "an HDF5 file of Keras or TensorFlow; load it with from_tf=True in transformers 4 and save it with "
     "save_pretrained"},
    {4, "TFL3", "a TensorFlow Lite file; take the weights that it was made from (safetensors or a .bin file)"},
    {0, "\x93NUMPY", "a NumPy array; a model's tensors need names, write them with safetensors.numpy.save_file"},
    {257, "ustar", "a tar archive; unpack it and take the weights in it"},
    {0, "\x1f\x8b", "a file packed by gzip; unpack it first"},
    {0, "\x28\xb5\x2f\xfd", "a file packed by zstd; unpack it first"},
    {0,
     "\xfd"
     "7zXZ",
     "a file packed by xz; unpack it first"},
    {0, "BZh", "a file packed by bzip2; unpack it first"},
    {0, "7z\xbc\xaf", "a 7-Zip archive; unpack it and take the weights in it"},
    {0, "Rar!", "a RAR archive; unpack it and take the weights in it"},
    {0, "version https://git-lfs", "a pointer of Git LFS; fetch the file itself with git lfs pull"},
    {0, "<?xml",
     "an XML file, such as OpenVINO's; take the weights that it was made from (safetensors or a .bin file)"},
    {0, "<", "what looks like a web page; download the file itself"},
    {0, "{", "JSON text, such as a configuration; weights are in another file"},
    {0, "[", "JSON text; weights are in another file"},
    {0, "\x89PNG", "a PNG picture"},
    {0, "\xff\xd8\xff", "a JPEG picture"},
    {0, "GIF8", "a GIF picture"},
    {0,
     "\x7f"
     "ELF",
     "a program"},
}};

/// ONNX is a protocol buffer: the field 1 with a version of the format, then the field 2 or one of the others of a model.
inline bool looks_like_onnx(std::string_view bytes) {
  constexpr std::string_view fields = "\x12\x1a\x22\x28\x32\x3a\x42";
  return bytes.size() > 3 && bytes[0] == 8 && bytes[1] > 0 && bytes[1] < 32 && fields.find(bytes[2]) != fields.npos;
}

/// MessagePack, as Flax writes it: a map whose first key is a short text of letters.
inline bool looks_like_message_pack(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u; };
  const std::size_t key = byte(0) == 0xde ? 3 : byte(0) == 0xdf ? 5 : 1, length = byte(key) & 31u;
  const bool map = key > 1 || (byte(0) > 0x80 && byte(0) < 0x90);
  if (!map || byte(key) >> 5 != 5 || length == 0 || bytes.size() < key + 1 + length) return false;
  const std::string_view text = bytes.substr(key + 1, length);
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '_' || (c >= 'A' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// What a file is that is neither a zip archive nor safetensors, and what to do about it; empty for these, and for what is
/// nothing known.
inline std::string_view foreign_file_kind(std::span<const std::byte> file) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 512));
  if (bytes.empty()) return "an empty file";
  if (bytes.size() > 8 && bytes[8] == '{' && bytes.substr(5, 3) == std::string_view("\0\0\0", 3)) return {};
  for (const file_sign& sign : file_signs)
    if (bytes.size() > sign.at && bytes.substr(sign.at).starts_with(sign.bytes)) return sign.kind;
  if (bytes.starts_with('\x80')) {
    constexpr std::string_view number("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);  // with which they begin
    if (bytes.substr(0, 32).find(number) != bytes.npos) return kind_legacy_torch;
    if (bytes.size() > 1 && bytes[1] > 0 && bytes[1] < 6)
      return "a pickle without an archive around it; load it in Python and save the state_dict with torch.save";
  }
  if (looks_like_onnx(bytes))
    return "an ONNX file; take the weights that it was made from (safetensors or a .bin file)";
  if (looks_like_message_pack(bytes))
    return "a MessagePack file of Flax; load it with from_flax=True in transformers 4 and save it with save_pretrained";
  return {};
}

}  // namespace clipt::inline CLIPT_BUILD::detail
