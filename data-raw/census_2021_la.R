# census_2021_la: English, and address a year before, by local authority, England and
# Wales 2021.
source("data-raw/helpers.R")

english <- read_source(
  "census2021_english_proficiency_msoa_ew", "ts029_english_proficiency_msoa_2021.csv.xz",
  md5 = "4fa602f1bc97a9306e866e20fcd5facf")
moves <- read_source(
  "census2021_residential_mobility_msoa_ew", "ts019_address_one_year_ago_msoa_2021.csv.xz",
  md5 = "b1ab55170b2cae8a48c59bde3128a033")
check(setequal(english$msoa21_code, moves$msoa21_code) && !anyDuplicated(moves$msoa21_code),
      "both tables have the same MSOAs")
moves <- moves[match(english$msoa21_code, moves$msoa21_code), ]
names <- c(
  main_english = "english_main", very_well = "english_very_well", well = "english_well",
  not_well = "english_not_well", not_at_all = "english_not_at_all"
)
moved <- c(
  address_one_year_ago_is_the_same = "address_same",
  address_one_year_ago_is_student_or_boarding = "address_student",
  migrant_from_within_uk = "address_within_uk", migrant_from_outside_uk = "address_abroad"
)
counts <- cbind(
  sapply(english[names(names)], as_count, name = "English"),
  sapply(moves[names(moved)], as_count, name = "moves")
)
colnames(counts) <- c(unname(names), unname(moved))
not_english <- as_count(english$main_not_english, "main_not_english")
check(abs(rowSums(counts[, names[-1]]) - not_english) <= 10, "levels of English add up")
total <- rowsum(counts, english$ltla22_code)
first <- match(rownames(total), english$ltla22_code)
census_2021_la <- data.frame(
  la_code = rownames(total), la_name = english$ltla22_name[first],
  matrix(as.integer(total), nrow(total), dimnames = list(NULL, colnames(total)))
)
check(nrow(census_2021_la) == 331, "331 local authorities")
write_data(census_2021_la, "census_2021_la")
