// A view of a vector that ends with the statement.
// expect: clipt::view_of: a temporary: its elements would be gone; give it a name
#include <clipt/memory/view.hpp>

#include <vector>

int main() {
  const auto x = clipt::view_of(std::vector<float>(3), clipt::shape<3>{});  // error here
  // remedy: const std::vector<float> elements(3);
  // remedy: const auto x = clipt::view_of(elements, clipt::shape<3>{});
  return static_cast<int>(x[0]);
}
