# The data sets against figures published elsewhere than in the files they were made
# from, and against themselves.
#
# ONS: Office for National Statistics. DfE: Department for Education.

groups_2011 <- c(
  "white_british", "irish", "other_white", "mixed", "indian", "pakistani", "bangladeshi",
  "chinese", "other_asian", "african", "caribbean", "other_black", "arab", "other"
)
groups_2021 <- c(
  "white_british", "irish", "gypsy_irish_traveller", "roma", "other_white",
  "white_and_black_caribbean", "white_and_black_african", "white_and_asian",
  "other_mixed", "indian", "pakistani", "bangladeshi", "chinese", "other_asian",
  "african", "caribbean", "other_black", "arab", "other"
)
groups_school <- c(
  "white_british", "irish", "traveller_of_irish_heritage", "gypsy_roma", "other_white",
  "white_and_black_caribbean", "white_and_black_african", "white_and_asian",
  "other_mixed", "indian", "pakistani", "bangladeshi", "other_asian", "chinese",
  "african", "caribbean", "other_black", "other"
)
languages <- c("language_english", "language_other", "language_unclassified")

expect_counts <- function(data, columns) {
  expect_true(all(vapply(data[columns], is.integer, NA)))
  expect_false(anyNA(data[columns]))
  expect_gte(min(vapply(data[columns], min, 0L)), 0)
}

# A table of one row per unit of `key`, complete, with names as text.
expect_places <- function(data, key, places) {
  expect_identical(class(data), c("tbl_df", "tbl", "data.frame"))
  expect_true(all(vapply(data[places], is.character, NA)))
  expect_false(anyNA(data))
  expect_identical(anyDuplicated(data[[key]]), 0L)
}

in_country <- function(code, letter) startsWith(code, letter)

test_that("census_2011_lsoa has every LSOA once, whole counts, nothing missing", {
  expect_named(census_2011_lsoa, c("lsoa_code", "msoa_code", "la_code", "la_name",
                                   "region", "persons", groups_2011))
  expect_places(census_2011_lsoa, "lsoa_code",
                c("lsoa_code", "msoa_code", "la_code", "la_name"))
  expect_counts(census_2011_lsoa, c("persons", groups_2011))
  expect_match(census_2011_lsoa$lsoa_code, "^[EW]01[0-9]{6}$")
  expect_match(census_2011_lsoa$msoa_code, "^[EW]02[0-9]{6}$")
  expect_match(census_2011_lsoa$la_code, "^(E0[6-9]|W06)[0-9]{6}$")
})

test_that("census_2011_lsoa has the areas of the ONS (2011 census geographies)", {
  england <- in_country(census_2011_lsoa$lsoa_code, "E")
  expect_identical(sum(england), 32844L)
  expect_identical(sum(!england), 1909L)
  msoa <- unique(census_2011_lsoa$msoa_code)
  expect_identical(sum(in_country(msoa, "E")), 6791L)
  expect_identical(sum(in_country(msoa, "W")), 410L)
  expect_identical(england, census_2011_lsoa$region != "Wales")
  # 326 districts and boroughs in England and 22 in Wales in 2011; 309 and 22 in 2021.
  expect_length(unique(census_2011_lsoa$la_name[england]), 326)
  expect_length(unique(census_2011_lsoa$la_name[!england]), 22)
  expect_length(unique(census_2011_lsoa$la_code[england]), 309)
  expect_length(unique(census_2011_lsoa$la_code[!england]), 22)
})

test_that("census_2011_lsoa nests: LSOA in MSOA in authority in region", {
  one_in <- function(inner, outer) {
    pairs <- unique(census_2011_lsoa[c(inner, outer)])
    expect_identical(anyDuplicated(pairs[[inner]]), 0L)
  }
  one_in("msoa_code", "la_name")
  one_in("la_name", "la_code")
  one_in("la_code", "region")
  shared <- unique(census_2011_lsoa[c("la_code", "la_name")])
  shared <- shared[shared$la_code %in% shared$la_code[duplicated(shared$la_code)], ]
  expect_identical(nrow(shared), 25L)
  expect_setequal(shared$la_code, c(sprintf("E0600%04d", 58:62), paste0("E0700024", 4:6)))
  expect_setequal(shared$la_name[shared$la_code == "E06000058"],
                  c("Bournemouth", "Christchurch", "Poole"))
})

test_that("census_2011_lsoa has the published usual residents", {
  # ONS, First Census 2021 results: England and Wales in 2011.
  by_country <- tapply(census_2011_lsoa$persons, census_2011_lsoa$region == "Wales", sum)
  expect_identical(as.integer(by_country), c(53012456L, 3063456L))
  expect_identical(sum(census_2011_lsoa$persons), 56075912L)
  # ONS, Ethnic group, England and Wales: Census 2021, which gives 2011 too.
  expect_identical(round(100 * sum(census_2011_lsoa$white_british) / 56075912, 1), 80.5)
  # Nobody is lost but the group Gypsy or Irish Traveller: 57,680 (ONS, 2011).
  left_out <- census_2011_lsoa$persons - rowSums(census_2011_lsoa[groups_2011])
  expect_gte(min(left_out), 0)
  expect_identical(sum(left_out), 57680)
  white <- sum(census_2011_lsoa[c("white_british", "irish", "other_white")]) + 57680
  expect_identical(round(100 * white / 56075912, 1), 86.0)
  asian <- sum(census_2011_lsoa[c("indian", "pakistani", "bangladeshi", "chinese",
                                  "other_asian")])
  expect_identical(round(100 * asian / 56075912, 1), 7.5)
  # Leicester Mercury on the ONS release of December 2012: 93,335 Indian, 28 per
  # cent; 45 per cent White British.
  leicester <- census_2011_lsoa[census_2011_lsoa$la_name == "Leicester", ]
  expect_identical(sum(leicester$indian), 93335L)
  expect_identical(round(sum(leicester$indian) / sum(leicester$persons), 2), 0.28)
  expect_identical(round(sum(leicester$white_british) / sum(leicester$persons), 2), 0.45)
})

test_that("census_2021_msoa has every MSOA once, whole counts, nothing missing", {
  expect_named(census_2021_msoa, c("msoa_code", "msoa_name", "la_code", "la_name",
                                   "persons", groups_2021))
  expect_places(census_2021_msoa, "msoa_code",
                c("msoa_code", "msoa_name", "la_code", "la_name"))
  expect_counts(census_2021_msoa, c("persons", groups_2021))
  expect_match(census_2021_msoa$msoa_code, "^[EW]02[0-9]{6}$")
  expect_identical(as.integer(rowSums(census_2021_msoa[groups_2021])),
                   census_2021_msoa$persons)
})

test_that("census_2021_msoa has the published areas and usual residents", {
  # ONS, 2021 census geographies: 6,856 MSOAs in England, 408 in Wales.
  england <- in_country(census_2021_msoa$msoa_code, "E")
  expect_identical(sum(england), 6856L)
  expect_identical(sum(!england), 408L)
  expect_length(unique(census_2021_msoa$la_code), 331)
  expect_identical(nrow(unique(census_2021_msoa[c("la_code", "la_name")])), 331L)
  # ONS, unrounded population estimates, Census 2021. Noise of about one person in a
  # cell of 7,264 x 19 leaves sums some hundreds away.
  expect_lt(abs(sum(census_2021_msoa$persons[england]) - 56490048), 1000)
  expect_lt(abs(sum(census_2021_msoa$persons[!england]) - 3107494), 200)
  # ONS, Ethnic group, England and Wales: Census 2021.
  total <- colSums(census_2021_msoa[groups_2021])
  percent <- function(of) round(100 * sum(total[of]) / sum(total), 1)
  expect_identical(percent("white_british"), 74.4)
  expect_identical(percent(groups_2021[1:5]), 81.7)
  expect_identical(percent(groups_2021[10:14]), 9.3)
  # 64,205 Gypsies and Irish Travellers in England and 3,552 in Wales.
  expect_lt(abs(total[["gypsy_irish_traveller"]] - (64205 + 3552)), 200)
})

test_that("authorities of the two censuses have the same codes", {
  expect_setequal(census_2011_lsoa$la_code, census_2021_msoa$la_code)
})

test_that("school_census_2023 has every school once, whole counts, nothing missing", {
  expect_named(
    school_census_2023,
    c("urn", "school_name", "la_code", "la_name", "region", "phase", "headcount",
      groups_school, "unclassified", "fsm_eligible", languages)
  )
  expect_places(school_census_2023, "urn", c("urn", "school_name", "la_code", "la_name"))
  expect_counts(school_census_2023, c("headcount", groups_school, "unclassified",
                                      "fsm_eligible", languages))
  expect_match(school_census_2023$urn, "^[0-9]{6}$")
  expect_identical(levels(school_census_2023$region),
                   setdiff(levels(census_2011_lsoa$region), "Wales"))
  odd <- grepl("[^ -~]", school_census_2023$school_name)
  expect_identical(sum(odd), 4L)
  expect_true(all(validUTF8(school_census_2023$school_name)))
})

test_that("school_census_2023: groups and languages add up to pupils", {
  pupils <- school_census_2023$headcount
  expect_identical(
    as.integer(rowSums(school_census_2023[c(groups_school, "unclassified")])), pupils
  )
  expect_identical(as.integer(rowSums(school_census_2023[languages])), pupils)
  expect_true(all(school_census_2023$fsm_eligible <= pupils))
})

test_that("school_census_2023 has the published schools and pupils", {
  # DfE, Schools, pupils and their characteristics 2022/23: 24,442 schools. Without
  # ethnic counts are 2,408 independent and 9 general hospital schools.
  expect_identical(nrow(school_census_2023), 24442L - 2408L - 9L)
  # 152 authorities responsible for education in England from April 2021.
  expect_identical(nrow(unique(school_census_2023[c("la_code", "la_name")])), 152L)
  # DfE, the same of 2023/24, headlines: 3,630,171 pupils in state-funded secondary
  # schools the year before; 2,094,169 eligible for free meals, 74,660 more than the
  # year before. Hospital schools, left out here, had somewhat over a hundred of them.
  by_phase <- tapply(school_census_2023$headcount, school_census_2023$phase, sum)
  expect_identical(by_phase[["State-funded secondary"]], 3630171L)
  left_out <- 2094169 - 74660 - sum(school_census_2023$fsm_eligible)
  expect_gte(left_out, 0)
  expect_lt(left_out, 150)
})

test_that("census_2011_people has 10,000 people with labels in code order", {
  expect_identical(class(census_2011_people), c("tbl_df", "tbl", "data.frame"))
  expect_identical(dim(census_2011_people), c(10000L, 18L))
  expect_identical(census_2011_people$person_id, seq_len(10000))
  expect_true(all(vapply(census_2011_people[-1], is.factor, NA)))
  expect_identical(levels(census_2011_people$region), levels(census_2011_lsoa$region))
  # ONS, 2011 Census Microdata Teaching File, variable list.
  expect_identical(
    levels(census_2011_people$economic_activity),
    c(paste("Economically active:", c("Employee", "Self-employed", "Unemployed",
                                      "Full-time student")),
      paste("Economically inactive:", c("Retired", "Student",
                                        "Looking after home or family",
                                        "Long-term sick or disabled", "Other")))
  )
  expect_identical(
    levels(census_2011_people$ethnic_group),
    c("White", "Mixed", "Asian and Asian British", "Black or Black British",
      "Chinese or Other ethnic group")
  )
  expect_false(any(grepl("code required", unlist(lapply(census_2011_people, levels)))))
})

test_that("census_2011_people is missing what its codes say and no more", {
  complete <- c("region", "residence_type", "population_base", "sex", "age_band",
                "marital_status", "student")
  expect_false(anyNA(census_2011_people[complete]))
  under_16 <- census_2011_people$age_band == "0 to 15"
  away <- grepl("^Student living away", census_2011_people$population_base)
  expect_identical(is.na(census_2011_people$economic_activity), under_16 | away)
  # One child coded as a usual resident is blank like a student living away.
  blank <- away | census_2011_people$person_id == 8468
  for (name in c("country_of_birth", "health", "ethnic_group", "religion")) {
    expect_identical(is.na(census_2011_people[[!!name]]), blank)
  }
  expect_identical(is.na(census_2011_people$occupation),
                   is.na(census_2011_people$industry))
  working <- census_2011_people$economic_activity %in%
    paste("Economically active:", c("Employee", "Self-employed"))
  expect_false(anyNA(census_2011_people$hours_worked[working]))
})

test_that("census_2011_people agrees with the whole census within sampling error", {
  usual <- census_2011_people[census_2011_people$population_base == "Usual resident", ]
  within_error <- function(yes, share) {
    yes <- yes[!is.na(yes)]
    expect_lt(abs(mean(yes) - share), 4 * sqrt(share * (1 - share) / length(yes)))
  }
  # ONS: 86.0 per cent White, 7.5 per cent Asian (which there includes Chinese, so the
  # group here is less than that by 393,141); 28.5 of 56.1 million women.
  within_error(usual$ethnic_group == "White", 0.860)
  chinese <- sum(census_2011_lsoa$chinese) / 56075912
  within_error(usual$ethnic_group == "Asian and Asian British", 0.075 - chinese)
  within_error(usual$sex == "Female", 28.5 / 56.1)
  everybody <- tapply(census_2011_lsoa$persons, census_2011_lsoa$region, sum)
  regions <- stats::chisq.test(table(usual$region), p = as.numeric(everybody),
                               rescale.p = TRUE)
  expect_gt(regions$p.value, 1e-4)
})

test_that("crime_survey_2008 has the columns and types of its page", {
  expect_identical(class(crime_survey_2008), c("tbl_df", "tbl", "data.frame"))
  expect_identical(dim(crime_survey_2008), c(11676L, 30L))
  expect_identical(crime_survey_2008$case, seq_len(11676))
  numbers <- c("case", "age", "deprivation_quintile", "worry_personal_crime_score",
               "worry_property_crime_score", "weight")
  is_factor <- vapply(crime_survey_2008, is.factor, NA)
  expect_setequal(names(crime_survey_2008)[!is_factor], numbers)
  expect_identical(
    levels(crime_survey_2008$ethnic_group),
    c("white", "mixed", "asian or asian british", "black or black british",
      "chinese or other")
  )
  worries <- grep("^worry_.*[^e]$|^worry_rape$", names(crime_survey_2008), value = TRUE)
  expect_length(worries, 8)
  for (name in worries) {
    expect_identical(levels(crime_survey_2008[[!!name]]),
                     paste(c("very", "fairly", "not very", "not at all"), "worried"))
  }
  labels <- unlist(lapply(crime_survey_2008, levels))
  expect_false(any(grepl("refused|don't know|not applicable|not coded", labels)))
  expect_true(all(crime_survey_2008$deprivation_quintile %in% 1:5))
})

test_that("crime_survey_2008 has 16 rows without weight: no age, or aged 101", {
  unweighted <- is.na(crime_survey_2008$weight)
  expect_identical(sum(unweighted), 16L)
  expect_identical(unweighted, !(crime_survey_2008$age %in% 16:100))
  expect_true(all(crime_survey_2008$weight > 0, na.rm = TRUE))
  # "mean = 1" in the label of the variable.
  expect_equal(mean(crime_survey_2008$weight, na.rm = TRUE), 1, tolerance = 0.005)
})

test_that("crime_survey_2008 gives the tables printed in teaching notes on the file", {
  # J. Medina, University of Manchester, LAWS70821, cross tabulation of rubbcomm and
  # bcsvictim; marginals 9,318 non-victims and 2,358 victims.
  expect_identical(as.integer(table(crime_survey_2008$victim)), c(9318L, 2358L))
  got <- table(crime_survey_2008$litter_common, crime_survey_2008$victim)
  printed <- rbind(
    "very common" = c(141L, 63L), "fairly common" = c(876L, 368L),
    "not very common" = c(3173L, 981L), "not at all common" = c(4614L, 849L)
  )
  expect_identical(rownames(got), rownames(printed))
  expect_identical(as.integer(got), as.integer(printed))
  # Notes of another course on the same file: mean and standard deviation of tcviolent.
  score <- crime_survey_2008$worry_personal_crime_score
  expect_identical(sum(is.na(score)), 3242L)
  by_sex <- function(f) round(tapply(score, crime_survey_2008$sex, f, na.rm = TRUE), 2)
  expect_identical(c(by_sex(mean)), c(male = -0.27, female = 0.33))
  expect_identical(c(by_sex(stats::sd)), c(male = 0.86, female = 1.04))
})

test_that("crime_survey_2008 weighted gives the published risk of crime", {
  # Home Office Statistical Bulletin 07/08: 22 per cent were victims. The file is a part
  # of that survey, so within two standard errors, with a design factor of 1.2, and
  # half a point of rounding.
  valid <- !is.na(crime_survey_2008$weight)
  risk <- stats::weighted.mean(
    crime_survey_2008$victim[valid] == "victim of crime", crime_survey_2008$weight[valid]
  )
  expect_lt(abs(risk - 0.22), 2 * 1.2 * sqrt(0.22 * 0.78 / sum(valid)) + 0.005)
})

test_that("census_2021_la has the totals the ONS prints (Language, England and Wales: 2021)", {
  expect_identical(dim(census_2021_la), c(331L, 11L))
  expect_counts(census_2021_la, setdiff(names(census_2021_la), c("la_code", "la_name")))
  total <- colSums(census_2021_la[-(1:2)])
  people <- sum(total[1:5])
  expect_identical(round(100 * total[["english_main"]] / people, 1), 91.1)
  expect_identical(round(total[["english_not_well"]] / 1e3), 880)
  expect_identical(round(total[["english_not_at_all"]] / 1e3), 161)
})

test_that("labour_market and gcse_grades add up as their publishers say", {
  expect_identical(nrow(labour_market), 2856L)
  expect_false(2010 %in% labour_market$year)
  england <- subset(
    labour_market,
    area == "England" & measure == "employment" & year == 2019 & born == "UK" &
      ethnic_group == "White"
  )
  expect_identical(round(100 * england$estimate, 1), 77.1)
  minor <- subset(gcse_grades, level == "minor" & major == "Asian")
  major <- subset(gcse_grades, level == "major" & major == "Asian")
  expect_identical(
    as.integer(tapply(minor$pupils, minor$year, sum)), major$pupils[order(major$year)]
  )
})

test_that("community_life holds whole percentages, each once", {
  expect_identical(nrow(community_life), 35L)
  expect_identical(anyDuplicated(community_life[c("year", "measure", "group")]), 0L)
  expect_true(all(community_life$percent %in% 0:100))
})

test_that("hate_crime: strands overlap, so a year with all five exceeds its total", {
  expect_identical(nrow(hate_crime), 21L)
  year <- subset(hate_crime, year == "2018/19")
  total <- year$offences[year$strand == "total"]
  expect_gt(sum(year$offences[year$strand != "total"]), total)
  expect_lt(max(year$offences[year$strand != "total"]), total)
})
