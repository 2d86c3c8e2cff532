# census_2021_msoa: Census 2021 table TS021, usual residents by ethnic group (19
# groups), per middle layer super output area (MSOA) of England and Wales.
source("data-raw/helpers.R")

# Published order of the table, White first; names shared with the other data sets.
groups <- c(
  white_british = "white_british", white_irish = "irish",
  gypsy_irish_traveller = "gypsy_irish_traveller", roma = "roma",
  other_white = "other_white", white_and_black_caribbean = "white_and_black_caribbean",
  white_and_black_african = "white_and_black_african",
  white_and_asian = "white_and_asian", other_mixed = "other_mixed",
  indian = "indian", pakistani = "pakistani", bangladeshi = "bangladeshi",
  chinese = "chinese", other_asian = "other_asian", african = "african",
  caribbean = "caribbean", other_black = "other_black", arab = "arab",
  any_other = "other"
)
subtotals <- c("asian_total", "black_total", "mixed_total", "white_total", "other_total")
counted <- c("total", names(groups), subtotals)

msoa <- read_source(
  "census2021_ethnicity_msoa_ew", "ts021_ethnic_group_msoa_2021.csv.xz",
  md5 = "d5ba1998ff743344997ea036ecca4d0c"
)
check(!is.na(msoa), "nothing is missing")
check(setequal(names(msoa), c("msoa21_code", "msoa21_name", "ltla22_code", "ltla22_name",
                              counted)), "the columns are those expected")
msoa[counted] <- Map(as_count, msoa[counted], counted)

check(nrow(msoa) == 7264 && !anyDuplicated(msoa$msoa21_code), "7,264 MSOAs")
check(msoa$total == rowSums(msoa[names(groups)]), "19 groups add up to the total")
check(msoa$total == rowSums(msoa[subtotals]), "5 subtotals add up to the total")

# 59,597,542 usual residents (ONS); cells of small areas carry noise against
# disclosure, so the sum of 7,264 areas differs by a few hundred.
check(abs(sum(msoa$total) - 59597542) < 1000, "the total is that of the census")

# The second route: the same table published by local authority.
la <- read_source(
  "census2021_ethnicity_ltla_ew", "ethnic_group_19_ltla_2021.csv.xz",
  md5 = "9344b461d85cc2814725566f92673709"
)
la_total <- tapply(as_count(la$n, "n"), la$ltla21_code, sum)
from_msoa <- tapply(msoa$total, msoa$ltla22_code, sum)
check(setequal(names(la_total), names(from_msoa)), "the same 331 authorities")
apart <- la_total[names(from_msoa)] - from_msoa
check(abs(apart) < 50, "authorities differ by noise only")
check(nrow(unique(msoa[c("ltla22_code", "ltla22_name")])) == 331,
      "one name for each authority")

census_2021_msoa <- data.frame(
  msoa_code = msoa$msoa21_code,
  msoa_name = msoa$msoa21_name,
  la_code = msoa$ltla22_code,
  la_name = msoa$ltla22_name,
  persons = msoa$total
)
census_2021_msoa[groups] <- msoa[names(groups)]
by_code <- order(census_2021_msoa$msoa_code, method = "radix")
census_2021_msoa <- census_2021_msoa[by_code, ]
rownames(census_2021_msoa) <- NULL

write_data(census_2021_msoa, "census_2021_msoa")
