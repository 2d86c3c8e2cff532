#!/bin/sh
# Counts the expectations of a finished testthat run from the last line that it
# wrote, "[ FAIL 0 | WARN 0 | SKIP 0 | PASS 9 ]". A run without that line, or
# without an expectation, counts as one failure, and so does each snapshot that
# is compared with nothing because none was kept.
# usage: tools/count-tests.sh FOLDER-OF-THE-CHECK'S-TESTS
. tools/common.sh

log=$1/testthat.Rout
test -f "$log" || log=$log.fail
counts=$(sed -n 's/^\[ FAIL \([0-9]*\) | WARN \([0-9]*\) | SKIP \([0-9]*\) | PASS \([0-9]*\) \]$/\1 \2 \3 \4/p' \
  "$log" 2> /dev/null | tail -n 1)
# shellcheck disable=SC2086
set -- ${counts:-1 0 0 0}
failed=$1 warned=$2 skipped=$3 passed=$4
new=$(grep -c '^Adding new snapshot' "$log" 2> /dev/null) || new=${new:-0}
failed=$((failed + new))
if test "$passed" -eq 0 && test "$failed" -eq 0; then failed=1; fi

record testthat "$passed" "$failed"
say "tests in R: $passed passed, $failed failed, $skipped skipped, $warned warnings"
test "$new" -eq 0 || say "  | $new snapshots are not in tests/testthat/_snaps"
if test "$skipped" -gt 0; then
  sed -n '/Skipped tests/,/^$/p' "$log" | sed 's/^/  | /'
fi
test "$failed" -eq 0
