# census_2011_health: general health by ethnic group, sex and age, counted from the
# records of census_2011_people (made by census_2011_people.R).
source("data-raw/helpers.R")

load("data/census_2011_people.rda")
people <- census_2011_people[
  census_2011_people$population_base == "Usual resident" & !is.na(census_2011_people$health), ]
check(!anyNA(people$ethnic_group), "usual residents have an ethnic group")
bad <- people$health %in% c("Bad health", "Very bad health")
good <- people$health %in% c("Very good health", "Good health")
cells <- c("ethnic_group", "sex", "age_band")
count <- function(counted) {
  as.data.frame(stats::xtabs(counted ~ ., people[cells]), stringsAsFactors = FALSE)$Freq
}
labels <- as.data.frame(stats::xtabs(~., people[cells]))[cells]
census_2011_health <- data.frame(
  labels, people = as.integer(count(rep(1, nrow(people)))),
  bad_health = as.integer(count(bad)), good_health = as.integer(count(good))
)
order <- order(census_2011_health$ethnic_group, census_2011_health$sex, census_2011_health$age_band)
census_2011_health <- census_2011_health[order, ]
rownames(census_2011_health) <- NULL
check(nrow(census_2011_health) == 80 && sum(census_2011_health$people) == nrow(people),
      "80 cells hold everybody")
write_data(census_2011_health, "census_2011_health")
