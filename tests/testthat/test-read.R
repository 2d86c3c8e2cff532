# Readers of official files: layouts as the publishers use them, written out here; what
# every marker becomes; what cannot be read.

file_of <- function(lines, ext = ".csv") {
  path <- tempfile(fileext = ext)
  writeLines(lines, path, useBytes = TRUE)
  path
}

test_that("a school file: markers are NA with a reason, never 0, and codes stay text", {
  path <- file_of(c(
    "time_period,la_name,new_la_code,old_la_code,URN,headcount,suspensions",
    "202223,Leicester,E06000016,856,100001,\"61,200\",2310",
    "202223,Rutland,E06000017,857,100002,5900,x", "202223,Hull,E06000010,810,100003,0,c",
    "202223,Derby,E06000015,831,100004,~,z"
  ))
  expect_message(got <- ioi_read_dfe(path), class = "ioi_message_missing")
  expect_identical(got$headcount, c(61200, 5900, 0, NA))
  expect_identical(got$suspensions, c(2310, NA, NA, NA))
  expect_identical(
    got$flag,
    c("", "suspensions=x", "suspensions=c", "headcount=low;suspensions=z")
  )
  expect_identical(got$time_period, rep("2022/23", 4))
  expect_type(got$urn, "character")
  expect_type(got$old_la_code, "character")
  expect_identical(ioi_markers(got)$reason, c(
    "not available", "suppressed for confidentiality", "above 0 but rounds to 0",
    "not applicable"
  ))
  expect_identical(ioi_area_codes(got)$level, "local authority")
})

test_that("a table of Nomis is found between its title and its notes", {
  path <- file_of(c(
    "TS021 - Ethnic group", "ONS Crown Copyright Reserved [from Nomis on 2 November 2023]", "",
    "Population,All usual residents", "Units,Persons", "Date,2021", "",
    "\"2021 super output area - middle layer\",mnemonic,\"Total: All usual residents\",\"Asian\"",
    "\"City of London 001\",E02000001,8584,\"1,445\"",
    "\"Barking and Dagenham 001\",E02000002,8282,1843", "",
    "In order to protect against disclosure of personal information, records have been swapped."
  ))
  got <- ioi_read_census(path)
  expect_identical(got$area_code, c("E02000001", "E02000002"))
  expect_identical(got$asian, c(1445, 1843))
  long <- ioi_read_census(path, long = TRUE)
  expect_identical(long$count, c(8584, 1445, 8282, 1843))
  expect_identical(long$category[1:2], c("total_all_usual_residents", "asian"))
  expect_identical(unique(long$area_code), got$area_code)
})

test_that("a bulk file and a filtered file of the census give the same shape", {
  bulk <- file_of(c(
    "date,geography,geography code,Ethnic group: Total,Ethnic group: Asian",
    "2021,Hartlepool,E06000001,92338,1500", "2021,Stockton,E06000004,196595,9000"
  ))
  got <- ioi_read_census(bulk)
  expect_named(got, c(
    "date", "area_name", "area_code", "ethnic_group_total", "ethnic_group_asian", "flag"
  ))
  filtered <- file_of(c(
    "Lower tier local authorities Code,Lower tier local authorities,Sex Code,Sex,Observation",
    "E06000001,Hartlepool,1,Female,47200", "E06000001,Hartlepool,2,Male,45100"
  ))
  long <- ioi_read_census(filtered, long = TRUE)
  expect_identical(long$area_name, c("Hartlepool", "Hartlepool"))
  expect_identical(long$count, c(47200, 45100))
  expect_type(long$sex_code, "character")
})

test_that("an APS table has a standard error beside its interval", {
  path <- file_of(c(
    "area,area_code,number,percent,confidence", "Leeds,E08000035,1200,75.1,3.1",
    "Ripon,E07000165,300,62.0,*", "Wells,E07000187,!,!,!", "York,E06000014,-,withheld,#"
  ))
  got <- suppressWarnings(suppressMessages(ioi_read_aps(path)))
  expect_equal(got$std.error, c(3.1 / 1.959964, NA, NA, NA), tolerance = 1e-6)
  expect_identical(got$percent, c(75.1, 62, NA, NA))
  expect_match(got$flag[4], "number=x;percent=x;confidence=c")
})

test_that("Ethnicity facts and figures: markers of its own", {
  path <- file_of(c(
    "Measure,Time,Geography,Geography_code,Ethnicity,Value",
    "employment,2021,England,E92000001,Asian,69", "employment,2021,Rutland,E06000017,Asian,!",
    "employment,2021,Rutland,E06000017,Black,?", "employment,2021,Rutland,E06000017,Mixed,~0",
    "employment,2021,Rutland,E06000017,Other,N/A"
  ))
  got <- suppressMessages(ioi_read_ethnicity_facts(path))
  expect_identical(got$flag, c("", "c", "u", "low", "z"))
  expect_true("area_code" %in% names(got))
  expect_error(ioi_read_ethnicity_facts(file_of(c("a,b", "1,2", "3,4"))), class = "ioi_error_data")
})

test_that("semicolons, tabs, BOM, Windows letters, short rows and compression are read", {
  expect_identical(ioi_read_dfe(file_of(c("a;b", "x;1", "y;2")))$b, c(1, 2))
  expect_identical(ioi_read_dfe(file_of(c("a\tb", "x\t1", "y\t2"), ".tsv"))$b, c(1, 2))
  bom <- tempfile(fileext = ".csv")
  bytes <- c(
    as.raw(c(0xef, 0xbb, 0xbf)), charToRaw("a,b\nCaf"), as.raw(0xe9), charToRaw(",1\n")
  )
  writeBin(bytes, bom)
  got <- ioi_read_dfe(bom)
  expect_named(got, c("a", "b", "flag"))
  expect_identical(got$a, "Caf\u00e9")
  packed <- tempfile(fileext = ".csv.xz")
  con <- xzfile(packed, "w")
  writeLines(c("a,b", "x,1"), con)
  close(con)
  expect_identical(ioi_read_dfe(packed)$b, 1)
})

test_that("a workbook is read through readxl", {
  skip_if_not_installed("readxl")
  path <- readxl::readxl_example("datasets.xlsx")
  got <- ioi_read_aps(path, sheet = "mtcars")
  expect_equal(got$mpg, mtcars$mpg)
  expect_error(ioi_read_aps(path, sheet = "none"), class = "ioi_error_io")
})

test_that("further markers are named by the user; unknown ones leave the column text", {
  path <- file_of(c("area,n", "a,1", "b,n<5", "c,3"))
  expect_type(ioi_read_dfe(path)$n, "character")
  got <- suppressMessages(ioi_read_dfe(path, markers = c("n<5" = "fewer than five")))
  expect_identical(got$n, c(1, NA, 3))
  expect_identical(ioi_markers(got)$reason, "fewer than five")
  expect_error(ioi_read_dfe(path, markers = "x"), class = "ioi_error_input")
})

test_that("what cannot be read says why", {
  expect_error(ioi_read_dfe("nowhere.csv"), class = "ioi_error_io")
  expect_error(ioi_read_dfe(c("a", "b")), class = "ioi_error_input")
  empty <- tempfile(fileext = ".csv")
  file.create(empty)
  expect_error(ioi_read_dfe(empty), class = "ioi_error_io")
  expect_error(ioi_read_dfe(file_of("only a title")), class = "ioi_error_data")
  expect_error(ioi_read_dfe(file_of(c("a,b", "1,2")), header = 9), class = "ioi_error_input")
  expect_error(ioi_read_dfe(tempdir()), class = "ioi_error_io")
  expect_error(ioi_markers(data.frame(a = 1)), class = "ioi_error_input")
})

test_that("codes of different years in one column raise a warning", {
  mixed <- data.frame(code = c("E07000004", "E06000063"))
  expect_identical(ioi_area_codes(mixed)$first, 2023L)
  expect_identical(ioi_area_codes(mixed)$last, 2019L)
  path <- file_of(c("code,n", "E07000004,1", "E06000063,2"))
  expect_warning(ioi_read_dfe(path), class = "ioi_warning_areas")
  expect_identical(ioi_area_codes(census_2021_msoa)$first[1], 2021L)
  expect_true(is.na(ioi_area_codes(census_2011_lsoa)$first[1]))
})
