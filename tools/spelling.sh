#!/bin/sh
# Lists the words of help pages, vignettes, README and NEWS that are neither in
# the dictionary of DESCRIPTION's Language nor in inst/WORDLIST. A person judges.
. tools/common.sh
exec Rscript -e 'spelling::spell_check_package()'
