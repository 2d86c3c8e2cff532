# Help pages of the data sets on health, deaths and school outcomes in data/.

#' 2013 European Standard Population
#'
#' The population of 100,000 people by age to which UK health bodies standardise.
#'
#' @format A tibble of 20 rows and 3 columns:
#'   \describe{
#'     \item{`age`}{Band: 0, 1-4, 5-9, ..., 85-89, 90+.}
#'     \item{`start`}{First age of the band, integer.}
#'     \item{`population`}{People in the band, integer; 100,000 in all.}
#'   }
#'   In the usual 19 bands the first, 0-4, has 5,000.
#'
#' @section Use: [ioi_standardise()] takes it by name, `standard = "esp2013"`, for bands
#'   that join its own (such as 85+), and for a part of the ages (such as under 75).
#'
#' @source Eurostat (2013). Revision of the European Standard Population. Publications
#'   Office of the European Union. Taken from the public repository
#'   `cran/PHEindicatormethods`, commit 226d2d52dee1169976656c1404f820406b5db576.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' sum(esp2013$population[esp2013$start >= 75])
"esp2013"

#' Deaths and population by age of one area
#'
#' A worked example of a life table: deaths and person-years of one area by age.
#'
#' @format A tibble of 20 rows, one per age band, and 3 columns of integers:
#'   \describe{
#'     \item{`age`}{First age of the band: 0, 1, 5, 10, ..., 90.}
#'     \item{`deaths`}{Deaths in the band; 9,357 in all.}
#'     \item{`population`}{Person-years in the band; 787,954 in all.}
#'   }
#'
#' @section Caveats: the source does not name the area, sex or years. Population and
#'   deaths of the last two bands are all but equal, so these are figures for showing and
#'   checking a method, not for saying something about a place.
#'
#' @source Public Health England. Taken from the public repository
#'   `cran/PHEindicatormethods`, commit 226d2d52dee1169976656c1404f820406b5db576, where
#'   they are the example of life expectancy.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' # life expectancy at birth: 80.17 years
#' ioi_life_expectancy(area_deaths, age, deaths, population)
"area_deaths"

#' Deaths and life expectancy by deprivation, local authorities of England
#'
#' Deaths, population and published life expectancy of men and women in each tenth of
#' deprivation within each local authority of England.
#'
#' @format A tibble of 6,482 rows, one per authority, sex and decile, and 7 columns:
#'   \describe{
#'     \item{`area`}{Code of the local authority, `E06...` to `E09...`, 325 of them.}
#'     \item{`sex`}{Male, Female.}
#'     \item{`decile`}{Tenth of the small areas of the authority, 1 for the most deprived,
#'       integer. The Isles of Scilly (E06000053) have one.}
#'     \item{`deaths`}{Deaths, integer.}
#'     \item{`population`}{Person-years, integer.}
#'     \item{`life_expectancy`}{Life expectancy at birth as published, years.}
#'     \item{`std_error`}{Its standard error as published, years.}
#'   }
#'
#' @section Caveats: the source does not name the years. Person-years add up to three
#'   times the population of England in the mid 2010s, so three years were pooled. Deaths
#'   by age are not there, and life expectancies cannot be computed again. A crude death
#'   rate says more about the age of an area than about its health.
#'
#' @source Public Health England, life expectancy by deprivation decile. Taken from the
#'   public repository `cran/PHEindicatormethods`, file
#'   `tests/testthat/LE_testdata.csv`, commit
#'   226d2d52dee1169976656c1404f820406b5db576; counties, regions and England, which hold
#'   the authorities again, are left out.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' poorest <- subset(deaths_by_decile, decile == 1 & sex == "Male")
#' summary(poorest$life_expectancy)
"deaths_by_decile"

#' Exclusions from school by ethnic group, England 2016/17
#'
#' Permanent exclusions and suspensions (fixed-period exclusions) of pupils in all
#' state-funded schools of England in the school year 2016/17.
#'
#' @format A tibble of 24 rows, one per ethnic group, and 6 columns:
#'   \describe{
#'     \item{`ethnic_group`}{Factor with the published groups in the published order.}
#'     \item{`level`}{`"major"` for the broad groups White, Mixed, Asian and Black;
#'       `"minor"` for the detailed ones; `"other"` for all minority ethnic pupils and
#'       for the unclassified.}
#'     \item{`pupils`}{Pupils on the January census, integer.}
#'     \item{`permanent`}{Permanent exclusions; `NA` for Chinese pupils, withheld by the
#'       publisher.}
#'     \item{`suspensions`}{Suspensions; a pupil can have several.}
#'     \item{`pupils_suspended`}{Pupils with one or more suspensions.}
#'   }
#'
#' @section Caveats: all counts are rounded to 5 by the publisher, so rates of small
#'   groups are rough: 25 exclusions stand for 23 to 27. Major groups hold the minor
#'   ones; choose one level before adding up.
#'
#' @source Department for Education, Permanent and fixed-period exclusions in England
#'   2016 to 2017. Taken from the public repository
#'   `dfe-analytical-services/explore-education-statistics`, file
#'   `src/DataApi/wwwroot/data/exclusion_natcharacteristics.csv`, commit
#'   f3672aa708a0d0e1bcfba82516b99fcdd82f548c.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' ioi_rate(exclusions_2017, suspensions, pupils, by = ethnic_group, per = 100)
"exclusions_2017"

#' Attainment at age 11 and free school meals, local authorities of England 2016
#'
#' Pupils who reached the expected standard in reading, writing and maths at the end of
#' key stage 2, by local authority and whether they were eligible for free school meals.
#'
#' @format A tibble of 304 rows, two for each of 152 local authorities, and 6 columns:
#'   \describe{
#'     \item{`la_code`, `la_name`, `region`}{The authority and its region, character.}
#'     \item{`free_meals`}{eligible, not eligible.}
#'     \item{`pupils`}{Pupils eligible for assessment, integer.}
#'     \item{`reached`}{Those who reached the standard in all three; `NA` in the City of
#'       London, withheld by the publisher.}
#'   }
#'
#' @section Caveats: 2016 was the first year of a new standard and cannot be compared
#'   with earlier ones. The Isles of Scilly have 20 pupils, none of them eligible for
#'   free meals.
#'
#' @source Department for Education, National curriculum assessments at key stage 2 in
#'   England, 2016. Taken from the public repository `racedisparityaudit/rdalpha`, file
#'   `data/input/datasets/key_stage_2_2016.csv`, commit
#'   4c5bddcde8dabb7078610c0a91c42a04acc689e2.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' england <- rowsum(
#'   attainment_2016[c("pupils", "reached")], attainment_2016$free_meals,
#'   na.rm = TRUE
#' )
#' round(100 * england$reached / england$pupils, 1)
"attainment_2016"

#' General health by ethnic group, sex and age, 2011
#'
#' Usual residents in the sample of the 2011 census of England and Wales by general
#' health, ethnic group, sex and age: counts of the records of [census_2011_people].
#'
#' @format A tibble of 80 rows, one per ethnic group, sex and age band, and 6 columns:
#'   \describe{
#'     \item{`ethnic_group`, `sex`, `age_band`}{Factors as in [census_2011_people].}
#'     \item{`people`}{Usual residents in the sample with an answer on health, integer.}
#'     \item{`bad_health`}{Those in bad or very bad health.}
#'     \item{`good_health`}{Those in good or very good health.}
#'   }
#'
#' @section Caveats: a sample of about 10,000 people, so cells are small and some are
#'   empty.
#'
#' @source Office for National Statistics, 2011 Census Microdata Teaching File; see
#'   [census_2011_people].
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right 2014.
#'
#' @examples
#' colSums(census_2011_health[c("people", "bad_health", "good_health")])
"census_2011_health"
