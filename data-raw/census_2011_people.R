# census_2011_people: 10,000 people of the Census 2011 microdata teaching file.
source("data-raw/helpers.R")

people <- read_source("census2011_microdata_sample", "census2011_microdata_10000.csv.xz",
                      md5 = "fd1a0f6bb3ec365759365de8ad94a892")
codebook <- read_source("census2011_microdata_sample", "codebook.csv",
                        md5 = "b8f04f8c6870df2378cfefefdf851da9")

check(nrow(people) == 10000 && ncol(people) == 18, "10,000 people, 18 columns")
check(!is.na(people), "nothing is missing but by code")
check(people$person_id == seq_len(10000), "people are numbered 1 to 10,000")

# One spelling of the region in every data set: the official one.
codebook$label <- sub("^Yorkshire and the Humber$", "Yorkshire and The Humber",
                      codebook$label)

census_2011_people <- people
census_2011_people$person_id <- as.integer(people$person_id)
for (name in setdiff(names(people), "person_id")) {
  rows <- codebook[codebook$variable == name, ]
  census_2011_people[[name]] <- as_labelled(people[[name]], name, rows$code, rows$label,
                                            missing = "-9")
  check(sum(is.na(census_2011_people[[name]])) == sum(people[[name]] == "-9"),
        paste("only code -9 is missing in", name))
}
check(levels(census_2011_people$region) == regions, "regions in code order")

# What -9 must mean if codes were read rightly: no work code under 16, and no
# ethnic group, health or birthplace for students away at term time.
work <- c("economic_activity", "occupation", "industry", "hours_worked", "social_grade")
child <- census_2011_people$age_band == "0 to 15"
check(is.na(census_2011_people[child, work]), "children have no work codes")
away <- grepl("^Student living away", census_2011_people$population_base)
origin <- c("country_of_birth", "health", "ethnic_group", "religion")
check(is.na(census_2011_people[away, c(origin, work)]), "students away have no codes")

write_data(census_2011_people, "census_2011_people")
