// A data set whose type the code that uses it need not know: one compiled trainer serves them all.
#pragma once
#include <memory>       // shared_ptr
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>    // io_error
#include <clipt/data/dataset.hpp>  // dataset

namespace clipt::inline CLIPT_BUILD {

/// Holds any data set; copies share it. What the held one does not know (labels, columns) is empty.
class any_dataset {
 public:
  template <dataset D>
  requires(!std::same_as<D, any_dataset>) any_dataset(D data)
      : held_(std::make_shared<const holder<D>>(std::move(data))) {}

  int size() const { return held_->size(); }
  image load(int i) const { return held_->load(i); }
  std::string name(int i) const { return held_->name(i); }
  std::string caption(int i, random_stream random) const { return held_->caption(i, random); }

  /// All captions of a sample where they can be listed, otherwise one that always is the same.
  std::vector<std::string> captions(int i) const { return held_->captions(i); }
  /// What the sample is called in a zero-shot evaluation; empty without a label.
  std::string label(int i) const { return held_->label(i); }
  /// The cell of a column of the table behind it. Errors: io_error where there is none.
  std::string value(int i, std::string_view column) const { return held_->value(i, column); }

  /// Whether both hold the same object, so that its pictures need be encoded only once.
  bool shares_with(const any_dataset& other) const { return held_ == other.held_; }

 private:
  struct interface {
    virtual ~interface() = default;
    virtual int size() const = 0;
    virtual image load(int i) const = 0;
    virtual std::string name(int i) const = 0;
    virtual std::string caption(int i, random_stream random) const = 0;
    virtual std::vector<std::string> captions(int i) const = 0;
    virtual std::string label(int i) const = 0;
    virtual std::string value(int i, std::string_view column) const = 0;
  };

  template <class D>
  struct holder final : interface {
    explicit holder(D held) : data(std::move(held)) {}
    int size() const override { return data.size(); }
    image load(int i) const override { return data.load(i); }
    std::string name(int i) const override { return data.name(i); }
    std::string caption(int i, random_stream random) const override { return data.caption(i, random); }
    std::vector<std::string> captions(int i) const override {
      if constexpr (requires { data.captions(i); }) return data.captions(i);
      return {data.caption(i, {0x1157, static_cast<std::uint32_t>(i)})};
    }
    std::string label(int i) const override {
      if constexpr (requires { data.label(i); }) return data.label(i);
      return {};
    }
    std::string value(int i, std::string_view column) const override {
      if constexpr (requires { data.value(i, column); }) return data.value(i, column);
      throw io_error(fmt::format("clipt::any_dataset: {} is of no table and has no column '{}'", data.name(i), column));
    }
    D data;
  };

  std::shared_ptr<const interface> held_;
};

static_assert(dataset<any_dataset>);

}  // namespace clipt::inline CLIPT_BUILD
