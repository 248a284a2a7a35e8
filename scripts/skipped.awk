# Reads ctest's LastTest.log and prints the skipped tests with their reasons, one a line.
/^[0-9]+\/[0-9]+ Testing: / { program = $3; reason = ""; next }
/^skipped: / {
  reason = substr($0, 10)
  if (!(program ~ /^(must_not_compile|compile_time)/)) next
  print program ": " reason
}
/skipped: .* is absent/ && program == "compile_time" { print program ": " $0 }
/^\[  SKIPPED \] .* \([0-9]+ ms\)$/ { print program ": " $4 ": " (reason == "" ? "no reason given" : reason); reason = "" }
