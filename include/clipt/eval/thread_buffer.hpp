// Scratch memory of a thread that grows to its largest use and is then only used again.
#pragma once
#include <memory>  // unique_ptr
#include <new>     // align_val_t

#include <clipt/core/dims.hpp>       // dim_t
#include <clipt/memory/storage.hpp>  // byte_count

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// At least `count` uninitialised elements that belong to the calling thread; `Purpose` keeps two uses apart.
template <class Purpose, class T>
T* thread_buffer(dim_t count) {
  struct release {
    void operator()(T* memory) const { ::operator delete(memory, std::align_val_t(64)); }
  };
  thread_local std::unique_ptr<T, release> memory;
  thread_local dim_t held = 0;
  if (count > held) {
    held = 0;  // nothing is held where there is no memory for more
    memory.reset();
    memory.reset(static_cast<T*>(::operator new(byte_count<T>(count), std::align_val_t(64))));
    held = count;
  }
  return memory.get();
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
