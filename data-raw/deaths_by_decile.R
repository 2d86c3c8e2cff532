# deaths_by_decile: deaths and life expectancy by sex and decile of deprivation in the
# local authorities of England.
source("data-raw/helpers.R")

source <- read_source("phe_health", "life_expectancy_by_deprivation_decile_local_authority.csv.xz",
                      md5 = "cc31749403d9444607da0da1f6cbfead")
check(nrow(source) == 7222, "7,222 rows")

# Authorities alone: counties (E10), regions (E12) and England hold them again.
authority <- substr(source$GeoCode, 1, 3) %in% c("E06", "E07", "E08", "E09")
rows <- source[authority, ]
check(rows$Sex %in% c("1", "2"), "sex is 1 or 2")
years <- as.numeric(rows$LifeExp)
error <- as.numeric(rows$SE)
check(years > 40 & years < 110 & error > 0, "life expectancies are possible")
deaths_by_decile <- data.frame(
  area = rows$GeoCode,
  sex = factor(rows$Sex, levels = c("1", "2"), labels = c("Male", "Female")),
  decile = as_count(rows$Decile, "Decile"),
  deaths = as_count(rows$Deaths, "Deaths"),
  population = as_count(rows$Pop, "Pop"),
  life_expectancy = years,
  std_error = error
)
deaths_by_decile <- deaths_by_decile[
  order(deaths_by_decile$area, deaths_by_decile$sex, deaths_by_decile$decile), ]
rownames(deaths_by_decile) <- NULL
check(!anyDuplicated(deaths_by_decile[c("area", "sex", "decile")]), "one row a decile")
england <- source[source$GeoCode == "England", ]
check(nrow(england) == 20, "England has its 20 rows")
check(abs(sum(deaths_by_decile$deaths) / sum(as_count(england$Deaths, "Deaths")) - 1) < 0.01,
      "the deaths of the authorities are those of England, but for rounding")
write_data(deaths_by_decile, "deaths_by_decile")
