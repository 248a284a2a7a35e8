// Does not say where the mistake is.
// the runner says: no line is marked
// expect: error
int main() { return "words"; }
