# From everyday words to the framework. Texts of the catalogue and the words of
# inst/catalogue/vocabulary.csv are cut to stems once a session; a phrase is compared
# with both.

#' Find what a phrase leads to
#'
#' Leads from the words that practitioners use ("jobs", "GP", "council house",
#' "feeling at home") to the domains, indicators and good practice that deal with it.
#'
#' @param text One phrase of everyday language.
#' @param n The most results.
#' @return A tibble, best first:
#'   \describe{
#'     \item{`type`}{"domain", "indicator" or "practice".}
#'     \item{`id`}{id of it: see [ioi_domains()], [ioi_indicators()] (those of the
#'       integrated communities note begin with C) and [ioi_practices()].}
#'     \item{`domain_id`}{its domain; several separated by ";" for the note.}
#'     \item{`name`}{its name in the source.}
#'     \item{`score`}{0 to 1. It orders the results of one call; it is not a
#'       probability.}
#'   }
#'   No row where nothing fits, with a message of class `ioi_message_not_found`.
#' @section How it works: Words are cut to stems by rules of our own (plurals,
#'   endings, British and American spelling). What is not known as it stands may
#'   differ by a letter (five letters or more), or begin like a known word. A phrase is
#'   compared with the names in the framework, where rare words count for more, and
#'   with a vocabulary of words that the framework does not use, for each domain: the
#'   file `catalogue/vocabulary.csv` of the package, open to correction. Each domain
#'   that is concerned comes with its best rows, and its further rows count for less
#'   and less, so that a word that concerns several domains shows all of them.
#' @section Errors: `ioi_error_input` for a text that is not one phrase, or an `n` that
#'   is not a whole number of 1 or more.
#' @examples
#' ioi_find("jobs", n = 5)
#' ioi_find("do people from different backgrounds get on here?", n = 5)
#' ioi_find("stop and search", n = 3)
#' @seealso [ioi_measure_args()], [ioi_indicators()], [ioi_practices()]
#' @export
ioi_find <- function(text, n = 20) {
  text <- check_phrase(text)
  n <- check_whole(n, 1, 1e6, "n")
  index <- find_index()
  asked <- known_stems(find_stems(text, index$compounds)[[1]], index)
  out <- find_rank(index$rows, find_scores(asked, index))
  if (!nrow(out)) {
    inform_ioi(
      c(
        "Nothing in the framework fits {.val {text}}.",
        "i" = "Try another word, or read {.fn ioi_domains}."
      ),
      "not_found"
    )
  }
  utils::head(out, n)
}

check_phrase <- function(text, call = rlang::caller_env()) {
  if (!is.character(text) || length(text) != 1 || is.na(text) || !grepl("[[:alnum:]]", text)) {
    abort_ioi(
      c("{.arg text} must be one phrase.", "x" = "It is {.val {as_shown(text)}}."),
      "input",
      arg = "text", call = call
    )
  }
  text
}

# ---- words to stems -----------------------------------------------------------

# Words that carry no subject.
stop_words <- strsplit(paste(
  "a about all am an and any are as at be been being but by can do does doing for from",
  "get had has have having he her here hers him his how i if in into is it its me my no",
  "not of on or our out she should so some such than that the their them there these",
  "they this those to too up us very was we were what when where which who whom why will",
  "with would you your eg etc e.g people person there's many much more most percent",
  "number share level rate proportion reporting report through including"
), " ")[[1]]

# Regular differences between British and American spelling: British on the left.
spellings <- c(
  "isation" = "ization", "ising$" = "izing", "ise([ds]?)$" = "ize\\1", "yse([ds]?)$" = "yze\\1",
  "our(s|ed|ing|hood|ly|ite|able|al)*$" = "or\\1", "ourhood" = "orhood", "centre" = "center",
  "theatre" = "theater", "defence" = "defense", "licence" = "license", "practise" = "practice",
  "programme" = "program", "ellor" = "elor", "elling" = "eling", "elled" = "eled",
  "aediat" = "ediat", "aecolog" = "ecolog", "^mum" = "mom", "enrolment" = "enrollment"
)

# Endings, longest first; what is left keeps at least three letters.
endings <- c(
  "izations", "ization", "ational", "fulness", "iveness", "ically", "ations", "ation",
  "ators", "ator", "ments", "ment", "nesses", "ness", "ships", "ship", "ities", "ity",
  "ables", "able", "ances", "ance", "ences", "ence", "ists", "ist", "isms", "ism",
  "ional", "ions", "ion", "ious", "ives", "ive", "izing", "ized", "izes", "ize", "ings",
  "ing", "edly", "ers", "er", "ors", "or", "als", "al", "ally", "ly", "ed", "es", "s", "e"
)

# Stems of each text: a list of character vectors; "get on" is a word. Two words that
# are also written as one, with or without a hyphen (`compounds`), become that one:
# "self employed" is "selfemployed". `apart`: their parts stay as well.
find_stems <- function(text, compounds = find_compounds(text), apart = FALSE) {
  lapply(find_words(text), function(words) {
    content <- words[!words %in% stop_words]
    if (!length(content)) content <- words # "here" is all there is
    pair <- paste0(content[-length(content)], content[-1])
    at <- which(length(content) > 1 & pair %in% compounds)
    if (length(at)) {
      content <- if (apart) c(content, pair[at]) else c(content[-c(at, at + 1)], pair[at])
    }
    unique(stem(content))
  })
}

# Words of each text in small letters, without accents; parts at a hyphen stand apart.
find_words <- function(text) {
  words <- strsplit(plain_text(text), "[^a-z0-9]+")
  lapply(words, function(one) one[nzchar(one)])
}

plain_text <- function(text) {
  text <- tolower(iconv(text, "UTF-8", "ASCII//TRANSLIT", sub = " "))
  text <- gsub("'s\\b|'", "", text)
  gsub("\\b(get|gets|getting|got) (on|along)\\b", "getalong", text)
}

# Words with one hyphen in these texts, written as one.
find_compounds <- function(text) {
  text <- plain_text(text)
  unique(gsub("-", "", unlist(regmatches(text, gregexpr("[a-z0-9]+-[a-z0-9]+", text)))))
}

# The stem of each word. Short words lose only a plural s.
stem <- function(word) {
  for (british in names(spellings)) {
    word <- sub(british, spellings[[british]], word)
  }
  vapply(word, stem_one, "", USE.NAMES = FALSE)
}

stem_one <- function(word) {
  if (nchar(word) <= 4) {
    return(if (nchar(word) == 4) sub("([^s])s$", "\\1", word) else word)
  }
  word <- sub("ie[sd]$", "y", word)
  if (grepl("(ss|[^io]us|is)$", word)) {
    return(word)
  }
  fits <- endings[endsWith(word, endings) & nchar(word) - nchar(endings) >= 3]
  if (length(fits)) {
    word <- substr(word, 1, nchar(word) - nchar(fits[1]))
    word <- sub("([bdfglmnprt])\\1$", "\\1", word) # stopped is stop
    if (nchar(word) > 4) word <- sub("(at|e)$", "", word)
  }
  word
}

# ---- the index ----------------------------------------------------------------

# list(rows, compounds, text, weight, words): the results there can be, words that are
# written as one, the stems of the names of the results, the weight of each stem, and
# the vocabulary: a row per phrase with its stems and the rows it leads to.
find_index <- function() {
  if (!is.null(catalogue[[".find"]])) {
    return(catalogue[[".find"]])
  }
  rows <- find_rows()
  compounds <- find_compounds(c(rows$text, read_catalogue("vocabulary")$words))
  text <- find_stems(rows$text, compounds, apart = TRUE)
  count <- table(unlist(text))
  words <- find_vocabulary(rows, compounds)
  known <- unique(c(names(count), unlist(words$stems)))
  weight <- log(1 + length(text) / ifelse(known %in% names(count), count[known], 1))
  out <- list(
    rows = rows, compounds = compounds, text = text,
    weight = stats::setNames(as.vector(weight), known), words = words
  )
  catalogue[[".find"]] <- out
  out
}

# What there is to find. `text` is what is searched: of domains and of the note also
# what they say beside the name.
find_rows <- function() {
  domains <- read_catalogue("domains")
  ioi <- indicators_ioi()
  note <- indicators_communities()
  practice <- ioi_practices()
  blank <- function(x) ifelse(is.na(x), "", x)
  tibble::tibble(
    type = rep(
      c("domain", "indicator", "practice"), c(14, nrow(ioi) + nrow(note), nrow(practice))
    ),
    id = c(domains$domain_id, ioi$indicator_id, note$indicator_id, practice$practice_id),
    domain_id = c(domains$domain_id, ioi$domain_id, note$domain_id, practice$domain_id),
    name = c(domains$name, ioi$name, note$name, practice$name),
    text = c(
      paste(domains$name, domains$why_it_matters),
      paste(ioi$name, blank(ioi$population)),
      paste(note$name, blank(note$short_name), blank(note$question)),
      practice$name
    )
  )
}

find_vocabulary <- function(rows, compounds) {
  table <- read_catalogue("vocabulary")
  phrases <- strsplit(table$words, "; *")
  listed <- strsplit(table$ids, ";", fixed = TRUE)
  list(
    stems = find_stems(unlist(phrases), compounds),
    row = rep(seq_along(phrases), lengths(phrases)),
    domain = match(table$domain_id, rows$id),
    listed = lapply(listed, function(ids) {
      setdiff(match(ids, rows$id, nomatch = 0), 0)
    })
  )
}

# ---- scores -------------------------------------------------------------------

# The stems asked for, each as known stems with a weight: list of named vectors. An
# unknown one may be a slip of the finger, or the beginning of a known word.
known_stems <- function(asked, index) {
  known <- names(index$weight)
  lapply(asked, function(one) {
    fits <- as.numeric(known == one)
    if (nchar(one) >= 4) {
      begins <- startsWith(known, one) | startsWith(rep(one, length(known)), known)
      fits <- pmax(fits, 0.5 * (begins & nchar(known) >= 4))
    }
    if (nchar(one) >= 4 && !one %in% known) {
      fits <- pmax(fits, 0.8 * (nchar(known) >= 4 & close_to(one, known)))
    }
    stats::setNames(fits[fits > 0], known[fits > 0])
  })
}

# One letter more, less or other, or two that changed places; two slips in long words.
close_to <- function(one, known) {
  most <- if (nchar(one) >= 9) 2 else 1
  near <- abs(nchar(known) - nchar(one)) <= most
  near[near] <- utils::adist(one, known[near])[1, ] <= most
  swapped <- vapply(seq_len(nchar(one) - 1), function(i) {
    paste0(
      substr(one, 1, i - 1), substr(one, i + 1, i + 1), substr(one, i, i), substring(one, i + 2)
    )
  }, "")
  near | known %in% swapped
}

# A score for every row: how much of what is asked its text holds, and how well a
# phrase of the vocabulary that leads to it fits.
find_scores <- function(asked, index) {
  text <- cover(asked, index$text, index$weight)
  fit <- phrase_fit(asked, index)
  listed <- domain <- numeric(nrow(index$rows))
  for (row in which(fit > 0)) {
    at <- index$words$listed[[row]]
    listed[at] <- pmax(listed[at], fit[row])
    own <- index$words$domain[row]
    domain[own] <- max(domain[own], fit[row])
  }
  score <- 1 - (1 - 0.7 * text) * (1 - 0.85 * listed)
  score <- 1 - (1 - score) * (1 - 0.95 * domain)
  lift_domains(score, index$rows)
}

# A domain is at least as good as the best of what is in it.
lift_domains <- function(score, rows) {
  own <- strsplit(rows$domain_id, ";", fixed = TRUE)
  at <- rep(seq_along(own), lengths(own))
  best <- tapply(score[at], factor(unlist(own), rows$id[rows$type == "domain"]), max)
  domains <- rows$type == "domain"
  score[domains] <- pmax(score[domains], as.vector(best))
  score
}

# The share of the weight of what is asked that each text holds.
cover <- function(asked, text, weight) {
  own <- vapply(asked, function(one) max(weight[names(one)], log(2)), 0)
  held <- vapply(asked, function(one) {
    vapply(text, function(stems) max(one[names(one) %in% stems], 0), 0)
  }, numeric(length(text)))
  as.vector(matrix(held, length(text)) %*% own) / sum(own)
}

# How well the best phrase of each row of the vocabulary fits. A phrase that is asked
# whole counts by its share of what is asked, one of which only a part is asked for
# less.
phrase_fit <- function(asked, index) {
  stems <- index$words$stems
  held <- vapply(asked, function(one) {
    vapply(stems, function(phrase) max(one[names(one) %in% phrase], 0), 0)
  }, numeric(length(stems)))
  held <- rowSums(matrix(held, length(stems)))
  asked_share <- pmin(held / length(asked), 1)
  phrase_share <- pmin(held / lengths(stems), 1)
  fit <- ifelse(phrase_share == 1, asked_share^0.4, 0.7 * asked_share * phrase_share)
  as.vector(tapply(fit, index$words$row, max))
}

# Best first, a domain before what is in it. Of the rows of a domain the first counts
# for a little less than the domain, the next for less still.
find_rank <- function(rows, score) {
  keep <- which(score >= 0.12)
  keep <- keep[order(-score[keep], keep)]
  part <- rows$type[keep] != "domain"
  first <- paste(sub(";.*$", "", rows$domain_id[keep]), part)
  place <- stats::ave(seq_along(keep), first, FUN = seq_along)
  shown <- score[keep] * ifelse(part, 0.98 * 0.85^(place - 1), 1)
  order <- order(-shown, part)
  out <- rows[keep[order], c("type", "id", "domain_id", "name")]
  out$score <- round(shown[order], 3)
  out
}
