# hate_crime: offences that the police recorded as hate crimes, by strand, England and
# Wales, some years from 2012/13 to 2022/23.
source("data-raw/helpers.R")

source <- read_source(
  "hate_crime_england_wales", "police_recorded_hate_crime_by_strand.csv",
  md5 = "7dbd604df1b63744dc46af3c9e7dbf12")
hate_crime <- data.frame(
  year = source$financial_year, strand = source$strand,
  offences = as_count(source$offences, "offences"),
  note = ifelse(is.na(source$note), "", source$note)
)
check(!anyDuplicated(hate_crime[c("year", "strand")]), "each figure once")
write_data(hate_crime, "hate_crime")
