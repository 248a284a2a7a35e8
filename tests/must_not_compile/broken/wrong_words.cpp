// Refused in other words than expected.
// the runner says: the words "the two K differ" are missing
// expect: the two K differ
int main() {
  return "words";  // error here
}
