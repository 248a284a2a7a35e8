// Refused in more lines than allowed.
// the runner says: lines of diagnostics, at most 1 allowed
// expect: error
// lines: 1
int main() {
  int x = "words";  // error here
  int y = "words";  // error here
}
