# crime_survey_2008: British Crime Survey 2007-08, unrestricted access teaching
# dataset (UK Data Archive study 6891).
source("data-raw/helpers.R")

survey <- read_source("bcs_2007_8_teaching", "bcs_2007_8_unrestricted_teaching.csv.xz",
                      md5 = "6a98f948dd3ec40eafd2261ab889d1f6")
codebook <- read_source("bcs_2007_8_teaching", "codebook.csv",
                        md5 = "9f13c4f62bff7bf69065088f3b12405a")
check(nrow(survey) == 11676 && ncol(survey) == 35, "11,676 respondents, 35 variables")
check(survey$case == seq_len(11676), "respondents are numbered 1 to 11,676")

# Our column: the variable of the source.
labelled <- c(
  sex = "sex", marital_status = "livharm1", ethnic_group = "ethgrp2",
  education = "educat3", paid_work = "work", years_in_area = "yrsarea",
  tenure = "tenure1", area_type = "rural2", litter_common = "rubbcomm",
  vandalism_common = "vandcomm", poor_homes_common = "poorhou",
  safe_walking_dark = "walkdark", safe_walking_day = "walkday",
  safe_home_alone = "homealon", worry_burglary = "wburgl", worry_mugging = "wmugged",
  worry_car_stolen = "wcarstol", worry_theft_from_car = "wfromcar",
  worry_rape = "wraped", worry_physical_attack = "wattack", worry_insult = "winsult",
  worry_racial_attack = "wraceatt", victim = "bcsvictim"
)

# Value labels of the codebook, with three repairs of the wording.
repairs <- c(
  "or very unsafe" = "very unsafe",
  "pay part rent and part mortgage(shared ownership)" =
    "pay part rent and part mortgage (shared ownership)",
  "live here rent free (inc. rent free in relative/friend's)/sq" = "live here rent free"
)
repaired <- codebook$value_label %in% names(repairs)
codebook$value_label[repaired] <- repairs[codebook$value_label[repaired]]

# Codes the codebook declares missing ("8 and 9"), and "not coded".
missing_codes <- function(rows) {
  declared <- rows$value_label[rows$value %in% "user_missing"]
  codes <- unlist(strsplit(declared, " and ", fixed = TRUE))
  c(codes, rows$value[rows$value_label %in% "not coded"])
}

from_codes <- function(variable) {
  rows <- codebook[codebook$variable == variable & !is.na(codebook$value), ]
  missing <- missing_codes(rows)
  rows <- rows[rows$value != "user_missing", ]
  as_labelled(survey[[variable]], variable, rows$value, rows$value_label, missing)
}

as_measure <- function(variable) {
  x <- suppressWarnings(as.numeric(survey[[variable]]))
  check(is.na(x) == is.na(survey[[variable]]), paste(variable, "holds numbers"))
  x
}

# England and Wales have a deprivation index each: who has a quintile of the one
# lives there.
english <- as_count(survey$tcemdiqu2, "tcemdiqu2")
welsh <- as_count(survey$tcwmdiqu2, "tcwmdiqu2")
check(xor(is.na(english), is.na(welsh)), "everybody has one deprivation quintile")
quintile <- ifelse(is.na(english), welsh, english)
check(quintile %in% 1:5, "quintiles are 1 to 5")

columns <- lapply(labelled, from_codes)
age <- as_count(survey$age, "age", missing = c("998", "999"))
check(is.na(age) | (age >= 16 & age <= 110), "respondents are aged 16 and over")
weight <- as_measure("tcindwt")
check(is.na(weight) | weight > 0, "weights are above 0")
check(sum(is.na(weight)) == 16, "16 respondents have no weight")
check(is.na(weight) == (is.na(age) | age == 101), "no weight: no age, or aged 101")
check(abs(mean(weight, na.rm = TRUE) - 1) < 0.005, "weights have mean 1")

crime_survey_2008 <- data.frame(
  case = as.integer(survey$case),
  columns["sex"],
  age = age,
  columns[c("marital_status", "ethnic_group", "education", "paid_work",
            "years_in_area", "tenure", "area_type")],
  country = factor(ifelse(is.na(english), "Wales", "England"), c("England", "Wales")),
  deprivation_quintile = as.integer(quintile),
  columns[c("litter_common", "vandalism_common", "poor_homes_common",
            "safe_walking_dark", "safe_walking_day", "safe_home_alone",
            grep("^worry_", names(labelled), value = TRUE))],
  worry_personal_crime_score = as_measure("tcviolent"),
  worry_property_crime_score = as_measure("tcsteal"),
  columns["victim"],
  weight = weight
)

# The second route: counts printed in teaching notes on the same file
# (J. Medina, University of Manchester, LAWS70821, cross tabulations).
check(table(crime_survey_2008$victim) == c(9318, 2358), "9,318 and 2,358 victims")
check(table(crime_survey_2008$litter_common) == c(204, 1244, 4154, 5463), "litter")

write_data(crime_survey_2008, "crime_survey_2008")
