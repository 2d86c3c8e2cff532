library(testthat)
library(ioi)

test_check("ioi")
