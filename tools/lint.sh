#!/bin/sh
# Looks without changing anything: shell scripts, layout of the C code, no R in
# the core, R style, and help pages up to date with their sources.
. tools/common.sh

check_shell() {
  for script in configure cleanup tools/*.sh; do
    sh -n "$script" && checkbashisms -f "$script" || return 1
  done
}

# Only the places are shown; `make format` mends them.
check_layout() {
  find src tests/core -name '*.[ch]' \
    -exec clang-format --dry-run -Werror {} + > "$build/log/clang-format.log" 2>&1 &&
    return 0
  grep 'error:' "$build/log/clang-format.log"
  return 1
}

# The core compiles without R, and does not so much as name its headers.
check_core() {
  ! grep -nE '#[[:space:]]*include[[:space:]]*[<"](R|Rinternals|Rmath|R_ext|Rdefines|cli)' \
    src/core/*
}

# A function defined in two files is the one of the file that sorts last.
check_names() {
  for files in 'R/*.R' 'tests/testthat/helper-*.R'; do
    # shellcheck disable=SC2086
    twice=$(grep -hoE '^[A-Za-z._][A-Za-z0-9._]* <- ' $files | sort | uniq -d)
    test -z "$twice" || {
      echo "defined more than once in $files:" "$twice"
      return 1
    }
  done
}

failed=0
step() {
  if run "$1" "$2" "$3"; then
    record "$1" 1 0
  else
    record "$1" 0 1
    failed=1
  fi
}

check_style() {
  Rscript tools/lint.R
}

check_documents() {
  sh tools/document.sh --check
}

step lint-shell "shell scripts (sh -n, checkbashisms)" check_shell
step lint-layout "C layout (clang-format)" check_layout
step lint-core "no R header in src/core" check_core
step lint-names "no name defined twice in R/ or in the helpers of tests" check_names
step lint-style "R style (lintr)" check_style
step lint-documents "man/ and NAMESPACE up to date (roxygen2)" check_documents
exit $failed
