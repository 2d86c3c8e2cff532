#!/bin/sh
# Builds the package in build/ and installs it into the project's own library.
. tools/common.sh

install_package() {
  copy_source "$build/install/$(package_name)" || return 1
  MAKEFLAGS=-j$jobs R CMD INSTALL --library="$lib" --no-multiarch \
    "$build/install/$(package_name)"
}

run install "building and installing into .lib" install_package
