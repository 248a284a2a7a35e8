# The first program of a README: the includes of its first block of C++, and the rest as a main function.
/^```cpp$/ { inside = 1; next }
inside && /^```$/ { exit }
inside && !/^#include/ && !opened { print "int main() {"; opened = 1 }
inside { print }
END { if (opened) print "}" }
