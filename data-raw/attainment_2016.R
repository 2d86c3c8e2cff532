# attainment_2016: pupils who reached the expected standard in reading, writing and
# maths at key stage 2, by local authority and free school meals, England 2016.
source("data-raw/helpers.R")

source <- read_source(
  "dfe_ks2_2016_la", "ks2_2016_expected_standard_by_characteristic_la.csv.xz",
  md5 = "9d499aee3dfefe878d51560f30b5f54a")
rows <- source[source$subject == "reading_writing_maths", ]
wanted <- rows[rows$characteristic %in% c("FSM", "AllOther"), ]
authority <- wanted[!is.na(wanted$la_code_9digit), ]
attainment <- data.frame(
  la_code = authority$la_code_9digit,
  la_name = authority$la_name,
  region = authority$region_name,
  free_meals = factor(authority$characteristic, c("FSM", "AllOther"),
                      c("eligible", "not eligible")),
  pupils = as_count(authority$eligible, "eligible"),
  reached = as_count(authority$reached_expected, "reached_expected", missing = "x")
)
attainment_2016 <- attainment[order(attainment$la_code, attainment$free_meals), ]
rownames(attainment_2016) <- NULL
check(nrow(attainment_2016) == 304, "152 authorities twice")
check(is.na(attainment_2016$reached) == (attainment_2016$la_name == "City of London"),
      "only the City of London is suppressed")
check(attainment_2016$reached <= attainment_2016$pupils | is.na(attainment_2016$reached),
      "no more reach it than there are")
england <- wanted[is.na(wanted$la_code_9digit), ]
sums <- tapply(attainment_2016$pupils, attainment_2016$free_meals, sum)
of_england <- match(c("FSM", "AllOther"), england$characteristic)
published <- as_count(england$eligible, "eligible")[of_england]
check(abs(sums / published - 1) < 0.001, "authorities add up to England")
write_data(attainment_2016, "attainment_2016")
