# What the tests of the programs share; to be sourced. A folder that goes with the test, and ways to fail.
folder=$(mktemp -d "${TMPDIR:-/tmp}/clipt_programs_XXXXXX")
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $*" >&2
  for log in "$folder"/*.log; do [[ -e $log ]] && echo "--- $log" >&2 && tail -n 20 "$log" >&2; done
  exit 1
}
holds() { grep -qF -- "$2" "$1" || fail "'$2' is not in $(basename "$1")"; }  # holds <file> <text>
