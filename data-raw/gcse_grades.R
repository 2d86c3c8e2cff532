# gcse_grades: pupils with grade 5 or above in GCSE English and mathematics by ethnic
# group, England, 2018/19 to 2020/21.
source("data-raw/helpers.R")

source <- read_source(
  "dfe_ks4_2019_2021", "official_dfe_ks4_inputs.csv", md5 = "a8c3ba7b55fe457cd10ef43ef659f624")
rows <- source[source$major != "" & !is.na(source$major), ]
pct <- as.double(rows$pct_grade5)
check(pct >= 0 & pct <= 100, "percentages are from 0 to 100")
gcse_grades <- data.frame(
  year = rows$year,
  ethnic_group = ifelse(rows$group == "Total", rows$major, rows$group),
  level = ifelse(rows$group == "Total", "major", "minor"), major = rows$major,
  pupils = as_count(rows$pupils, "pupils"), percent = pct
)
major <- gcse_grades[gcse_grades$level == "major", ]
minor <- gcse_grades[gcse_grades$level == "minor", ]
both <- merge(
  aggregate(pupils ~ year + major, minor, sum), major[c("year", "major", "pupils")],
  by = c("year", "major")
)
parts <- c("Asian", "Black", "Mixed", "White")
check(both$pupils.x[both$major %in% parts] == both$pupils.y[both$major %in% parts],
      "minor groups add up to their major group")
write_data(gcse_grades, "gcse_grades")
