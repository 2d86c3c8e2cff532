#!/bin/sh
# Makes the source package and puts it through R CMD check --as-cran, tests
# included. Passes with no error, no warning and no note but the one that every
# first submission gets. Counts the tests from the log of that one run.
. tools/common.sh

package=$(package_name)
sh tools/build.sh

# What asks the network or the clock of another machine stays out, as do the
# limits that testthat keeps on CRAN: here every test is to run. The manual is
# set in fonts of a small TeX installation, whose cache stays in build/.
NOT_CRAN=true
_R_CHECK_CRAN_INCOMING_REMOTE_=false
_R_CHECK_CRAN_INCOMING_USE_ASPELL_=false
_R_CHECK_SYSTEM_CLOCK_=0
_R_CHECK_FORCE_SUGGESTS_=true
_R_CHECK_TESTS_NLINES_=0
# A vignette for each of the 14 domains, and real data: above the usual 5 MB installed,
# with documentation and data each below it.
_R_CHECK_PKG_SIZES_THRESHOLD_=6.5
# Lint runs beside this on the same cores, so elapsed time is about twice that of R.
_R_CHECK_EXAMPLE_TIMING_THRESHOLD_=10
R_RD4PDF=times,hyper
TEXMFVAR=$build/texmf
export NOT_CRAN _R_CHECK_CRAN_INCOMING_REMOTE_ \
  _R_CHECK_CRAN_INCOMING_USE_ASPELL_ _R_CHECK_SYSTEM_CLOCK_ \
  _R_CHECK_FORCE_SUGGESTS_ _R_CHECK_TESTS_NLINES_ \
  _R_CHECK_PKG_SIZES_THRESHOLD_ _R_CHECK_EXAMPLE_TIMING_THRESHOLD_ \
  R_RD4PDF TEXMFVAR

check_package() {
  rm -rf "$build/check"
  mkdir -p "$build/check"
  MAKEFLAGS=-j$jobs R CMD check --as-cran -o "$build/check" \
    "$build/$package"_*.tar.gz > "$build/log/R-check.log" 2>&1 || :
  awk -f tools/check-log.awk "$build/check/$package.Rcheck/00check.log"
}

failed=0
run check "R CMD check --as-cran" check_package || failed=1
record check $((1 - failed)) $failed
sh tools/count-tests.sh "$build/check/$package.Rcheck/tests" || failed=1
exit $failed
