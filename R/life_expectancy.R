# Life tables: life expectancy, healthy life expectancy, gaps by age.

life_rules <- list(
  variance = c("silcocks", "chiang"), var = c("total", "prevalence"),
  open = c("na", "merge"), empty = c("na", "merge"), healthy = c("binomial", "wilson")
)

# The rule of OHID: at least this many person-years, no interval wider than this.
ohid_least_people <- 5000
ohid_widest_interval <- 20

# Deaths of the first year come early: mean share of the band lived by those who die.
default_ax <- function(start) ifelse(start == 0, 0.1, 0.5)

#' Life expectancy and healthy life expectancy
#'
#' Years that people of a given age would live, on average, if the death rates of the
#' period lasted, from deaths and population by age band; and, with the share in good
#' health by age, how many of those years in good health.
#'
#' @param data A data frame with a row per group and age band.
#' @param age Column with the age bands: first ages (0, 1, 5, 10, ...) or labels such
#'   as `"Under 1"`, `"1-4"`, `"5 to 9"`, `"90+"`. Any bands will do; the oldest is
#'   open. Rows may come in any order.
#' @param deaths Column with the deaths of the period.
#' @param population Column with the person-years of the same period: for three years
#'   of deaths the sum of three mid-year populations.
#' @param by Columns that define groups (see [how to name columns][ioi_columns]).
#' @param healthy Share in good health by age, which gives healthy life expectancy: a
#'   column of fractions; a data frame with columns `age`, `estimate` and `std.error`
#'   (or `n`, its base), and those of `by` it is given for; or an [ioi_estimate] by age,
#'   whose covariance is used. The bands of the last two may be wider than those of the
#'   life table; each band then takes the share of the one its middle lies in.
#' @param at Ages for which the result is wanted, first ages of bands. `NULL` gives the
#'   whole life table.
#' @param level Confidence level, between 0 and 1.
#' @param ... Not used.
#' @param ax Column with the mean share of the band lived by those who die in it, 0 to
#'   1. Without it 0.1 for the band that starts at age 0 and 0.5 for the others.
#' @param healthy_n Column with the base (respondents) of a column `healthy`.
#' @param healthy_variance Variance of a share from its base: `"binomial"`, or
#'   `"wilson"`, which is not 0 where the share is 0 or 1.
#' @param var What the standard error of healthy life expectancy holds: `"total"`, or
#'   only `"prevalence"`, as many published intervals do.
#' @param variance `"silcocks"` counts the variance of the open band; `"chiang"` leaves
#'   it out, which makes intervals too narrow.
#' @param open What to do where nobody died in the oldest band: `"na"` has no result;
#'   `"merge"` pools the oldest bands until there is a death.
#' @param empty_band What to do where a band has no population: `"na"`; or `"merge"`
#'   pools it with the next band.
#' @param person_time `TRUE` says that population is person-time, so that a closed band
#'   may have more deaths than population.
#' @param suppress `"ohid"` gives no result for tables of 5,000 person-years or fewer
#'   and for intervals wider than 20 years.
#' @return A tibble of class [ioi_estimate], a row per group and age of `at`: the `by`
#'   columns, `age` (first age of the band), `estimate` (years; healthy years with
#'   `healthy`), `std.error`, `conf.low`, `conf.high`; with `at = NULL` also `qx`
#'   (probability of dying in the band), `lx` (share of a birth cohort alive at its
#'   start), `Lx` (years lived in the band) and `Tx` (from it on), per person born; with
#'   `healthy` also `life_expectancy`, `healthy_share`, `se_prevalence` and
#'   `se_mortality` (the two parts of the standard error); `events` (deaths) and `n`
#'   (person-years) at that age and above; `flag`.
#' @section Formula: With \eqn{n} the width of the band, \eqn{M} deaths over person-years
#'   and \eqn{a} the share of the band lived by those who die,
#'   \eqn{q = nM/(1 + (1-a)nM)}, at most 1; \eqn{l} is the product of the \eqn{1-q} of
#'   the bands before; \eqn{L = n(l' + a d)} with \eqn{l'} the survivors and \eqn{d} the
#'   deaths of the table, \eqn{L = l/M} in the open band; life expectancy is the sum of
#'   the L from there on over l (Chiang 1984). Its variance is the delta method's with
#'   \eqn{Var(q) = q^2(1-q)/D}, and \eqn{1/(DM^2)} for the open band (Silcocks et al.
#'   2001). Healthy life expectancy weighs the L by the share in good health (Sullivan
#'   1971). The chance of dying between two ages is 1 less the ratio of their `lx`.
#' @section Missing and empty: No result stops another. Flags: `no deaths in open band`
#'   (no result at any age); `empty band` and `missing` (none at that age and younger
#'   ones; older ages have theirs); `missing band` (a band of the other groups is not
#'   there); `no survivors` (a closed band in which all die: nothing beyond it); `bands
#'   merged`; `no prevalence`; `no prevalence variance` (the standard error has the
#'   mortality part only); `population 5,000 or less` and `interval over 20 years`
#'   (withheld). A closed band without deaths is fine.
#' @section Errors: `ioi_error_input` for a wrong column or number; `ioi_error_data` for
#'   a negative or infinite count, more deaths than population in a closed band, bands
#'   that are repeated, overlap, or leave a hole, an oldest band whose label says where
#'   it ends, an age of `at` that no band starts at.
#' @references Chiang, C. L. (1984). *The Life Table and its Applications*. Krieger.
#'
#'   Silcocks, P. B. S., Jenner, D. A. and Reza, R. (2001). Life expectancy as a summary
#'   of mortality in a population. *Journal of Epidemiology and Community Health* 55,
#'   38-43. \doi{10.1136/jech.55.1.38}
#'
#'   Eayres, D. and Williams, E. S. (2004). Evaluation of methodologies for small area
#'   life expectancy estimation. *Journal of Epidemiology and Community Health* 58,
#'   243-249.
#'
#'   Sullivan, D. F. (1971). A single index of mortality and morbidity. *HSMHA Health
#'   Reports* 86, 347-354.
#' @seealso [ioi_life_gap()], [ioi_years_lost()], [ioi_plot_life_table()]
#' @examples
#' ioi_life_expectancy(area_deaths, age, deaths, population)
#' table <- ioi_life_expectancy(area_deaths, age, deaths, population, at = NULL)
#' 1 - table$lx[table$age == 75] # chance of dying before 75
#'
#' # years in good health, with the shares of the 2011 census
#' people <- subset(census_2011_people, population_base == "Usual resident")
#' good <- ioi_proportion(
#'   people, health,
#'   by = age_band, success = c("Very good health", "Good health")
#' )
#' ioi_life_expectancy(
#'   area_deaths, age, deaths, population,
#'   healthy = good, at = c(0, 65)
#' )
#' @export
ioi_life_expectancy <- function(data, age, deaths, population, by = NULL,
                                healthy = NULL, at = 0, level = 0.95, ..., ax = NULL,
                                healthy_n = NULL,
                                healthy_variance = c("binomial", "wilson"),
                                var = c("total", "prevalence"),
                                variance = c("silcocks", "chiang"),
                                open = c("na", "merge"), empty_band = c("na", "merge"),
                                person_time = FALSE, suppress = NULL) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- life_columns(
    data, rlang::enquo(age), rlang::enquo(deaths), rlang::enquo(population),
    rlang::enquo(ax)
  )
  source <- healthy_source(rlang::enquo(healthy), rlang::enquo(healthy_n), data)
  taken <- c(columns, source$column, source$n, recursive = TRUE)
  by <- table_by(rlang::enquo(by), data, taken)
  check_by_names(by, life_columns_out)
  rule <- list(
    level = check_level(level), by = by,
    variance = check_choice(variance, life_rules$variance, "variance"),
    var = check_choice(var, life_rules$var, "var"),
    open = check_choice(open, life_rules$open, "open"),
    empty = check_choice(empty_band, life_rules$empty, "empty_band"),
    healthy = check_choice(healthy_variance, life_rules$healthy, "healthy_variance"),
    person_time = check_flag(person_time, "person_time"),
    suppress = check_suppress(suppress)
  )
  groups <- group_rows(data, by)
  rule$left_out <- report_ungrouped(groups)
  cells <- life_cells(data, columns, groups, rule)
  rows <- life_ages(at, cells$bands)
  health <- healthy_cells(source, data, cells, groups, rule)
  table <- life_table(cells, health, rule)
  life_result(groups, cells, table, health, rows, rule, whole = is.null(at))
}

life_columns <- function(data, age, deaths, population, ax, call = rlang::caller_env()) {
  list(
    age = resolve_column(age, data, "age", call),
    deaths = resolve_column(deaths, data, "deaths", call),
    population = if (!rlang::quo_is_null(population)) {
      resolve_column(population, data, "population", call)
    },
    ax = resolve_columns(ax, data, "ax", most = 1, call = call)
  )
}

# ---- cells --------------------------------------------------------------------

# Matrices band x group: deaths, population (NULL without the column), ax, and rows
# per cell; list with bands and row: the row of the data in each cell (NA: none).
life_cells <- function(data, columns, groups, rule, repeats = FALSE,
                       call = rlang::caller_env()) {
  deaths <- count_column(data[[columns$deaths]], "deaths", call)
  population <- if (length(columns$population)) {
    count_column(data[[columns$population]], "population", call)
  }
  bands <- age_bands(data[[columns$age]], call)
  k <- length(bands$start)
  none <- if (is.null(population)) rep(0, nrow(data)) else population
  sums <- cell_sums(groups, bands$code, k, deaths, none, call = call)
  if (!repeats) {
    check_repeats(sums$rows, bands, groups, call)
  }
  row <- matrix(NA_integer_, k, groups$size)
  at <- which(!is.na(groups$code))
  row[bands$code[at] + k * (groups$code[at] - 1L)] <- at
  ax <- matrix(default_ax(bands$start), k, groups$size)
  if (length(columns$ax)) {
    ax <- ax_cells(data[[columns$ax]], row, ax, call)
  }
  list(
    bands = bands, deaths = sums$events, row = row, ax = ax,
    population = if (!is.null(population)) sums$population,
    absent = colSums(sums$rows == 0) > 0
  )
}

check_repeats <- function(rows, bands, groups, call) {
  twice <- which(rows > 1)
  if (length(twice)) {
    k <- nrow(rows)
    band <- as.character(bands$label[(twice[1] - 1) %% k + 1])
    where <- group_words(groups, (twice[1] - 1) %/% k + 1)
    abort_ioi(
      c(
        "{.arg age} must not repeat within a table.",
        "x" = "Band {.val {band}} of {where} is there {rows[twice[1]]} times;
               {length(twice)} band{?s} {?is/are} repeated in all.",
        "i" = "Name the columns that set the tables apart in {.arg by}, or add the rows
               up first."
      ),
      "data",
      arg = "age", count = length(twice), call = call
    )
  }
}

# ax where the column has a value; the open band needs none.
ax_cells <- function(x, row, ax, call) {
  bad <- which(!is.na(x) & !(is.numeric(x) & x >= 0 & x <= 1))
  if (!is.numeric(x) || length(bad)) {
    abort_ioi(
      "{.arg ax} must be a column of numbers from 0 to 1.", "data",
      arg = "ax", where = bad, call = call
    )
  }
  given <- x[row]
  ax[!is.na(given)] <- given[!is.na(given)]
  ax
}

# Positions of the bands that results are wanted for.
life_ages <- function(at, bands, call = rlang::caller_env()) {
  if (is.null(at)) {
    return(seq_along(bands$start))
  }
  start <- parse_ages(at)$start
  rows <- match(start, bands$start)
  if (!length(at) || anyNA(rows)) {
    abort_ioi(
      c(
        "{.arg at} must hold ages at which a band starts.",
        "x" = "There is no band that starts at {.val {at[is.na(rows)]}}.",
        "i" = "They start at {.val {bands$start}}."
      ),
      "data",
      arg = "at", call = call
    )
  }
  rows
}

# The tables of all groups, a list of matrices; NA and a flag where undefined.
life_table <- function(cells, health, rule, call = rlang::caller_env()) {
  check_life(cells, rule, call)
  if (!is.null(health$covariance) && (rule$open == "merge" || rule$empty == "merge")) {
    abort_ioi(
      c(
        "Bands cannot be merged when {.arg healthy} has shares that vary together.",
        "i" = "Merge the bands of the data first."
      ),
      "input",
      arg = "open", call = call
    )
  }
  .Call(
    ioi_r_life_table, cells$bands$start, cells$ax, cells$deaths, life_population(cells),
    health$share, health$variance, health$covariance,
    as.integer(
      c(rule$variance == "silcocks", rule$open == "merge", rule$empty == "merge")
    )
  )
}

# A band that is not there is unknown, not empty.
life_population <- function(cells) {
  population <- cells$population
  population[is.na(cells$row)] <- NA
  population
}

check_life <- function(cells, rule, call) {
  k <- length(cells$bands$start)
  if (cells$bands$open[k] %in% FALSE) {
    label <- as.character(cells$bands$label[k])
    abort_ioi(
      c(
        "The oldest band of {.arg age} must be open, such as {.val 90+}.",
        "x" = "It is {.val {label}}."
      ),
      "data",
      arg = "age", labels = label, call = call
    )
  }
  closed <- seq_len(k - 1)
  n <- cells$population[closed, , drop = FALSE]
  bad <- which(cells$deaths[closed, , drop = FALSE] > n & n > 0)
  if (length(bad) && !rule$person_time) {
    count <- length(bad)
    abort_ioi(
      c(
        "{.arg deaths} must not exceed {.arg population} in a closed band.",
        "x" = "{count} band{?s} {?does/do}, first
               {.val {as.character(cells$bands$label[(bad[1] - 1) %% (k - 1) + 1])}}.",
        "i" = "If population is person-time and this is right, say
               {.code person_time = TRUE}."
      ),
      "data",
      arg = "deaths", count = count, call = call
    )
  }
}

# ---- health -------------------------------------------------------------------

# Where the shares come from: list(column, n) of the data, or list(table).
healthy_source <- function(quo, n, data, call = rlang::caller_env()) {
  n <- resolve_columns(n, data, "healthy_n", most = 1, call = call)
  expr <- rlang::quo_get_expr(quo)
  if (is.null(expr)) {
    return(list(none = TRUE))
  }
  is_column <- (
    is.symbol(expr) && as.character(expr) %in% names(data)
  ) || is.character(expr)
  if (!is_column) {
    value <- tryCatch(rlang::eval_tidy(quo), error = function(e) NULL)
    if (is.null(value)) {
      value <- tryCatch(
        rlang::eval_bare(expr, rlang::quo_get_env(quo)), error = function(e) NULL
      )
    }
    if (is.data.frame(value)) {
      return(list(table = value, n = n))
    }
  }
  list(column = resolve_column(quo, data, "healthy", call), n = n)
}

# Shares of band x group with their variances: list(share, variance, covariance: band
# x band x group, or NULL), or NULL.
healthy_cells <- function(source, data, cells, groups, rule, call = rlang::caller_env()) {
  if (isTRUE(source$none)) {
    return(NULL)
  }
  if (!is.null(source$table)) {
    return(healthy_from_table(source$table, cells, groups, rule, call))
  }
  share <- healthy_shares(data[[source$column]], call)[cells$row]
  n <- if (length(source$n)) {
    count_column(data[[source$n]], "healthy_n", call)[cells$row]
  } else {
    rep(NA_real_, length(share))
  }
  list(
    share = matrix(share, nrow(cells$row)),
    variance = matrix(share_variance(share, n, rule$healthy), nrow(cells$row))
  )
}

healthy_shares <- function(x, call) {
  bad <- if (is.numeric(x)) which(!is.na(x) & !(x >= 0 & x <= 1))
  if (!is.numeric(x) || length(bad)) {
    abort_ioi(
      c(
        "{.arg healthy} must hold shares from 0 to 1.",
        "x" = "The first that is not: {.val {x[bad[1]]}}."
      ),
      "data",
      arg = "healthy", where = bad, call = call
    )
  }
  as.double(x)
}

# p(1 - p)/n, or the same after Wilson's shift of z^2/2 at 95%.
share_variance <- function(p, n, kind) {
  n[n %in% 0] <- NA
  if (kind == "wilson") {
    z2 <- stats::qnorm(0.975)^2
    p <- (n * p + z2 / 2) / (n + z2)
    n <- n + z2
  }
  p * (1 - p) / n
}

# From a data frame or an estimate by age.
healthy_from_table <- function(x, cells, groups, rule, call) {
  age <- healthy_age(x, rule$by, call)
  if (!"estimate" %in% names(x)) {
    abort_ioi("{.arg healthy} must have a column {.field estimate}.", "input",
      arg = "healthy", call = call
    )
  }
  share <- healthy_shares(x[["estimate"]], call)
  from <- healthy_rows(x, age, cells$bands, groups, rule$by, call)
  k <- nrow(from)
  covariance <- healthy_covariance(x, share, rule, call)
  out <- list(share = matrix(share[from], k))
  shared <- any(apply(from, 2, function(r) anyDuplicated(r[!is.na(r)]) > 0))
  if (!shared && is_diagonal(covariance)) {
    variance <- if (is.matrix(covariance)) diag(covariance) else covariance
    out$variance <- matrix(variance[from], k)
    return(out)
  }
  out$covariance <- array(
    apply(from, 2, function(r) {
      if (is.matrix(covariance)) covariance[r, r] else ifelse(
        outer(r, r, `==`), covariance[r], 0
      )
    }),
    c(k, k, groups$size)
  )
  out
}

# Variances alone, or a matrix with nothing off its diagonal.
is_diagonal <- function(covariance) {
  !is.matrix(covariance) ||
    all(covariance[row(covariance) != col(covariance)] %in% c(0, NA))
}

# The column with the age of a table of shares.
healthy_age <- function(x, by, call) {
  candidates <- setdiff(
    union(intersect("age", names(x)), union(attr(x, "info")$by, names(x))),
    c(by, core_columns, base_columns, label_columns, "flag")
  )
  for (name in candidates) {
    value <- x[[name]]
    if (!is.list(value) && !anyNA(
      parse_ages(if (is.numeric(value)) value else as.character(value))$start
    )) {
      return(name)
    }
  }
  abort_ioi(
    c(
      "{.arg healthy} must have a column of ages or age bands.",
      "i" = "It has: {.val {names(x)}}."
    ),
    "input",
    arg = "healthy", call = call
  )
}

# The row of the table for each band and group: the band its middle lies in.
healthy_rows <- function(x, age, bands, groups, by, call) {
  value <- x[[age]]
  start <- parse_ages(if (is.numeric(value)) value else as.character(value))$start
  shared <- intersect(by, names(x))
  key <- function(columns) {
    if (!length(columns)) "" else do.call(
      paste, c(lapply(unname(columns), as.character), sep = "\r")
    )
  }
  ours <- rep_len(key(groups$labels[shared]), groups$size)
  theirs <- rep_len(key(lapply(shared, function(name) x[[name]])), length(start))
  if (anyDuplicated(data.frame(theirs, start))) {
    abort_ioi(
      c(
        "{.arg healthy} must have one row for each
         {if (length(shared)) 'age and group' else 'age'}.",
        "i" = "Choose the rows of the share in good health first."
      ),
      "data",
      arg = "healthy", call = call
    )
  }
  k <- length(bands$start)
  ends <- c(bands$start[-1], NA)
  middle <- ifelse(is.na(ends), bands$start, (bands$start + ends) / 2)
  rows_of <- split(seq_along(start), factor(theirs, unique(theirs)))
  found <- lapply(rows_of, function(rows) {
    rows <- rows[order(start[rows])]
    place <- findInterval(middle, start[rows])
    rows[ifelse(place == 0, NA, place)]
  })
  matrix(unlist(lapply(match(ours, names(found)), function(i) {
    if (is.na(i)) rep(NA_integer_, k) else found[[i]]
  })), k)
}

# The covariance of the shares, or their variances when they are independent.
healthy_covariance <- function(x, share, rule, call) {
  if (is_estimate(x) && !is.null(attr(x, "vcov"))) {
    return(attr(x, "vcov"))
  }
  if ("std.error" %in% names(x)) {
    return(count_column(x[["std.error"]], "healthy$std.error", call)^2)
  }
  if ("n" %in% names(x)) {
    return(share_variance(share, count_column(x[["n"]], "healthy$n", call), rule$healthy))
  }
  rep(NA_real_, length(share))
}

# ---- the result ---------------------------------------------------------------

life_result <- function(groups, cells, table, health, rows, rule, whole) {
  sullivan <- !is.null(health)
  pick <- function(m) as.vector(m[rows, , drop = FALSE])
  estimate <- pick(if (sullivan) table$hx else table$ex)
  parts <- if (sullivan) list(p = pick(table$prevalence), m = pick(table$mortality))
  v <- if (sullivan) sullivan_variance(
    parts, estimate, rule$var
  ) else pick(table$variance)
  se <- sqrt(v)
  limits <- normal_limits(estimate, se, rule$level)
  per_row <- rep(seq_len(groups$size), each = length(rows))
  withheld <- life_withheld(estimate, se, cells, per_row, rule$suppress)
  flag <- join_flags(c(
    life_flags(table$note, cells, per_row),
    list(
      "no prevalence" = sullivan & is.na(estimate) & !is.na(pick(table$ex)),
      "no prevalence variance" = sullivan & is.na(parts$p) & !is.na(estimate)
    )[sullivan],
    withheld
  ))
  hidden <- Reduce(`|`, withheld)
  hide <- function(x) {
    x[hidden] <- NA
    x
  }
  above <- function(m) pick(sum_upwards(m))
  columns <- c(
    lapply(groups$labels, function(x) x[per_row]),
    list(
      age = rep(cells$bands$start[rows], groups$size), estimate = hide(estimate),
      std.error = hide(se), conf.low = hide(limits$conf.low), conf.high = hide(
        limits$conf.high
      )
    ),
    if (whole) lapply(table[c("qx", "lx", "Lx", "Tx")], function(m) hide(pick(m))),
    if (sullivan) {
      ex <- hide(pick(table$ex))
      list(
        life_expectancy = ex, healthy_share = hide(estimate) / ex,
        se_prevalence = hide(sqrt(parts$p)), se_mortality = hide(sqrt(parts$m))
      )
    },
    list(events = above(cells$deaths), n = above(cells$population), flag = flag)
  )
  independent <- is.null(health$covariance) && rule$var == "total"
  vcov <- life_vcov(hide(v), pick(table$lx), groups$size, independent)
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = length(estimate)),
    vcov = vcov,
    info = life_info(rule, sullivan, flag, vcov, length(rows))
  )
}

# Sums of a band and all older ones; a loop over bands, not over groups.
sum_upwards <- function(m) {
  for (band in rev(seq_len(nrow(m) - 1))) {
    m[band, ] <- m[band, ] + m[band + 1, ]
  }
  m
}

# Both parts; the mortality part alone where that of the prevalence is unknown.
sullivan_variance <- function(parts, estimate, var) {
  if (var == "prevalence") {
    return(parts$p)
  }
  ifelse(is.na(parts$p) & !is.na(estimate), parts$m, parts$p + parts$m)
}

# What the core noted of each group, a value per row of `per_row`.
life_flags <- function(note, cells, per_row) {
  has <- function(bit) bitwAnd(note, bit) > 0
  flags <- list(
    "missing" = has(1L) & !cells$absent, "missing band" = cells$absent,
    "empty band" = has(2L), "no deaths in open band" = has(4L),
    "no survivors" = has(8L), "bands merged" = has(16L)
  )
  lapply(flags, `[`, per_row)
}

life_withheld <- function(estimate, se, cells, per_row, suppress) {
  if (is.null(suppress)) {
    return(list(none = rep(FALSE, length(estimate)))[0])
  }
  people <- colSums(cells$population)
  list(
    "population 5,000 or less" = (people <= ohid_least_people)[per_row],
    "interval over 20 years" = 2 * stats::qnorm(0.975) * se > ohid_widest_interval
  )
}

# Ages of one table share their deaths: Cov(e_x, e_y) = (l_y/l_x) Var(e_y), x < y.
life_vcov <- function(v, lx, groups, independent) {
  n <- length(v)
  ages <- n / groups
  if (!independent || n > most_diagonal_rows) {
    return(NULL)
  }
  vcov <- diag(v, n)
  table <- rep(seq_len(groups), each = ages)
  pair <- which(
    outer(table, table, `==`) & outer(seq_len(n), seq_len(n), `<`), arr.ind = TRUE
  )
  if (nrow(pair)) {
    younger <- ifelse(lx[pair[, 1]] >= lx[pair[, 2]], pair[, 1], pair[, 2])
    older <- ifelse(younger == pair[, 1], pair[, 2], pair[, 1])
    value <- lx[older] / lx[younger] * v[older]
    vcov[pair] <- vcov[pair[, 2:1, drop = FALSE]] <- value
  }
  vcov <- missing_rows(vcov, is.na(v))
  vcov
}

life_info <- function(rule, sullivan, flag, vcov, ages) {
  what <- if (sullivan) "Healthy life expectancy in years" else "Life expectancy in years"
  notes <- c(
    if (rule$variance == "chiang") "The variance leaves out the open band (Chiang).",
    if (sullivan && rule$var == "prevalence") {
      "The standard error is that of the prevalence alone."
    }
  )
  list(
    what = what, unit = "number", by = c(
      rule$by, "age"
    ), level = rule$level, ci = "normal",
    limits = "wald", flags = words_for(flag), notes = notes,
    dropped = c("rows without a value of by" = rule$left_out),
    life = list(ages = ages), independent = ages == 1,
    no_vcov = if (is.null(vcov)) {
      "With this many rows, or with shares in good health that vary together, none is
       stored."
    }
  )
}

# ---- gaps ---------------------------------------------------------------------

#' A gap in life expectancy, split by age and by cause
#'
#' The difference in life expectancy between a group and a reference, and how many
#' years of it come from different death rates at each age, or from each cause of
#' death at each age.
#'
#' @inheritParams ioi_life_expectancy
#' @param group Column that names the groups.
#' @param reference The group to compare with, as text.
#' @param by Columns within whose combinations groups are compared.
#' @param cause Column with the cause of death. `data` then has a row per group, band
#'   and cause, and repeats the population of the band.
#' @return A tibble of class [ioi_estimate], a row per group other than the reference
#'   and age band (and cause): the `by` columns, `group`, `reference`, `age` (and
#'   `cause`), `estimate` (years that the band, or cause, adds to the life expectancy
#'   of the group over the reference), `std.error`, `conf.low`, `conf.high` (not for
#'   causes), `gap` (the whole difference in years, group less reference), `gap_se`, and
#'   `flag`. The estimates of a group add up to `gap`.
#' @section Formula: Arriaga's (1984): the part of a closed band is
#'   \eqn{l_1 (L_2/l_2 - L_1/l_1) + T_2'(l_1/l_2 - l_1'/l_2')}, with table 1 the
#'   reference, table 2 the group and a dash for the next band; that of the open band is
#'   \eqn{l_1(e_2 - e_1)}. Standard errors are the delta method's, with the covariance
#'   of the bands in [vcov()]; they add up to the variance of the gap. Within a band a
#'   cause gets the share of the change in its death rate.
#' @section Missing and empty: Where either life table is undefined the row is `NA` and
#'   flagged as in [ioi_life_expectancy()]. Where the rates of a band agree but their
#'   causes do not, the split is undefined: 0, flagged `split undefined`.
#' @section Errors: as in [ioi_life_expectancy()]; `ioi_error_input` for a reference that
#'   is not a group.
#' @references Arriaga, E. E. (1984). Measuring and explaining the change in life
#'   expectancies. *Demography* 21, 83-96. \doi{10.2307/2061029}
#' @examples
#' # the same area, with death rates a fifth lower from age 50
#' better <- transform(
#'   area_deaths,
#'   deaths = ifelse(age >= 50, 0.8 * deaths, deaths), area = "better"
#' )
#' both <- rbind(transform(area_deaths, area = "now"), better)
#' ioi_life_gap(both, age, deaths, population, area, reference = "now")
#' @export
ioi_life_gap <- function(data, age, deaths, population, group, reference, by = NULL,
                         cause = NULL, level = 0.95, ..., ax = NULL,
                         variance = c("silcocks", "chiang"), person_time = FALSE) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- life_columns(
    data, rlang::enquo(age), rlang::enquo(deaths), rlang::enquo(population),
    rlang::enquo(ax)
  )
  columns$cause <- resolve_columns(rlang::enquo(cause), data, "cause", most = 1)
  group <- resolve_column(rlang::enquo(group), data, "group")
  by <- setdiff(table_by(rlang::enquo(by), data, c(columns, recursive = TRUE)), group)
  check_by_names(by, gap_columns)
  rule <- list(
    level = check_level(level), by = by,
    variance = check_choice(variance, life_rules$variance, "variance"),
    person_time = check_flag(person_time, "person_time")
  )
  groups <- group_rows(data, c(by, group))
  rule$left_out <- report_ungrouped(groups)
  pairs <- gap_pairs(groups, group, by, reference)
  cells <- gap_cells(data, columns, groups, rule)
  check_life(cells, rule, rlang::current_env())
  sides <- lapply(pairs[c("one", "two")], function(at) {
    list(
      ax = cells$ax[, at, drop = FALSE], deaths = cells$deaths[, at, drop = FALSE],
      population = life_population(cells)[, at, drop = FALSE]
    )
  })
  out <- .Call(
    ioi_r_life_gap, cells$bands$start, sides$one, sides$two,
    as.integer(rule$variance == "silcocks")
  )
  result <- gap_result(groups, group, pairs, cells, out, rule)
  if (length(columns$cause)) gap_by_cause(
    result, data, columns, groups, pairs, cells
  ) else result
}

# Columns of the reference (one) and of the group (two) of each comparison.
gap_pairs <- function(groups, group, by, reference, call = rlang::caller_env()) {
  label <- as.character(groups$labels[[group]])
  if (length(reference) != 1 || !as.character(reference) %in% label) {
    abort_ioi(
      c(
        "{.arg reference} must be one of the groups.",
        "x" = "It is {.val {as.character(reference)}}.",
        "i" = "The groups are {.val {unique(label)}}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  block <- parity_block(groups$labels[by], groups$size)
  is_reference <- label == as.character(reference)
  one <- which(is_reference)[match(block, block[is_reference])]
  two <- which(!is_reference & !is.na(one))
  list(one = one[two], two = two, block = block[two], reference = as.character(reference))
}

# Cells with causes added up; their population counts once.
gap_cells <- function(data, columns, groups, rule, call = rlang::caller_env()) {
  if (!length(columns$cause)) {
    return(life_cells(data, columns, groups, rule, call = call))
  }
  cells <- life_cells(data, columns, groups, rule, repeats = TRUE, call = call)
  population <- count_column(data[[columns$population]], "population", call)
  once <- cell_sums(
    groups, cells$bands$code, length(cells$bands$start),
    count_column(data[[columns$deaths]], "deaths", call), population,
    rep(1, nrow(data)), call
  )
  cells$population <- once$population
  cells
}

gap_result <- function(groups, group, pairs, cells, out, rule) {
  k <- length(cells$bands$start)
  count <- length(pairs$two)
  at <- rep(seq_len(count), each = k)
  variance <- as.vector(apply(array(out$covariance, c(k, k, count)), 3, diag))
  se <- sqrt(pmax(variance, 0))
  estimate <- as.vector(out$gap)
  limits <- normal_limits(estimate, se, rule$level)
  total <- out$total
  note <- bitwOr(out$note[1, ], out$note[2, ])
  absent <- list(absent = cells$absent[pairs$one] | cells$absent[pairs$two])
  flag <- join_flags(life_flags(note, absent, at))
  columns <- c(
    lapply(groups$labels[rule$by], function(x) x[pairs$two][at]),
    list(
      group = groups$labels[[group]][pairs$two][at],
      reference = rep(pairs$reference, length(at)), age = rep(cells$bands$start, count),
      estimate = estimate, std.error = se, conf.low = limits$conf.low,
      conf.high = limits$conf.high, gap = (total[2, ] - total[1, ])[at],
      gap_se = sqrt(total[3, ] + total[4, ])[at], flag = flag
    )
  )
  alone <- !anyDuplicated(pairs$block)
  vcov <- if (alone && length(at) <= most_diagonal_rows) gap_block_vcov(
    out$covariance, k, count
  )
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = length(at)),
    vcov = vcov,
    info = list(
      what = "Years of the gap in life expectancy by age", unit = "number",
      by = c(rule$by, "age"), level = rule$level, ci = "normal", limits = "wald",
      flags = words_for(flag), notes = gap_notes(groups, group, pairs, total, rule),
      dropped = c("rows without a value of by or group" = rule$left_out),
      no_vcov = if (is.null(vcov)) {
        "Gaps to the same reference vary together; this is not kept."
      }
    )
  )
}

# "London less England: -2.7 years (95% limits -4.0 to -1.3)" for a few gaps.
gap_notes <- function(groups, group, pairs, total, rule) {
  few <- utils::head(seq_along(pairs$two), 5)
  se <- sqrt(total[3, ] + total[4, ])
  gap <- total[2, ] - total[1, ]
  limits <- normal_limits(gap, se, rule$level)
  label <- format_label(groups$labels[[group]][pairs$two])
  text <- paste0(
    label, " less ", pairs$reference, ": ", format_number(gap, 2), " years (",
    format_label(100 * rule$level), "% limits ", format_number(
      limits$conf.low, 2
    ), " to ",
    format_number(limits$conf.high, 2), ")."
  )
  text[few[!is.na(gap[few])]]
}

gap_block_vcov <- function(covariance, k, count) {
  out <- matrix(0, k * count, k * count)
  cells <- array(covariance, c(k, k, count))
  for (i in seq_len(count)) {
    at <- (i - 1) * k + seq_len(k)
    out[at, at] <- cells[, , i]
  }
  missing_rows(out, is.na(diag(out)))
}

# Each band's part shared out to causes by the change in their rates.
gap_by_cause <- function(result, data, columns, groups, pairs, cells,
                         call = rlang::caller_env()) {
  cause <- age_free_codes(data[[columns$cause]], call)
  k <- length(cells$bands$start)
  causes <- length(cause$labels)
  deaths <- count_column(data[[columns$deaths]], "deaths", call)
  band <- cells$bands$code + k * (cause$code - 1L)
  sums <- cell_sums(groups, band, k * causes, deaths, rep(0, length(deaths)), call = call)
  rate <- function(at) {
    population <- cells$population[rep(seq_len(k), causes), at, drop = FALSE]
    sums$events[, at, drop = FALSE] / population
  }
  all <- function(at) {
    m <- (cells$deaths / cells$population)[, at, drop = FALSE]
    m[rep(seq_len(k), causes), , drop = FALSE]
  }
  split <- .Call(
    ioi_r_cause_share, as.vector(rate(pairs$one)), as.vector(rate(pairs$two)),
    as.vector(all(pairs$one)), as.vector(all(pairs$two))
  )
  count <- length(pairs$two)
  row <- as.vector(vapply(seq_len(count), function(i) {
    rep((i - 1L) * k + seq_len(k), causes)
  }, integer(k * causes)))
  table <- unclass(plain_tibble(result))[names(result)]
  table <- lapply(table, function(x) x[row])
  label <- rep(rep(cause$labels, each = k), count)
  table$estimate <- table$estimate * split$share
  table$std.error <- table$conf.low <- table$conf.high <- rep(NA_real_, length(row))
  undefined <- split$undefined
  table$flag[undefined] <- paste_flags(
    table$flag[undefined], rep("split undefined", sum(undefined))
  )
  table <- append(table, list(cause = label), match("age", names(table)))
  info <- attr(result, "info")
  info$what <- "Years of the gap in life expectancy by age and cause"
  info$flags <- words_for(table$flag)
  info$limits <- "fixed"
  info$by <- c(info$by, "cause")
  info$no_vcov <- "No standard errors are given for causes."
  new_ioi_estimate(tibble::new_tibble(table, nrow = length(row)), info = info)
}

# The values of a column that occur, and the code of each row.
age_free_codes <- function(x, call) {
  column <- key_column(x, "cause", call)
  code <- column_code(column$key) + 1L
  if (anyNA(code)) {
    abort_ioi("{.arg cause} must not be missing.", "data",
      arg = "cause", where = which(is.na(code)), call = call
    )
  }
  list(code = code, labels = column$labels)
}
