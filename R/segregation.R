# Segregation: an index for each area and comparison of a table of units x groups
# (see segregation-table.R).

#' Measure segregation
#'
#' How unevenly groups are spread over schools, neighbourhoods or workplaces, for
#' everywhere or for each area.
#'
#' @param data One of
#'   * long: a row per unit and group with the number of people in `count`;
#'   * microdata: a row per person, without `count`;
#'   * wide: a row per unit with a column of counts for each group;
#'   * a matrix or table of units by groups, which needs no other argument;
#'   * an [ioi_design()]: microdata with survey weights.
#' @param group Column that names the group; or, for wide data, the columns of
#'   counts (see [how to name columns][ioi_columns]).
#' @param unit Columns that name the unit. A unit name that occurs in two areas of
#'   `by` is two units. Wide data may leave it out: each row is then a unit.
#' @param count Column of people, finite and not negative; need not be whole.
#'   Rows of the same unit and group are added.
#' @param by Columns that define areas: one result for each.
#' @param index One or more indices; see the table below.
#' @param compare What is compared. `"multigroup"`: all groups at once, one
#'   number. `"pairwise"`: every pair of groups, or those in `groups`. `"rest"`:
#'   each group against all others together.
#' @param groups The groups to keep, matched as text; all others are left out as
#'   if they did not live there. Two groups are a pair unless `compare` says
#'   otherwise. For `"pairwise"` also a list of pairs, such as
#'   `list(c("white", "asian"), c("white", "black"))`.
#' @param shape Shape of the Atkinson index, above 0 and below 1. Above 0.5 units
#'   where the first group is over-represented weigh more.
#' @param base Base of logarithms of `"mutual_information"` and `"diversity"`.
#' @param se `"none"`; `"analytic"`: by influence functions; `"bootstrap"`;
#'   `"jackknife"`: each unit left out in turn, which takes time that grows with the
#'   square of the units.
#' @param resample What was sampled, and what the bootstrap draws: `"persons"`; whole
#'   `"units"`; or the persons of each of the `"groups"` by themselves, when there is a
#'   sample of each group and its size says nothing. A design has its own PSUs.
#' @param reps Bootstrap replicates, 2 or more.
#' @param correct A correction for what chance alone adds in small units; see below.
#' @param level Confidence level, between 0 and 1.
#' @param normalise `TRUE` divides `"diversity"` by the logarithm of the number of
#'   groups present, so that it is 0 to 1.
#' @param fpc The share of all units that `data` holds, 0 to below 1, when units are drawn or
#'   left out: variances are multiplied by 1 - `fpc`.
#' @param ... Must be empty.
#' @param area,perimeter Columns with the area and the perimeter of each unit, in the
#'   square of the unit of distance, and in it. Polygons (package sf) bring their own.
#'   Without perimeters, the borders shared are taken.
#' @param coords Columns x and y of each unit, as in [ioi_segregation_spatial()]; points and
#'   polygons (their centroids) bring their own.
#' @param centre The centre of centralisation: coordinates `c(x, y)`, units by name (as
#'   text, or one number), or several points as a matrix or data frame of two columns: then
#'   the nearest counts. `NULL`: the mean of where people live, of each area of `by`.
#' @param neighbours Which units are neighbours: a data frame of unit, unit and the length of
#'   the border they share (without it, or for a pair listed once, both count alike); an `nb`
#'   of the package spdep; a GAL file ([ioi_read_gal()]). Polygons bring their own: those
#'   that share a line, not a point.
#' @param proximity `"exponential"`: \eqn{c_{ij} = \exp(-d_{ij}/s)} with \eqn{s} the `scale`;
#'   `"contiguity"`: 1 for neighbours and for a unit itself.
#' @param self_distance Distance of a unit to itself: `"zero"`; `"white"`,
#'   \eqn{0.6 \sqrt{a_i}}; `"massey_denton"`, \eqn{\sqrt{0.6 a_i}}, as they print it; or
#'   `"exclude"`: units do not count for themselves.
#' @param scale Distance at which proximity falls to \eqn{1/e}. `NULL`: 1,000 where distances
#'   are known to be metres (longitude and latitude, geometry), else 1. exp(-d) depends on
#'   the unit of distance: the result says which was taken.
#' @param n2 Relative concentration compares with the largest units that hold as many people
#'   as the first `"group"` (Massey and Denton's text) or the `"other"` (then 1 can be reached).
#' @param standardise How borders are standardised: by the `"total"`; by row, half the sum
#'   (`"row_half"`, as Wong prints it: it grows with the number of units); or by row, the
#'   mean (`"row_mean"`).
#' @param lonlat As in [ioi_segregation_spatial()].
#' @return A tibble of class [ioi_estimate], a row per area, index and comparison: the
#'   `by` columns, `index`, `group` and `other` (`NA` for multigroup, `"rest"`
#'   under `"rest"`), `estimate` (no unit), `std.error`, `conf.low`, `conf.high`
#'   (`NA` without `se`), `bias` (mean of the replicates less the estimate; for the
#'   jackknife the estimated bias; under a correction what was taken off), `units`
#'   (with members of a compared group), `n` (people compared, unweighted) and `flag`.
#'   What was left out, the logarithm, the correction and the resampling are printed
#'   and stand in `attr(x, "info")`.
#' @section Indices: With \eqn{x_i} and \eqn{y_i} the members of two groups in unit
#'   \eqn{i}, \eqn{X} and \eqn{Y} their totals, \eqn{t_i = x_i + y_i},
#'   \eqn{T = X + Y}, \eqn{p_i = x_i/t_i}, \eqn{P = X/T}, \eqn{q_i = x_i/X},
#'   \eqn{r_i = y_i/Y}; \eqn{n_{ig}}, \eqn{N_g}, \eqn{p_{ig}}, \eqn{P_g} for many
#'   groups, \eqn{I = \sum P_g (1 - P_g)}, \eqn{E = -\sum P_g \ln P_g}:
#'
#'   | `index` | formula | comparisons |
#'   |---|---|---|
#'   | `dissimilarity` | D = 1/2 sum \|q - r\|; sum t \|p_g - P_g\| / (2TI) | all |
#'   | `gini` | 1/2 sum_ij \|q_i r_j - q_j r_i\|; sum t_i t_j \|p_ig - p_jg\| / (2T^2 I) | all |
#'   | `theil` | H = M / E | all |
#'   | `mutual_information` | M = sum n/T ln(n T / (t N)) | all |
#'   | `atkinson` | 1 - (sum r^(1-b) q^b)^(1/(1-b)), b the shape | pairwise, rest |
#'   | `isolation` | sum q p | pairwise, rest |
#'   | `isolation_exact` | sum q (x - 1)/(t - 1), units of one person left out | pairwise, rest |
#'   | `exposure` | sum (x/X) (y/t), t everybody | pairwise, rest |
#'   | `normalised_exposure` | sum t (p_g - P_g)^2 / (T (1 - P_g)) | all |
#'   | `correlation_ratio` | sum t (p - P)^2 / (T P (1 - P)), eta squared | pairwise, rest |
#'   | `hutchens` | 1 - sum sqrt(q r) | pairwise, rest |
#'   | `gorard` | 1/2 sum \|q - t/T\|, which is D (1 - P) | pairwise, rest |
#'   | `relative_diversity` | sum t (p_g - P_g)^2 / (T I) | all |
#'   | `squared_cv` | sum t (p_g - P_g)^2 / (T (G - 1) P_g) | all |
#'   | `atkinson_symmetric` | 1 - sum_i prod_g q_ig^(1/G) | all |
#'   | `min_max` | 2D / (1 + D) | pairwise, rest |
#'   | `karmel_maclachlan` | sum \|n/T - t N/T^2\|: twice the share that would have to move | all |
#'   | `cutler_glaeser_vigdor` | (sum q p - P) / (min(1, X / smallest t) - P) | pairwise, rest |
#'   | `concentration_profile` | sum q \|p - P\| / (1 - P) | pairwise, rest |
#'   | `diversity` | E, or E / ln G | all |
#'   | `simpson` | I | all |
#'
#'   With two groups the forms for many groups are those for a pair.
#' @section Indices of places: With areas \eqn{a_i}, \eqn{A} in sum, proximity \eqn{c_{ij}},
#'   \eqn{P_{xy} = \sum_{ij} x_i y_j c_{ij} / (XY)}, \eqn{z_i = x_i/(x_i + y_i)} (0 where
#'   nobody lives) and \eqn{b_{ij}} the border shared; \eqn{t_i} is everybody in
#'   `concentration_relative` and in the two of distance decay, else the groups kept. They
#'   have no standard errors.
#'
#'   | `index` | formula | comparisons |
#'   |---|---|---|
#'   | `delta` | 1/2 sum \|x/X - a/A\|; empty units hold area too | rest |
#'   | `concentration_absolute` | 1 - (sum x a/X - m1)/(m2 - m1) | rest |
#'   | `concentration_relative` | ((sum x a/X)/(sum y a/Y) - 1)/(m1/m2 - 1) | pairwise, rest |
#'   | `centralisation_absolute` | sum_k C_(k-1) B_k - C_k B_(k-1), B of area | rest |
#'   | `centralisation_relative` | the same, B of y | pairwise, rest |
#'   | `proximity` | P_xy of a pair; P_xx of a group | pairwise, rest |
#'   | `spatial_proximity` | sum_g N_g P_gg / (T P_tt) | all |
#'   | `clustering_absolute` | (sum x/X c x - b)/(sum x/X c t - b), b = X/n^2 sum c | rest |
#'   | `clustering_relative` | P_xx/P_yy - 1 | pairwise, rest |
#'   | `distance_decay_isolation` | sum_i x/X sum_j K_ij x_j/t_j | rest |
#'   | `distance_decay_exposure` | sum_i x/X sum_j K_ij y_j/t_j | pairwise, rest |
#'   | `dissimilarity_adjusted` | D - sum \|z_i - z_j\| / pairs, over neighbours | pairwise, rest |
#'   | `dissimilarity_boundary` | D - sum w_ij \|z_i - z_j\|, w from borders | pairwise, rest |
#'   | `dissimilarity_shape` | the same, times (r_i + r_j)/(2 max r) | pairwise, rest |
#'
#'   m1 is the mean area over the smallest units that hold X people, the unit that passes X
#'   included; m2 that over the largest (of equal units the most populous first). C and B are
#'   cumulated shares from the centre outwards, units at one distance being one step.
#'   \eqn{K_{ij} = c_{ij} t_j / \sum_k c_{ik} t_k}. r is perimeter over area. Sums run over
#'   ordered pairs. Where all areas are equal, concentration is `NA` with flag `domain`.
#' @section Comparisons: A pair looks only at the two groups, as if nobody else lived
#'   there; `"rest"` also at everybody else. With more than two groups the two numbers
#'   differ, and both are published under the same name. `exposure` alone counts
#'   everybody in a unit under `"pairwise"` too. Isolation, exposure, Gorard's,
#'   Cutler, Glaeser and Vigdor's, the concentration profile, and the Atkinson index
#'   unless `shape` is 0.5 say something of the first group relative to the second:
#'   `"pairwise"` gives both orders, or those listed in `groups`. With three or more
#'   groups `exposure` also gives each group to itself, so that the rows of a group add
#'   to 1. Without `compare`, two groups are a pair, more are compared all at once, or
#'   each with the rest where the index has no form for many.
#' @section Standard errors: For counts, `"analytic"` takes people as drawn at random
#'   into units and groups: the square root of \eqn{\sum \pi \psi^2 / N}, \eqn{\pi} the
#'   share of a cell and \eqn{\psi} its influence. With `resample = "groups"` each group
#'   is a sample of its own, and \eqn{\psi} is taken from its mean in the group: this
#'   changes the indices that depend on the sizes of groups, such as H, M and exposure,
#'   and not D, Gini, Atkinson or Hutchens' index. For an [ioi_design()] the influence
#'   of each cell is carried to the PSUs and follows the design; degrees of freedom
#'   count the PSUs of all groups kept in the area. With sparse cells the jackknife
#'   exceeds the linearised error of M, H and Hutchens' index. The bootstrap of persons
#'   asks what another draw of people would give, that of units what other units would.
#'   On a design `"jackknife"` and `"bootstrap"` make replicate weights
#'   ([ioi_replicate()]), centred at their mean. The covariance of all rows is kept, so
#'   that differences between places and years use it; areas of counts are independent.
#'
#'   Limits are estimate plus or minus t times the standard error. The bootstrap, the
#'   jackknife and replicate weights also say how biased the estimate is, and their limits
#'   are around the estimate less `bias`; those of a bootstrap of persons are 2 estimate less
#'   the upper and lower quantile of the replicates, which comes to the same. Where units
#'   were sampled, which makes indices skewed, limits are taken on the scale of the logit (of
#'   the logarithm for M), with the units less one as degrees of freedom. Limits are cut at
#'   the range of the index. Where
#'   the standard error is 0, as at D of 1, there are no limits and `flag` says
#'   `boundary`. D, Gini and Gorard's index have no derivative at ties of shares, and
#'   near 0 every such error fails: use a correction or `ioi_segregation_null()` there.
#' @section What the limits cover: Limits of `"analytic"` tell of sampling error, not of the
#'   upward bias of an index in small units. What matters is D over its chance level, about
#'   \eqn{0.4 \sqrt{n (1/X + 1/Y)}}{0.4 sqrt(n (1/X + 1/Y))} for \eqn{n} units and \eqn{X}
#'   and \eqn{Y} people. In simulations of 50 units, how often 95% limits held the truth:
#'   * persons, `"analytic"`: 92 to 96% where D was eight times its chance level or more, 83
#'     to 91% at four times, almost never near it; Hutchens' and the Atkinson index, whose
#'     slope is infinite at an empty cell, less often: 86% at D of 0.6 with 500 people a unit;
#'   * persons, `"bootstrap"`: 91 to 95% from four times the chance level up;
#'   * `correct = "bootstrap"` with `se = "analytic"`: D 93 to 95% where it was above its
#'     chance level; H and M 94 to 98%, but 89 to 92% at D of 0.6 in units of 20. Take that
#'     for these three; Hutchens' index 90 to 96%, less at D of 0.6;
#'   * units, `"jackknife"`: 92 to 96% with 30 units, 93 to 95% with 100; the bootstrap of
#'     units one to two points less;
#'   * a stratified cluster sample, `"analytic"`: 95 to 96% with 400 PSUs, 86 to 95% with 120
#'     (Hutchens' index 85 to 95%); 62 to 90% where the design was left out.
#'
#'   The table is `system.file("extdata", "coverage_segregation.csv", package = "ioi")`,
#'   made by `bench/coverage_segregation.R`; `vignette("reading-segregation")` shows it.
#' @section Corrections: For whole numbers of people; `bias` is what was taken off.
#'   * `"carrington_troske"` (`dissimilarity`, `theil`, `hutchens`,
#'     `correlation_ratio`): (D - d)/(1 - d), or over d where D is below it; d is the
#'     exact mean when people are spread at random and all totals are kept.
#'   * `"chance"` (these four, `relative_diversity`, `normalised_exposure` and `squared_cv`):
#'     (D - d)/(1 - d) on both sides of d. Where people are put into units at random its
#'     mean is exactly 0, which that of Carrington and Troske's form is not: below d it
#'     divides by the smaller number.
#'   * `"bootstrap"` (`dissimilarity`, `hutchens`, `theil`, `mutual_information`): 2 D less the
#'     mean D of people drawn again, which is computed, not simulated: for the first two from
#'     each group by itself, for M and H from everybody (H is M so corrected over E so
#'     corrected).
#'   * `"density"` (`dissimilarity`): each unit's difference in shares is replaced by its
#'     most likely true size.
#'   * `"unbiased"` (`correlation_ratio`): from second factorial moments, over units of
#'     two or more people; the same as scores in which nobody counts himself.
#'
#'   The standard error is that of the plain index times the slope of the correction.
#'   Where people were put into units of 10 to 100 at random, the means of `"chance"` and
#'   `"unbiased"` were within 0.0012 of 0 (same table). Those of Carrington and Troske's form
#'   were -0.01 to -0.06, and those of D by `"bootstrap"` and `"density"`, which are made for
#'   places with some segregation, 0.04 to 0.27 where D itself was 0.08 to 0.39; that of H by
#'   `"bootstrap"` within 0.005, but 0.07 with one minority member a unit.
#' @section Missing and empty: Rows without group, unit or area are left out, and
#'   counted in a message of class `ioi_message_missing`. Units without members add
#'   nothing. A group without members takes no part in multigroup indices, which the
#'   footer says. Where a compared group has no members, or one group is left, the row
#'   is `NA` with flag `empty`; where all members are in one unit, `NA` with flag
#'   `single`. M and Karmel and Maclachlan's index of all groups are 0 there, and
#'   diversity has its value.
#' @section Errors: `ioi_error_input` for a wrong column, index, group or option, and for
#'   a comparison that an index does not have; `ioi_error_data` for negative, missing or
#'   infinite counts, and for counts that are not whole under a correction.
#' @references Allen, R., Burgess, S., Davidson, R. and Windmeijer, F. (2015). More
#'   reliable inference for the dissimilarity index of segregation. *Econometrics
#'   Journal* 18(1), 40-66. \doi{10.1111/ectj.12039}
#'
#'   Carrington, W. J. and Troske, K. R. (1997). On measuring segregation in samples with
#'   small units. *Journal of Business and Economic Statistics* 15(4), 402-409.
#'   \doi{10.1080/07350015.1997.10524718}
#'
#'   Duncan, O. D. and Duncan, B. (1955). A methodological analysis of
#'   segregation indexes. *American Sociological Review* 20(2), 210-217.
#'   \doi{10.2307/2088328}
#'
#'   Massey, D. S. and Denton, N. A. (1988). The dimensions of residential segregation.
#'   *Social Forces* 67(2), 281-315. \doi{10.1093/sf/67.2.281}
#'
#'   Reardon, S. F. and Firebaugh, G. (2002). Measures of multigroup segregation.
#'   *Sociological Methodology* 32, 33-67. \doi{10.1111/1467-9531.00110}
#'
#'   White, M. J. (1983). The measurement of spatial segregation. *American Journal of
#'   Sociology* 88(5), 1008-1018. \doi{10.1086/227768}
#'
#'   Wong, D. W. S. (1993). Spatial indices of segregation. *Urban Studies* 30(3), 559-572.
#'   \doi{10.1080/00420989320080551}
#' @seealso [ioi_segregation_spatial()] for surroundings without borders.
#' @examples
#' # Bangladeshi and White British residents over LSOAs, by region
#' ioi_segregation(
#'   census_2011_lsoa,
#'   group = c(bangladeshi, white_british), unit = lsoa_code, by = region,
#'   compare = "pairwise"
#' )
#'
#' # the same people by five indices at once, with standard errors
#' leicester <- census_2011_lsoa[census_2011_lsoa$la_name == "Leicester", ]
#' ioi_segregation(
#'   leicester, c(white_british, indian, pakistani), lsoa_code,
#'   index = c("theil", "gini", "dissimilarity", "relative_diversity", "simpson"),
#'   compare = "multigroup", se = "analytic"
#' )
#'
#' # who meets whom
#' ioi_segregation(
#'   leicester, c(white_british, indian, pakistani), lsoa_code,
#'   index = "exposure", compare = "pairwise"
#' )
#'
#' # small units: what chance adds, taken off
#' ioi_segregation(
#'   leicester, c(white_british, chinese), lsoa_code,
#'   correct = "bootstrap", se = "analytic"
#' )
#'
#' # a matrix of units by groups
#' ioi_segregation(cbind(a = c(10, 20, 30), b = c(30, 20, 10)))
#' @export
ioi_segregation <- function(data, group, unit, count = NULL, by = NULL,
                            index = "dissimilarity",
                            compare = c("multigroup", "pairwise", "rest"),
                            groups = NULL, shape = 0.5, base = exp(1),
                            se = c("none", "analytic", "bootstrap", "jackknife"),
                            resample = c("persons", "units", "groups"), reps = 500,
                            correct = c(
                              "none", "bootstrap", "carrington_troske", "density", "unbiased",
                              "chance"
                            ),
                            level = 0.95, normalise = FALSE, fpc = NULL, ...,
                            area = NULL, perimeter = NULL, coords = NULL, centre = NULL,
                            neighbours = NULL, proximity = c("exponential", "contiguity"),
                            self_distance = c("zero", "white", "massey_denton", "exclude"),
                            scale = NULL, n2 = c("group", "other"),
                            standardise = c("total", "row_half", "row_mean"),
                            lonlat = NULL) {
  check_dots_empty_ioi(...)
  index <- check_segregation_index(index)
  check_groups(groups)
  compare <- if (!missing(compare)) check_choice(compare, compare_choices, "compare")
  options <- segregation_options(
    shape, base, normalise, se, if (!missing(resample)) resample, reps, correct, level, fpc,
    index
  )
  check_zone_errors(index, options$se)
  places <- zone_options(
    list(
      area = rlang::enquo(area), perimeter = rlang::enquo(perimeter),
      coords = rlang::enquo(coords)
    ),
    centre, neighbours, proximity, self_distance, scale, n2, standardise, lonlat
  )
  split <- split_geometry(data)
  source <- segregation_source(split$data)
  check_design_options(source, index, options, !missing(resample))
  source$design <- resampled_design(source$design, options$se, options$reps)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  layout <- segregation_layout(source, columns, groups)
  compare <- choose_form(index, compare, groups, layout$labels)
  plan <- segregation_plan(index, compare, groups, layout$labels, options)
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  zones <- zone_layout(
    layout, source, index, split$geometry, tally$table, places
  )
  estimate <- segregation_estimate(layout, tally, plan, options, zones)
  segregation_result(layout, estimate, plan, compare, index, options, lost)
}

# The options of a call, checked.
segregation_options <- function(shape, base, normalise, se, resample, reps, correct, level,
                                fpc, index, call = rlang::caller_env()) {
  se <- check_choice(se, c("none", "analytic", "bootstrap", "jackknife"), "se", call)
  if (!is.null(resample)) {
    resample <- check_choice(resample, resample_choices, "resample", call)
    check_resample(resample, se, call)
  }
  resample <- if (se == "jackknife") "units" else if (is.null(resample)) "persons" else resample
  correct <- check_choice(correct, correct_choices, "correct", call)
  check_correct(correct, index, call)
  list(
    shape = check_shape(shape, call), base = check_base(base, call),
    normalise = check_flag(normalise, "normalise", call), se = se, resample = resample,
    reps = check_reps(reps, call), correct = correct,
    level = check_level(level, call = call), rest = unsampled(fpc, se, resample, call)
  )
}

# The jackknife is of units, the influence of persons.
check_resample <- function(resample, se, call) {
  if (se == "jackknife" && resample != "units") {
    abort_ioi("{.code se = \"jackknife\"} leaves out units; for {resample} take
              {.code se = \"analytic\"} or {.code \"bootstrap\"}.", "input",
      arg = "resample", call = call
    )
  }
  if (se == "analytic" && resample == "units") {
    abort_ioi("{.code se = \"analytic\"} is of persons; for units take
              {.code se = \"jackknife\"} or {.code \"bootstrap\"}.", "input",
      arg = "resample", call = call
    )
  }
}

# 1 - f, f the share of units that were sampled.
unsampled <- function(fpc, se, resample, call) {
  if (is.null(fpc)) {
    return(1)
  }
  check_share(fpc, "fpc", call)
  if (!se %in% c("bootstrap", "jackknife") || resample != "units") {
    abort_ioi(
      c(
        "{.arg fpc} is for units drawn from a finite number of them.",
        "i" = "It goes with {.code se = \"jackknife\"}, or {.code se = \"bootstrap\"} and
               {.code resample = \"units\"}; a design has its own {.arg fpc}."
      ),
      "input",
      arg = "fpc", call = call
    )
  }
  1 - fpc
}

# What a survey has no place for.
check_design_options <- function(source, index, options, resample, call = rlang::caller_env()) {
  if (is.null(source$design)) {
    return(invisible())
  }
  wrong <- c(
    if ("isolation_exact" %in% index) {
      "{.arg index}: {.val isolation_exact} counts people one by one, which weights do not."
    },
    if (options$correct != "none") {
      "{.arg correct} counts people one by one, which the weights of a design do not."
    },
    if (resample) "{.arg resample}: a design draws its own PSUs.",
    if (options$rest < 1) "{.arg fpc} belongs to the design: see {.fn ioi_design}."
  )
  if (length(wrong)) {
    abort_ioi(wrong[1], "input", arg = sub("^.*?[.]arg (\\w+).*$", "\\1", wrong[1], perl = TRUE),
      call = call
    )
  }
}

# Indices and, where asked, their covariance; areas in order, results of the plan
# within.
segregation_estimate <- function(layout, tally, plan, options, zones = NULL,
                                 call = rlang::caller_env()) {
  table <- tally$table
  people <- if (is.null(tally$n)) table else tally$n
  out <- segregation_values(table, people, layout$first, plan, zones)
  out$place_notes <- zones$notes
  areas <- length(layout$first) - 1L
  out <- c(out, list(areas = areas, area = rep(seq_len(areas), each = length(plan$index))))
  error <- segregation_error(layout, table, people, out, plan, options)
  out <- c(out, error, list(
    absent = absent_groups(table, layout)
  ))
  if (options$correct == "none") out else correct_estimate(out, layout, table, plan, options, call)
}

# Groups without members anywhere, and how many areas lack a group that is elsewhere.
absent_groups <- function(table, layout) {
  by_area <- .Call(ioi_r_segregation_present, table, layout$first)
  nowhere <- colSums(by_area) == 0
  list(
    nowhere = layout$labels[nowhere],
    areas = sum(rowSums(by_area) < sum(!nowhere))
  )
}

# The estimate table.
segregation_result <- function(layout, estimate, plan, compare, index, options, lost) {
  rows <- length(estimate$estimate)
  times <- estimate$areas
  std_error <- na_if_nan(sqrt(estimate$v))
  std_error[estimate$status != "ok"] <- NA
  name <- rep(plan$name, times)
  limits <- segregation_limits(estimate, std_error, name, options)
  labels <- lapply(layout$area$labels, function(x) x[estimate$area])
  bias <- if (is.null(estimate$bias)) rep(NA_real_, rows) else na_if_nan(estimate$bias)
  table <- c(labels, list(
    index = name, group = rep(plan$group, times), other = rep(plan$other, times),
    estimate = estimate$estimate, std.error = std_error, conf.low = na_if_nan(limits$low),
    conf.high = na_if_nan(limits$high), bias = bias, units = estimate$units, n = estimate$n,
    flag = segregation_flags(
      estimate$status, estimate$v, std_error, estimate$df, estimate$lost
    )
  ))
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = if (!is.null(estimate$vcov)) known_covariance(estimate$vcov, std_error),
    domains = estimate$domains,
    info = segregation_info(layout, estimate, compare, index, options, names(labels), lost)
  )
}

# Estimate less bias plus or minus t times the error, or the limits of the bootstrap, within
# the range of the index; none where the error is 0 or there are no degrees of freedom.
segregation_limits <- function(estimate, std_error, name, options) {
  least <- if (options$correct == "none") index_facts(name, "least") else -Inf
  most <- index_facts(name, "most")
  if (!is.null(estimate$low)) {
    blank <- ifelse(std_error > 0, 0, NA)
    return(list(
      low = pmax(least, estimate$low + blank), high = pmin(most, estimate$high + blank)
    ))
  }
  bias <- if (is.null(estimate$bias) || options$correct != "none") 0 else estimate$bias
  limits <- if (options$resample == "units") logit_index_limits else index_limits
  limits(estimate$estimate - bias, std_error, estimate$df, options$level, least, most)
}

# t limits of log(x / (most - x)), or of log(x) where there is no most. An index of few units
# is skewed, and this follows it. On the plain scale where x is not inside the range.
logit_index_limits <- function(x, std_error, df, level, least, most) {
  out <- index_limits(x, std_error, df, level, least, most)
  able <- which(least == 0 & x > 0 & x < most)
  part <- x[able] / most[able]
  centre <- log(x[able]) - log1p(-part)
  spread <- std_error[able] / (x[able] * (1 - part))
  limits <- index_limits(centre, spread, df[able], level, -Inf, Inf)
  top <- most[able]
  back <- function(g) {
    ifelse(is.finite(top), top * stats::plogis(g - log(top)), exp(g))
  }
  out$low[able] <- back(limits$low)
  out$high[able] <- back(limits$high)
  out
}

index_limits <- function(estimate, std_error, df, level, least = 0, most = 1) {
  limits <- interval_t(estimate, ifelse(std_error > 0, std_error, NA), df, level)
  list(low = pmax(least, limits$conf.low), high = pmin(most, limits$conf.high))
}

# Why a row has no value, no standard error or no limits; `lost`: replicates without a
# value.
segregation_flags <- function(status, v, std_error, df, lost = NULL) {
  flag <- ifelse(!is.na(std_error) & df <= 0, "df", "")
  flag[which(lost > 0)] <- "replicates"
  flag[which(std_error == 0)] <- "boundary"
  flag[is.nan(v)] <- "lonely"
  flag[status != "ok"] <- status[status != "ok"]
  flag
}

# The method of the limits.
segregation_ci <- function(estimate, options) {
  if (options$se == "none") {
    return("none")
  }
  if (!is.null(estimate$low)) {
    return("basic bootstrap")
  }
  if (options$resample == "units") "logit" else "t"
}

segregation_info <- function(layout, estimate, compare, index, options, by, lost) {
  list(
    what = if (length(index) == 1) segregation_indices[[index]]$label else "Segregation",
    unit = "index", by = by, level = options$level,
    ci = segregation_ci(estimate, options),
    limits = "fixed",
    df_rule = if (!is.null(layout$design)) "domain",
    design = if (is.null(layout$design)) {
      list(type = "counts", rows = layout$rows)
    } else {
      design_info(layout$design)
    },
    compare = compare, base = options$base, shape = options$shape, se = options$se,
    resample = if (options$se != "none" && is.null(layout$design)) options$resample,
    reps = if (options$se == "bootstrap") options$reps, correct = options$correct,
    null = estimate$null,
    dropped = c(layout$left_out, estimate$absent$nowhere),
    flags = c(
      replicates = "some replicates have no value and are left out",
      domain = "the index has no value, its denominator being 0"
    ),
    notes = segregation_notes(layout, estimate, compare, index, options, lost)
  )
}

# How the numbers are to be read.
segregation_notes <- function(layout, estimate, compare, index, options, lost) {
  logs <- intersect(index, c("mutual_information", "diversity"))
  if (options$normalise) logs <- setdiff(logs, "diversity")
  base <- if (isTRUE(all.equal(options$base, exp(1)))) "natural" else paste("base", options$base)
  drawn <- if (is.null(layout$design)) resample_words[[options$resample]] else "PSUs"
  c(
    if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out."),
    comparison_words(compare, index),
    estimate$place_notes,
    if (length(logs)) paste0("Logarithms: ", base, "."),
    if ("atkinson" %in% index) paste0("Atkinson shape: ", format_label(options$shape), "."),
    if (options$normalise && "diversity" %in% index) {
      "Diversity is divided by the logarithm of the number of groups present."
    },
    if (compare == "multigroup" && estimate$absent$areas > 0) {
      paste0(
        "A group without members takes no part: ",
        count_words(estimate$absent$areas, "area lacks", "areas lack"), " one."
      )
    },
    switch(options$se,
      analytic = if (options$resample == "groups") "Each group sampled by itself.",
      bootstrap = paste0("Bootstrap of ", drawn, ", ", options$reps, " replicates."),
      jackknife = paste0("Jackknife of ", drawn, ".")
    ),
    if (options$correct != "none") correct_words[[options$correct]],
    if (options$correct == "none" && !all(index %in% without_chance)) {
      "Small groups spread over many units have a high index by chance alone."
    }
  )
}

resample_words <- c(
  persons = "persons", units = "units", groups = "the persons of each group"
)

# These do not rise because units are small.
without_chance <- c("diversity", "simpson", "exposure", "isolation_exact")

comparison_words <- function(compare, index) {
  everybody <- if (length(index) > 1 || index != "exposure") {
    if ("exposure" %in% index) " Exposure counts everybody in a unit."
  }
  switch(compare,
    pairwise = if (identical(index, "exposure")) {
      "Exposure of the first group to the second, among everybody in a unit."
    } else {
      paste0("A pair is looked at as if nobody else lived there.", everybody)
    },
    rest = "Each group against all others."
  )
}
