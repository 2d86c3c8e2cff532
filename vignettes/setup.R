# What all vignettes share: how they print and draw, and numbers for the text.

knitr::opts_chunk$set(
  comment = "#>", render = knitr::normal_print, message = FALSE,
  fig.width = 8, fig.height = 4.5, dpi = 72, out.width = "100%"
)
options(width = 80, cli.width = 80)
can_draw <- requireNamespace("ggplot2", quietly = TRUE)

# Pictures of 32 colours are a third of the size; without the tool they stay as drawn.
if (nzchar(Sys.which("pngquant"))) {
  knitr::knit_hooks$set(pngquant = knitr::hook_pngquant)
  knitr::opts_chunk$set(pngquant = "32")
}

# Numbers in the text come from the tables, through these.
number <- function(x, digits = 0) formatC(x, digits = digits, format = "f", big.mark = ",")
per_cent <- function(x, digits = 1) paste0(number(100 * x, digits), "%")
