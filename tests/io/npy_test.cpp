// NumPy's format, byte for byte as NumPy writes it.
#include <gtest/gtest.h>

#include <clipt/io/npy.hpp>

#include <array>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

TEST(npy, is_what_numpy_writes) {
  const clipt_test::temporary_folder folder;
  const std::array<float, 6> values{0, 1, 2, 3, 4, 5.5f};
  clipt::write_npy(folder / "a.npy", 2, 3, values);
  std::string expected("\x93NUMPY\x01\x00\x76\x00", 10);
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.append(127 - expected.size(), ' ');
  expected += '\n';
  expected.append(reinterpret_cast<const char*>(values.data()), sizeof(values));
  EXPECT_EQ(clipt::read_file(folder / "a.npy"), expected);
}

TEST(npy, of_no_rows) {
  const clipt_test::temporary_folder folder;
  clipt::write_npy(folder / "a.npy", 0, 512, {});
  EXPECT_EQ(clipt::read_file(folder / "a.npy").size(), 128u);
}

TEST(npy, refuses_what_does_not_fit) {
  const std::array<float, 5> values{};
  EXPECT_EQ(clipt_test::why([&] { clipt::write_npy("nowhere.npy", 2, 3, values); }),
            "clipt::write_npy: 5 values are no [2, 3]");
}

}  // namespace
