# Runs the package's own tests, for the deep proofs, with the copy of it that
# stands in the given library. Every test runs in this one process. To be started
# in a copy of the project, for testthat may write there.
# usage: Rscript tools/proof-tests.R LIBRARY

library_folder <- commandArgs(trailingOnly = TRUE)[1]
.libPaths(c(library_folder, .libPaths()))
package <- read.dcf("DESCRIPTION", "Package")[[1]]
Sys.setenv(NOT_CRAN = "true", TESTTHAT_PARALLEL = "false")
library(package, character.only = TRUE, lib.loc = library_folder)

testthat::test_dir(
  "tests/testthat",
  package = package, load_package = "installed", reporter = "check",
  stop_on_failure = TRUE
)

# Under torture (tools/torture.R) every registered routine must have been called.
namespace <- asNamespace(package)
if (exists(".Call", namespace, inherits = FALSE)) {
  calls <- unlist(as.list(environment(namespace$.Call)$calls))
  print(calls)
  routines <- names(getDLLRegisteredRoutines(package)$.Call)
  missed <- setdiff(routines, names(calls))
  if (length(missed)) stop("the tests call none of these routines: ", toString(missed))
}
