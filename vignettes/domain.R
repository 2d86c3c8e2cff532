# What the vignettes of the domains share: the tables of a domain, and words for limits.

source("setup.R")
knitr::opts_chunk$set(fig.height = 4.2)

points <- function(x, digits = 1) number(100 * abs(x), digits)
limits <- function(x, digits = 1) {
  paste(per_cent(x$conf.low, digits), "to", per_cent(x$conf.high, digits))
}
gap_limits <- function(x, digits = 1) {
  paste(number(100 * x$conf.low, digits), "to", number(100 * x$conf.high, digits))
}
# "higher", "lower", or what an interval over 0 allows to say.
above <- function(x) {
  if (is.na(x$conf.low)) return("not known to differ from")
  if (x$conf.low > 0) "above" else if (x$conf.high < 0) "below" else "not clearly different from"
}

# The indicators of a domain with the routine that answers each.
show_indicators <- function(domain) {
  x <- ioi_indicators(domain = domain)
  table <- data.frame(
    id = x$indicator_id, indicator = x$name, routine = gsub("_", " ", x$routine)
  )
  cat(knitr::kable(table, format = "pipe"), sep = "\n")
}

# Good practice that the framework lists: local or national.
show_practices <- function(domain, level = "local") {
  x <- ioi_practices(domain = domain)
  own <- x[tolower(substr(x$level, 1, 1)) == substr(level, 1, 1), ]
  cat(paste0("* ", own$name), sep = "\n")
}
