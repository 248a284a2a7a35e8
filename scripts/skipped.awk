# Reads ctest's LastTest.log and prints the skipped tests with their reasons, one a line.
/^[0-9]+\/[0-9]+ Testing: / { program = $3; reason = "no reason given"; next }
/^skipped: / {  # GoogleTest prints the reason first, then the test's name; scripts print the reason alone
  reason = $0
  if (program ~ /^(must_not_compile\.|interop|fuzz)/) print program ": " reason
}
program == "compile_time" && $2 == "skipped:" { $2 = ": " $2; sub(/ : /, ": "); print program ": " $0 }
/^\[  SKIPPED \] .* \([0-9]+ ms\)$/ { print program ": " $4 ": " reason; reason = "no reason given" }
