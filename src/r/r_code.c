/* r_code.c - the R boundary of numbers for texts. R keeps one copy of each text
 * and encoding, so that its address stands for it. */
#include "r/r_ioi.h"

#include "core/code.h"

/* x: text. A list: code, from 0, NA for a missing text; first, the row, from 1,
 * where each code appears first. The same text in two encodings has two. */
SEXP ioi_r_code_text(SEXP x)
{
  const size_t n = (size_t) XLENGTH(x);
  const void *const *address = (const void *const *) STRING_PTR_RO(x);
  const char *names[] = {"code", "first", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, XLENGTH(x)));
  int *code = INTEGER(VECTOR_ELT(out, 0));
  int *first = NULL;
  size_t levels = 0;
  ioi_status status = IOI_EFULL;
  for (size_t slots = 4096; status == IOI_EFULL; slots *= 8) {
    const void *top = vmaxget();
    int *table = (int *) R_alloc(slots + slots / 2, sizeof *table);
    first = table + slots;
    status = ioi_code_addresses(address, n, (const void *) NA_STRING, slots,
                                table, code, first, &levels);
    if (status == IOI_EFULL) vmaxset(top);
  }
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) levels));
  for (size_t k = 0; k < levels; k++)
    INTEGER(VECTOR_ELT(out, 1))[k] = first[k] + 1;
  for (size_t i = 0; i < n; i++)
    if (code[i] < 0) code[i] = NA_INTEGER;
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
