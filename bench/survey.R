# A million rows, 2,000 PSUs in 50 strata, 100 domains: the design, 100 proportions
# with beta limits and their 100 x 100 covariance, against the survey package.

source("bench/common.R")
library(survey, warn.conflicts = FALSE, quietly = TRUE)

data <- make_survey(1e6)

ours <- function() {
  design <- ioi_design(data, weights = weight, strata = stratum, psu = psu)
  ioi_proportion(design, outcome, by = domain, success = 1, ci = "beta")
}
peer_design <- function() {
  svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data)
}
peer_limits <- function(design) {
  svyby(~outcome, ~domain, design, svyciprop, method = "beta", vartype = c("se", "ci"))
}
peer_covariance <- function(design) {
  svyby(~outcome, ~domain, design, svymean, covmat = TRUE)
}

result <- ours()
design <- peer_design()
limits <- peer_limits(design)
covariance <- peer_covariance(design)
show_equal("proportions", result$estimate, limits$outcome)
show_equal("standard errors", result$std.error, limits[["se.as.numeric(outcome)"]])
show_equal("lower beta limits", result$conf.low, limits$ci_l)
show_equal("upper beta limits", result$conf.high, limits$ci_u)
show_equal("covariance, 100 x 100", vcov(result), vcov(covariance))

spent <- take_turns(times = 3, list(
  ours = function() vcov(ours()),
  design = peer_design,
  limits = function() peer_limits(design),
  covariance = function() peer_covariance(design)
))
peer <- spent[, "design"] + spent[, "limits"]
record_race(
  "all of it; peer svydesign() + svyby(svyciprop), no covariance",
  spent[, "ours"], peer,
  target = 300
)
record_race(
  "all of it; peer the same + svyby(svymean, covmat = TRUE)",
  spent[, "ours"], peer + spent[, "covariance"],
  target = 300
)
finish("survey")
