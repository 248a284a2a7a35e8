# Shared by the scripts: where the repository is, how many jobs fit, which generator there is. Sourced, not run.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# One job per core, but at least 3 GiB of memory for each: a compiler of deep templates takes up to that.
default_jobs() {
  local cores memory
  cores=$(nproc 2> /dev/null || sysctl -n hw.ncpu 2> /dev/null || echo 2)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1024 / 3072) }' /proc/meminfo 2> /dev/null || true)
  [[ -z $memory || $memory -ge $cores ]] || cores=$((memory > 0 ? memory : 1))
  echo "$cores"
}

# configure <build folder> <cmake options...>: keeps the generator that the folder was made with.
configure() {
  local build=$1 generator=()
  shift
  if [[ ! -e $build/CMakeCache.txt ]] && command -v ninja > /dev/null; then generator=(-G Ninja); fi
  cmake -S "$repository" -B "$build" "${generator[@]}" "$@" > "$repository/.configure.log" 2>&1 || {
    cat "$repository/.configure.log" >&2
    rm -f "$repository/.configure.log"
    return 1
  }
  mv "$repository/.configure.log" "$build/configure.log"
}

say() { printf '\n== %s\n' "$*"; }
