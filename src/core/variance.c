/* variance.c - influence x cells -> scores of PSUs -> variance between PSUs. */
#include "core/variance.h"

#include "core/vector.h"

#include <math.h>
#include <string.h>

/* A stratum sampled more fully than this adds nothing. */
static const double fully_sampled = 1e-7;

/* A variance below this share of the squared estimate is rounding. */
static const double rounding = 1e-20;

/* PSUs whose scores are multiplied together: the covariance is then read and
 * written once for eight PSUs. */
enum { BATCH = 8 };

/* What the parts of the engine share. The arrays hold one value an estimate:
 * centre is what PSUs of lonely strata are centred at, scale the square root
 * of the factor of "average", mean and score are of the stratum at hand. */
typedef struct {
  const ioi_design *design;
  const ioi_totals *totals;
  const ioi_influence *influence;
  const ioi_presence *presence;
  const ioi_residual *residual;
  int covariance;
  double *v, *centre, *scale, *mean, *batch;
  size_t from, to; /* the strata of the group at hand */
} engine;

size_t ioi_variance_work(size_t rows)
{
  return (3 + BATCH) * rows;
}

size_t ioi_presence_bytes(size_t n)
{
  return (n + 7) / 8;
}

size_t ioi_presence_count(const unsigned char *bits, size_t bytes)
{
  size_t count = 0;
  for (size_t b = 0; b < bytes; b++)
    for (unsigned char left = bits[b]; left;
         left = (unsigned char) (left & (left - 1)))
      count++;
  return count;
}

static int present(const unsigned char *bits, size_t i)
{
  return bits[i / 8] >> (i % 8) & 1;
}

static void mark(unsigned char *bits, size_t i)
{
  bits[i / 8] = (unsigned char) (bits[i / 8] | 1u << (i % 8));
}

/* Entries of a unit: from (inclusive) and to, and the cell of one. */
static size_t entry_from(const ioi_totals *totals, size_t unit)
{
  return totals->first ? (size_t) totals->first[unit] : unit * totals->cells;
}

static size_t entry_cell(const ioi_totals *totals, size_t unit, size_t entry)
{
  return totals->cell ? (size_t) totals->cell[entry]
                      : entry - unit * totals->cells;
}

void ioi_totals_collapse(const ioi_totals *totals, size_t which, double *w)
{
  memset(w, 0, totals->cells * sizeof *w);
  for (size_t j = 0; j < totals->units; j++)
    for (size_t i = entry_from(totals, j); i < entry_from(totals, j + 1); i++)
      w[entry_cell(totals, j, i)] += totals->w[which][i];
}

static size_t stratum_end(const ioi_design *design, size_t h)
{
  return design->psu_first ? (size_t) design->psu_first[h + 1] : h + 1;
}

static size_t stratum_start(const ioi_design *design, size_t h)
{
  return design->psu_first ? (size_t) design->psu_first[h] : h;
}

/* Marks the domains that have records in one unit of stratum h. */
static void fill_unit(const ioi_totals *totals, size_t unit, size_t h,
                      size_t psu_bytes, size_t stratum_bytes,
                      ioi_presence *presence)
{
  for (size_t e = entry_from(totals, unit); e < entry_from(totals, unit + 1);
       e++) {
    if (totals->w[0][e] == 0) continue;
    size_t d = (size_t) presence->domain_of_cell[entry_cell(totals, unit, e)];
    mark(presence->stratum + d * stratum_bytes, h);
    if (presence->psu) mark(presence->psu + d * psu_bytes, unit);
  }
}

void ioi_presence_fill(const ioi_design *design, const ioi_totals *totals,
                       ioi_presence *presence)
{
  size_t psu_bytes = ioi_presence_bytes(totals->units);
  size_t stratum_bytes = ioi_presence_bytes(design->strata);
  for (size_t h = 0; h < design->strata; h++)
    for (size_t j = stratum_start(design, h); j < stratum_end(design, h); j++)
      fill_unit(totals, j, h, psu_bytes, stratum_bytes, presence);
}

/* Adds factor x (total x influence) of one entry to the score from `at` on. */
static void add_entry(const engine *e, size_t entry, size_t cell, double factor,
                      double *at)
{
  const ioi_influence *influence = e->influence;
  const size_t variables = e->totals->variables;
  const int count = influence->at[cell + 1] - influence->at[cell];
  const double *value =
    influence->value + (size_t) influence->at[cell] * variables;
  for (size_t a = 0; a < variables; a++) {
    double total = factor * e->totals->w[a][entry];
    for (int k = 0; total != 0 && k < count; k++)
      at[k] += total * value[(size_t) k * variables + a];
  }
}

/* Takes factor x what the calibration explains of one unit off its score. */
static void take_explained(const engine *e, size_t unit, double factor,
                           double *score)
{
  const ioi_residual *x = e->residual;
  const size_t rows = e->influence->rows;
  for (int i = x->first[unit]; i < x->first[unit + 1]; i++) {
    const double total = factor * x->total[i];
    const double *beta = x->beta + (size_t) x->column[i] * rows;
    for (size_t r = 0; r < rows; r++) score[r] -= total * beta[r];
  }
}

/* Adds factor x (total x influence) of one unit to a score. */
static void add_score(const engine *e, size_t unit, double factor,
                      double *score)
{
  if (e->residual) take_explained(e, unit, factor, score);
  const ioi_totals *t = e->totals;
  for (size_t i = entry_from(t, unit); i < entry_from(t, unit + 1); i++) {
    size_t c = entry_cell(t, unit, i);
    add_entry(e, i, c, factor, score + e->influence->row[c]);
  }
}

static double sampling_rest(const ioi_design *design, size_t h)
{
  return design->fraction ? 1 - design->fraction[h] : 1;
}

/* PSUs in stratum h in which the domain of an estimate has records. Records
 * that are their own PSUs are not counted: the rule for domains needs PSUs. */
static size_t psus_with_records(const engine *e, size_t h, size_t domain)
{
  const ioi_design *design = e->design;
  if (e->residual) return stratum_end(design, h) - stratum_start(design, h);
  const unsigned char *bits =
    e->presence->psu + domain * ioi_presence_bytes(e->totals->units);
  size_t count = 0;
  for (size_t j = stratum_start(design, h); j < stratum_end(design, h); j++)
    count += (size_t) present(bits, j);
  return count;
}

/* Is stratum h lonely for the domain? */
static int is_lonely(const engine *e, size_t h, size_t domain)
{
  const ioi_design *design = e->design;
  if (sampling_rest(design, h) < fully_sampled) return 0;
  if (design->sampled[h] <= 1) return 1;
  return design->lonely_domain && e->presence->psu
         && (design->lonely == IOI_LONELY_ADJUST
             || design->lonely == IOI_LONELY_AVERAGE)
         && psus_with_records(e, h, domain) == 1;
}

/* Does stratum h count for the domain? All do in a calibrated design. */
static int counts(const engine *e, size_t domain, size_t h)
{
  const size_t bytes = ioi_presence_bytes(e->design->strata);
  return e->residual || present(e->presence->stratum + domain * bytes, h);
}

/* Sampled PSUs in the strata in which a domain has records. */
static double sampled_with_records(const engine *e, size_t domain)
{
  double sampled = 0;
  for (size_t h = e->from; h < e->to; h++)
    if (counts(e, domain, h)) sampled += e->design->sampled[h];
  return sampled;
}

/* Square root of (strata with records) / (those that contribute); NaN where
 * none contributes. */
static double average_scale(const engine *e, size_t domain)
{
  double with_records = 0, contribute = 0;
  for (size_t h = e->from; h < e->to; h++) {
    if (!counts(e, domain, h)) continue;
    with_records++;
    contribute += !is_lonely(e, h, domain);
  }
  if (with_records == 0) return 1;
  return contribute > 0 ? sqrt(with_records / contribute) : NAN;
}

/* Fills centre and scale for the strata of the group at hand. */
static void prepare(engine *e)
{
  const size_t rows = e->influence->rows;
  const ioi_lonely rule = e->design->lonely;
  for (size_t r = 0; r < rows; r++) {
    e->centre[r] = 0;
    e->scale[r] = 1;
  }
  if (rule == IOI_LONELY_ADJUST)
    for (size_t j = stratum_start(e->design, e->from);
         j < stratum_end(e->design, e->to - 1); j++)
      add_score(e, j, 1, e->centre);
  for (size_t r = 0; r < rows; r++) {
    size_t domain = (size_t) e->presence->domain_of_row[r];
    if (rule == IOI_LONELY_ADJUST && e->centre[r] != 0)
      e->centre[r] /= sampled_with_records(e, domain);
    if (rule == IOI_LONELY_AVERAGE) e->scale[r] = average_scale(e, domain);
  }
}

/* Replaces the means of stratum h by what the rule for lonely PSUs centres at;
 * NaN marks an estimate to which the stratum adds nothing. */
static void apply_lonely(const engine *e, size_t h)
{
  const int may_be = e->design->sampled[h] <= 1 || e->design->lonely_domain;
  if (!may_be) return;
  for (size_t r = 0; r < e->influence->rows; r++) {
    const size_t domain = (size_t) e->presence->domain_of_row[r];
    if (!is_lonely(e, h, domain)) continue;
    const int centred =
      e->design->lonely == IOI_LONELY_ADJUST && counts(e, domain, h);
    e->mean[r] = centred ? e->centre[r] : (double) NAN;
  }
}

/* Scores minus means, in place; 0 where the stratum adds nothing. */
static void centre_scores(const engine *e, double *score)
{
  for (size_t r = 0; r < e->influence->rows; r++)
    score[r] = isnan(e->mean[r]) ? 0 : (score[r] - e->mean[r]) * e->scale[r];
}

static void add_multiple(double *v, double factor, const double *score,
                         size_t from, size_t rows)
{
  IOI_VECTOR
  for (size_t s = from; s < rows; s++) v[s] += factor * score[s];
}

/* v += factor x sum of the products of `count` scores. */
static void add_products(engine *e, double factor, size_t count)
{
  const size_t rows = e->influence->rows;
  double of_row[BATCH];
  for (size_t r = 0; r < rows; r++) {
    double *v = e->v + (e->covariance ? r * rows : 0);
    for (size_t b = 0; b < count; b++) {
      of_row[b] = factor * e->batch[b * rows + r];
      if (!e->covariance) v[r] += of_row[b] * e->batch[b * rows + r];
    }
    if (!e->covariance) continue;
    for (size_t b = 0; b < count; b++)
      if (of_row[b] != 0)
        add_multiple(v, of_row[b], e->batch + b * rows, r, rows);
  }
}

/* (1 - f) n / (n - 1), (1 - f) for a lone PSU; times the multiplier. */
static double stratum_factor(const ioi_design *design, size_t h)
{
  double n = design->sampled[h];
  double multiplier = design->multiplier ? design->multiplier[h] : 1;
  return multiplier * sampling_rest(design, h) * (n > 1 ? n / (n - 1) : 1);
}

/* Sampled PSUs of which the totals hold nothing, as after a subset, have the
 * score 0. */
static void add_absent_psus(engine *e, size_t h, size_t held)
{
  const double absent = e->design->sampled[h] - (double) held;
  if (absent <= 0) return;
  memset(e->batch, 0, e->influence->rows * sizeof(double));
  centre_scores(e, e->batch);
  add_products(e, absent * stratum_factor(e->design, h), 1);
}

static void add_stratum_of_psus(engine *e, size_t h)
{
  const size_t rows = e->influence->rows, bytes = rows * sizeof(double);
  const size_t from = stratum_start(e->design, h);
  const size_t to = stratum_end(e->design, h);
  memset(e->mean, 0, bytes);
  for (size_t j = from; j < to; j++)
    add_score(e, j, 1 / e->design->sampled[h], e->mean);
  apply_lonely(e, h);
  for (size_t j = from; j < to; j += BATCH) {
    size_t count = to - j < BATCH ? to - j : BATCH;
    memset(e->batch, 0, count * bytes);
    for (size_t b = 0; b < count; b++) {
      add_score(e, j + b, 1, e->batch + b * rows);
      centre_scores(e, e->batch + b * rows);
    }
    add_products(e, stratum_factor(e->design, h), count);
  }
  add_absent_psus(e, h, to - from);
}

/* sum_ab u_a u_b (sum of w^2 z_a z_b) of one entry, for two estimates with the
 * influences u and v of the cell. */
static double quadratic(const ioi_totals *totals, size_t entry, const double *u,
                        const double *v)
{
  double sum = 0;
  size_t pair = 0;
  for (size_t a = 0; a < totals->variables; a++)
    for (size_t b = a; b < totals->variables; b++, pair++)
      sum += totals->ww[pair][entry]
             * (a == b ? u[a] * v[a] : u[a] * v[b] + u[b] * v[a]);
  return sum;
}

/* v += factor x the products of the scores of the records of one entry. */
static void add_squares(engine *e, double factor, size_t entry, size_t cell)
{
  const ioi_influence *influence = e->influence;
  const size_t rows = influence->rows, first = (size_t) influence->row[cell];
  const size_t variables = e->totals->variables;
  const size_t count = (size_t) (influence->at[cell + 1] - influence->at[cell]);
  const double *value =
    influence->value + (size_t) influence->at[cell] * variables;
  for (size_t a = 0; a < count; a++)
    for (size_t b = a; b < (e->covariance ? count : a + 1); b++) {
      size_t r = first + a, s = first + b;
      e->v[e->covariance ? r * rows + s : r] +=
        factor * e->scale[r] * e->scale[s]
        * quadratic(e->totals, entry, value + a * variables,
                    value + b * variables);
    }
}

/* Records that are their own PSUs: sum (U - mean)^2 = sum U^2 - n mean^2, and
 * sum U^2 is a sum over cells. A lone record is its own score. */
static void add_stratum_of_records(engine *e, size_t h)
{
  const size_t rows = e->influence->rows;
  const double n = e->design->sampled[h];
  const double factor = stratum_factor(e->design, h);
  memset(e->mean, 0, rows * sizeof(double));
  memset(e->batch, 0, rows * sizeof(double));
  if (n <= 1) {
    apply_lonely(e, h);
    add_score(e, h, 1, e->batch);
    centre_scores(e, e->batch);
    add_products(e, factor, 1);
    return;
  }
  for (size_t i = entry_from(e->totals, h); i < entry_from(e->totals, h + 1);
       i++)
    add_squares(e, factor, i, entry_cell(e->totals, h, i));
  add_score(e, h, 1, e->batch);
  centre_scores(e, e->batch);
  add_products(e, -factor / n, 1);
}

/* NaN for the estimates to which no stratum contributes under "average", in
 * rows and in columns. */
static void mark_undefined(engine *e)
{
  const size_t rows = e->influence->rows;
  for (size_t r = 0; r < rows; r++)
    for (size_t s = 0; isnan(e->scale[r]) && s < (e->covariance ? rows : 1);
         s++) {
      e->v[e->covariance ? r * rows + s : r] = NAN;
      e->v[e->covariance ? s * rows + r : r] = NAN;
    }
}

static void mirror(double *v, size_t rows)
{
  for (size_t r = 0; r < rows; r++)
    for (size_t s = r + 1; s < rows; s++) v[s * rows + r] = v[r * rows + s];
}

/* The strata of one group. */
static void add_group(engine *e, size_t from, size_t to)
{
  e->from = from;
  e->to = to;
  prepare(e);
  for (size_t h = from; h < to; h++) {
    if (sampling_rest(e->design, h) < fully_sampled) continue;
    if (e->design->psu_first)
      add_stratum_of_psus(e, h);
    else
      add_stratum_of_records(e, h);
  }
  mark_undefined(e);
}

void ioi_variance(const ioi_design *design, const ioi_totals *totals,
                  const ioi_influence *influence, const ioi_presence *presence,
                  int covariance, double *v, double *work)
{
  ioi_variance_calibrated(design, totals, influence, presence, NULL, covariance,
                          v, work);
}

void ioi_variance_calibrated(const ioi_design *design, const ioi_totals *totals,
                             const ioi_influence *influence,
                             const ioi_presence *presence,
                             const ioi_residual *residual, int covariance,
                             double *v, double *work)
{
  const size_t rows = influence->rows;
  if (rows == 0) return; /* v and work may be NULL */
  engine e = {design,          totals, influence, presence,    residual,
              covariance,      v,      work,      work + rows, work + 2 * rows,
              work + 3 * rows, 0,      0};
  if (design->groups == 0) add_group(&e, 0, design->strata);
  for (size_t g = 0; g < design->groups; g++)
    add_group(&e, (size_t) design->group_first[g],
              (size_t) design->group_first[g + 1]);
  if (covariance) mirror(v, rows);
}

/* Factors of the strata from .. to - 1. */
static void group_factors(const ioi_design *design, size_t from, size_t to,
                          double *factor)
{
  double lonely = 0, scale = 1;
  for (size_t h = from; h < to; h++) {
    const int full = sampling_rest(design, h) < fully_sampled;
    lonely += !full && design->sampled[h] <= 1;
    factor[h] = full || design->sampled[h] <= 1 ? 0 : stratum_factor(design, h);
  }
  if (design->lonely == IOI_LONELY_AVERAGE && lonely > 0)
    scale = (double) (to - from) / ((double) (to - from) - lonely);
  for (size_t h = from; h < to; h++)
    factor[h] = factor[h] == 0 ? 0 : factor[h] * scale;
}

void ioi_variance_factors(const ioi_design *design, double *factor)
{
  if (design->groups == 0) group_factors(design, 0, design->strata, factor);
  for (size_t g = 0; g < design->groups; g++)
    group_factors(design, (size_t) design->group_first[g],
                  (size_t) design->group_first[g + 1], factor);
}

void ioi_variance_clean(const double *estimate, size_t rows, int covariance,
                        double *v)
{
  const size_t step = covariance ? rows + 1 : 1;
  for (size_t r = 0; r < rows; r++) {
    if (!(v[r * step] < rounding * estimate[r] * estimate[r])) continue;
    v[r * step] = 0;
    for (size_t s = 0; covariance && s < rows; s++)
      v[r * rows + s] = v[s * rows + r] = 0;
  }
}
