# five_places: the lower layer super output areas (LSOA) of 2011 of five local
# authorities, with generalised boundaries, centroids and areas. Needs the package sf.
source("data-raw/helpers.R")

folder <- "boundaries"
file <- "lsoa11_leicester_bradford_towerhamlets_oldham_trafford.geojson"
path <- file.path(source_folder(), folder, file)
check(unname(tools::md5sum(path)) == "4c63a56fa75db75d266ad9fe72b0db99",
      "the boundaries are the file this script was written for")
shapes <- sf::read_sf(path)
check(nrow(shapes) == 925 && !anyDuplicated(shapes$lsoa11_code), "925 LSOAs")
check(sf::st_is_valid(sf::st_set_crs(sf::st_geometry(shapes), NA)), "every boundary is valid")
check(!sf::st_is_empty(shapes), "no boundary is empty")

centroids <- read_source(folder, "lsoa11_centroids_ew.csv.xz",
                         md5 = "fe702bc605e051cdf146a46f9383212f")
centroids[-1] <- lapply(centroids[-1], as.numeric)
row <- match(shapes$lsoa11_code, centroids$lsoa11_code)
check(!is.na(row), "every LSOA has a centroid")

# The area in the table is that of the boundary drawn, to what rounding leaves: the
# table was made from boundaries with more digits.
drawn <- as.numeric(sf::st_area(shapes)) / 1e6
check(abs(drawn / centroids$area_km2[row] - 1) < 0.02 | drawn < 0.03,
      "areas agree with the boundaries")

five_places <- data.frame(
  lsoa_code = shapes$lsoa11_code,
  place = shapes$la_name,
  easting = as.integer(centroids$easting[row]),
  northing = as.integer(centroids$northing[row]),
  area_km2 = centroids$area_km2[row],
  boundary = sf::st_as_text(sf::st_geometry(shapes), digits = 7)
)
again <- sf::st_as_sfc(five_places$boundary, crs = 4326)
check(sf::st_coordinates(again) == sf::st_coordinates(shapes), "boundaries as text lose nothing")
counts <- table(five_places$place)
check(counts[c("Bradford", "Leicester", "Oldham", "Tower Hamlets", "Trafford")] ==
        c(310, 192, 141, 144, 138), "LSOAs by place as published")
five_places <- five_places[order(five_places$lsoa_code, method = "radix"), ]
rownames(five_places) <- NULL

write_data(five_places, "five_places")
