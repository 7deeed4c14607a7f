#!/bin/bash
# Installs what the tests need: Debian packages (Debian 12) and a Python environment in build/venv with pinned packages.
# `install_test_deps.sh full` adds build/tensorflow-venv, where TensorFlow judges the converter.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(build-essential cmake clang clang-format clang-tidy cppcheck qemu-user gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf
  libc6-dev-arm64-cross libc6-dev-armhf-cross libjpeg62-turbo-dev libpng-dev
  libprotobuf-c-dev protobuf-c-compiler libhdf5-dev libcjson-dev libzip-dev pkg-config python3 python3-venv zsh man-db)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
# environment REQUIREMENTS FOLDER
environment() {
  cmp -s "$1" "$2/requirements.txt" && return
  rm -rf "$2"
  python3 -m venv "$2"
  "$2/bin/pip" install -q -r "$1"
  cp "$1" "$2/requirements.txt"
}
environment tests/requirements.txt build/venv
[ "${1:-}" != full ] || environment tests/convert/requirements-tensorflow.txt build/tensorflow-venv
