#!/bin/sh
# The package's tests with its C code compiled under ASAN and UBSAN. R itself is
# not, so ASAN is loaded before it, and leaks are left to `make valgrind`.
. tools/common.sh
IOI_DEBUG=1
export IOI_DEBUG

package=$(package_name)
proof=$build/sanitize
asan=$(gcc -print-file-name=libasan.so)
ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0
UBSAN_OPTIONS=print_stacktrace=1
R_MAKEVARS_USER=$proof/Makevars
export ASAN_OPTIONS UBSAN_OPTIONS R_MAKEVARS_USER

install_sanitized() {
  copy_source "$proof/$package" && mkdir -p "$proof/lib" || return 1
  cat > "$R_MAKEVARS_USER" <<MAKEVARS
CC = gcc -fsanitize=address,undefined -fno-sanitize-recover=undefined
CFLAGS = -g -O1 -fno-omit-frame-pointer
MAKEVARS
  MAKEFLAGS=-j$jobs R CMD INSTALL --library="$proof/lib" --no-docs \
    --no-test-load "$proof/$package"
}

run sanitize-install "building the package with sanitizers" install_sanitized
cd "$proof/$package"

# The finding first: below it are hundreds of R's own frames.
tests_sanitized() {
  env LD_PRELOAD="$asan" Rscript "$root/tools/proof-tests.R" "$proof/lib" \
    > "$build/log/sanitize-tests.log" 2>&1 && return 0
  grep -A 12 'ERROR: AddressSanitizer\|runtime error:\|^\[ FAIL\|^Error' \
    "$build/log/sanitize-tests.log" | head -n 40
  return 1
}
run sanitize "R tests under ASAN and UBSAN" tests_sanitized
grep '^\[ FAIL' "$build/log/sanitize-tests.log" | tail -n 1
