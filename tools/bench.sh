#!/bin/sh
# Runs the benchmarks with the installed package.
. tools/common.sh
exec Rscript bench/run.R
