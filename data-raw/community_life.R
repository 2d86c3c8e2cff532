# community_life: percentages published from the Community Life Survey, 2016/17 to 2020/21.
source("data-raw/helpers.R")

source <- read_source(
  "community_life_survey_documentation", "cls_published_headlines.csv",
  md5 = "fd77afbd000f2183e16f84b2d3820d67")
community_life <- data.frame(
  year = source$survey_year, measure = source$measure, group = source$group,
  percent = as_count(source$percent, "percent"), publication = source$source
)
check(community_life$percent <= 100, "percentages are at most 100")
check(!anyDuplicated(community_life[c("year", "measure", "group")]), "each figure once")
write_data(community_life, "community_life")
