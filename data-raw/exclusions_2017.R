# exclusions_2017: exclusions from school by ethnic group and sex, England 2016/17.
source("data-raw/helpers.R")

source <- read_source(
  "dfe_exclusions_2016_17", "exclusions_national_by_ethnicity_gender_2016_17.csv",
  md5 = "f3b92b6b6e83f306623286ac2f10608f")
rows <- source[source$characteristic_desc %in% c("Ethnicity", "Ethnicity_gender"), ]
code <- sub("^Ethnicity_", "", rows$characteristic_1)
labels <- c(
  Major_White_Total = "White", Minor_White_British = "White British",
  Minor_Irish = "Irish", Minor_Traveller_of_Irish_heritage = "Traveller of Irish heritage",
  Minor_Gypsy_Roma = "Gypsy/Roma", Minor_Any_other_white_background = "Other White",
  Major_Mixed_Total = "Mixed", Minor_White_and_Black_Caribbean = "White and Black Caribbean",
  Minor_White_and_Black_African = "White and Black African",
  Minor_White_and_Asian = "White and Asian", Minor_Any_other_Mixed_background = "Other Mixed",
  Major_Asian_Total = "Asian", Minor_Indian = "Indian", Minor_Pakistani = "Pakistani",
  Minor_Bangladeshi = "Bangladeshi", Minor_Any_other_Asian_background = "Other Asian",
  Major_Black_Total = "Black", Minor_Black_Caribbean = "Black Caribbean",
  Minor_Black_African = "Black African", Minor_Any_other_black_background = "Other Black",
  Minor_Chinese = "Chinese", Minor_Any_Other_Ethnic_Group = "Other ethnic group",
  Minority_ethnic_pupil = "All minority ethnic pupils", Unclassified = "Unclassified"
)
check(unique(code) %in% names(labels), "every group has a label")
kind <- ifelse(startsWith(code, "Major_"), "major",
               ifelse(startsWith(code, "Minor_"), "minor", "other"))
exclusions <- data.frame(
  ethnic_group = factor(unname(labels[code]), unname(labels)),
  level = kind,
  sex = factor(ifelse(rows$characteristic_desc == "Ethnicity", "All", rows$characteristic_2),
               c("All", "Male", "Female")),
  pupils = as_count(rows$headcount, "headcount"),
  permanent = as_count(rows$perm_excl, "perm_excl", missing = "x"),
  suspensions = as_count(rows$fixed_excl, "fixed_excl"),
  pupils_suspended = as_count(rows$one_plus_fixed, "one_plus_fixed")
)
check(nrow(exclusions) == 72 && !anyDuplicated(exclusions[c("ethnic_group", "sex")]),
      "24 groups by sex")
total <- source[source$characteristic_desc == "Total", ]
minor <- exclusions[exclusions$level == "minor" & exclusions$sex == "All", ]
unclassified <- with(exclusions, pupils[ethnic_group == "Unclassified" & sex == "All"])
check(abs(sum(minor$pupils) + unclassified - as_count(total$headcount, "headcount")) <= 100,
      "the minor groups and the unclassified are all pupils, but for rounding to 5")
exclusions_2017 <- exclusions[exclusions$sex == "All", setdiff(names(exclusions), "sex")]
rownames(exclusions_2017) <- NULL
write_data(exclusions_2017, "exclusions_2017")
