#!/bin/sh
# Makes the source package, vignettes built, as build/<package>_<version>.tar.gz
# and holds it to CRAN's limit of 5 MB.
. tools/common.sh

package=$(package_name)
version=$(sed -n 's/^Version: *//p' DESCRIPTION)
tarball=${package}_$version.tar.gz

build_package() {
  rm -f "$build/$package"_*.tar.gz
  copy_source "$build/tarball/$package" &&
    (cd "$build/tarball" && MAKEFLAGS=-j$jobs R CMD build "$package") &&
    mv "$build/tarball/$tarball" "$build/$tarball" || return 1
  bytes=$(wc -c < "$build/$tarball")
  echo "$tarball: $bytes bytes"
  test "$bytes" -lt 5000000
}

if run build "R CMD build" build_package; then
  record build 1 0
else
  record build 0 1
  exit 1
fi
