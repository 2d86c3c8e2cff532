# The indices of segregation: what each is called, which comparisons it has, and the
# plan of results for an area that the core works through.
#
# A new index of cells is a row here and one in src/core/segregation.c. An index that
# needs places (area, coordinates, neighbours) is a row in segregation-zones.R.

# `core`: position in ioi_segregation_id. `directed`: the first group relative to the
# second is not the second relative to the first. `many`: has a form for all groups.
# `most`: largest value. `correct`: corrections for chance.
segregation_index_row <- function(core, label, many = FALSE, directed = FALSE, most = 1,
                                  least = 0, correct = character()) {
  list(
    core = core, label = label, many = many, directed = directed, most = most,
    least = least, correct = correct
  )
}

segregation_indices <- list(
  dissimilarity = segregation_index_row(0L, "Dissimilarity", TRUE,
    correct = c(by_chance, "bootstrap", "density")
  ),
  gini = segregation_index_row(1L, "Gini index of segregation", TRUE),
  theil = segregation_index_row(2L, "Theil's information index H", TRUE,
    correct = c(by_chance, "bootstrap")
  ),
  mutual_information = segregation_index_row(3L, "Mutual information M", TRUE,
    most = Inf, correct = "bootstrap"
  ),
  atkinson = segregation_index_row(4L, "Atkinson index of segregation"),
  isolation = segregation_index_row(5L, "Isolation", directed = TRUE),
  isolation_exact = segregation_index_row(6L, "Isolation, oneself left out",
    directed = TRUE, least = -Inf
  ),
  exposure = segregation_index_row(7L, "Exposure", directed = TRUE),
  normalised_exposure = segregation_index_row(8L, "Normalised exposure P", TRUE,
    correct = "chance"
  ),
  correlation_ratio = segregation_index_row(9L, "Correlation ratio",
    correct = c(by_chance, "unbiased")
  ),
  hutchens = segregation_index_row(10L, "Hutchens' square root index",
    correct = c(by_chance, "bootstrap")
  ),
  gorard = segregation_index_row(11L, "Gorard's segregation index", directed = TRUE),
  relative_diversity = segregation_index_row(12L, "Relative diversity R", TRUE, correct = "chance"),
  squared_cv = segregation_index_row(13L, "Squared coefficient of variation C", TRUE,
    correct = "chance"
  ),
  atkinson_symmetric = segregation_index_row(14L, "Symmetric Atkinson index", TRUE),
  min_max = segregation_index_row(15L, "Minimum over maximum shares"),
  karmel_maclachlan = segregation_index_row(16L, "Karmel and Maclachlan's index, plain sum",
    TRUE,
    most = 2
  ),
  cutler_glaeser_vigdor = segregation_index_row(17L,
    "Isolation index of Cutler, Glaeser and Vigdor",
    directed = TRUE
  ),
  concentration_profile = segregation_index_row(18L, "Concentration profile R",
    directed = TRUE
  ),
  diversity = segregation_index_row(19L, "Diversity (entropy)", TRUE, most = Inf),
  simpson = segregation_index_row(20L, "Simpson's interaction index", TRUE)
)

# One column of the list above.
index_facts <- function(index, fact) {
  unlist(lapply(segregation_indices[index], `[[`, fact), use.names = FALSE)
}

check_segregation_index <- function(index, call = rlang::caller_env()) {
  known <- names(segregation_indices)
  if (!is.character(index) || !length(index) || anyNA(index)) {
    abort_ioi("{.arg index} must name one or more indices, such as {.val dissimilarity}.",
      "input",
      arg = "index", call = call
    )
  }
  unknown <- setdiff(index, known)
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg index} must be one or more of {.or {.val {known}}}.",
        "x" = "{.val {unknown}} {?is/are} not."
      ),
      "input",
      arg = "index", call = call
    )
  }
  unique(index)
}

# The comparisons that an index has.
index_forms <- function(name) {
  row <- segregation_indices[[name]]
  if (is.null(row$forms)) c(if (row$many) "multigroup", "pairwise", "rest") else row$forms
}

# The comparison. Where none is asked for, one group against the rest for indices that
# do not know the usual form.
choose_form <- function(index, compare, groups, labels, call = rlang::caller_env()) {
  forms <- lapply(index, index_forms)
  chosen <- choose_compare(compare, groups, labels, call)
  has <- vapply(forms, function(known) chosen %in% known, NA)
  if (all(has)) {
    return(chosen)
  }
  if (is.null(compare) && !any(has)) {
    return("rest")
  }
  without <- index[!has]
  words <- c(multigroup = "for many groups at once", pairwise = "for pairs", rest = "of this kind")
  known <- paste0("compare = \"", Reduce(intersect, forms[!has]), "\"")
  abort_ioi(
    c(
      "{.val {without}} {?has/have} no form {words[[chosen]]}.",
      "i" = "{cli::qty(without)}{?It has/They have} {.code {known}}."
    ),
    "input",
    arg = "compare", index = without, call = call
  )
}

check_shape <- function(shape, call = rlang::caller_env()) {
  if (!is.numeric(shape) || length(shape) != 1 || is.na(shape) || shape <= 0 || shape >= 1) {
    abort_ioi(
      c(
        "{.arg shape} must be one number above 0 and below 1.",
        "i" = "At 0 the Atkinson index is 0, and at 1 it is not defined."
      ),
      "input",
      arg = "shape", call = call
    )
  }
  as.double(shape)
}

# What is computed in each area: for every result its index, kind and groups, and the
# options of all. `n` results by index, in the order of the rows.
segregation_plan <- function(index, compare, groups, labels, options,
                             call = rlang::caller_env()) {
  of <- segregation_comparisons(compare, groups, labels, call)
  parts <- lapply(index, function(name) {
    directed <- segregation_indices[[name]]$directed ||
      (name == "atkinson" && options$shape != 0.5)
    pairs <- if (directed && compare == "pairwise" && !is.list(groups)) {
      both_orders(labels, with_self = name == "exposure" && length(labels) > 2)
    } else {
      of[c("a", "b")]
    }
    data.frame(index = name, a = pairs$a, b = pairs$b)
  })
  plan <- do.call(rbind, parts)
  name <- function(at) if (compare == "multigroup") NA_character_ else labels[at]
  list(
    name = plan$index, index = index_facts(plan$index, "core"),
    kind = rep(of$kind, nrow(plan)), a = plan$a, b = plan$b,
    group = rep_len(name(plan$a), nrow(plan)),
    other = rep_len(if (compare == "rest") "rest" else name(plan$b), nrow(plan)),
    shape = options$shape, log_base = log(options$base), normalise = options$normalise
  )
}

# Every group with every other, in both orders; with itself too where asked.
both_orders <- function(labels, with_self) {
  n <- length(labels)
  a <- rep(seq_len(n), each = n)
  b <- rep(seq_len(n), times = n)
  keep <- with_self | a != b
  list(a = a[keep], b = b[keep])
}

# Values of the plan in every area: estimate, status, units and n, area by area.
# `zones`: what indices of places need, see zone_places().
segregation_values <- function(table, people, first, plan, zones = NULL) {
  placed <- is.na(plan$index)
  if (!any(placed)) {
    return(.Call(ioi_r_segregation, table, people, first, plan))
  }
  found <- zone_values(table, people, first, part_of_plan(plan, placed), zones)
  if (all(placed)) {
    return(found)
  }
  plain <- .Call(ioi_r_segregation, table, people, first, part_of_plan(plan, !placed))
  at <- matrix(seq_along(rep(placed, length(first) - 1L)), length(placed))
  order <- order(c(at[placed, ], at[!placed, ]))
  Map(function(x, y) c(x, y)[order], found, plain[names(found)])
}

# Some results of a plan.
part_of_plan <- function(plan, keep) {
  each <- c("name", "index", "kind", "a", "b", "group", "other")
  plan[each] <- lapply(plan[each], function(x) x[keep])
  plan
}
