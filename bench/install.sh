#!/bin/bash
# Makes the two Python environments of the benchmarks, pinned: build/bench/runtimes (what is measured) and build/bench/tensorflow
# (what makes the models). About 3 GB; nothing of it is needed to build or to test.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in runtimes tensorflow; do
  list=bench/requirements-$name.txt
  folder=build/bench/$name
  cmp -s "$list" "$folder/requirements.txt" && continue
  echo "installing $list into $folder" >&2
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install -q -r "$list"
  cp "$list" "$folder/requirements.txt"
done
