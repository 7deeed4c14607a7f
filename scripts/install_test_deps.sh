#!/bin/bash
# Installs what the tests need: Debian packages (Debian 12) and a Python environment in build/venv with pinned packages.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(build-essential cmake clang clang-format clang-tidy cppcheck qemu-user gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf
  libc6-dev-arm64-cross libc6-dev-armhf-cross libjpeg62-turbo-dev libpng-dev libprotobuf-c-dev protobuf-c-compiler libhdf5-dev libcjson-dev libzip-dev pkg-config python3 python3-venv zsh man-db)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
if ! cmp -s tests/requirements.txt build/venv/requirements.txt; then
  rm -rf build/venv
  python3 -m venv build/venv
  build/venv/bin/pip install -q -r tests/requirements.txt
  cp tests/requirements.txt build/venv/requirements.txt
fi
