// Does not say what to expect.
// the runner says: no line `// expect: <words>`
int main() {
  return "words";  // error here
}
