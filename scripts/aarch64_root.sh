#!/usr/bin/env bash
# Fills a folder with what clipt's tests need for 64-bit ARM: scripts/aarch64_root.sh <folder>
#
# On Debian as root or through sudo. The cross compiler and qemu are installed; ARM's packages are only unpacked into
# the folder, so that the machine keeps one architecture.
set -euo pipefail
folder=${1:?scripts/aarch64_root.sh needs a folder}
mark=$folder/complete-$(sha256sum "$0" | cut -c1-16)  # another list of packages is another root
[[ ! -e $mark ]] || exit 0
command -v apt-get > /dev/null || { echo "scripts/test.sh: --aarch64 needs apt" >&2 && exit 1; }

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

both=(-o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root)
as_root apt-get "${both[@]}" update -qq
if ! command -v aarch64-linux-gnu-g++ > /dev/null || ! command -v qemu-aarch64 > /dev/null; then
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    g++-aarch64-linux-gnu qemu-user > /dev/null
fi
mkdir -p "$folder/packages"
cd "$folder/packages"
apt-get "${both[@]}" download -qq libeigen3-dev nlohmann-json3-dev libfmt{-dev,9}:arm64 zlib1g{-dev,}:arm64 \
  libssl{-dev,3}:arm64 \
  libutf8proc{-dev,2}:arm64 libstb{-dev,0}:arm64 libjpeg62-turbo{-dev,}:arm64 libgif{-dev,7}:arm64 lib{gtest,gmock}-dev:arm64 lib{thrust,cub}-dev
for package in *.deb; do dpkg -x "$package" "$folder"; done
touch "$mark"
