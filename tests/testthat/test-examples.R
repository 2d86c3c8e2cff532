# The example of README.md: its numbers by a second route, in base R, and its
# printed output as the code gives it.

# Code and output of the longest block of R in a Markdown file, in order: a list of
# `code` (one string) and `output` (the lines after "#> ").
read_example <- function(path) {
  lines <- readLines(path, encoding = "UTF-8")
  starts <- which(lines == "```r")
  ends <- vapply(starts, function(at) which(lines == "```" & seq_along(lines) > at)[1], 1L)
  open <- starts[which.max(ends - starts)]
  close <- ends[which.max(ends - starts)]
  block <- lines[seq(open + 1, close - 1)]
  output <- startsWith(block, "#>")
  list(
    code = paste(block[!output], collapse = "\n"),
    output = sub("^#> ?", "", block[output])
  )
}

# What running the code prints, messages among it, in the order of the screen.
run_example <- function(code) {
  withr::local_options(
    width = 80, cli.width = 80, cli.condition_width = 80, cli.num_colors = 1L
  )
  place <- new.env(parent = globalenv())
  utils::capture.output(for (one in parse(text = code)) {
    shown <- withCallingHandlers(
      withVisible(eval(one, place)),
      message = function(condition) {
        cat(sub("\n*$", "\n", conditionMessage(condition)))
        invokeRestart("muffleMessage")
      }
    )
    if (shown$visible) print(shown$value)
  })
}

# README.md is not installed: it is found beside the tests of the source, and in
# the copy of the source that R CMD check unpacks.
readme <- Filter(file.exists, c(
  file.path("..", "..", "README.md"),
  file.path("..", "..", "00_pkg_src", "ioi", "README.md")
))

test_that("the example of README.md equals base R, and prints what it shows", {
  skip_if_not_installed("withr")
  survey <- subset(crime_survey_2008, !is.na(weight))
  success <- c("very worried", "fairly worried")
  worried <- suppressMessages(ioi_proportion(
    ioi_design(survey, weights = weight), worry_racial_attack,
    by = ethnic_group, success = success
  ))
  answered <- subset(survey, !is.na(worry_racial_attack) & !is.na(ethnic_group))
  yes <- answered$worry_racial_attack %in% success
  total <- rowsum(answered$weight, answered$ethnic_group)
  share <- rowsum(answered$weight * yes, answered$ethnic_group) / total
  share <- share[as.character(worried$ethnic_group), ]
  # Rows are their own PSUs, so the squared error of a ratio is a plain sum.
  row_share <- share[as.character(answered$ethnic_group)]
  row_total <- total[as.character(answered$ethnic_group), ]
  residual <- answered$weight * (yes - row_share) / row_total
  squares <- rowsum(residual^2, answered$ethnic_group)[names(share), ]
  rows <- nrow(survey)
  expect_equal(worried$estimate, unname(share), tolerance = 1e-12)
  expect_equal(
    worried$std.error, unname(sqrt(squares * rows / (rows - 1))),
    tolerance = 1e-10
  )

  gap <- ioi_parity(worried, ethnic_group, "white")
  expect_equal(gap$estimate, unname(share - share[["white"]]), tolerance = 1e-12)

  area <- subset(census_2011_lsoa, la_name == "Tower Hamlets")
  spread <- area[c("bangladeshi", "white_british")]
  shares <- sweep(spread, 2, colSums(spread), "/")
  by_hand <- sum(abs(shares[[1]] - shares[[2]])) / 2
  pair <- ioi_segregation(
    area,
    group = c(bangladeshi, white_british), unit = lsoa_code, compare = "pairwise"
  )
  expect_equal(pair$estimate, by_hand, tolerance = 1e-12)

  for (path in readme) {
    example <- read_example(path)
    expect_identical(run_example(example$code), example$output)
    expect_match(example$output, format(round(by_hand, 3)), fixed = TRUE, all = FALSE)
    for (percent in sprintf("%.1f%%", 100 * share)) {
      expect_match(example$output, percent, fixed = TRUE, all = FALSE)
    }
  }
})

test_that("a changed number in README.md would be found", {
  skip_if_not_installed("withr")
  path <- withr::local_tempfile(lines = c(
    "text", "```r", "1 + 1", "#> [1] 3", "message(\"told\")", "#> told", "```", "1"
  ))
  example <- read_example(path)
  expect_identical(example$output, c("[1] 3", "told"))
  expect_identical(run_example(example$code), c("[1] 2", "told"))
})
