#!/bin/bash
# Format, clang-tidy (.clang-tidy) and cppcheck over all that git knows; prints `N passed, N failed, 0 skipped` last, a count
# for each of the three. Needs the release build's compile_commands.json and makes it where it is missing.
set -uo pipefail
cd "$(dirname "$0")/.."
commands=build/release/compile_commands.json
[ -f $commands ] || cmake --preset release >/dev/null || exit 1
jobs=${JOBS:-2}
passed=0 failed=0
report=$(mktemp)
trap 'rm -f "$report"' EXIT

step() { # NAME COMMAND...: what it prints counts only if it fails
  local name=$1
  shift
  if "$@" >"$report" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$name:"
    grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -' "$report" | sed "s#$PWD/##g" | awk '!seen[$0]++'
  fi
}

format() { git ls-files -z '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror; }

# The release build's files: sources of other instruction sets are compiled for another machine.
tidy() {
  sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' $commands | sort -u |
    xargs -d '\n' -P "$jobs" -n 4 clang-tidy -p build/release --quiet
}

# invalidFunctionArg: logf of a sum that has the term exp(0), which cppcheck does not see.
check() {
  cppcheck --project=$commands -j "$jobs" --enable=warning,portability,performance --inline-suppr --quiet \
    --suppress=missingIncludeSystem --suppress=invalidFunctionArg:src/kernels/generic/softmax.c --error-exitcode=1
}

step clang-format format
step clang-tidy tidy
step cppcheck check
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
