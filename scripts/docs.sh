#!/usr/bin/env bash
# Builds the reference of all public names in build-docs/html with Doxygen, warnings as errors (see --help).
set -euo pipefail
source "$(dirname "$0")/common.sh"

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  cat << 'END'
usage: scripts/docs.sh
Installs doxygen if it is missing and builds build-docs/html/namespaceclipt.html: one page of all public functions and types, with their
signatures, shapes and headers. Exit code 0 without a warning. That each has a comment is a test of scripts/test.sh (documented).
END
  exit 0
fi
"$repository/scripts/install_dependencies.sh" docs
say "Building the reference"
cd "$repository"
doxygen docs/Doxyfile
echo "build-docs/html/namespaceclipt.html"
