# Judges a 00check.log of R CMD check: prints what was found besides OK, and
# exits 1 on an error, a warning, a note or an unfinished log. The one note let
# through is that of a new submission.

function close_item(  note) {
  note = body
  gsub(/Maintainer: [^\n]*\n|New submission\n|\n/, "", note)
  if (kind == "NOTE" && title ~ /CRAN incoming feasibility/ && note == "")
    allowed++
  else if (kind != "") {
    found[kind]++
    printf "%s\n%s", title, body
  }
  kind = ""
  body = ""
}

/^\* / {
  close_item()
  title = $0
  if (match($0, /(ERROR|WARNING|NOTE)$/)) kind = substr($0, RSTART)
  if ($0 == "* DONE") done = 1
  next
}

# Tests and examples report on a line of their own below the title.
/^ *(ERROR|WARNING|NOTE)$/ { if (kind == "") kind = $1 }
{ body = body $0 "\n" }

END {
  close_item()
  if (!done) print "the check did not reach its end"
  printf "%d errors, %d warnings, %d notes besides %d for a new submission\n",
    found["ERROR"], found["WARNING"], found["NOTE"], allowed
  exit !done || found["ERROR"] + found["WARNING"] + found["NOTE"] > 0
}
