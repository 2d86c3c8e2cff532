#!/bin/sh
# Builds and runs the C unit tests without R, first without OpenMP, then with.
# usage: tools/test-core.sh plain|sanitised
. tools/common.sh

kind=$1
case "$kind" in
  plain) sanitize=0 ;;
  sanitised) sanitize=1 ;;
  *) say "test-core.sh: plain or sanitised, not '$kind'"; exit 2 ;;
esac

all=0
for openmp in 0 1; do
  name=core-$kind-$openmp
  text="C tests, $kind$(test $openmp -eq 0 || echo ', OpenMP')"
  failed=0
  run "$name" "$text" make -j"$jobs" -C tests/core check \
    BUILD="$build/$name" SANITIZE=$sanitize OPENMP=$openmp || failed=1
  # shellcheck disable=SC2046
  record "$name" $(awk -f tools/count-cmocka.awk "$build/log/$name.log")
  all=$((all + failed))
done
test $all -eq 0
