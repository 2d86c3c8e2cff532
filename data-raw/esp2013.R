# esp2013: the 2013 European Standard Population, with a band under 1.
source("data-raw/helpers.R")

source <- read_source("phe_health", "esp2013_standard_population.csv",
                      md5 = "8e4068172fa8817431d9edc2bb425941")
people <- as_count(source$population, "population")
check(length(people) == 19 && sum(people) == 100000, "19 bands hold 100,000 people")
check(source$ageband[c(1, 19)] == c("0-4", "90+"), "bands run from 0-4 to 90+")

# The split of the first band is the revision's own: 1,000 under 1 and 4,000 from 1.
start <- c(0L, 1L, seq(5L, 90L, by = 5L))
label <- c("0", "1-4", source$ageband[-1])
esp2013 <- data.frame(age = label, start = start,
                      population = c(1000L, 4000L, people[-1]))
check(people[1] == sum(esp2013$population[1:2]), "the first band is the sum of its parts")
write_data(esp2013, "esp2013")
