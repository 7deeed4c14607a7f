#!/bin/bash
# Format, clang-tidy (.clang-tidy) and cppcheck over library, command, tests, fuzzing programs and examples; prints
# `N passed, N failed, 0 skipped` last, a count for each of the three. What is compiled, and how, a configuration of its
# own says.
set -uo pipefail
cd "$(dirname "$0")/.."
commands=build/lint/compile_commands.json
cmake -S . -B build/lint -DCMAKE_BUILD_TYPE=Release -DLINNET_FUZZ=ON >/dev/null || exit 1
# Sources that are generated are included by others, and not looked at themselves.
cmake --build build/lint --target linnet_generated >/dev/null || exit 1
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

format() {
  find src include tests fuzz examples \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 clang-format --dry-run -Werror
}

# Sources of other processors' instruction sets are compiled, and looked at, on those only.
tidy() {
  sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' $commands | grep -v '/build/lint/' | sort -u |
    xargs -d '\n' -P "$jobs" -n 4 clang-tidy -p build/lint --quiet
}

# nullPointer: behind a call of ln_stop, which does not return, as clang-tidy sees.
# invalidFunctionArg: logf of a sum that has the term exp(0), which cppcheck does not see.
# uninitvar: sums of at least one column, read by as many as were written.
check() {
  cppcheck --project=$commands -ibuild/lint -j "$jobs" --enable=warning,portability,performance --inline-suppr --quiet \
    --suppress=missingIncludeSystem --suppress='nullPointerRedundantCheck:*src/convert/*' \
    --suppress='nullPointerArithmetic:*src/convert/*' --suppress=invalidFunctionArg:src/kernels/generic/softmax.c \
    --suppress=uninitvar:src/kernels/generic/bilinear_*_body.h \
    --error-exitcode=1
}

step clang-format format
step clang-tidy tidy
step cppcheck check
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
