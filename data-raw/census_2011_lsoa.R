# census_2011_lsoa: Census 2011, usual residents by ethnic group, per lower layer
# super output area (LSOA) of England and Wales.
#
# Two files of the same counts are published, by output area and by LSOA. The
# first is summed here and compared with the second before the second is used.
source("data-raw/helpers.R")

groups <- c(
  WhiteBrit = "white_british", Irish = "irish", OtherWhite = "other_white",
  Mixed = "mixed", Indian = "indian", Pakistani = "pakistani",
  Bangladeshi = "bangladeshi", Chinese = "chinese", OtherAsian = "other_asian",
  BlkAfrican = "african", BlkCaribbean = "caribbean", OtherBlk = "other_black",
  Arab = "arab", Other = "other"
)
counted <- c("Persons", names(groups))

read_counts <- function(file, md5) {
  x <- read_source("census2011_ethnicity_oa_ew", file, md5 = md5)
  check(!is.na(x), paste("nothing is missing in", file))
  x[counted] <- Map(as_count, x[counted], counted)
  x
}

oa <- read_counts("ethnicity_oa_2011.csv.xz", "55f98e96ff937f790079ce7a3f1b1ce6")
lsoa <- read_counts("ethnicity_lsoa_2011.csv.xz", "8a8efa80c4e1f76dc3f35d86dc96537b")

# Published numbers of areas and of usual residents (Census 2011, ONS).
check(nrow(oa) == 181408 && !anyDuplicated(oa$OA), "181,408 output areas")
check(nrow(lsoa) == 34753 && !anyDuplicated(lsoa$LSOA), "34,753 LSOAs")
check(sum(lsoa$Persons) == 56075912, "56,075,912 usual residents")

# Who is not in the 14 groups is Gypsy or Irish Traveller, published as 57,680.
left_out <- lsoa$Persons - rowSums(lsoa[names(groups)])
check(left_out >= 0, "no group total passes the persons of its LSOA")
check(sum(left_out) == 57680, "57,680 people are in none of the 14 groups")

# The second route: output areas summed.
summed <- rowsum(oa[counted], oa$LSOA)[lsoa$LSOA, ]
check(summed == lsoa[counted], "output areas add up to LSOAs, every cell")
place <- c("LSOA", "MSOA", "LAD", "RGN")
places <- unique(oa[place])
check(nrow(places) == nrow(lsoa), "an LSOA is in one MSOA, authority and region")
check(places[match(lsoa$LSOA, places$LSOA), ] == lsoa[place], "places agree")

msoa <- read_source("lookups", "lookup_lsoa11_msoa11.csv.xz",
                    md5 = "8a63603d65c88ea62e5eba409913eb89")
check(msoa$msoa11_code[match(lsoa$LSOA, msoa$lsoa11_code)] == lsoa$MSOA,
      "MSOAs agree with the lookup of the ONS")

# The source names the authorities of 2011 and has no codes. The codes are those
# of April 2021, from the lookup of LSOAs to authorities. That lookup puts one
# LSOA of Gwynedd into Powys, which its own name, its MSOA, the census file and
# the lookup of a year later all contradict: it is put back.
la_2021 <- read_source("lookups", "lookup_lsoa11_ltla21.csv.xz",
                       md5 = "73b3bd42cbbbc3e6923bae888e41014f")
row <- match(lsoa$LSOA, la_2021$lsoa11_code)
check(!is.na(row), "every LSOA is in the lookup")
la_code <- la_2021$ltla21_code[row]

stray <- lsoa$LAD == "Gwynedd" & la_2021$ltla21_name[row] == "Powys"
check(lsoa$LSOA[stray] == "W01000060", "W01000060 is the one LSOA out of place")
la_2022 <- read_source("lookups", "lookup_lsoa11_lsoa21_ltla22.csv.xz",
                       md5 = "01449ffbc180f6b188d924c5366b9dcd")
check(la_2022$ltla22_code[la_2022$lsoa11_code == "W01000060"] == "W06000002",
      "the lookup of 2022 has W01000060 in Gwynedd")
la_code[stray] <- "W06000002"

pairs <- unique(data.frame(code = la_code, name = lsoa$LAD))
check(nrow(pairs) == 348 && !anyDuplicated(pairs$name),
      "each of the 348 authorities of 2011 lies in one authority of 2021")
check(length(unique(pairs$code)) == 331, "331 authorities of 2021")
merged <- pairs$code[duplicated(pairs$code)]
check(sum(pairs$code %in% merged) == 25 && length(unique(merged)) == 8,
      "25 authorities of 2011 became 8")

census_2011_lsoa <- data.frame(
  lsoa_code = lsoa$LSOA,
  msoa_code = lsoa$MSOA,
  la_code = la_code,
  la_name = lsoa$LAD,
  region = as_region(lsoa$RGN),
  persons = lsoa$Persons
)
census_2011_lsoa[groups] <- lsoa[names(groups)]
by_code <- order(census_2011_lsoa$lsoa_code, method = "radix")
census_2011_lsoa <- census_2011_lsoa[by_code, ]
rownames(census_2011_lsoa) <- NULL

write_data(census_2011_lsoa, "census_2011_lsoa")
