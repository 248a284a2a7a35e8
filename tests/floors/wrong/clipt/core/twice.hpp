// A header without protection against a second inclusion.
inline int a[3] = {1, 2, 3};
