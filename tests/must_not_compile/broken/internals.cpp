// Shows an internal name.
// the runner says: an internal name is shown: detail::secret
// expect: error
namespace detail {
struct secret {};
}  // namespace detail
int main() {
  int x = detail::secret{};  // error here
}
