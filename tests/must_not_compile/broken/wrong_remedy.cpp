// Advises what is wrong, too.
// the runner says: does not compile with the lines `// remedy: ...`
// expect: error
int main() {
  int x = "words";  // error here
  // remedy: int x = words;
}
