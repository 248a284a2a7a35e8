// Embeddings on disk: read back as they were appended, whole after any cut, and refused for another model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/evaluate/embedding_store.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using record = embedding_store::record;

const record made_by = {{"model", "a"}};

std::vector<float> rows_of(const embedding_store& store) {
  const mapped_file mapped = store.map_rows();
  std::vector<float> values(mapped.bytes().size() / sizeof(float));
  std::memcpy(values.data(), mapped.bytes().data(), mapped.bytes().size());
  return values;
}

void append_one(embedding_store& store, const std::string& name, float value) {
  const std::vector<float> row{value, value + 0.5f};
  store.append(row, std::vector<record>{{{"name", name}, {"row", store.rows()}}});
}

TEST(embedding_store, goes_on_where_it_was) {
  const clipt_test::temporary_folder folder;
  for (const char* name : {"first", "second", "third"}) {
    embedding_store store(folder / "s", 2, made_by);
    append_one(store, name, static_cast<float>(store.rows()));
    store.append({}, std::vector<record>{{{"without a row", name}}});
  }
  const embedding_store store(folder / "s", 2, made_by);
  EXPECT_EQ(store.rows(), 3);
  ASSERT_EQ(store.records().size(), 6u);
  EXPECT_EQ(store.records()[4].at("name"), "third");
  EXPECT_THAT(rows_of(store), testing::ElementsAre(0, 0.5, 1, 1.5, 2, 2.5));
}

TEST(embedding_store, is_whole_after_a_kill_at_any_byte) {
  const clipt_test::temporary_folder folder;
  {
    embedding_store store(folder / "s", 2, made_by);
    for (int i = 0; i < 3; ++i) append_one(store, "name", static_cast<float>(i));
  }
  const std::string rows = read_file(folder / "s/embeddings.f32"), records = read_file(folder / "s/records.jsonl");
  const std::size_t line = records.size() / 3;
  for (std::size_t kept_rows = 0; kept_rows <= rows.size(); kept_rows += 3)
    for (std::size_t kept = 0; kept <= records.size(); kept += 5) {
      write_file_atomically(folder / "s/embeddings.f32", std::string_view(rows).substr(0, kept_rows));
      write_file_atomically(folder / "s/records.jsonl", std::string_view(records).substr(0, kept));
      const std::size_t whole = std::min(kept_rows / 8, kept / line);
      embedding_store store(folder / "s", 2, made_by);
      ASSERT_EQ(store.records().size(), whole);
      ASSERT_EQ(static_cast<std::size_t>(store.rows()), whole);
      append_one(store, "more", 9);
      ASSERT_EQ(rows_of(store).size(), 2 * (whole + 1));
    }
}

TEST(embedding_store, is_read_while_another_appends_and_appended_to_by_one) {
  const clipt_test::temporary_folder folder;
  const auto open = [&](store_access access) { return embedding_store(folder / "s", 2, made_by, access); };
  EXPECT_THAT(clipt_test::why([&] { open(store_access::read); }), testing::HasSubstr("nothing is kept here yet"));
  EXPECT_FALSE(std::filesystem::exists(folder / "s"));
  {
    embedding_store writer = open(store_access::append);
    append_one(writer, "first", 1);
    EXPECT_THAT(clipt_test::why([&] { open(store_access::append); }), testing::HasSubstr("another process"));
    append_file(folder / "s/embeddings.f32", 8).append("half a row");  // as the writer may have got
    embedding_store reader = open(store_access::read);
    EXPECT_EQ(reader.rows(), 1);
    EXPECT_EQ(std::filesystem::file_size(folder / "s/embeddings.f32"), 18u);
    EXPECT_THAT(clipt_test::why([&] { append_one(reader, "second", 2); }), testing::HasSubstr("opened to read"));
  }
  embedding_store next = open(store_access::append);
  EXPECT_EQ(rows_of(next).size(), 2u);
}

TEST(embedding_store, of_another_model_is_refused) {
  const clipt_test::temporary_folder folder;
  { const embedding_store store(folder / "s", 2, made_by); }
  EXPECT_THAT(clipt_test::why([&] {
                embedding_store(folder / "s", 2, {{"model", "b"}});
              }),
              testing::HasSubstr("take another folder"));
  EXPECT_THAT(clipt_test::why([&] { embedding_store(folder / "s", 3, made_by); }),
              testing::HasSubstr("take another folder"));
}

}  // namespace
