# school_census_2023: school census of January 2023, pupils by ethnic group, free
# school meals and first language, for every school with ethnic counts.
source("data-raw/helpers.R")

groups <- c(
  n_white_british = "white_british", n_irish = "irish",
  n_traveller_of_irish_heritage = "traveller_of_irish_heritage",
  n_gypsy_roma = "gypsy_roma", n_any_other_white_background = "other_white",
  n_white_and_black_caribbean = "white_and_black_caribbean",
  n_white_and_black_african = "white_and_black_african",
  n_white_and_asian = "white_and_asian", n_any_other_mixed_background = "other_mixed",
  n_indian = "indian", n_pakistani = "pakistani", n_bangladeshi = "bangladeshi",
  n_any_other_asian_background = "other_asian", n_chinese = "chinese",
  n_african = "african", n_caribbean = "caribbean",
  n_any_other_black_background = "other_black", n_any_other_ethnic_group = "other",
  n_unclassified = "unclassified"
)
languages <- c(
  n_first_language_english = "language_english",
  n_first_language_other = "language_other",
  n_first_language_unclassified = "language_unclassified"
)
phases <- c(
  "State-funded nursery", "State-funded primary", "State-funded secondary",
  "State-funded special school", "Non-maintained special school", "State-funded AP school"
)
counted <- c("headcount", names(groups), "n_fsm_eligible", names(languages))

school <- read_source(
  "dfe_school_census_2022_23", "school_level_pupil_characteristics_2022_23.csv.xz",
  md5 = "b27b7c4bbf0e645bba269b8f69d3ef51"
)
check(nrow(school) == 24442 && !anyDuplicated(school$urn), "24,442 schools")
check(school$time_period == "202223", "one school year")

# "z": no figure for this school. as_count() makes it NA and stops at any other
# marker.
school[counted] <- Map(as_count, school[counted], counted, missing = "z")
check(!is.na(school$headcount), "every school has a headcount")

# A school has all its ethnic and language counts or none.
unknown <- is.na(school[c(names(groups), names(languages))])
check(rowSums(unknown) %in% c(0, ncol(unknown)), "counts are given or absent together")
without <- unknown[, 1]
check(sum(without) == 2417, "2,417 schools have no ethnic counts")
check(sum(without & school$phase_type_grouping == "Independent school") == 2408,
      "2,408 of them are independent")
check(sum(without & school$phase_type_grouping == "State-funded special school") == 9,
      "9 of them are general hospital schools")
check(without | school$phase_type_grouping %in% phases, "every phase is known")

# Schools without ethnic counts go; so no count is missing in what stays. Schools
# with counts that are all 0 stay: they are published so.
school <- school[!without, ]
check(!is.na(school[counted]), "no count is missing")
check(rowSums(school[names(groups)]) == school$headcount, "groups add up to pupils")
check(rowSums(school[names(languages)]) == school$headcount, "languages add up to pupils")
check(school$n_fsm_eligible <= school$headcount, "free meals within pupils")
check(sum(school$headcount == 0) == 42, "42 schools have no pupil of their own")

place <- unique(school[c("new_la_code", "la_name", "region_name")])
check(nrow(place) == 152 && !anyDuplicated(place$new_la_code), "152 authorities")

school_census_2023 <- data.frame(
  urn = school$urn,
  school_name = enc2utf8(school$school_name),
  la_code = school$new_la_code,
  la_name = school$la_name,
  region = as_region(school$region_name, setdiff(regions, "Wales")),
  phase = factor(school$phase_type_grouping, levels = phases),
  headcount = school$headcount
)
check(!is.na(school_census_2023), "no name, code or phase is missing")
school_census_2023[groups] <- school[names(groups)]
school_census_2023$fsm_eligible <- school$n_fsm_eligible
school_census_2023[languages] <- school[names(languages)]
by_place <- order(school_census_2023$la_code, school_census_2023$urn, method = "radix")
school_census_2023 <- school_census_2023[by_place, ]
rownames(school_census_2023) <- NULL

write_data(school_census_2023, "school_census_2023")
