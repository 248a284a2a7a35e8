// Python's pickles as inert data: what they would call is named and kept with its arguments, and nothing is run.
//
// Opcodes: CPython, Lib/pickletools.py, protocols 2 to 5, as far as PyTorch writes them. Numbers are little-endian.
#pragma once
#include <bit>            // bit_cast
#include <cmath>          // ldexp
#include <cstddef>        // byte, size_t
#include <cstdint>        // int64_t and others
#include <cstring>        // memcpy
#include <deque>          // deque
#include <span>           // span
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // move
#include <variant>        // variant
#include <vector>         // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/pickle_value.hpp>  // pickle_value
#include <clipt/io/printable.hpp>     // printable

namespace clipt::inline CLIPT_BUILD {

/// The most values a pickle may hold; the largest CLIP with its optimiser's state has about a hundred thousand.
inline constexpr std::size_t pickle_value_limit = std::size_t(1) << 22;

namespace detail {

/// Executes a pickle's opcodes on a stack, one after the other: no recursion, and at most one new value for each.
class pickle_machine {
 public:
  using kind = pickle_object::kind;
  using allowed_global = bool (*)(std::string_view name);

  pickle_machine(const std::string& source, std::span<const std::byte> bytes, allowed_global allowed,
                 std::deque<pickle_object>& objects)
      : source_(source), bytes_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), allowed_(allowed),
        objects_(objects) {}

  pickle_value run() {
    while (true) {
      opcode_at_ = at_;
      const char opcode = take(1)[0];
      if (opcode == '.') break;
      if (!run_constant(opcode) && !run_text(opcode) && !run_container(opcode) && !run_memo(opcode) &&
          !run_object(opcode))
        refuse("an opcode that PyTorch writes", fmt::format("{:#04x}", static_cast<unsigned char>(opcode)));
    }
    const pickle_value out = pop();
    if (!stack_.empty()) refuse("one value at the end", fmt::format("{}", stack_.size() + 1));
    return out;
  }

 private:
  [[noreturn]] void refuse(std::string_view expected, std::string_view found) const {
    throw io_error(
        fmt::format("clipt::pickle: {}, byte {}: expected {}, found {}", source_, opcode_at_, expected, found));
  }

  // What follows an opcode.
  std::string_view take(std::uint64_t length) {
    if (length > bytes_.size() - at_)
      refuse(fmt::format("{} more bytes", length), fmt::format("the end after {}", bytes_.size() - at_));
    const std::string_view out = bytes_.substr(at_, static_cast<std::size_t>(length));
    at_ += out.size();
    return out;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  double big_endian_double() {
    std::uint64_t bits = 0;
    for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
    return std::bit_cast<double>(bits);
  }
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == bytes_.npos) refuse("a line", "no end of it");
    const std::string_view out = take(end - at_);
    at_ += 1;
    return out;
  }
  /// Two's complement of any length; what does not fit 64 bits becomes the nearest double.
  pickle_value long_integer(std::string_view digits) const {
    const bool negative = !digits.empty() && static_cast<signed char>(digits.back()) < 0;
    std::uint64_t value = negative ? ~std::uint64_t(0) : 0;
    double approximate = negative ? -1 : 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(digits[i]);
      approximate = std::ldexp(approximate, 8) + static_cast<unsigned char>(digits[i]);
    }
    if (digits.size() <= 8) return static_cast<std::int64_t>(value);
    return approximate;
  }

  // The stack.
  void count() {
    if (++count_ > pickle_value_limit) refuse(fmt::format("at most {} values", pickle_value_limit), "more");
  }
  void push(pickle_value value) {
    count();
    stack_.push_back(value);
  }
  void push(kind what, std::vector<pickle_value> items) {
    count();
    push(&objects_.emplace_back(pickle_object{what, std::move(items)}));
  }
  pickle_value& top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("a value on the stack", "none");
    return stack_.back();
  }
  pickle_value pop() {
    const pickle_value out = top();
    stack_.pop_back();
    return out;
  }
  std::vector<pickle_value> pop(std::size_t size) {
    std::vector<pickle_value> out(size);
    for (std::size_t i = size; i-- > 0;) out[i] = pop();
    return out;
  }
  std::vector<pickle_value> pop_to_mark() {
    if (marks_.empty()) refuse("a mark on the stack", "none");
    const std::vector<pickle_value> out = pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return out;
  }
  pickle_object& top_object(std::string_view expected, kind what, kind or_this) {
    const auto* object = std::get_if<pickle_object*>(&top());
    if (object == nullptr || ((*object)->what != what && (*object)->what != or_this))
      refuse(expected, "something else");
    return **object;
  }
  std::string_view pop_text() {
    const pickle_value value = pop();
    if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
    refuse("text", "something else");
  }

  // The opcodes, in groups; false if it is not one of the group.
  bool run_constant(char opcode) {
    switch (opcode) {
      case 'N': push(std::monostate()); return true;
      case '\x88': push(true); return true;
      case '\x89': push(false); return true;
      case 'K': push(std::int64_t(number<std::uint8_t>())); return true;
      case 'M': push(std::int64_t(number<std::uint16_t>())); return true;
      case 'J': push(std::int64_t(number<std::int32_t>())); return true;
      case '\x8a': push(long_integer(take(number<std::uint8_t>()))); return true;
      case 'G': push(big_endian_double()); return true;
      case '\x80':  // the protocol
        if (const int protocol = number<std::uint8_t>(); protocol < 2 || protocol > 5)
          refuse("protocol 2 to 5", fmt::format("{}", protocol));
        return true;
      case '\x95': number<std::uint64_t>(); return true;  // a frame: only a hint for readers of streams
      default: return false;
    }
  }

  bool run_text(char opcode) {
    switch (opcode) {
      case 'U':  // texts of Python 2
      case '\x8c': push(take(number<std::uint8_t>())); return true;
      case 'T':
      case 'X': push(take(number<std::uint32_t>())); return true;
      case '\x8d': push(take(number<std::uint64_t>())); return true;
      case 'C': push(kind::bytes, {take(number<std::uint8_t>())}); return true;
      case 'B': push(kind::bytes, {take(number<std::uint32_t>())}); return true;
      case '\x8e':
      case '\x96': push(kind::bytes, {take(number<std::uint64_t>())}); return true;  // the second is a bytearray
      default: return false;
    }
  }

  bool run_container(char opcode) {
    switch (opcode) {
      case '(':
        count();
        marks_.push_back(stack_.size());
        return true;
      case ')': push(kind::tuple, {}); return true;
      case ']': push(kind::list, {}); return true;
      case '}': push(kind::dictionary, {}); return true;
      case 't': push(kind::tuple, pop_to_mark()); return true;
      case '\x85': push(kind::tuple, pop(1)); return true;
      case '\x86': push(kind::tuple, pop(2)); return true;
      case '\x87': push(kind::tuple, pop(3)); return true;
      case '\x8f': push(kind::set, {}); return true;
      case '\x91': push(kind::set, pop_to_mark()); return true;
      case 'a': append(pop(1), "a list", kind::list); return true;
      case 'e': append(pop_to_mark(), "a list", kind::list); return true;
      case '\x90': append(pop_to_mark(), "a set", kind::set); return true;
      case 's': set_items(pop(2)); return true;
      case 'u': set_items(pop_to_mark()); return true;
      default: return false;
    }
  }
  void append(const std::vector<pickle_value>& values, std::string_view to, kind what) {
    auto& items = top_object(to, what, what).items;
    items.insert(items.end(), values.begin(), values.end());
  }
  void set_items(const std::vector<pickle_value>& values) {
    auto& items = top_object("a dictionary", kind::dictionary, kind::call).items;
    if (values.size() % 2 != 0) refuse("a value for every key", "a key without one");
    items.insert(items.end(), values.begin(), values.end());
  }

  bool run_memo(char opcode) {
    switch (opcode) {
      case 'q': return put(number<std::uint8_t>());
      case 'r': return put(number<std::uint32_t>());
      case '\x94': return put(memo_.size());
      case 'h': return get(number<std::uint8_t>());
      case 'j': return get(number<std::uint32_t>());
      default: return false;
    }
  }
  bool put(std::size_t index) {
    count();
    memo_[index] = top();
    return true;
  }
  bool get(std::size_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) refuse("the memo of something seen before", fmt::format("{}", index));
    push(found->second);
    return true;
  }

  bool run_object(char opcode) {
    switch (opcode) {
      case 'c': {
        const std::string_view module = line();
        push_global(module, line());
        return true;
      }
      case '\x93': {
        const std::string_view name = pop_text();
        push_global(pop_text(), name);
        return true;
      }
      case 'Q': push(kind::persistent, pop(1)); return true;
      case 'R':
      case '\x81': push_call(); return true;
      case 'b': {
        const pickle_value state = pop();
        top_object("an object to set the state of", kind::call, kind::call).items[2] = state;
        return true;
      }
      default: return false;
    }
  }
  void push_global(std::string_view module, std::string_view name) {
    constexpr std::size_t longest = 255;  // texts may be shared: long ones, joined over and over, would take hours
    if (module.size() + name.size() > longest)
      refuse(fmt::format("the name of a function or class, at most {} bytes", longest), "a longer one");
    push(kind::global, {module, name});
    const std::string called = name_of(**std::get_if<pickle_object*>(&top()));
    if (!allowed_(called))
      refuse("only what tensors need",
             fmt::format("{}, which is never called here; keep the state_dict alone, in a file of its own, with "
                         "torch.save",
                         printable(called)));
  }
  void push_call() {
    std::vector<pickle_value> call = pop(2);
    if (object_in(call[0], kind::global) == nullptr || object_in(call[1], kind::tuple) == nullptr)
      refuse("a function or class and a tuple of arguments", "something else");
    call.emplace_back();  // the state, if BUILD sets one
    push(kind::call, std::move(call));
  }

  const std::string& source_;
  std::string_view bytes_;
  allowed_global allowed_;
  std::deque<pickle_object>& objects_;
  std::size_t at_ = 0, opcode_at_ = 0, count_ = 0;
  std::vector<pickle_value> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::size_t, pickle_value> memo_;
};

}  // namespace detail

/// A pickle taken apart into values, which may share one another and even contain themselves.
///
/// `source` is what messages call it, and `bytes` must outlive this object. Only names for which
/// `allowed("module.name")` holds may occur. Time and memory are bounded by the pickle's length and by
/// `pickle_value_limit`, and nothing calls itself. Errors: io_error with byte, expected and found.
/// Python equivalent: pickle.loads(bytes) with a find_class that allows few names.
class pickle {
 public:
  pickle(const std::string& source, std::span<const std::byte> bytes, bool (*allowed)(std::string_view name))
      : value_(detail::pickle_machine(source, bytes, allowed, objects_).run()) {}
  pickle(pickle&&) = default;  // values point into objects_, whose elements a move leaves where they are

  const pickle_value& value() const { return value_; }

 private:
  std::deque<pickle_object> objects_;
  pickle_value value_;
};

}  // namespace clipt::inline CLIPT_BUILD
