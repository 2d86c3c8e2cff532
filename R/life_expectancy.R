# Life tables: life expectancy and healthy life expectancy.

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
