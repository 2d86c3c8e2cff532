# How survey estimation scales, 2,000 PSUs in 50 strata throughout:
#   b  a factor of five levels by 100 domains, a million rows, against survey;
#   c  200 replicate weights by 100 domains, against svyby() on svrepdesign();
#   d  1,000 domains against 100, a million rows;
#   e  1, 10 and 50 million rows, the last in chunks whose tallies are merged;
#   f  two threads against one, ten million rows, by the clock and by the CPU of the
#      thread that calls.

source("bench/common.R")
library(survey, warn.conflicts = FALSE, quietly = TRUE)

design_of <- function(data) {
  ioi_design(data, weights = weight, strata = stratum, psu = psu)
}
peer_design_of <- function(data) {
  svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data)
}

# Records the cost of `more` as a multiple of that of `less`, `times` turns of each.
record_growth <- function(what, more, less, target = NA, times = 5, per = 1) {
  spent <- take_turns(list(more, less), times)
  growth_of(what, spent[, 1] / per, spent[, 2], target)
}

growth_of <- function(what, more, less, target = NA) {
  cat(sprintf(
    "seconds of CPU, median: %s against %s\n",
    format_number(median(more)), format_number(median(less))
  ))
  record(
    what, "times the cost", min(more) / min(less), median(more) / median(less), target, "less"
  )
}

# ---- b: a factor of five levels by 100 domains -------------------------------------

five_levels <- function() {
  data <- make_survey(1e6)
  shift <- data$psu %% 3
  data$answer <- factor(letters[1 + pmin(floor(runif(1e6) * (5 + shift)), 4)])
  ours <- function(covariance = NULL) {
    ioi_proportion(design_of(data), answer, by = domain, covariance = covariance)
  }
  peer <- function(design = peer_design_of(data)) {
    svyby(~answer, ~domain, design, svymean, covmat = FALSE)
  }
  few <- function() {
    design <- subset(peer_design_of(data), domain <= 5)
    svyby(~answer, ~domain, design, svymean, covmat = TRUE)
  }
  result <- ours()
  theirs <- peer()
  at <- paste0("answer", letters[1:5])
  in_rows <- function(x) t(as.matrix(x))
  show_equal("proportions, 5 x 100", result$estimate, in_rows(theirs[at]))
  show_equal("standard errors, 5 x 100", result$std.error, in_rows(theirs[paste0("se.", at)]))
  # svyby() orders its covariance by level, then by domain
  order_of_peer <- order(rep(1:5, 5), rep(1:5, each = 5))
  show_equal(
    "covariance, 5 levels x 5 domains", vcov(result)[order_of_peer, order_of_peer], vcov(few())
  )
  spent <- take_turns(list(function() vcov(ours()), function() ours(FALSE), peer), 3)
  record_race(
    "b: 5 levels x 100 domains and vcov(); peer with no covariances",
    spent[, 1], spent[, 3],
    target = 100
  )
  record_race(
    "b: the same, no covariances on either side", spent[, 2], spent[, 3],
    target = 100
  )
  # survey's influences of all 100 domains would take gigabytes: so 20 of them on both sides
  data <- data[data$domain <= 20, ]
  all_pairs <- function(design = peer_design_of(data)) {
    svyby(~answer, ~domain, design, svymean, covmat = TRUE)
  }
  spent <- take_turns(list(function() vcov(ours()), all_pairs), 2)
  record_race(
    "b: 5 levels x 20 domains (a fifth of the rows), all covariances on both sides",
    spent[, 1], spent[, 2]
  )
}

# ---- c: 200 replicates by 100 domains ----------------------------------------------

replicates <- function(rows = 5e4, count = 200) {
  data <- make_survey(rows)
  # each replicate draws its PSUs with replacement within strata, as a bootstrap does
  psus <- split(seq_len(2000), (seq_len(2000) - 1) %/% 40)
  draw <- function(i) {
    hits <- unlist(lapply(psus, function(p) tabulate(sample(p, 39, TRUE) - p[1] + 1, 40)))
    data$weight * (40 / 39 * hits)[data$psu]
  }
  name <- paste0("rep", seq_len(count))
  data[name] <- lapply(seq_len(count), draw)
  our_design <- function() {
    ioi_design(
      data,
      weights = weight, repweights = tidyselect::all_of(name), rep_type = "bootstrap",
      mse = TRUE
    )
  }
  ours <- function(design = our_design(), df = "domain") {
    ioi_proportion(design, outcome, by = domain, success = 1, df = df, covariance = FALSE)
  }
  peer_design <- function() {
    svrepdesign(
      data = data[c("domain", "outcome")], weights = data$weight,
      repweights = as.matrix(data[name]), type = "bootstrap", combined.weights = TRUE,
      mse = TRUE, compress = FALSE
    )
  }
  peer <- function(design = peer_design()) {
    svyby(~outcome, ~domain, design, svymean, covmat = FALSE)
  }
  ready <- our_design()
  peer_ready <- peer_design()
  result <- ours(ready)
  theirs <- peer(peer_ready)
  show_equal("proportions, 200 replicates", result$estimate, theirs$outcome)
  show_equal("standard errors, 200 replicates", result$std.error, theirs$se)
  show_equal("standard errors, df given", ours(ready, 199)$std.error, theirs$se)
  # svyby() counts no degrees of freedom; ours are the rank of each domain's replicates
  # unless they are given
  spent <- take_turns(times = 3, list(
    function() ours(), function() ours(ready),
    function() peer(), function() peer(peer_ready),
    function() ours(df = 199), function() ours(ready, 199)
  ))
  words <- paste("c: 200 replicates x 100 domains,", format(rows, big.mark = ",", sci = FALSE))
  words <- paste(words, "rows")
  record_race(paste0(words, ", whole call"), spent[, 1], spent[, 3], target = 50)
  record_race(paste0(words, ", ready design"), spent[, 2], spent[, 4], target = 50)
  record_race("c: whole call, df given", spent[, 5], spent[, 3], target = 50)
  record_race("c: ready design, df given", spent[, 6], spent[, 4], target = 50)
}

# ---- d: flat in domains --------------------------------------------------------------

flat_in_domains <- function() {
  few <- make_survey(1e6)
  many <- make_survey(1e6, domains = 1000L)
  ours <- function(data, covariance = NULL) {
    ioi_proportion(
      design_of(data), outcome,
      by = domain, success = 1, ci = "beta", covariance = covariance
    )
  }
  result <- ours(many)
  share <- rowsum(many$weight * many$outcome, many$domain) / rowsum(many$weight, many$domain)
  show_equal("1,000 proportions; peer rowsum()", result$estimate, share)
  design <- subset(peer_design_of(many), domain <= 20)
  theirs <- svyby(~outcome, ~domain, design, svymean)
  show_equal("standard errors of 20 of 1,000 domains", result$std.error[1:20], theirs$se)
  record_growth(
    "d: 1,000 domains, against 100, the call as it is",
    function() ours(many), function() ours(few),
    target = 2
  )
  # no target: the matrix has 100 times the entries
  record_growth(
    "d: the same and vcov(): all covariances",
    function() vcov(ours(many)), function() vcov(ours(few))
  )
  record_growth(
    "d: the same, covariance = FALSE",
    function() ours(many, FALSE), function() ours(few, FALSE),
    target = 2
  )
}

# ---- e: linear in rows, f: threads ---------------------------------------------------

# Rows of a file too long to hold: the same PSUs and domains in every chunk.
make_chunk <- function(rows, seed) {
  set.seed(20)
  share <- rbeta(2000, 3, 7)
  set.seed(seed)
  psu <- sample.int(2000L, rows, replace = TRUE)
  data.frame(
    stratum = (psu - 1L) %/% 40L + 1L, psu = psu, weight = runif(rows, 0.5, 2),
    domain = sample.int(100L, rows, replace = TRUE),
    outcome = as.integer(runif(rows) < share[psu])
  )
}

layout_of <- function(data) {
  ioi:::proportion_layout(design_of(data), "outcome", "domain", 1, NULL, "drop")
}

# A layout reads the columns of its data in place, so each chunk has its own; the cells
# are the same, as each chunk has all PSUs and domains.
tally_of <- function(data) ioi:::proportion_tally(layout_of(data))

check_levels <- function(data) {
  stopifnot(
    identical(range(data$psu), c(1L, 2000L)), identical(range(data$domain), c(1L, 100L)),
    identical(range(data$outcome), 0:1)
  )
}

whole_call <- function(data) {
  ioi_proportion(design_of(data), outcome, by = domain, success = 1, ci = "beta")
}

show_chunks_equal <- function(data) {
  rows <- nrow(data) %/% 5
  tallies <- lapply(1:5, function(i) tally_of(data[(i - 1) * rows + seq_len(rows), ]))
  layout <- layout_of(data)
  merged <- ioi:::proportion_estimate(layout, Reduce(ioi:::tally_merge, tallies), NULL)
  result <- whole_call(data)
  show_equal("five tallies merged: proportions", merged$p, result$estimate)
  show_equal("five tallies merged: covariance, 100 x 100", merged$v, vcov(result))
}

# Seconds of CPU from chunks to estimates and covariances, without making the chunks.
chunked <- function(chunks, rows) {
  spent <- 0
  timed <- function(run) {
    time <- system.time(value <- run())
    spent <<- spent + time[["user.self"]] + time[["sys.self"]]
    value
  }
  total <- NULL
  for (i in seq_len(chunks)) {
    data <- make_chunk(rows, 100 + i)
    check_levels(data)
    total <- timed(function() {
      tally <- tally_of(data)
      if (is.null(total)) tally else ioi:::tally_merge(total, tally)
    })
  }
  estimate <- timed(function() ioi:::proportion_estimate(layout_of(data), total, NULL))
  stopifnot(sum(estimate$n) == chunks * rows)
  spent
}

linear_in_rows <- function() {
  million <- make_survey(1e6)
  ten <- make_survey(1e7)
  show_chunks_equal(ten)
  spent <- take_turns(list(function() whole_call(million), function() whole_call(ten)), 5)
  fifty <- vapply(1:2, function(i) chunked(5, 1e7), 0)
  # linear: at 1 the cost of a row is the same
  growth_of("e: a row of 10 million, against a row of 1 million", spent[, 2] / 10, spent[, 1], 1.2)
  growth_of("e: a row of 50 million in 5 chunks, against 1 million", fifty / 50, spent[, 1], 1.2)
  growth_of("e: a row of 50 million in 5 chunks, against 10 million", fifty / 5, spent[, 2], 1.2)
  two_threads(ten)
}

two_threads <- function(data) {
  with_threads <- function(threads) {
    function() {
      options(ioi.threads = threads)
      on.exit(options(ioi.threads = 1))
      whole_call(data)
    }
  }
  stopifnot(identical(with_threads(2)(), with_threads(1)()))
  cat("equal: one thread and two, to the last bit\n")
  race(
    "f: 2 threads, 10 million rows, by the clock; peer 1 thread",
    with_threads(2), with_threads(1),
    times = 9, clock = "elapsed", target = 1.5
  )
  if (file.exists(own_thread())) {
    spent <- t(replicate(9, c(thread_seconds(with_threads(2)), thread_seconds(with_threads(1)))))
    record_race(
      "f: the same, CPU of the thread that calls, which waits for the other",
      spent[, 1], spent[, 2],
      target = 1.5
    )
  }
}

# Nanoseconds that the thread of R itself has run stand first in this file (Linux). Where
# two cores are free they are the time of the clock; where they are not, waiting for the
# other thread does not count if it sleeps: set OMP_WAIT_POLICY=passive.
own_thread <- function() {
  sprintf("/proc/self/task/%d/schedstat", Sys.getpid())
}

thread_seconds <- function(run) {
  now <- function() as.numeric(strsplit(readLines(own_thread()), " ")[[1]][1]) / 1e9
  gc()
  before <- now()
  run()
  now() - before
}

five_levels()
replicates()
flat_in_domains()
linear_in_rows()
finish("survey-scale")
