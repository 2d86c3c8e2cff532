#!/bin/sh
# The package's tests with the garbage collector at every allocation inside the
# first calls (TORTURE_CALLS, 10 if not set) of each registered routine.
. tools/common.sh

package=$(package_name)
proof=$build/gctorture

install_tortured() {
  copy_source "$proof/$package" && mkdir -p "$proof/lib" || return 1
  cp tools/torture.R "$proof/$package/R/zzz-torture.R"
  MAKEFLAGS=-j$jobs R CMD INSTALL --library="$proof/lib" --no-docs \
    "$proof/$package"
}

run gctorture-install "building the package for torture" install_tortured
cd "$proof/$package"
run gctorture "R tests under gctorture" \
  Rscript "$root/tools/proof-tests.R" "$proof/lib"
grep '^\[ FAIL' "$build/log/gctorture.log" | tail -n 1
