/* r_code.c - the R boundary of numbers for texts. R keeps one copy of each text
 * and encoding, so that its address stands for it. */
#include "r/r_ioi.h"

#include "core/code.h"

#include <string.h>

/* Texts outside ASCII have one encoding, so that none of them are the same. */
static int is_one_encoding(SEXP x, const ioi_coder *coder)
{
  int seen = -1;
  for (size_t k = 0; k < coder->levels; k++) {
    SEXP text = STRING_ELT(x, coder->first[k]);
    const unsigned char *c = (const unsigned char *) CHAR(text);
    while (*c > 0 && *c < 128) c++;
    if (*c == 0) continue;
    const int mark = (int) Rf_getCharCE(text);
    if (seen >= 0 && mark != seen) return 0;
    seen = mark;
  }
  return 1;
}

static int text_above(const void *one, const void *two)
{
  return strcmp(CHAR((SEXP) one), CHAR((SEXP) two)) > 0;
}

/* Room for four times as many numbers, and a table where one is needed. */
static void more_room(ioi_coder *coder)
{
  const size_t slots = coder->slots > 0 ? 4 * coder->slots : 4096;
  int *first = (int *) R_alloc(slots / 2, sizeof *first);
  if (coder->levels > 0)
    memcpy(first, coder->first, coder->levels * sizeof *first);
  coder->slots = slots;
  coder->first = first;
  if (!coder->rising)
    coder->table = (ioi_slot *) R_alloc(slots, sizeof *coder->table);
}

/* x: text. A list: code, from 0, NA for a missing text; first, the row, from 1,
 * where each code appears first; apart: FALSE where the same text may have two
 * codes, in two encodings; rising: the texts of the codes rise, byte by byte. */
SEXP ioi_r_code_text(SEXP x)
{
  const void *const *address = (const void *const *) STRING_PTR_RO(x);
  const char *names[] = {"code", "first", "apart", "rising", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, XLENGTH(x)));
  int *code = INTEGER(VECTOR_ELT(out, 0));
  ioi_coder coder = {0, NULL, NULL, 0, 0, 1};
  do more_room(&coder);
  while (ioi_code_addresses(address, (size_t) XLENGTH(x),
                            (const void *) NA_STRING, text_above, &coder, code)
         == IOI_EFULL);
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) coder.levels));
  int *row = INTEGER(VECTOR_ELT(out, 1));
  for (size_t k = 0; k < coder.levels; k++) row[k] = coder.first[k] + 1;
  SET_VECTOR_ELT(out, 2, Rf_ScalarLogical(is_one_encoding(x, &coder)));
  SET_VECTOR_ELT(out, 3, Rf_ScalarLogical(coder.rising));
  UNPROTECT(1);
  return out;
}

/* code, first: as above; x: text, whole numbers, logical or numbers. TRUE if x
 * has one value in all rows of each code; FALSE also for other types. */
SEXP ioi_r_code_constant(SEXP code, SEXP first, SEXP x)
{
  const size_t n = (size_t) XLENGTH(code), levels = (size_t) XLENGTH(first);
  const int text = TYPEOF(x) == STRSXP, wide = TYPEOF(x) == REALSXP;
  if (!text && !wide && TYPEOF(x) != INTSXP && TYPEOF(x) != LGLSXP)
    return Rf_ScalarLogical(0);
  int *row = (int *) R_alloc(levels, sizeof *row);
  for (size_t k = 0; k < levels; k++)
    row[k] = INTEGER_ELT(first, (R_xlen_t) k) - 1;
  const void *values = text                  ? (const void *) STRING_PTR_RO(x)
                       : wide                ? (const void *) REAL_RO(x)
                       : TYPEOF(x) == INTSXP ? (const void *) INTEGER_RO(x)
                                             : (const void *) LOGICAL_RO(x);
  const size_t width = text   ? sizeof(SEXP)
                       : wide ? sizeof(double)
                              : sizeof(int);
  return Rf_ScalarLogical(
    ioi_code_constant(INTEGER_RO(code), n, row, values, width));
}
