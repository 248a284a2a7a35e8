// A layer of floats, whose first argument is the policy that says so.
// expect: clipt::parameter: its first argument is a policy: it is none; write fp32, fp64 or policy<T>
// expect: policy_of<float>::is_one
#include <clipt/memory/tensor.hpp>

int main() {
  const clipt::parameter<float, 2, 8> weight;  // error here
  // remedy: const clipt::parameter<clipt::fp32, 2, 8> weight;
}
