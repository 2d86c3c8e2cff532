# Help pages of the data sets in data/. How each was made: data-raw/.

#' Ethnic groups by neighbourhood, England and Wales 2011
#'
#' Usual residents by ethnic group in each of the 34,753 lower layer super output
#' areas (LSOAs) of England and Wales, from the census of 27 March 2011.
#'
#' @format A tibble of 34,753 rows, one per LSOA, sorted by `lsoa_code`, and 20
#'   columns; nothing is missing. Places are character, `region` is a factor, counts
#'   are integers (people).
#'   \describe{
#'     \item{`lsoa_code`}{LSOA of 2011, `E01...` or `W01...`; about 1,600 people.}
#'     \item{`msoa_code`}{Middle layer super output area of 2011 that it lies in
#'       (7,201 of them).}
#'     \item{`la_code`}{Local authority **of April 2021** that it lies in (331 of
#'       them). See the section on authorities.}
#'     \item{`la_name`}{Local authority **of 2011**, by name (348 of them).}
#'     \item{`region`}{Region of England, or Wales: ten levels in the order of the
#'       codes of the Office for National Statistics.}
#'     \item{`persons`}{All usual residents.}
#'     \item{`white_british`}{White: English, Welsh, Scottish, Northern Irish, British.}
#'     \item{`irish`}{White: Irish.}
#'     \item{`other_white`}{White: other White. Gypsy or Irish Traveller is not in it.}
#'     \item{`mixed`}{Mixed or multiple ethnic groups, all four together.}
#'     \item{`indian`}{Asian or Asian British: Indian.}
#'     \item{`pakistani`}{Asian or Asian British: Pakistani.}
#'     \item{`bangladeshi`}{Asian or Asian British: Bangladeshi.}
#'     \item{`chinese`}{Asian or Asian British: Chinese.}
#'     \item{`other_asian`}{Asian or Asian British: other Asian.}
#'     \item{`african`}{Black or Black British: African.}
#'     \item{`caribbean`}{Black or Black British: Caribbean.}
#'     \item{`other_black`}{Black or Black British: other Black.}
#'     \item{`arab`}{Other ethnic group: Arab.}
#'     \item{`other`}{Other ethnic group: any other.}
#'   }
#'
#' @section Groups and total: The 14 groups add up to 56,018,232 people, `persons` to
#'   56,075,912. The difference, 57,680 people, is the group Gypsy or Irish Traveller,
#'   which the source leaves out; `persons` less the 14 groups gives it for any area.
#'
#' @section Local authorities: The source names the authorities of 2011 and has no
#'   codes. `la_name` is that name. `la_code` is the authority of April 2021 by the
#'   lookup of LSOAs to authorities. For 323 authorities code and name go one to one
#'   (Shepway has been renamed Folkestone and Hythe and The Vale of Glamorgan lost its
#'   article; the names here are the old ones). The other 25 were merged between 2019
#'   and 2021 and share 8 codes:
#'   \itemize{
#'     \item E06000058: Bournemouth, Christchurch, Poole.
#'     \item E06000059: East Dorset, North Dorset, Purbeck, West Dorset, Weymouth and
#'       Portland.
#'     \item E06000060: Aylesbury Vale, Chiltern, South Bucks, Wycombe.
#'     \item E06000061: Corby, East Northamptonshire, Kettering, Wellingborough.
#'     \item E06000062: Daventry, Northampton, South Northamptonshire.
#'     \item E07000244: Suffolk Coastal, Waveney.
#'     \item E07000245: Forest Heath, St Edmundsbury.
#'     \item E07000246: Taunton Deane, West Somerset.
#'   }
#'   So group by `la_name` for the authorities of 2011 and by `la_code` for those of
#'   2021. One LSOA, W01000060 in Gwynedd, stands under Powys in the lookup of 2021;
#'   it has the code of Gwynedd here, as in the lookup of 2022.
#'
#' @section Caveats: Small cells were protected by swapping records between areas
#'   before publication, so a count of 1 or 2 says little about one LSOA. LSOAs differ
#'   in size, and a segregation index depends on the size of its units: compare indices
#'   only at the same scale. With few members of a group, chance alone gives an uneven
#'   spread.
#'
#' @source Office for National Statistics, 2011 Census aggregate data, ethnic group (the
#'   counts of table KS201EW). Taken from the public repository
#'   `cran/MLID`, file `data/aggdata.rda`, commit
#'   8a41be47d00d32e02aa4d5dfccf4af777920810e, and compared with the sums of the output
#'   areas in `data/ethnicities.rda` there. Codes of authorities: ONS Open Geography
#'   lookups, from `humaniverse/geographr`, commit
#'   c026be5cc76cb576358082b53f1f13d69ab577ae.
#'
#'   Contains public sector information licensed under the
#'   Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right.
#'   Contains OS data, Crown copyright and database right.
#'
#' @seealso [census_2021_msoa] for ten years later, by larger areas.
#' @examples
#' # How unevenly two groups are spread over the neighbourhoods of Leicester: half the
#' # sum of absolute differences of shares (dissimilarity).
#' leicester <- subset(census_2011_lsoa, la_name == "Leicester")
#' colSums(leicester[c("persons", "white_british", "indian")])
#' share <- function(x) x / sum(x)
#' sum(abs(share(leicester$white_british) - share(leicester$indian))) / 2
#'
#' # The group that the source leaves out, by region.
#' groups <- names(census_2011_lsoa)[7:20]
#' left_out <- census_2011_lsoa$persons - rowSums(census_2011_lsoa[groups])
#' tapply(left_out, census_2011_lsoa$region, sum)
"census_2011_lsoa"

#' Ethnic groups by area, England and Wales 2021
#'
#' Usual residents by ethnic group, 19 groups, in each of the 7,264 middle layer super
#' output areas (MSOAs) of England and Wales, from the census of 21 March 2021.
#'
#' @format A tibble of 7,264 rows, one per MSOA, sorted by `msoa_code`, and 24 columns;
#'   nothing is missing. Places are character, counts are integers (people).
#'   \describe{
#'     \item{`msoa_code`}{MSOA of 2021, `E02...` or `W02...`; about 8,200 people.}
#'     \item{`msoa_name`}{Its name: local authority and a number.}
#'     \item{`la_code`}{Local authority of April 2022 (331 of them; the codes are those
#'       of April 2021 too).}
#'     \item{`la_name`}{Its name.}
#'     \item{`persons`}{All usual residents.}
#'     \item{`white_british`}{White: English, Welsh, Scottish, Northern Irish or British.}
#'     \item{`irish`}{White: Irish.}
#'     \item{`gypsy_irish_traveller`}{White: Gypsy or Irish Traveller.}
#'     \item{`roma`}{White: Roma; asked for the first time in 2021.}
#'     \item{`other_white`}{White: other White.}
#'     \item{`white_and_black_caribbean`}{Mixed or multiple: White and Black Caribbean.}
#'     \item{`white_and_black_african`}{Mixed or multiple: White and Black African.}
#'     \item{`white_and_asian`}{Mixed or multiple: White and Asian.}
#'     \item{`other_mixed`}{Mixed or multiple: other.}
#'     \item{`indian`}{Asian, Asian British or Asian Welsh: Indian.}
#'     \item{`pakistani`}{Asian, Asian British or Asian Welsh: Pakistani.}
#'     \item{`bangladeshi`}{Asian, Asian British or Asian Welsh: Bangladeshi.}
#'     \item{`chinese`}{Asian, Asian British or Asian Welsh: Chinese.}
#'     \item{`other_asian`}{Asian, Asian British or Asian Welsh: other Asian.}
#'     \item{`african`}{Black, Black British, Black Welsh, Caribbean or African: African.}
#'     \item{`caribbean`}{Black, Black British, Black Welsh, Caribbean or African:
#'       Caribbean.}
#'     \item{`other_black`}{Black, Black British, Black Welsh, Caribbean or African:
#'       other Black.}
#'     \item{`arab`}{Other ethnic group: Arab.}
#'     \item{`other`}{Other ethnic group: any other.}
#'   }
#'
#' @section Caveats: Cells carry small random changes against disclosure. The 19 groups
#'   add up to `persons` in every row, but sums over areas can differ from figures
#'   published for the larger area: by up to 38 people for an authority, and in all
#'   59,597,771 here against 59,597,542 published. The authority of 82 MSOAs was not in
#'   the lookup of the source and was filled from the name of the MSOA. The areas are
#'   not those of [census_2011_lsoa], and indices from areas of different size must not
#'   be compared.
#'
#' @source Office for National Statistics, Census 2021, table TS021 (ethnic group), from
#'   Nomis. Taken from the public repository `XueqingYin/COVID-19`, file
#'   `census2021-ts021-msoa.csv`, commit cc69244c2052910db880f00245db146b073abe95; the
#'   five subtotals are left out. Authorities: ONS Open Geography lookups, from
#'   `humaniverse/geographr`, commit c026be5cc76cb576358082b53f1f13d69ab577ae.
#'
#'   Contains public sector information licensed under the
#'   Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right.
#'   Contains OS data, Crown copyright and database right.
#'
#' @seealso [census_2011_lsoa]
#' @examples
#' # Share of each group in England and Wales, in per cent.
#' groups <- names(census_2021_msoa)[6:24]
#' total <- colSums(census_2021_msoa[groups])
#' round(100 * sort(total, decreasing = TRUE) / sum(total), 1)
"census_2021_msoa"

#' Pupils by ethnic group, free meals and language, schools of England 2023
#'
#' Pupils by ethnic group, eligibility for free school meals and first language in each
#' of the 22,025 schools of England with published ethnic counts, from the school census
#' of January 2023.
#'
#' @format A tibble of 22,025 rows, one per school, sorted by `la_code` and `urn`, and
#'   30 columns; nothing is missing. Places and schools are character, `region` and
#'   `phase` are factors, counts are integers (pupils).
#'   \describe{
#'     \item{`urn`}{Unique reference number of the school, six digits.}
#'     \item{`school_name`}{Its name; in four names a letter or sign is not ASCII.}
#'     \item{`la_code`, `la_name`}{Local authority responsible for education (152 of
#'       them: counties, unitary authorities, metropolitan districts, London boroughs).}
#'     \item{`region`}{Region of England, nine levels in the order of their codes.}
#'     \item{`phase`}{Phase or type: State-funded nursery, State-funded primary,
#'       State-funded secondary, State-funded special school, Non-maintained special
#'       school, State-funded AP school (alternative provision).}
#'     \item{`headcount`}{Pupils on the roll, each counted once whether full or part
#'       time.}
#'     \item{`white_british`}{White British.}
#'     \item{`irish`}{Irish.}
#'     \item{`traveller_of_irish_heritage`}{Traveller of Irish heritage.}
#'     \item{`gypsy_roma`}{Gypsy or Roma.}
#'     \item{`other_white`}{Any other White background.}
#'     \item{`white_and_black_caribbean`}{White and Black Caribbean.}
#'     \item{`white_and_black_african`}{White and Black African.}
#'     \item{`white_and_asian`}{White and Asian.}
#'     \item{`other_mixed`}{Any other mixed background.}
#'     \item{`indian`}{Indian.}
#'     \item{`pakistani`}{Pakistani.}
#'     \item{`bangladeshi`}{Bangladeshi.}
#'     \item{`other_asian`}{Any other Asian background.}
#'     \item{`chinese`}{Chinese.}
#'     \item{`african`}{Black African.}
#'     \item{`caribbean`}{Black Caribbean.}
#'     \item{`other_black`}{Any other Black background.}
#'     \item{`other`}{Any other ethnic group.}
#'     \item{`unclassified`}{Ethnic group refused or not obtained.}
#'     \item{`fsm_eligible`}{Pupils known to be eligible for free school meals.}
#'     \item{`language_english`}{First language known or believed to be English.}
#'     \item{`language_other`}{First language known or believed to be another.}
#'     \item{`language_unclassified`}{First language not known.}
#'   }
#'   The 18 groups and `unclassified` add up to `headcount` in every school, and so do
#'   the three language columns.
#'
#' @section Schools left out: The published file has 24,442 schools. In 2,417 of them
#'   ethnic group and language stand as "z", no figure: 2,408 independent schools and 9
#'   general hospital schools (7 community and 2 foundation special schools), which do
#'   not report them. They are left out, never counted as 0, and no other school is. So
#'   8,481,287 of 9,073,829 pupils are here, and what these data say is about pupils of
#'   state-funded and non-maintained special schools.
#'
#' @section Caveats: 42 schools have a headcount of 0 (most are alternative provision
#'   whose pupils are on the roll of another school); they stay, and add nothing to an
#'   index. 140,373 pupils (1.7 per cent) are `unclassified`: decide for each analysis
#'   whether they belong to the comparison. Counts are not rounded. Authorities with
#'   few schools, such as the City of London and the Isles of Scilly, give no index
#'   worth comparing. Special schools and alternative provision are small and selected
#'   by need: the indicator of school segregation is usually of primary or of secondary
#'   schools.
#'
#' @source Department for Education, Schools, pupils and their characteristics 2022/23,
#'   school level underlying data (47 of its 268 columns). Taken from the public
#'   repository `mrc-ide/helios`, file `data/schools_uk.rda`, commit
#'   194595250796da21f4a8ff29a6d7d3558bc39382.
#'
#'   Contains public sector information licensed under the
#'   Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'
#' @examples
#' # Pupils, and the share known to be eligible for free meals, by phase.
#' by_phase <- rowsum(
#'   school_census_2023[c("headcount", "fsm_eligible")], school_census_2023$phase
#' )
#' cbind(by_phase, share = round(by_phase$fsm_eligible / by_phase$headcount, 3))
#'
#' # White British pupils of Bradford against all other pupils, secondary schools.
#' bradford <- subset(
#'   school_census_2023,
#'   la_name == "Bradford" & phase == "State-funded secondary"
#' )
#' rest <- bradford$headcount - bradford$white_british
#' share <- function(x) x / sum(x)
#' sum(abs(share(bradford$white_british) - share(rest))) / 2
"school_census_2023"

#' Ten thousand people of the 2011 census
#'
#' Anonymised records of 10,000 people of the census of 27 March 2011 in England and
#' Wales: region, sex, age, ethnic group, birthplace, religion, health and work.
#'
#' @format A tibble of 10,000 rows, one per person, and 18 columns. All but `person_id`
#'   are factors whose levels are the published labels in the order of the published
#'   codes. The code -9, "no code required", is `NA`; what it means differs by column
#'   and is said below with the number of rows.
#'   \describe{
#'     \item{`person_id`}{A running number, integer; it is not in the published file.}
#'     \item{`region`}{Region of England, or Wales: ten levels.}
#'     \item{`residence_type`}{Resident in a communal establishment, or not.}
#'     \item{`family_composition`}{Type of family, six levels. `NA` (337): resident of a
#'       communal establishment, student or schoolchild living away during term-time,
#'       or short-term resident.}
#'     \item{`population_base`}{Usual resident (9,835), Student living away from home
#'       during term-time (127), Short-term resident (38).}
#'     \item{`sex`}{Male, Female.}
#'     \item{`age_band`}{0 to 15, 16 to 24, then ten-year bands to 65 to 74, and 75 and
#'       over.}
#'     \item{`marital_status`}{Marital and civil partnership status, five levels.}
#'     \item{`student`}{Whether a schoolchild or full-time student.}
#'     \item{`country_of_birth`}{UK, Non UK. `NA` (128): student or schoolchild living
#'       away during term-time.}
#'     \item{`health`}{General health, Very good health to Very bad health. `NA` (128):
#'       as for country of birth.}
#'     \item{`ethnic_group`}{White, Mixed, Asian and Asian British, Black or Black
#'       British, Chinese or Other ethnic group. `NA` (128): not resident in England or
#'       Wales, student or schoolchild living away during term-time.}
#'     \item{`religion`}{Eight answers and Not stated, which is a level and not `NA`.
#'       `NA` (128): as for ethnic group.}
#'     \item{`economic_activity`}{Nine levels, see the section on work. `NA` (1,958):
#'       aged under 16, or student or schoolchild living away during term-time.}
#'     \item{`occupation`}{Major group of the present or last job, nine levels. `NA`
#'       (2,616): aged under 16, has never worked, or student or schoolchild living
#'       away during term-time.}
#'     \item{`industry`}{Industry of the present or last job, twelve levels. `NA`
#'       (2,616): as for occupation.}
#'     \item{`hours_worked`}{Hours a week: 15 or less, 16 to 30 (part-time), 31 to 48,
#'       49 or more (full-time). `NA` (5,225): aged under 16, not working, or student or
#'       schoolchild living away during term-time.}
#'     \item{`social_grade`}{Approximated social grade AB, C1, C2, DE. `NA` (2,152):
#'       aged under 16, resident of a communal establishment, or student or schoolchild
#'       living away during term-time.}
#'   }
#'
#' @section Work: The levels of `economic_activity` are, in code order,
#'   \enumerate{
#'     \item Economically active: Employee
#'     \item Economically active: Self-employed
#'     \item Economically active: Unemployed
#'     \item Economically active: Full-time student
#'     \item Economically inactive: Retired
#'     \item Economically inactive: Student
#'     \item Economically inactive: Looking after home or family
#'     \item Economically inactive: Long-term sick or disabled
#'     \item Economically inactive: Other
#'   }
#'   The fourth holds full-time students who have a job together with those who look for
#'   one, and the file alone cannot split them. Say how they are counted: as employed
#'   they raise the employment rate a little and lower the unemployment rate; left out
#'   they change the base. Age comes in bands, and 16 to 64 is five of them.
#'
#' @section Design and caveats: The published file is a random 1 per cent sample of
#'   people, so each of these 10,000 stands for the same number (about 5,700) and no
#'   weight is needed. How they were drawn from it is not documented; their regions
#'   and ethnic groups agree with the census tables. People of one household cannot be
#'   told apart. For usual residents keep `population_base == "Usual resident"`: the
#'   others have no ethnic group or are short-term residents. One child coded as a usual
#'   resident (`person_id` 8468) has `NA` throughout like a student living away. The
#'   group White includes the White minorities, and groups other than White are small:
#'   98 people are Chinese or Other.
#'
#' @source Office for National Statistics, 2011 Census Microdata Teaching File, England
#'   and Wales (January 2014). Taken from the public repository
#'   `adacollege/challenge-data`, file `2011 Census Nanodata Teaching File.csv`, commit
#'   4e98167d6a302c8e15e053091ff7a4a90ecbad6d. Columns are renamed, and the region
#'   Yorkshire and The Humber is spelt as in the other data sets.
#'
#'   Contains public sector information licensed under the
#'   Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right.
#'
#' @examples
#' # Economic activity of women aged 16 to 64 by ethnic group, in per cent.
#' bands <- levels(census_2011_people$age_band)[2:6]
#' women <- subset(
#'   census_2011_people,
#'   sex == "Female" & age_band %in% bands & population_base == "Usual resident"
#' )
#' activity <- table(women$economic_activity, women$ethnic_group)
#' round(100 * prop.table(activity, 2), 1)
"census_2011_people"

#' Crime, safety and worry, British Crime Survey 2007-08
#'
#' Answers of 11,676 people aged 16 and over in England and Wales to the British Crime
#' Survey of 2007-08 on safety, worry about crime and about racial attack, and being a
#' victim, with ethnic group and survey weight.
#'
#' @format A tibble of 11,676 rows, one per respondent, and 30 columns. Factors have the
#'   labels of the codebook in the order of its codes. `NA` is a refusal, a "don't know",
#'   an item that did not apply (such as a car for people with none) or one that was not
#'   asked; the file does not tell these apart. The name of the variable in the published
#'   file follows in brackets.
#'   \describe{
#'     \item{`case`}{A running number, integer; not the identifier of the survey.}
#'     \item{`sex`}{male, female (sex).}
#'     \item{`age`}{Years, integer, 16 to 101; 15 are `NA` (age).}
#'     \item{`marital_status`}{married, cohabiting, single, separated, divorced, widowed
#'       (livharm1).}
#'     \item{`ethnic_group`}{white, mixed, asian or asian british, black or black
#'       british, chinese or other; 3 are `NA` (ethgrp2).}
#'     \item{`education`}{Highest qualification: none, o level/gcse, apprenticeship or
#'       a/as level, degree or diploma, other (educat3).}
#'     \item{`paid_work`}{Any paid work in the last week: yes, no (work).}
#'     \item{`years_in_area`}{How long the respondent has lived in the area, seven
#'       levels from less than 12 months to 20 years or longer (yrsarea).}
#'     \item{`tenure`}{How the home is held, five levels (tenure1).}
#'     \item{`area_type`}{urban, rural (rural2).}
#'     \item{`country`}{England, Wales: the country whose deprivation index the
#'       respondent has (from tcemdiqu2 and tcwmdiqu2).}
#'     \item{`deprivation_quintile`}{Quintile of the index of multiple deprivation of
#'       that country, 1 for the most deprived fifth of wards, integer (tcemdiqu2,
#'       tcwmdiqu2). Quintiles of England and Wales are not on one scale.}
#'     \item{`litter_common`}{How common litter or rubbish is in the immediate area:
#'       very common, fairly common, not very common, not at all common (rubbcomm).}
#'     \item{`vandalism_common`}{The same for vandalism, graffiti or damage (vandcomm).}
#'     \item{`poor_homes_common`}{The same for homes in poor condition (poorhou).}
#'     \item{`safe_walking_dark`}{How safe the respondent feels walking alone after
#'       dark: very safe, fairly safe, a bit unsafe, very unsafe (walkdark).}
#'     \item{`safe_walking_day`}{The same for walking alone in the day (walkday).}
#'     \item{`safe_home_alone`}{The same for being alone at home at night (homealon).}
#'     \item{`worry_burglary`}{How worried about having the home broken into: very
#'       worried, fairly worried, not very worried, not at all worried (wburgl). The
#'       other worries have the same four levels.}
#'     \item{`worry_mugging`}{Being mugged and robbed (wmugged).}
#'     \item{`worry_car_stolen`}{Having the car stolen; 2,515 are `NA`, most have no car
#'       (wcarstol).}
#'     \item{`worry_theft_from_car`}{Having things stolen from the car; 2,532 are `NA`
#'       (wfromcar).}
#'     \item{`worry_rape`}{Being raped; 488 are `NA` (wraped).}
#'     \item{`worry_physical_attack`}{Being physically attacked by strangers (wattack).}
#'     \item{`worry_insult`}{Being insulted or pestered by anybody (winsult).}
#'     \item{`worry_racial_attack`}{Being attacked because of skin colour; 505 are `NA`,
#'       502 of them white (wraceatt).}
#'     \item{`worry_personal_crime_score`}{Score of worry about personal crime, higher
#'       is more worried, about mean 0 and standard deviation 1; 3,242 are `NA`
#'       (tcviolent).}
#'     \item{`worry_property_crime_score`}{The same for property crime (tcsteal).}
#'     \item{`victim`}{Whether a victim of any crime in the 12 months before: not a
#'       victim of crime, victim of crime (bcsvictim).}
#'     \item{`weight`}{Weight for analyses of persons, mean 1; 16 are `NA` (tcindwt).}
#'   }
#'
#' @section Weights and design: Weigh every figure by `weight`. The 16 rows without one
#'   are the 15 with no age and one aged 101; leave them out and say so. The published
#'   file has no strata and no primary sampling units, so standard errors from the
#'   weights alone take respondents as drawn one by one. The survey itself was
#'   stratified and clustered, so true errors are likely to be larger.
#'
#' @section Caveats: Groups other than white are small (mixed 56, chinese or other 134).
#'   Rows are the teaching file's, about a quarter of the survey's respondents. The
#'   codebook declares codes such as 8 and 9 (refused, don't know) missing, but the file
#'   has them blank already. Three labels are repaired: "or very unsafe" is "very
#'   unsafe", a missing space in a level of `tenure`, and another of its levels, which
#'   the codebook cuts off, is "live here rent free". Left out are resyrago, causem,
#'   crimerat, tcarea and tcneigh.
#'
#' @source University of Manchester, Cathie Marsh Centre for Census and Survey Research,
#'   ESDS Government (2011). British Crime Survey 2007-2008: Unrestricted Access Teaching
#'   Dataset. UK Data Archive study 6891, \doi{10.5255/UKDA-SN-6891-1}. Original data:
#'   Home Office, and BMRB Social Research. Taken from the public repository
#'   `UKDataServiceOpen/Crime_Data_in_R`, file `bcs_2007_8_teaching_data.tab` and its
#'   data dictionary under `Feb_2021/Original_Data_Files_And_Referrences`, commit
#'   300ddc1de5f897ec3edc49d1f77d7df59843e566.
#'
#'   Contains public sector information licensed under the
#'   Open Government Licence v2.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/2/>).
#'   Crown copyright.
#'
#' @examples
#' # Very or fairly worried about racial attack, weighted per cent by ethnic group.
#' asked <- subset(crime_survey_2008, !is.na(worry_racial_attack) & !is.na(weight))
#' worried <- asked$worry_racial_attack %in% c("very worried", "fairly worried")
#' of_all <- tapply(asked$weight, asked$ethnic_group, sum)
#' of_worried <- tapply(asked$weight * worried, asked$ethnic_group, sum)
#' round(100 * of_worried / of_all, 1)
"crime_survey_2008"
