// A buffer of a policy, as a parameter is.
// expect: clipt::tensor, clipt::buffer: the first argument is an element type: it is none; write float, double or Policy::parameter_type
// expect: array_elements<clipt::policy<float
#include <clipt/nn/layer_members.hpp>

int main() {
  clipt::buffer<clipt::fp32, 3> x;  // error here
  // remedy: clipt::buffer<clipt::fp32::parameter_type, 3> x;
}
