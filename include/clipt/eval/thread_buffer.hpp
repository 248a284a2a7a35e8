// Scratch memory of a thread that grows to its largest use and is then only used again.
#pragma once
#include <vector>  // vector

#include <clipt/core/dims.hpp>  // dim_t

namespace clipt::on_cpu {

/// A buffer of at least n elements that belongs to the calling thread; `Use` keeps buffers of one function apart.
template <class T, int Use>
T* thread_buffer(dim_t n) {
  thread_local std::vector<T> buffer;
  if (static_cast<dim_t>(buffer.size()) < n) buffer.resize(static_cast<std::size_t>(n));
  return buffer.data();
}

}  // namespace clipt::on_cpu
