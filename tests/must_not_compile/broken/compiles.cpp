// A mistake that is none.
// the runner says: FAILED: compiles.cpp: compiles
// expect: error
int main() {
  int x = 1;
  x = 2;  // error here
  return x;
}
