# Help pages of the data sets of several years, and of the census by local authority.

#' Employment, unemployment and inactivity by ethnic group and country of birth
#'
#' Estimates of the Annual Population Survey for the United Kingdom, its countries and
#' the regions of England, by broad ethnic group and country of birth, 2005 to 2022.
#'
#' @format A tibble of 2,856 rows, one per measure, area, ethnic group, country of birth
#'   and year, and 9 columns:
#'   \describe{
#'     \item{`year`}{Calendar year, integer; 2010 is left out, see Caveats.}
#'     \item{`area`}{Factor of 14: United Kingdom, England, its nine regions, Wales,
#'       Scotland, Northern Ireland.}
#'     \item{`measure`}{Factor: `employment` and `inactivity`, of people of working age;
#'       `unemployment`, of economically active people aged 16 and over.}
#'     \item{`ethnic_group`, `born`}{Factors: White, Ethnic minority; UK, Abroad.}
#'     \item{`people`, `base`}{People in that state and people in all, rounded to 100 by
#'       the publisher, integer; `NA` where withheld or where nobody was sampled.}
#'     \item{`estimate`}{`people / base`, a fraction.}
#'     \item{`std.error`}{Half of the published 95% interval divided by 1.96. It is rounded:
#'       the interval is published to a tenth of a point. `NA` for small samples and
#'       from 2020 on, when no interval is in the source.}
#'   }
#'
#' @section Caveats: In the source the groups of 2010 are one place too far down (the
#'   figures of people born abroad repeat those of people born in the UK), and one group
#'   is lost; the year is left out. The sample is a rotating one, so figures of
#'   neighbouring years share people and are not independent. From 2020 the survey was
#'   held by telephone and weighted anew.
#'
#' @source Office for National Statistics, Annual Population Survey, published by the
#'   Greater London Authority as "Economic activity rate, employment rate and unemployment
#'   rate by ethnic group and nationality". Taken from the public repository
#'   `meet-g/DAT5902-Final`, file `ea-rate-and-er-by-eg-and-nation.xls`, commit
#'   fbf5b3360affdaf7097f12ca8a5263d1f9c454df.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right.
#'
#' @examples
#' subset(
#'   labour_market,
#'   area == "England" & measure == "employment" & year %in% c(2005, 2019)
#' )
"labour_market"

#' GCSE grades in English and mathematics by ethnic group
#'
#' Pupils at the end of key stage 4 in state-funded schools in England, and the
#' percentage who reached grade 5 or above in both English and mathematics.
#'
#' @format A tibble of 72 rows, one per year and ethnic group, and 6 columns:
#'   \describe{
#'     \item{`year`}{School year: 2018/19, 2019/20, 2020/21, character.}
#'     \item{`ethnic_group`}{Group, character.}
#'     \item{`level`}{`"major"` for the six broad groups, `"minor"` for the detailed
#'       ones.}
#'     \item{`major`}{The broad group that the group belongs to.}
#'     \item{`pupils`}{Pupils at the end of key stage 4, integer.}
#'     \item{`percent`}{Percentage with grade 5 or above in both subjects, published to
#'       one decimal.}
#'   }
#'
#' @section Caveats: There were no examinations in 2020 and 2021: grades were assessed by
#'   schools, which raised them. The years are a break in the series; gaps between groups
#'   can be compared with more care than levels. Major groups hold the minor ones; choose
#'   one level before adding up.
#'
#' @source Department for Education, Explore Education Statistics, Key stage 4
#'   performance, table of national characteristics.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' subset(gcse_grades, level == "major" & year == "2018/19")
"gcse_grades"

#' Published percentages of the Community Life Survey
#'
#' Belonging, getting on with people of different backgrounds, and contact with
#' neighbours in England, 2016/17 to 2020/21, as the publications print them.
#'
#' @format A tibble of 35 rows, one per year, measure and group, and 5 columns:
#'   \describe{
#'     \item{`year`}{Survey year, such as 2018/19, character.}
#'     \item{`measure`}{What was asked, in our words.}
#'     \item{`group`}{"All", a broad ethnic group, a place or an age band.}
#'     \item{`percent`}{Weighted percentage, rounded by the publisher to a whole number.}
#'     \item{`publication`}{Where it was printed.}
#'   }
#'
#' @section Caveats: without bases and intervals, so no difference between groups or
#'   years can be tested. From 2020/21 the survey was held on the web and on paper alone,
#'   and during the pandemic.
#'
#' @source Department for Digital, Culture, Media and Sport, Community Life Survey; Race
#'   Disparity Unit, Ethnicity facts and figures.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' subset(community_life, group == "All" & year == "2020/21", c(measure, percent))
"community_life"

#' English and moves by local authority, census 2021
#'
#' Usual residents of England and Wales by main language and how well they speak English,
#' and by their address a year before the census, in each local authority.
#'
#' @format A tibble of 331 rows, one per local authority, and 11 columns:
#'   \describe{
#'     \item{`la_code`, `la_name`}{Code and name of April 2022, character.}
#'     \item{`english_main`}{People aged three and over whose main language is English (in
#'       Wales, English or Welsh), integer.}
#'     \item{`english_very_well`, `english_well`, `english_not_well`,
#'       `english_not_at_all`}{Those with another main language, by how well they speak
#'       English.}
#'     \item{`address_same`, `address_student`, `address_within_uk`,
#'       `address_abroad`}{People aged one and over by their address a year before: the
#'       same, a student or boarding school address, elsewhere in the UK, outside the UK.}
#'   }
#'
#' @section Caveats: sums of the counts of MSOAs, each of which carries a little noise
#'   that protects people, so totals can differ from those published by some people. The
#'   census of March 2021 came in a pandemic, in which people had moved.
#'
#' @source Office for National Statistics, Census 2021, tables TS029 and TS019. Taken from
#'   the public repository `humaniverse/demographr`, files `data/proficiency21_msoa21.rda`
#'   and `data/migration21_msoa21.rda`, commit
#'   d0417101e5cad5fe1eca059ac60859e9157a29d2.
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right.
#'
#' @examples
#' colSums(census_2021_la[, c("english_not_well", "english_not_at_all")])
"census_2021_la"

#' Hate crimes recorded by the police
#'
#' Offences recorded by the police in England and Wales in which somebody saw hostility
#' towards one of five characteristics, in some financial years from 2012/13 to 2022/23.
#'
#' @format A tibble of 21 rows, one per year and strand, and 4 columns:
#'   \describe{
#'     \item{`year`}{Financial year, such as 2018/19, character.}
#'     \item{`strand`}{`"race"`, `"religion"`, `"sexual orientation"`, `"disability"`,
#'       `"transgender"`, or `"total"`.}
#'     \item{`offences`}{Offences, integer.}
#'     \item{`note`}{What to know about the figure, or `""`.}
#'   }
#'
#' @section Caveats: headline figures alone; years and strands are missing. An offence can
#'   belong to several strands, which add up to more than the total. Recording has
#'   improved, so a rise is not a rise in crime by itself. Devon and Cornwall is left out
#'   of 2022/23.
#'
#' @source Home Office, Hate crime, England and Wales, bulletins of 2018/19, 2021/22 and
#'   2022/23 (second edition).
#'
#'   Contains public sector information licensed under the Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' subset(hate_crime, strand == "race")
"hate_crime"
