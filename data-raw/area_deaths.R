# area_deaths: deaths and population by age of one area.
source("data-raw/helpers.R")

source <- read_source("phe_health", "life_table_input.csv",
                      md5 = "c48162c9ec2c534454e4adf315c67d80")
area_deaths <- data.frame(
  age = as_count(source$startage, "startage"),
  deaths = as_count(source$deaths, "deaths"),
  population = as_count(source$pops, "pops")
)
check(area_deaths$age == c(0L, 1L, seq(5L, 90L, by = 5L)), "20 bands from 0 to 90")
# Totals of the same figures as printed in the tests of the R package they are from.
check(colSums(area_deaths[c("deaths", "population")]) == c(9357, 787954),
      "deaths and population add up")
write_data(area_deaths, "area_deaths")
