// PyTorch archives: the reference files hold what safetensors hold, what is written is read, and attacks are refused.
#include <clipt/io/torch_archive.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include <clipt/io/safetensors.hpp>
#include <clipt/io/torch_archive_writer.hpp>

#include "made_archive.hpp"
#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using clipt::dtype_code;
using clipt::tensor_entry;
using clipt_test::archive_of;
using clipt_test::dictionary;
using clipt_test::global;
using clipt_test::patched;
using clipt_test::pickled;
using clipt_test::program;
using clipt_test::tensor;
using clipt_test::why;
using testing::ElementsAre;
using testing::HasSubstr;

using namespace std::string_literals;

/// What is said about a file with these bytes.
std::string verdict_on_archive(const std::string& bytes) {
  const clipt_test::temporary_folder folder;
  std::ofstream(folder / "t.pt", std::ios::binary) << bytes;
  return why([&] { clipt::torch_archive archive(folder / "t.pt"); });
}
/// What is said about an archive of this pickle and a storage of 16 bytes.
std::string verdict_on(const std::string& pieces) {
  return verdict_on_archive(archive_of(program(pieces), std::string(16, '\1')));
}

std::filesystem::path own(const std::string& name) { return CLIPT_TEST_DIR "/golden/torch/" + name; }

template <class T>
std::vector<T> values(const clipt::torch_archive& archive, const std::string& name) {
  return clipt::to_vector<T>(archive.at(name));
}

/// Whether `a` holds what `expected` does, rounded to T.
template <class T>
bool holds(const tensor_entry& a, const tensor_entry& expected) {
  const auto rounded = clipt::to_vector<T>(expected);
  return std::ranges::equal(a.bytes, std::as_bytes(std::span(rounded)));
}

/// The archive's tensors are those of open_clip's safetensors, in the archive's types; returns how many it has besides.
std::size_t same_as_safetensors(const std::string& model, const std::string& file, const std::string& prefix) {
  const clipt::torch_archive archive(clipt_test::golden(model + "/" + file));
  const clipt::safetensors_file expected(clipt_test::golden(model + "/open_clip/open_clip_model.safetensors"));
  for (const tensor_entry& e : expected.entries()) {
    const tensor_entry& a = archive.at(prefix + e.name);
    EXPECT_EQ(a.shape, e.shape) << e.name;
    switch (a.dtype) {
      case dtype_code::f16: EXPECT_TRUE(holds<clipt::float16>(a, e)) << e.name; break;
      case dtype_code::bf16: EXPECT_TRUE(holds<clipt::bfloat16>(a, e)) << e.name; break;
      case dtype_code::f32: EXPECT_TRUE(holds<float>(a, e)) << e.name; break;
      default: EXPECT_TRUE(a.dtype == e.dtype && std::ranges::equal(a.bytes, e.bytes)) << e.name;
    }
  }
  return archive.entries().size() - expected.entries().size();
}

TEST(torch_archive, reads_the_reference_files) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny/openai_jit.pt");
  for (const std::string model : {"vit_tiny", "rn_tiny"}) {
    EXPECT_EQ(same_as_safetensors(model, "state_dict.pt", ""), 0u);
    EXPECT_EQ(same_as_safetensors(model, "state_dict_bf16.pt", ""), 0u);
    EXPECT_EQ(same_as_safetensors(model, "checkpoint_open_clip.pt", "state_dict.module."), 0u);
    EXPECT_EQ(same_as_safetensors(model, "openai_jit.pt", ""), 3u);
  }
  const clipt::torch_archive jit(clipt_test::golden("vit_tiny/openai_jit.pt"));
  EXPECT_EQ(values<std::int64_t>(jit, "input_resolution"), std::vector<std::int64_t>{32});
  EXPECT_EQ(values<std::int64_t>(jit, "context_length"), std::vector<std::int64_t>{77});
  EXPECT_EQ(values<std::int64_t>(jit, "vocab_size"), std::vector<std::int64_t>{1000});
  EXPECT_EQ(jit.at("visual.transformer.resblocks.0.attn.in_proj_weight").dtype, dtype_code::f16);
  EXPECT_EQ(jit.at("visual.ln_pre.weight").dtype, dtype_code::f32);
  const clipt::torch_archive checkpoint(clipt_test::golden("vit_tiny/checkpoint_open_clip.pt"));
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(checkpoint.scalars().at("epoch")));
  EXPECT_TRUE(std::holds_alternative<std::string>(checkpoint.scalars().at("name")));
}

// tests/golden/torch/protocol_{2,4}.pt: torch.save, PyTorch 2.15, of views, every element type and nested containers:
//   base = torch.arange(24, dtype=torch.float32).reshape(4, 6), its transpose, rows, columns and blocks, ...
TEST(torch_archive, views_and_element_types) {
  for (const std::string name : {"protocol_2.pt", "protocol_4.pt"}) {
    const clipt::torch_archive a(own(name));
    EXPECT_EQ(a.entries().size(), 22u);
    EXPECT_EQ(values<float>(a, "weights.whole")[23], 23.0f);
    EXPECT_THAT(a.at("weights.transposed").shape, ElementsAre(6, 4));
    const auto transposed = values<float>(a, "weights.transposed");
    for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(transposed[i], static_cast<float>(i % 4 * 6 + i / 4));
    EXPECT_THAT(values<float>(a, "weights.row"), ElementsAre(12, 13, 14, 15, 16, 17));
    EXPECT_THAT(values<float>(a, "weights.column"), ElementsAre(1, 7, 13, 19));
    EXPECT_THAT(values<float>(a, "weights.block"), ElementsAre(8, 9, 10, 14, 15, 16));
    EXPECT_THAT(a.at("weights.permuted").shape, ElementsAre(4, 2, 3));
    const auto permuted = values<std::int64_t>(a, "weights.permuted");
    for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(permuted[i], static_cast<std::int64_t>(i % 6 * 4 + i / 6));
    EXPECT_THAT(values<float>(a, "weights.expanded"), ElementsAre(7, 7, 7));
    EXPECT_THAT(values<float>(a, "weights.parameter"), ElementsAre(1.5f, -2.5f));
    EXPECT_TRUE(a.at("weights.scalar").shape.empty());
    EXPECT_THAT(values<double>(a, "weights.scalar"), ElementsAre(4.25));
    EXPECT_THAT(a.at("weights.empty").shape, ElementsAre(0, 3));
    EXPECT_THAT(values<float>(a, "weights.half"), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_EQ(a.at("weights.bfloat").dtype, dtype_code::bf16);
    EXPECT_THAT(values<float>(a, "weights.bfloat"), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(values<std::int16_t>(a, "weights.short"), ElementsAre(-3, 3));
    EXPECT_THAT(values<std::int32_t>(a, "weights.int"), ElementsAre(std::numeric_limits<std::int32_t>::min()));
    EXPECT_THAT(values<std::int8_t>(a, "weights.char"), ElementsAre(-128, 127));
    EXPECT_THAT(values<std::uint8_t>(a, "weights.byte"), ElementsAre(0, 255));
    EXPECT_EQ(a.at("weights.bool").dtype, dtype_code::boolean);
    EXPECT_THAT(values<std::uint8_t>(a, "weights.bool"), ElementsAre(1, 0, 1));
    EXPECT_THAT(values<float>(a, "weights.slice_of_one"), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(values<float>(a, "optimizer.state.0.step"), ElementsAre(9));
    EXPECT_THAT(values<std::int64_t>(a, "list.1.0"), ElementsAre(2));
    // Views of one storage are the same memory, and only those that are not row-major are copied.
    EXPECT_EQ(a.at("weights.row").bytes.data(), a.at("weights.whole").bytes.data() + 12 * sizeof(float));
  }
}

TEST(torch_archive, scalars) {
  const clipt::torch_archive a(own("protocol_2.pt"));
  EXPECT_EQ(a.scalars().size(), 8u);
  EXPECT_EQ(a.scalars().at("epoch"), clipt::torch_scalar(std::int64_t(3)));
  EXPECT_EQ(a.scalars().at("name"), clipt::torch_scalar("tiny"s));
  EXPECT_EQ(a.scalars().at("rate"), clipt::torch_scalar(0.5));
  EXPECT_EQ(a.scalars().at("best"), clipt::torch_scalar(true));
  EXPECT_EQ(a.scalars().at("big"), clipt::torch_scalar(std::int64_t(1) << 40));
  EXPECT_EQ(a.scalars().at("seed"), clipt::torch_scalar(18446744073709551615.0));
  EXPECT_EQ(a.scalars().at("args.width"), clipt::torch_scalar(std::int64_t(64)));
  EXPECT_FALSE(a.scalars().contains("args.deep.out"));
}

// tests/golden/torch/script.pt: torch.jit.script, PyTorch 2.15, of a module that holds another one twice; in fp16.
TEST(torch_archive, script) {
  const clipt::torch_archive a(own("script.pt"));
  EXPECT_EQ(a.entries().size(), 5u);
  EXPECT_THAT(values<float>(a, "inner.weight"), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(values<float>(a, "twice.weight"), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(values<std::int64_t>(a, "inner.count"), ElementsAre(7));
  EXPECT_THAT(values<float>(a, "blocks.0.weight"), ElementsAre(1, 0, 0, 1));
}

TEST(torch_archive, what_was_written_is_read) {
  const clipt_test::temporary_folder folder;
  const clipt::torch_archive source(own("protocol_2.pt"));
  std::vector<tensor_entry> entries(source.entries().begin(), source.entries().end());
  const std::string strange = "name with \"quotes\",\n lines and \xc3\xa9";
  entries[0].name = strange;
  entries.push_back({"large extents", dtype_code::f32, {0, 1'000'000'000'000, 1'000'000'000'000}, {}});
  clipt::write_torch_archive(folder / "t.pt", entries);
  const clipt::torch_archive first(folder / "t.pt");
  const clipt::torch_archive archive = clipt::torch_archive(folder / "t.pt");  // moved: names still lead to entries
  ASSERT_EQ(archive.entries().size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const tensor_entry& e = archive.entries()[i];
    EXPECT_EQ(e.name, entries[i].name);
    EXPECT_EQ(e.dtype, entries[i].dtype) << e.name;
    EXPECT_EQ(e.shape, entries[i].shape) << e.name;
    EXPECT_TRUE(std::ranges::equal(e.bytes, entries[i].bytes)) << e.name;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(e.bytes.data()) % 64, 0u) << e.name;
  }
  EXPECT_NE(archive.find(strange), nullptr);
  EXPECT_EQ(archive.path(), folder / "t.pt");
  const std::string bytes = clipt::read_file(folder / "t.pt");
  clipt::write_torch_archive(folder / "another_name.pt", entries);
  EXPECT_EQ(clipt::read_file(folder / "another_name.pt"), bytes);
  clipt::write_torch_archive(folder / "t.pt", {});
  EXPECT_TRUE(clipt::torch_archive(folder / "t.pt").entries().empty());
}

TEST(torch_archive, refuses_to_write_what_cannot_be_read) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "t", "old");
  const std::vector<float> x = {1};
  const auto entry = [&](const std::string& name) { return clipt::make_entry(name, {1}, std::span<const float>(x)); };
  const auto write = [&](const std::vector<tensor_entry>& entries) {
    return why([&] { clipt::write_torch_archive(folder / "t", entries); });
  };
  EXPECT_THAT(write({entry("a"), entry("a")}), HasSubstr("each once, found 'a' twice"));
  EXPECT_THAT(write({entry("\xff")}), HasSubstr("expected names in UTF-8, each once, found '?'"));
  EXPECT_THAT(write({{"a", dtype_code::f32, {2}, std::as_bytes(std::span(x))}}), HasSubstr("does not fit 4 bytes"));
  EXPECT_EQ(clipt::read_file(folder / "t"), "old");
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(torch_archive, a_missing_name_suggests_others) {
  EXPECT_THAT(why([&] { clipt::torch_archive(own("script.pt")).at("module.inner.weight"); }),
              HasSubstr("no tensor 'module.inner.weight' among 5; most like it: inner.weight"));
}

TEST(torch_archive, names_other_kinds_of_file) {
  EXPECT_THAT(verdict_on_archive(""), HasSubstr("t.pt: expected a zip file, found an empty file"));
  EXPECT_THAT(verdict_on_archive("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02"s),
              HasSubstr("found a file as PyTorch wrote before version 1.6; load it there and save it again"));
  EXPECT_THAT(verdict_on_archive("\x80\x04N."), HasSubstr("found a pickle without an archive"));
  EXPECT_THAT(verdict_on_archive("\2\0\0\0\0\0\0\0{}"s), HasSubstr("read it as clipt::safetensors_file"));
  EXPECT_THAT(verdict_on_archive("<!DOCTYPE html>"), HasSubstr("found what looks like a web page"));
  EXPECT_THAT(verdict_on_archive("version https://git-lfs"), HasSubstr("fetch the file itself with git lfs pull"));
  EXPECT_THAT(verdict_on_archive("anything"), HasSubstr("expected a zip file, found something else"));
  EXPECT_THAT(verdict_on_archive(clipt_test::zip_of({{"a.npy", "x"}})),
              HasSubstr("found NumPy's arrays; write them with"));
  EXPECT_THAT(verdict_on_archive(clipt_test::zip_of({{"m/model.safetensors", "x"}})),
              HasSubstr("found 'm/model.safetensors'; unpack"));
  EXPECT_THAT(verdict_on_archive("PK"), HasSubstr("end of the file: expected the end record of a zip file"));
  EXPECT_THAT(verdict_on_archive(clipt_test::zip_of({{"word/document.xml", "<"}})),
              HasSubstr("expected a folder with data.pkl, as PyTorch writes since version 1.6, found 1 other members"));
}

TEST(torch_archive, names_the_formats_of_others) {
  const std::string legacy = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", tar = std::string(257, 'x') + "ustar";
  const std::pair<std::string, const char*> files[] = {
      {"GGUF\3\0\0\0"s, "a GGUF file, as llama.cpp has them; take the weights that it was made from"},
      {"\x08\x08\x12\x07pytorch"s, "an ONNX file; take the weights that it was made from"},
      {"\x08\x07:\x80\x01"s, "an ONNX file"},
      {"\x80\x04\x95\x0d\0\0\0\0\0\0\0"s + legacy, "a file as PyTorch wrote before version 1.6; load it there"},
      {"\x80\x03" + legacy, "a file as PyTorch wrote before version 1.6"},
      {"\x89HDF\r\n\x1a\n"s, "an HDF5 file of Keras or TensorFlow; load it with from_tf=True"},
      {"\x82\xaatext_model\x81"s, "a MessagePack file of Flax; load it with from_flax=True"},
      {"\xde\0\x10\xa5model"s, "a MessagePack file of Flax"},
      {"\x1c\0\0\0TFL3"s, "a TensorFlow Lite file"},
      {"\x93NUMPY\1\0"s, "a NumPy array"},
      {tar, "a tar archive; unpack it"},
      {"\x1f\x8b\x08"s, "a file packed by gzip; unpack it first"},
      {"{\"model_type\": \"clip\"}"s, "JSON text, such as a configuration"},
      {"<?xml version=\"1.0\"?>"s, "an XML file"},
      {"\x89PNG\r\n\x1a\n"s, "a PNG picture"}};
  for (const auto& [bytes, kind] : files) EXPECT_THAT(verdict_on_archive(bytes), HasSubstr("found "s + kind)) << kind;
  for (const std::string& none : {"\x08\x40\x12"s, "\x80"s, "\x82\x01"s, "\x82\xaa\1\2"s, "GGU"s})
    EXPECT_THAT(verdict_on_archive(none), HasSubstr("found something else")) << none;
}

TEST(torch_archive, byte_order) {
  const auto with = [](const std::string& order) {
    return verdict_on_archive(clipt_test::zip_of({{"x/data.pkl", program("}")}, {"x/byteorder", order}}));
  };
  EXPECT_EQ(with("little"), "accepted");
  EXPECT_THAT(with("big"), HasSubstr("expected little-endian numbers, found byteorder 'big'"));
  EXPECT_THAT(with(std::string(1000, 'x')), HasSubstr("member 'x/byteorder' holds 1000 bytes, the limit is 64"));
  EXPECT_EQ(verdict_on("}"), "accepted");  // archives of old do not say
}

TEST(torch_archive, refuses_to_run_anything) {
  EXPECT_THAT(verdict_on(global("os", "system") + pickled("true") + "\x85R"),
              HasSubstr("t.pt: data.pkl, byte 2: expected only what tensors need, found os.system"));
  EXPECT_THAT(verdict_on(pickled("posix") + pickled("system") + "\x93"), HasSubstr("found posix.system"));
  for (const std::string name : {"eval", "getattr", "__import__", "exec"})
    EXPECT_THAT(verdict_on(global("builtins", name)), HasSubstr("found builtins." + name));
  EXPECT_THAT(verdict_on(global("torch", "load")), HasSubstr("found torch.load"));
  EXPECT_THAT(verdict_on(global("__torch__x", "y")), HasSubstr("found __torch__x.y"));
  // Allowed names where they do not belong are only data.
  EXPECT_EQ(verdict_on(global("torch", "FloatStorage") + pickled("x") + "\x85R"), "accepted");
  EXPECT_EQ(verdict_on(global("__torch__.m", "C") + ")R"), "accepted");
}

/// A tensor of two bytes to an element, type and marks behind the hooks as PyTorch's third version has them.
std::string tensor_of_bytes(const std::string& type, const std::string& more = "", const std::string& version = "v3") {
  std::string out = tensor(16, 0, {2, 2}, {2, 1}, "UntypedStorage");
  out.replace(out.find("torch\nUntyped"), 5, "torch.storage");
  out.replace(out.find("_v2"), 3, "_" + version);
  return out.substr(0, out.size() - 2) + (type.empty() ? "" : global("torch", type)) + more + "tR";
}

TEST(torch_archive, reads_what_weights_only_reads) {
  const std::string four = tensor(4, 0, {2, 2}, {2, 1}), hooks = global("collections", "OrderedDict") + ")R";
  const auto call = [](const std::string& module, const std::string& name, const std::string& arguments) {
    return global(module, name) + "(" + arguments + "tR";
  };
  const std::string accepted[] = {
      four,
      tensor_of_bytes("float16"),
      tensor_of_bytes("bfloat16", "N"),
      tensor(4, 0, {2}, {1}).replace(tensor(4, 0, {2}, {1}).find("torch\nFloat"), 5, "torch.cuda"),
      call("torch._utils", "_rebuild_parameter", four + "\x88" + hooks),
      call("torch._utils", "_rebuild_parameter_with_state", four + "\x88" + hooks + "}"),
      call("torch.nn.parameter", "Parameter", four + "\x88"),
      call("torch._utils", "_rebuild_device_tensor_from_cpu_tensor",
           four + global("torch", "float32") + pickled("xla:0") + "\x88"),
      call("torch._tensor", "_rebuild_from_type_v2",
           global("torch._utils", "_rebuild_parameter") + global("torch", "Tensor") + "(" + four + "\x88" + hooks +
               "t}"),
      "\x8f(" + four + "\x90",
  };
  const clipt_test::temporary_folder folder;
  for (const std::string& value : accepted) {
    std::ofstream(folder / "t.pt", std::ios::binary)
        << archive_of(program(dictionary("w", value)), std::string(16, '\1'));
    const clipt::torch_archive archive(folder / "t.pt");
    ASSERT_EQ(archive.entries().size(), 1u) << &value - accepted;
    EXPECT_EQ(archive.entries()[0].name.front(), 'w');
  }
  const std::string inert[] = {call("torch", "Size", pickled({3, 4})),
                               call("torch", "device", pickled("cuda") + pickled(1)),
                               call("_codecs", "encode", pickled("bytes") + pickled("latin1")),
                               call("__builtin__", "bytearray", pickled("x") + pickled("latin1")),
                               call("__builtin__", "set", "](K\1K\2e"),
                               call("builtins", "set", "](K\1e"),
                               call("__builtin__", "complex", "G\x3f\xf0\0\0\0\0\0\0G\x3f\xf0\0\0\0\0\0\0"s),
                               call("collections", "Counter", "}" + pickled("a") + "K\1s"),
                               call("collections", "defaultdict", global("__builtin__", "list")) + pickled("a") + "]s",
                               call("torch.serialization", "_get_layout", pickled("torch.strided")),
                               global("torch", "float8_e4m3fn"),
                               global("torch", "uint16"),
                               global("torch", "complex128"),
                               global("torch", "per_tensor_affine"),
                               global("torch", "FloatTensor"),
                               global("torch.cuda.sparse", "FloatTensor"),
                               global("torch", "QInt8Storage"),
                               "C\3abc"};
  for (const std::string& value : inert) {
    EXPECT_EQ(verdict_on(dictionary("w", value)), "accepted") << value;
    EXPECT_EQ(verdict_on("}(" + pickled("a") + value + pickled("w") + four + "u"), "accepted") << value;
  }
}

TEST(torch_archive, names_tensors_whose_numbers_it_does_not_have) {
  const auto one = [](const std::string& pieces) { return verdict_on(dictionary("w", pieces)); };
  for (const std::string name : {"_rebuild_sparse_tensor", "_rebuild_qtensor", "_rebuild_meta_tensor_no_storage",
                                 "_rebuild_wrapper_subclass", "_rebuild_device_tensor_from_numpy"})
    EXPECT_THAT(one(global("torch._utils", name) + ")R"),
                HasSubstr("'w': expected tensors that lie in a storage, found one made by torch._utils." + name));
  EXPECT_THAT(one(global("torch.sparse", "FloatTensor") + ")R"),
              HasSubstr("made by torch.sparse.FloatTensor; save the"));
  EXPECT_THAT(one(tensor_of_bytes("float8_e4m3fn")),
              HasSubstr("tensor 'w': expected a type of numbers among float64 to bfloat16, int64 to int8, uint8 and "
                        "bool, found torch.float8_e4m3fn"));
  EXPECT_THAT(one(tensor_of_bytes("", "", "v2")), HasSubstr("expected the type of the numbers in a storage of bytes"));
  EXPECT_THAT(one(tensor_of_bytes("float64")), HasSubstr("expected elements within the 2 of its storage"));
  EXPECT_THAT(one(tensor_of_bytes("float16", dictionary("neg", "\x88"))), HasSubstr("a tensor to negate or conjugate"));
  EXPECT_THAT(one(global("torch._tensor", "_rebuild_from_type_v2") + ")R"),
              HasSubstr("expected a function, a class and"));
  EXPECT_THAT(one(global("torch._tensor", "_rebuild_from_type_v2") + "(" +
                  global("torch._tensor", "_rebuild_from_type_v2") + "N(tq\0tq\1R"s),
              HasSubstr("expected a function, a class and"));
  EXPECT_THAT(one(global("torch", "int_repr")), HasSubstr("found torch.int_repr, which is never called"));
  EXPECT_THAT(one(global("torch", "FloatTensors")), HasSubstr("found torch.FloatTensors, which"));
}

TEST(torch_archive, refuses_broken_tensors) {
  const auto one = [](const std::string& pieces) { return verdict_on(dictionary("w", pieces)); };
  EXPECT_EQ(one(tensor(4, 0, {2, 2}, {2, 1})), "accepted");
  EXPECT_EQ(one(tensor(4, 3, {}, {})), "accepted");
  EXPECT_EQ(one(tensor(4, 4, {0}, {1})), "accepted");
  EXPECT_THAT(one(tensor(5, 0, {2, 2}, {2, 1})),
              HasSubstr("tensor 'w': expected 5 elements of 4 bytes in member 'x/data/0', found 16 bytes"));
  EXPECT_THAT(one(tensor(4, 0, {5}, {1})),
              HasSubstr("tensor 'w': expected elements within the 4 of its storage, found offset 0, extents [5], st"));
  EXPECT_THAT(one(tensor(3, 0, {4}, {1})), HasSubstr("within the 3 of its storage"));
  EXPECT_THAT(one(tensor(4, 1, {2, 2}, {2, 1})), HasSubstr("found offset 1"));
  EXPECT_THAT(one(tensor(4, 4, {}, {})), HasSubstr("found offset 4"));
  EXPECT_THAT(one(tensor(4, 0, {2, 2}, {1, 3})), HasSubstr("strides [1, 3]"));
  EXPECT_THAT(one(tensor(4, -1, {2}, {1})), HasSubstr("expected an offset from 0 to 2^63 - 1, found something else"));
  EXPECT_THAT(one(tensor(4, 3, {2}, {-1})), HasSubstr("expected strides from 0"));
  EXPECT_THAT(one(tensor(4, 0, {-2}, {1})), HasSubstr("expected extents from 0"));
  EXPECT_THAT(one(tensor(-1, 0, {2}, {1})), HasSubstr("expected a storage's size from 0"));
  EXPECT_THAT(one(tensor(4, 0, {2, 2}, {1})), HasSubstr("expected as many strides as extents"));
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(one(tensor(4, most, {1}, {1})), HasSubstr("found offset 9223372036854775807"));
  EXPECT_THAT(one(tensor(4, 1, {3, 3}, {most, most})), HasSubstr("within the 4 of its storage"));
  EXPECT_THAT(one(tensor(most, 0, {1}, {1})), HasSubstr("expected 9223372036854775807 elements"));
  EXPECT_THAT(one(tensor(4, 0, {most, 3}, {0, 0})), HasSubstr("fewer than 2^63 elements"));
  EXPECT_EQ(one(tensor(4, 0, {1, 1, 4}, {most, most, 1})), "accepted");  // strides of extents of 1 lead nowhere
  EXPECT_EQ(one(tensor(4, 0, {1, 2, 1}, {most, 2, most})), "accepted");
  EXPECT_THAT(one(tensor(4, 0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1))),
              HasSubstr("expected at most 64 extents"));
}

TEST(torch_archive, refuses_tensors_beyond_the_file) {
  const std::size_t size =
      archive_of(program(dictionary("w", tensor(4, 0, {9, 9}, {0, 0}))), std::string(16, '\1')).size();
  EXPECT_EQ(verdict_on(dictionary("w", tensor(4, 0, {4, 4}, {0, 1}))), "accepted");
  EXPECT_THAT(verdict_on(dictionary("w", tensor(4, 0, {1'000'000'000'000}, {0}))),
              HasSubstr(fmt::format("expected all that is not row-major to fit the file's {} bytes, found extents "
                                    "[1000000000000], strides [0]",
                                    size)));
  std::string many = "](";
  for (int i = 0; i < 2000; ++i) many += i == 0 ? tensor(4, 0, {4, 4}, {0, 1}) + "q\0"s : "h\0"s;
  EXPECT_THAT(verdict_on(many + "e"), HasSubstr("tensor '70': expected all that is not row-major"));
}

TEST(torch_archive, refuses_broken_records) {
  const auto replaced = [](const std::string& what, const std::string& by) {
    std::string pieces = dictionary("w", tensor(4, 0, {2}, {1}));
    return verdict_on(pieces.replace(pieces.find(what), what.size(), by));
  };
  EXPECT_THAT(replaced(pickled("storage"), pickled("garbage")),
              HasSubstr("expected a storage, its type, key, device and size, found something else"));
  EXPECT_THAT(replaced("tQ", "t"), HasSubstr("expected a storage, its type"));
  EXPECT_THAT(replaced(global("torch", "FloatStorage"), "N"), HasSubstr("expected a storage, its type"));
  EXPECT_THAT(replaced(global("torch", "FloatStorage"), global("torch", "float32")),
              HasSubstr("expected a storage of real numbers, integers or booleans, found torch.float32"));
  EXPECT_THAT(replaced(global("torch", "FloatStorage"), global("torch", "ComplexFloatStorage")),
              HasSubstr("found torch.ComplexFloatStorage"));
  EXPECT_THAT(replaced(pickled("0"), pickled("1")), HasSubstr("expected member 'x/data/1', found none"));
  EXPECT_THAT(replaced(pickled("0"), pickled("../data.pkl")), HasSubstr("expected member 'x/data/../data.pkl'"));
  EXPECT_THAT(replaced(pickled("0"), pickled(std::string(65, '0'))), HasSubstr("expected a storage, its type"));
  EXPECT_THAT(replaced(pickled("cpu") + pickled(4), pickled("cpu")), HasSubstr("expected a storage, its type"));
  EXPECT_THAT(verdict_on(global("torch._utils", "_rebuild_tensor_v2") + ")R"), HasSubstr("found fewer arguments"));
  EXPECT_THAT(verdict_on(dictionary("a.b", tensor(4, 0, {2}, {1})) + pickled("a") +
                         dictionary("b", tensor(4, 0, {2}, {1})) + "s"),
              HasSubstr("'a.b': expected one tensor of this name, found two"));
  EXPECT_THAT(verdict_on(global("collections", "OrderedDict") + "]\x85R"), HasSubstr("filled item by item"));
}

TEST(torch_archive, refuses_nesting_and_sharing) {
  EXPECT_THAT(verdict_on(std::string(1000, ']') + std::string(999, 'a')),
              HasSubstr("expected at most 100 objects in one another, found more"));
  EXPECT_THAT(verdict_on("]q\0h\0a"s), HasSubstr("at most 100 objects in one another"));
  EXPECT_THAT(verdict_on("}q\0"s + pickled("k") + "h\0s"s), HasSubstr("at most 100 objects in one another"));
  EXPECT_THAT(verdict_on(global("__torch__.m", "C") + ")\x81q\0h\0b"s), HasSubstr("at most 100 objects in one anoth"));
  std::string laughs = ")";
  for (int i = 0; i < 90; ++i) laughs += "q\0h\0\x86"s;
  EXPECT_THAT(verdict_on(laughs), HasSubstr("expected paths in proportion to the file, found many more"));
  std::string tensors =
      "](" + tensor(4, 0, std::vector<std::int64_t>(64, 1), std::vector<std::int64_t>(64, 1)) + "q\0"s;
  for (int i = 0; i < 100'000; ++i) tensors += "h\0"s;
  EXPECT_THAT(verdict_on(tensors + "e"), HasSubstr("paths in proportion"));
  // A long list that many places share, and a long key above it.
  const std::string list = "](" + std::string(100'000, 'N') + "e";
  std::string shared = list + "q\0("s;
  for (int i = 0; i < 100'000; ++i) shared += "h\0"s;
  EXPECT_THAT(verdict_on(shared + "t\x86"), HasSubstr("paths in proportion"));
  std::string keys = "](";
  for (int i = 0; i < 100'000; ++i) keys += "]";
  EXPECT_THAT(verdict_on(dictionary(std::string(100'000, 'k'), keys + "e")), HasSubstr("paths in proportion"));
}

TEST(torch_archive, packed_members) {
  const std::string pickle = program(dictionary("w", tensor(4, 0, {2}, {1}))), storage(16, '\1');
  const auto claims = [&](std::size_t size) {
    const std::string zip = patched(archive_of(clipt_test::deflate(pickle), storage), "PK\1\2", 10, std::uint16_t(8));
    return verdict_on_archive(patched(zip, "PK\1\2", 24, static_cast<std::uint32_t>(size)));
  };
  EXPECT_EQ(claims(pickle.size()), "accepted");
  EXPECT_THAT(claims(pickle.size() + 1), HasSubstr("member 'x/data.pkl' is damaged"));
  EXPECT_THAT(claims(std::size_t(64) << 20), HasSubstr("member 'x/data.pkl' claims 67108864 bytes, more than"));
  EXPECT_THAT(claims((std::size_t(64) << 20) + 1), HasSubstr("holds 67108865 bytes, the limit is 67108864"));
  EXPECT_THAT(verdict_on_archive(patched(archive_of(pickle, storage), "PK\1\2", 10, std::uint16_t(8), 2)),
              HasSubstr("expected member 'x/data/0' stored, as PyTorch does, found it packed"));
}

TEST(torch_archive, every_cut_and_changed_byte_is_survived) {
  const std::string good = archive_of(program(dictionary("w", tensor(4, 0, {2, 2}, {1, 2}))), std::string(16, '\1'));
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (good[i] == 'Z') continue;  // padding
    EXPECT_NE(verdict_on_archive(good.substr(0, i)), "accepted") << i;
    for (const char c : {'\0', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      verdict_on_archive(bad);  // either way, as long as the sanitizers have nothing to say
    }
  }
}

}  // namespace
