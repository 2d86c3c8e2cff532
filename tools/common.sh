#!/bin/sh
# What the scripts of this folder share. Source it first: . tools/common.sh
# Goes to the project's root; sets $root, $build, $lib (the project's own R
# library, the only one written to) and an environment in which results do not
# depend on the person; gives say, run, record and copy_source.

set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
build=$root/build
lib=$root/.lib
mkdir -p "$build/log" "$build/result" "$lib"

# The jobs of a calling make are its own; builds here ask for theirs.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
jobs=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 1)

R_LIBS=$lib
R_LIBS_USER=NULL
TZ=${TZ:-UTC}
export R_LIBS R_LIBS_USER TZ
if test "$(locale charmap 2> /dev/null)" != UTF-8; then
  LC_ALL=C.UTF-8
  export LC_ALL
fi

say() {
  printf '%s\n' "$*"
}

package_name() {
  sed -n 's/^Package: *//p' "$root/DESCRIPTION"
}

# record NAME PASSED FAILED: one entry of the sum that `make test` ends with.
record() {
  echo "$2 $3" > "$build/result/$1"
}

# run NAME TEXT COMMAND...: one quiet step. Its output is build/log/NAME.log;
# on failure the end of it is shown. The step's own status is returned.
run() {
  run_log=$build/log/$1.log
  run_text=$2
  shift 2
  run_start=$(date +%s)
  run_status=0
  "$@" > "$run_log" 2>&1 < /dev/null || run_status=$?
  run_seconds=$(($(date +%s) - run_start))
  if test "$run_status" -eq 0; then
    say "$run_text: ok ($run_seconds s)"
  else
    say "$run_text: FAILED ($run_seconds s); the end of ${run_log#"$root"/}:"
    tail -n 40 "$run_log" | sed 's/^/  | /'
  fi
  return "$run_status"
}

# copy_source FOLDER: a clean copy of the project, so that nothing is built in
# place. FOLDER is emptied first.
copy_source() {
  rm -rf "$1"
  mkdir -p "$1"
  tar -C "$root" -cf - --exclude=./.git --exclude=./.lib --exclude=./build \
    --exclude=./demo-output --exclude='*.o' --exclude='*.so' \
    --exclude=./src/Makevars . | tar -C "$1" -xf -
}
