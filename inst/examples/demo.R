# Measures integration on the data of the package: prints five tables and saves
# them, with charts, in a folder.   usage: Rscript demo.R [folder]
#
# C8    residential segregation, Census 2011
# C9    school segregation, school census January 2023
# C15-17 employment, economic inactivity and unemployment, Census 2011 microdata
# and   worry about racial attack, British Crime Survey 2007-08

suppressPackageStartupMessages(library(ioi))

folder <- commandArgs(trailingOnly = TRUE)
folder <- if (length(folder)) folder[1] else "demo-output"
dir.create(folder, showWarnings = FALSE, recursive = TRUE)

# ---- printing and saving -----------------------------------------------------

heading <- function(text) {
  cat("\n", strrep("=", 78), "\n", text, "\n", strrep("=", 78), "\n", sep = "")
}

note <- function(...) {
  cat(strwrap(paste0(...), width = 78, exdent = 2), sep = "\n")
}

save_table <- function(x, name) {
  path <- file.path(folder, paste0(name, ".csv"))
  write.csv(as.data.frame(x, style = "snake"), path, row.names = FALSE, na = "")
  saved(path)
}

save_chart <- function(x, name, ..., height = 5.5) {
  path <- file.path(folder, paste0(name, ".png"))
  grDevices::png(path, width = 8.3, height = height, units = "in", res = 150, type = "cairo")
  plot(x, ...)
  invisible(grDevices::dev.off())
  saved(path)
}

saved <- function(path) {
  cat("Saved: ", path, "\n", sep = "")
}

decimals <- function(x, digits) {
  formatC(x, format = "f", digits = digits)
}

# Rows of the highest estimates.
highest <- function(x, n) {
  x[utils::head(order(-x$estimate), n), ]
}

# ---- C8: where people live ---------------------------------------------------

group_names <- c(
  irish = "Irish", other_white = "Other White", mixed = "Mixed", indian = "Indian",
  pakistani = "Pakistani", bangladeshi = "Bangladeshi", chinese = "Chinese",
  other_asian = "Other Asian", african = "Black African", caribbean = "Black Caribbean",
  other_black = "Other Black", arab = "Arab", other = "Any other group"
)
main_groups <- c("Indian", "Pakistani", "Bangladeshi", "Black African", "Black Caribbean")
reference <- "White British"
residents <- census_2011_lsoa
names(residents)[match(c("white_british", names(group_names)), names(residents))] <-
  c(reference, group_names)
pairs <- lapply(unname(group_names), function(group) c(group, reference))

heading("C8  Residential segregation: dissimilarity from White British, 2011")
country <- ioi_segregation(
  residents,
  group = tidyselect::all_of(c(reference, unname(group_names))), unit = lsoa_code,
  compare = "pairwise", groups = pairs
)
print(country)
save_table(country, "c8-england-and-wales")
save_chart(
  country, "c8-england-and-wales",
  sort = TRUE, height = 7,
  title = paste(
    paste(highest(country, 2)$group, collapse = " and "),
    "residents live\nfurthest apart from White British residents"
  ),
  subtitle = "Index of dissimilarity over LSOAs, England and Wales, 2011"
)

authorities <- ioi_segregation(
  residents,
  group = tidyselect::all_of(c(reference, unname(group_names))), unit = lsoa_code,
  by = la_name, compare = "pairwise", groups = pairs
)
save_table(authorities, "c8-local-authorities")
members <- rowsum(as.matrix(residents[unname(group_names)]), residents$la_name)
people <- members[cbind(authorities$la_name, authorities$group)]

# The ten highest for one group, and what small numbers would have put first.
show_group <- function(group) {
  rows <- authorities$group == group
  cat("\nHighest ten authorities with at least 1,000 people: ", group, "\n", sep = "")
  print(highest(authorities[rows & people >= 1000, ], 10))
  first <- which(rows)[which.max(authorities$estimate[rows])]
  if (people[first] >= 1000) {
    return(invisible())
  }
  note(
    "Without the rule of 1,000 people ", authorities$la_name[first], " would head this list with ",
    decimals(authorities$estimate[first], 3), ", from ", people[first],
    if (people[first] == 1) " person" else " people",
    " of the group: spread over many small areas so few people give a value near 1 by chance."
  )
}
for (group in main_groups) show_group(group)
pakistani <- highest(authorities[authorities$group == "Pakistani" & people >= 1000, ], 10)
save_chart(
  pakistani, "c8-pakistani-highest-ten",
  title = paste0(
    "Pakistani and White British residents live furthest\napart in ",
    paste(pakistani$la_name[1:2], collapse = " and ")
  ),
  subtitle = "Index of dissimilarity over LSOAs, ten highest authorities, 2011"
)
note(
  "Base: people in two groups at a time, usual residents, 34,753 LSOAs. Method: index of ",
  "dissimilarity, the share of either group that would have to move for both to be spread alike. ",
  "A full count: no sampling error is shown. Source: Office for National Statistics, Census 2011; ",
  "contains public sector information licensed under the Open Government Licence v3.0."
)

# ---- C9: where children learn ------------------------------------------------

heading("C9  School segregation: White British against all other pupils, 2023")
schools <- school_census_2023
ethnic <- names(schools)[match("white_british", names(schools)):match("other", names(schools))]
schools[["White British"]] <- schools$white_british
schools[["All other pupils"]] <- rowSums(schools[setdiff(ethnic, "white_british")])
primary <- schools$phase == "State-funded primary"
by_school <- ioi_segregation(
  schools[primary, ],
  group = c("White British", "All other pupils"), unit = urn, by = la_name,
  compare = "pairwise"
)
smaller <- with(schools[primary, ], tapply(
  seq_along(la_name), la_name,
  function(i) min(sum(`White British`[i]), sum(`All other pupils`[i]))
))
large <- smaller[by_school$la_name] >= 1000
note(
  "Highest ten authorities with at least 1,000 pupils on each side, state-funded primary schools"
)
print(highest(by_school[large, ], 10))
save_table(by_school, "c9-local-authorities")
save_chart(
  highest(by_school[large, ], 10), "c9-highest-ten",
  title = "Where White British and other pupils most often\ngo to different primary schools",
  subtitle = "Index of dissimilarity over schools, ten highest authorities, January 2023"
)
note(
  "Base: pupils of state-funded primary schools with a known ethnic group. Method: index of ",
  "dissimilarity over schools of the authority; it says nothing about where the pupils live. ",
  "Source: Department for Education, Schools, pupils and their characteristics 2022/23, Open ",
  "Government Licence v3.0."
)

# ---- C15 to C17: work --------------------------------------------------------

heading("C15-C17  Employment, inactivity and unemployment by ethnic group and sex, 2011")
adults <- census_2011_people
working_age <- !adults$age_band %in% c("0 to 15", "65 to 74", "75 and over")
status <- as.character(adults$economic_activity)
status[!working_age] <- NA
student <- status == "Economically active: Full-time student"
employed <- paste("Economically active:", c("Employee", "Self-employed"))
in_work <- status %in% employed | student
active <- startsWith(status, "Economically active")
answer <- function(yes, base) factor(ifelse(base, ifelse(yes, "yes", "no"), NA), c("no", "yes"))
adults$employed <- answer(in_work, !is.na(status))
adults$inactive <- answer(!active, !is.na(status))
adults$unemployed <- answer(status == "Economically active: Unemployed", !is.na(status) & active)

indicators <- c(C15 = "employed", C16 = "inactive", C17 = "unemployed")
titles <- c(
  employed = "Employment", inactive = "Economic inactivity", unemployed = "Unemployment"
)
# Rows outside the base have no answer, which is the message left out here.
design <- ioi_design(adults)
for (code in names(indicators)) {
  outcome <- indicators[[code]]
  rate <- suppressMessages(
    ioi_proportion(design, tidyselect::all_of(outcome), by = c(sex, ethnic_group), success = "yes")
  )
  gap <- ioi_parity(rate, ethnic_group, "White", favourable = outcome == "employed")
  name <- tolower(paste(code, outcome, sep = "-"))
  cat("\n", code, "  ", titles[[outcome]], " rate\n", sep = "")
  print(rate)
  cat("\nGap from White people of the same sex\n")
  print(gap)
  save_table(rate, name)
  save_table(gap, paste0(name, "-gap"))
  save_chart(
    rate, name,
    y = ethnic_group, series = sex,
    title = paste(titles[[outcome]], "by ethnic group and sex"),
    subtitle = "People aged 16 to 64, England and Wales, 2011"
  )
  save_chart(
    gap, paste0(name, "-gap"),
    y = group, series = sex,
    title = paste(titles[[outcome]], "gap from White people of the same sex"),
    subtitle = "People aged 16 to 64, England and Wales, 2011"
  )
}
share <- mean(student[!is.na(status)])
note(
  "Base: people aged 16 to 64 in a sample of 10,000; unemployment: those economically active. ",
  "Method: proportions with logit 95% limits, gaps as differences with t limits and a t test. ",
  "Full-time students who are economically active are one code in this file, which cannot be ",
  "split into those with a job and those looking for one: they are counted as employed. They are ",
  decimals(100 * share, 1), "% of the base, so employment would be up to that ",
  "many points lower if none of them worked. Source: Office for National Statistics, 2011 Census ",
  "Microdata Teaching File, Open Government Licence v3.0."
)

# ---- Worry about racial attack -----------------------------------------------

heading("Worry about racial attack by ethnic group, England and Wales, 2007-08")
survey <- crime_survey_2008[!is.na(crime_survey_2008$weight), ]
levels(survey$ethnic_group) <- c(
  "White", "Mixed", "Asian or Asian British", "Black or Black British", "Chinese or other"
)
worried <- suppressMessages(ioi_proportion(
  ioi_design(survey, weights = weight), worry_racial_attack,
  by = ethnic_group, success = c("very worried", "fairly worried"), ci = "beta"
))
worry_gap <- ioi_parity(worried, ethnic_group, "White", favourable = FALSE)
print(worried)
print(worry_gap)
save_table(worried, "worry-racial-attack")
save_table(worry_gap, "worry-racial-attack-gap")
save_chart(
  worried, "worry-racial-attack",
  sort = TRUE, height = 4.5,
  title = paste0(
    decimals(100 * worried$estimate[worried$ethnic_group == "Asian or Asian British"], 0),
    "% of Asian people worried about racial attack,\n",
    decimals(100 * worried$estimate[worried$ethnic_group == "White"], 0), "% of White people"
  ),
  subtitle = "Very or fairly worried, adults, England and Wales, 2007-08"
)
note(
  "Base: adults who answered. Method: weighted proportions, Korn and Graubard's beta limits; the ",
  "teaching file holds weights but not strata or PSUs, so the errors are those of independent ",
  "respondents and somewhat too small. Source: Home Office, British Crime Survey 2007-08 ",
  "unrestricted teaching data, UK Data Archive SN 6891, Open Government Licence v2.0."
)
cat("\nTables and charts are in ", folder, "/\n", sep = "")
