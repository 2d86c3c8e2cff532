/* r_quantile.c - the R boundary of quantiles. `domain` is the key of domains, from 1;
 * `bins` is a list with the arrays of ioi_quantile_bins, whose sums are pairs of
 * doubles. */
#include "r/r_ioi.h"

#include "core/quantile.h"
#include "core/tally.h"

static ioi_quantile_rows read_rows(SEXP keys, SEXP domain, SEXP x, SEXP weight,
                                   SEXP rows)
{
  const size_t count = (size_t) XLENGTH(keys);
  const ioi_sum wanted = {.key = (size_t) Rf_asInteger(domain) - 1};
  ioi_key *key = ioi_r_keys(keys, 0);
  ioi_tally_idle(&wanted, 1, key, count);
  const ioi_quantile_rows out = {(size_t) Rf_asReal(rows),
                                 count,
                                 wanted.key,
                                 key,
                                 ioi_r_numbers(x, 0),
                                 ioi_r_numbers(weight, 0),
                                 ioi_r_key_levels(count, 1)};
  return out;
}

static ioi_quantile_bins read_bins(SEXP bins)
{
  SEXP count = ioi_r_get(bins, "count"), cut = ioi_r_get(bins, "cut");
  const size_t domains = (size_t) XLENGTH(count);
  const ioi_quantile_bins out = {
    domains,
    domains > 0 ? (size_t) XLENGTH(cut) / domains : 0,
    INTEGER(count),
    INTEGER(ioi_r_get(bins, "used")),
    REAL(cut),
    INTEGER(ioi_r_get(bins, "inside")),
    (ioi_exact *) (void *) REAL(ioi_r_get(bins, "upto")),
    REAL(ioi_r_get(bins, "most")),
    REAL(ioi_r_get(bins, "last"))};
  return out;
}

/* Vectors for so many cuts, after those whose length is that of domains. */
static void make_bins(SEXP out, size_t domains, size_t cuts)
{
  const R_xlen_t all = (R_xlen_t) (domains * IOI_QUANTILE_BINS(cuts));
  SET_VECTOR_ELT(out, 4, Rf_allocVector(REALSXP, (R_xlen_t) (domains * cuts)));
  SET_VECTOR_ELT(out, 5, Rf_allocVector(INTSXP, all));
  SET_VECTOR_ELT(out, 6, Rf_allocVector(REALSXP, 2 * all));
}

/* probs: how many quantiles of each domain will be asked for. */
SEXP ioi_r_quantile_bins(SEXP keys, SEXP domain, SEXP x, SEXP weight, SEXP rows,
                         SEXP probs)
{
  const char *names[] = {"count", "used",   "most", "last",
                         "cut",   "inside", "upto", ""};
  const ioi_quantile_rows data = read_rows(keys, domain, x, weight, rows);
  const size_t domains = data.key[data.domain].levels;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 4; i++)
    SET_VECTOR_ELT(
      out, i, Rf_allocVector(i < 2 ? INTSXP : REALSXP, (R_xlen_t) domains));
  const int below =
    ioi_quantile_count(&data, domains, INTEGER(VECTOR_ELT(out, 0)));
  const size_t cuts =
    ioi_quantile_cuts(data.rows, domains, (size_t) Rf_asInteger(probs));
  make_bins(out, domains, below ? 0 : cuts);
  ioi_quantile_bins bins = read_bins(out);
  R_CheckUserInterrupt(); /* between passes: all memory is R's own */
  ioi_quantile_cut(&data, &bins, (int *) R_alloc(2 * domains, sizeof(int)));
  R_CheckUserInterrupt();
  ioi_quantile_sum(&data, &bins);
  R_CheckUserInterrupt();
  UNPROTECT(1);
  return out;
}

/* prob: as many shares for each domain, domain by domain. Gives as many quantiles,
 * NaN where there is none. */
SEXP ioi_r_quantile(SEXP keys, SEXP domain, SEXP x, SEXP weight, SEXP rows,
                    SEXP bins, SEXP rule, SEXP prob)
{
  const ioi_quantile_rows data = read_rows(keys, domain, x, weight, rows);
  const ioi_quantile_bins of = read_bins(bins);
  const ioi_quantile_rule by = (ioi_quantile_rule) Rf_asInteger(rule);
  const size_t all = of.domains * IOI_QUANTILE_BINS(of.cuts);
  const size_t probs = of.domains > 0 ? (size_t) XLENGTH(prob) / of.domains : 0;
  size_t *start = (size_t *) R_alloc(all + 1, sizeof *start), largest;
  double *reach = (double *) R_alloc(2 * of.domains, sizeof *reach);
  ioi_quantile_want(&of, by, REAL_RO(prob), probs, start, &largest, reach);
  ioi_quantile_record *taken =
    (ioi_quantile_record *) R_alloc(start[all] + largest, sizeof *taken);
  ioi_quantile_take(&data, &of, by, start, reach, taken,
                    (int *) R_alloc(all, sizeof(int)), taken + start[all]);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(prob)));
  for (size_t i = 0; i < of.domains * probs; i++) REAL(out)
  [i] = ioi_quantile(&of, by, start, taken, i / probs, REAL_RO(prob)[i]);
  UNPROTECT(1);
  return out;
}
