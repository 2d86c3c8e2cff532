#' Neighbourhoods of five places and their boundaries, 2011
#'
#' The 925 lower layer super output areas (LSOAs) of 2011 in Leicester, Bradford, Tower
#' Hamlets, Oldham and Trafford: where they are, how large, and a generalised boundary
#' of each. Joins with [census_2011_lsoa] by `lsoa_code`.
#'
#' @format A tibble of 925 rows, one per LSOA, sorted by `lsoa_code`, and 6 columns;
#'   nothing is missing.
#'   \describe{
#'     \item{`lsoa_code`}{LSOA of 2011, `E01...`; about 1,600 people.}
#'     \item{`place`}{Local authority, by name.}
#'     \item{`easting`, `northing`}{Centroid on the British National Grid, metres.}
#'     \item{`area_km2`}{Area in square kilometres.}
#'     \item{`boundary`}{Boundary as text (WKT), longitude and latitude in degrees
#'       (WGS84). `sf::st_as_sf(five_places, wkt = "boundary", crs = 4326)` makes a map.}
#'   }
#'
#' @details Boundaries are strongly generalised, about ten corners each; neighbours share
#'   their corners and edges. Centroids and areas are those of generalised shapes, so
#'   areas are approximate, and centroids are in the middle of the land, not of the
#'   people.
#'
#' @source Office for National Statistics, Open Geography portal, LSOA boundaries of
#'   December 2011. Computed from the public repository `humaniverse/geographr`, file
#'   `data/boundaries_lsoa11.rda`, commit c026be5cc76cb576358082b53f1f13d69ab577ae.
#'
#'   Contains public sector information licensed under the
#'   Open Government Licence v3.0
#'   (<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>).
#'   Contains National Statistics data, Crown copyright and database right.
#'   Contains OS data, Crown copyright and database right.
#'
#' @seealso [census_2011_lsoa], [ioi_segregation_spatial()]
#' @examples
#' # People per square kilometre
#' people <- merge(five_places, census_2011_lsoa[c("lsoa_code", "persons")])
#' round(tapply(people$persons, people$place, sum) / tapply(people$area_km2, people$place, sum))
"five_places"
