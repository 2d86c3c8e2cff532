#!/bin/sh
# The package's tests under valgrind. Fails on a test that fails and on any
# invalid read or write, use of a value never set, or block lost for good, that
# has a function of the package on its stack.
. tools/common.sh
IOI_DEBUG=1
export IOI_DEBUG

package=$(package_name)
proof=$build/valgrind
report=$build/log/valgrind-report.log

install_plain() {
  copy_source "$proof/$package" && mkdir -p "$proof/lib" || return 1
  MAKEFLAGS=-j$jobs R CMD INSTALL --library="$proof/lib" --no-docs \
    "$proof/$package"
}

tests_under_valgrind() {
  R -d "valgrind --leak-check=full --show-leak-kinds=definite \
    --track-origins=yes --log-file=$report" \
    --vanilla --no-echo -f "$root/tools/proof-tests.R" --args "$proof/lib" || return 1
  findings=$(sed 's/^==[0-9]*== *//' "$report" |
    awk -v RS= -v ORS='\n\n' -v name="${package}_" \
      'index($0, name) && /(at|by) 0x/')
  if test -n "$findings"; then
    echo "$findings"
    return 1
  fi
}

run valgrind-install "building the package" install_plain
cd "$proof/$package"
run valgrind "R tests under valgrind" tests_under_valgrind
grep '^\[ FAIL' "$build/log/valgrind.log" | tail -n 1
