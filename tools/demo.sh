#!/bin/sh
# Runs the demo with the installed package. usage: tools/demo.sh FOLDER
. tools/common.sh
say "running the demo; tables and charts go to $1"
exec Rscript inst/examples/demo.R "$1"
