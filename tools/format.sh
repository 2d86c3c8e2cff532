#!/bin/sh
# Lays the C code out as .clang-format says.
. tools/common.sh
find src tests/core -name '*.[ch]' -exec clang-format -i {} +
