#!/bin/sh
# Everything that must hold before a change is taken. The check of the package,
# the longest part, runs beside the rest. The last line is the sum of all steps:
# "N passed, N failed". Exits 1 if anything failed.
. tools/common.sh

rm -rf "$build/result"
mkdir -p "$build/result"
start=$(date +%s)

say "R CMD build and check run in the background; their result comes last"
sh tools/check.sh > "$build/log/check-report.log" 2>&1 < /dev/null &
check=$!
trap 'kill $check 2> /dev/null; exit 130' INT TERM

failed=0
sh tools/lint.sh || failed=1
sh tools/test-core.sh plain || failed=1
sh tools/test-core.sh sanitised || failed=1
wait $check || failed=1
cat "$build/log/check-report.log"

say "all steps took $(($(date +%s) - start)) s"
# A step that broke before it could record anything still counts as one failure.
cat "$build"/result/* 2> /dev/null | awk -v broken=$failed '
  { passed += $1; failed += $2 }
  END {
    if (broken && failed == 0) failed = 1
    printf "%d passed, %d failed\n", passed, failed
    exit failed > 0 || passed == 0
  }'
