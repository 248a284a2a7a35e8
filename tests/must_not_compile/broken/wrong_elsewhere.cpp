// Wrong in a line that is not marked.
// the runner says: does not compile with the lines `// remedy: ...`
// expect: error
int main() {
  int x = "words";
  x = "words";  // error here
  return x;
}
