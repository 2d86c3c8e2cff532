/* variance.c - influence x cells -> scores of PSUs -> variance between PSUs. */
#include "core/variance.h"

#include "core/products.h"
#include "core/vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A stratum sampled more fully than this adds nothing. */
static const double fully_sampled = 1e-7;

/* A variance below this share of the squared estimate is rounding. */
static const double rounding = 1e-20;

/* What the parts of the engine share. The arrays hold one value an estimate:
 * centre is what PSUs of lonely strata are centred at, scale the square root
 * of the factor of "average", mean and score are of the stratum and the PSU at
 * hand; but held, the cell totals of the stratum, one an entry of all cells
 * for each variable. The batch collects centred scores of one sign. */
typedef struct {
  const ioi_design *design;
  const ioi_totals *totals;
  const ioi_influence *influence;
  const ioi_presence *presence;
  const ioi_residual *residual;
  int covariance, single; /* single: see is_single() */
  double *v, *centre, *scale, *mean, *score, *square, *size, *held;
  ioi_batch batch;
  double sign;
  size_t from, to; /* the strata of the group at hand */
} engine;

size_t ioi_variance_work(size_t rows, size_t cells, size_t variables)
{
  const size_t tiles = ioi_products_tiles(rows);
  if (rows == 0) return 0;
  return 6 * rows + cells * variables + tiles
         + tiles * IOI_TILE * ioi_products_most(rows);
}

size_t ioi_presence_bytes(size_t n)
{
  return (n + 7) / 8;
}

/* Bits set in eight bytes: in pairs, in fours, in bytes, then all (Knuth, The Art
 * of Computer Programming, vol. 4A, section 7.1.3). */
static size_t bits_of_word(uint64_t x)
{
  x -= x >> 1 & UINT64_C(0x5555555555555555);
  x = (x & UINT64_C(0x3333333333333333))
      + (x >> 2 & UINT64_C(0x3333333333333333));
  x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
  return (size_t) (x * UINT64_C(0x0101010101010101) >> 56);
}

size_t ioi_presence_count(const unsigned char *bits, size_t bytes)
{
  size_t count = 0;
  for (size_t b = 0; b < bytes; b += sizeof(uint64_t)) {
    const size_t left = bytes - b;
    uint64_t word = 0;
    memcpy(&word, bits + b, left < sizeof word ? left : sizeof word);
    count += bits_of_word(word);
  }
  return count;
}

static int present(const unsigned char *bits, size_t i)
{
  return bits[i / 8] >> (i % 8) & 1;
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

/* Adds one total of each entry of a unit to the sums of their cells. */
static void add_unit(const ioi_totals *totals, size_t unit, const double *w,
                     double *sum)
{
  for (size_t i = entry_from(totals, unit); i < entry_from(totals, unit + 1);
       i++)
    sum[entry_cell(totals, unit, i)] += w[i];
}

/* The same of the four units from `unit` on that have an entry for every cell, one
 * after the other. */
static void add_four(const ioi_totals *totals, size_t unit, const double *w,
                     double *sum)
{
  const size_t cells = totals->cells;
  const double *a = w + unit * cells, *b = a + cells;
  const double *c = b + cells, *d = c + cells;
  IOI_VECTOR
  for (size_t i = 0; i < cells; i++)
    sum[i] = sum[i] + a[i] + b[i] + c[i] + d[i];
}

/* Adds variable `which` of the units from .. to - 1 to the sums of cells. */
static void add_units(const ioi_totals *totals, size_t from, size_t to,
                      size_t which, double *sum)
{
  const double *w = totals->w[which];
  for (; !totals->cell && from + 4 <= to; from += 4)
    add_four(totals, from, w, sum);
  for (; from < to; from++) add_unit(totals, from, w, sum);
}

void ioi_totals_collapse(const ioi_totals *totals, size_t which, double *w)
{
  memset(w, 0, totals->cells * sizeof *w);
  add_units(totals, 0, totals->units, which, w);
}

static size_t stratum_end(const ioi_design *design, size_t h)
{
  return design->psu_first ? (size_t) design->psu_first[h + 1] : h + 1;
}

static size_t stratum_start(const ioi_design *design, size_t h)
{
  return design->psu_first ? (size_t) design->psu_first[h] : h;
}

/* Marks in `bits`, a run of `bytes` a domain, where unit j has records. There is
 * no branch for what no one can foresee. */
static void mark_unit(const ioi_totals *totals, size_t j,
                      const int *domain_of_cell, size_t bytes,
                      unsigned char *bits)
{
  const double *w = totals->w[0];
  for (size_t e = entry_from(totals, j); e < entry_from(totals, j + 1); e++) {
    const size_t domain = (size_t) domain_of_cell[entry_cell(totals, j, e)];
    unsigned char *byte = bits + domain * bytes + j / 8;
    *byte = (unsigned char) (*byte | (unsigned) (w[e] != 0) << (j % 8));
  }
}

/* Sets in `seen` bit k where unit k of eight has records in each of `cells` cells,
 * of `step` that a unit has. */
static void see_eight(const double *w, size_t step, size_t cells, double *seen)
{
  memset(seen, 0, cells * sizeof *seen);
  for (size_t k = 0; k < 8; k++) {
    const double bit = 1 << k, *at = w + k * step;
    IOI_VECTOR
    for (size_t c = 0; c < cells; c++) seen[c] += at[c] != 0 ? bit : 0;
  }
}

/* As mark_unit() for the eight units from j on that have an entry for every cell. */
static void mark_eight(const ioi_totals *totals, size_t j,
                       const int *domain_of_cell, size_t bytes,
                       unsigned char *bits)
{
  enum { CELLS = 64 };
  const size_t all = totals->cells;
  double seen[CELLS];
  for (size_t from = 0; from < all; from += CELLS) {
    const size_t cells = all - from < CELLS ? all - from : CELLS;
    see_eight(totals->w[0] + j * all + from, all, cells, seen);
    for (size_t c = 0; c < cells; c++) {
      unsigned char *byte =
        bits + (size_t) domain_of_cell[from + c] * bytes + j / 8;
      *byte = (unsigned char) (*byte | (unsigned) seen[c]);
    }
  }
}

/* Sets `bit` in `seen` for the domain of each of `entries` entries. */
static void see_entries(const int *cell, const int *domain_of_cell,
                        size_t entries, unsigned bit, unsigned char *seen)
{
  for (size_t e = 0; e < entries; e++) {
    unsigned char *of = seen + domain_of_cell[cell[e]];
    *of = (unsigned char) (*of | bit);
  }
}

/* As mark_unit() for the eight units from j on, whose entries are many: their bits
 * come together in one byte a domain before these go where they lie far apart. */
static void mark_eight_sorted(const ioi_totals *totals, size_t j,
                              const ioi_presence *presence, size_t bytes,
                              unsigned char *bits)
{
  unsigned char *seen = presence->seen;
  memset(seen, 0, presence->domains);
  for (size_t k = 0; k < 8; k++) {
    const size_t from = entry_from(totals, j + k);
    see_entries(totals->cell + from, presence->domain_of_cell,
                entry_from(totals, j + k + 1) - from, 1u << k, seen);
  }
  for (size_t d = 0; d < presence->domains; d++)
    bits[d * bytes + j / 8] = seen[d];
}

/* Have eight units from j on so many entries that mark_eight_sorted() is quick? */
static int are_many(const ioi_totals *totals, size_t j,
                    const ioi_presence *presence)
{
  const size_t entries = entry_from(totals, j + 8) - entry_from(totals, j);
  return presence->seen && entries >= presence->domains;
}

static void mark_units(const ioi_totals *totals, const ioi_presence *presence,
                       unsigned char *bits)
{
  const size_t units = totals->units, bytes = ioi_presence_bytes(units);
  const int *domain_of_cell = presence->domain_of_cell;
  for (size_t j = 0, next; j < units; j = next) {
    next = j + 8 <= units ? j + 8 : units;
    if (next == j + 8 && !totals->cell)
      mark_eight(totals, j, domain_of_cell, bytes, bits);
    else if (next == j + 8 && are_many(totals, j, presence))
      mark_eight_sorted(totals, j, presence, bytes, bits);
    else
      for (; j < next; j++) mark_unit(totals, j, domain_of_cell, bytes, bits);
  }
}

/* Is one of the bits from .. to - 1 set? */
static int any_present(const unsigned char *bits, size_t from, size_t to)
{
  while (from < to) {
    const size_t next = (from / 8 + 1) * 8;
    unsigned mask = 0xFFu << (from % 8);
    if (next > to) mask &= 0xFFu >> (next - to);
    if (bits[from / 8] & mask) return 1;
    from = next;
  }
  return 0;
}

/* Marks the strata of one domain from its PSUs. */
static void mark_strata(const ioi_design *design, const unsigned char *psu,
                        unsigned char *stratum)
{
  for (size_t h = 0; h < design->strata; h++)
    if (any_present(psu, stratum_start(design, h), stratum_end(design, h)))
      stratum[h / 8] = (unsigned char) (stratum[h / 8] | 1u << (h % 8));
}

void ioi_presence_fill(const ioi_design *design, const ioi_totals *totals,
                       ioi_presence *presence)
{
  const size_t psu_bytes = ioi_presence_bytes(totals->units);
  const size_t stratum_bytes = ioi_presence_bytes(design->strata);
  mark_units(totals, presence,
             presence->psu ? presence->psu : presence->stratum);
  for (size_t d = 0; presence->psu && d < presence->domains; d++)
    mark_strata(design, presence->psu + d * psu_bytes,
                presence->stratum + d * stratum_bytes);
}

/* Adds total x influence of variable `a` of a cell to the scores. */
static inline void add_influence(const ioi_influence *influence,
                                 size_t variables, size_t cell, size_t a,
                                 double total, double *score)
{
  const size_t from = (size_t) influence->at[cell];
  const size_t count = (size_t) influence->at[cell + 1] - from;
  const double *value = influence->value + from * variables + a;
  double *at = score + influence->row[cell];
  if (count == 1)
    at[0] += total * value[0];
  else if (total != 0)
    for (size_t k = 0; k < count; k++) at[k] += total * value[k * variables];
}

/* The same of all cells at once, each of which bears on one estimate. */
static void add_single(const ioi_influence *influence, size_t variables,
                       size_t cells, size_t a, const double *total,
                       double *score)
{
  const int *row = influence->row;
  const double *value = influence->value + a;
  for (size_t c = 0; c < cells; c++)
    score[row[c]] += total[c] * value[c * variables];
}

/* The same of the entries from .. to - 1 of a unit. */
static void add_single_entries(const ioi_influence *influence, size_t variables,
                               const ioi_totals *totals, size_t from, size_t to,
                               size_t a, double *score)
{
  const int *row = influence->row, *cell = totals->cell;
  const double *value = influence->value + a, *w = totals->w[a];
  for (size_t i = from; i < to; i++)
    score[row[cell[i]]] += w[i] * value[(size_t) cell[i] * variables];
}

/* Does every cell bear on one estimate? */
static int is_single(const ioi_influence *influence, size_t cells)
{
  size_t c = 0;
  while (c < cells && influence->at[c + 1] == influence->at[c] + 1) c++;
  return c == cells && influence->at[0] == 0;
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

/* Adds total x influence of one unit to a score. */
static void add_score(const engine *e, size_t unit, double *score)
{
  const ioi_totals *t = e->totals;
  const size_t from = entry_from(t, unit), to = entry_from(t, unit + 1);
  const int *cell = t->cell;
  if (e->residual) take_explained(e, unit, 1, score);
  for (size_t a = 0; a < t->variables; a++) {
    const double *w = t->w[a];
    if (e->single && !cell)
      add_single(e->influence, t->variables, t->cells, a, w + from, score);
    else if (e->single)
      add_single_entries(e->influence, t->variables, t, from, to, a, score);
    else
      for (size_t i = from; i < to; i++)
        add_influence(e->influence, t->variables,
                      cell ? (size_t) cell[i] : i - from, a, w[i], score);
  }
}

/* Adds factor x the scores of the units from .. to - 1 to a score: their totals
 * first, so that the influence is applied once. */
static void add_scores(const engine *e, size_t from, size_t to, double factor,
                       double *score)
{
  const ioi_totals *t = e->totals;
  memset(e->held, 0, t->cells * t->variables * sizeof *e->held);
  for (size_t j = from; e->residual && j < to; j++)
    take_explained(e, j, factor, score);
  for (size_t a = 0; a < t->variables; a++)
    add_units(t, from, to, a, e->held + a * t->cells);
  for (size_t c = 0; c < t->cells; c++)
    for (size_t a = 0; a < t->variables; a++)
      add_influence(e->influence, t->variables, c, a,
                    factor * e->held[a * t->cells + c], score);
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
    add_scores(e, stratum_start(e->design, e->from),
               stratum_end(e->design, e->to - 1), 1, e->centre);
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

/* v += what the batch holds. */
static void add_batch(engine *e)
{
  if (e->batch.count > 0) ioi_products_add(&e->batch, e->sign, e->v);
}

/* v += factor x the products of the score at hand less its mean, sooner or later. */
static void add_products(engine *e, double factor)
{
  const double sign = factor < 0 ? -1 : 1;
  if (sign != e->sign || e->batch.count == e->batch.most) add_batch(e);
  e->sign = sign;
  ioi_products_put(&e->batch, e->score, e->mean, e->scale, sqrt(fabs(factor)));
}

/* The score of one unit. */
static void unit_score(engine *e, size_t unit)
{
  memset(e->score, 0, e->influence->rows * sizeof *e->score);
  add_score(e, unit, e->score);
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
  memset(e->score, 0, e->influence->rows * sizeof *e->score);
  add_products(e, absent * stratum_factor(e->design, h));
}

static void add_stratum_of_psus(engine *e, size_t h)
{
  const size_t from = stratum_start(e->design, h);
  const size_t to = stratum_end(e->design, h);
  const double factor = stratum_factor(e->design, h);
  memset(e->mean, 0, e->influence->rows * sizeof *e->mean);
  add_scores(e, from, to, 1 / e->design->sampled[h], e->mean);
  apply_lonely(e, h);
  for (size_t j = from; j < to; j++) {
    unit_score(e, j);
    add_products(e, e->design->chance ? factor * (1 - e->design->chance[j])
                                      : factor);
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

/* The square of one entry with no term taken off another, which bounds its
 * rounding. */
static double quadratic_size(const ioi_totals *totals, size_t entry,
                             const double *u)
{
  double sum = 0;
  size_t pair = 0;
  for (size_t a = 0; a < totals->variables; a++)
    for (size_t b = a; b < totals->variables; b++, pair++)
      sum += (a == b ? 1 : 2) * fabs(totals->ww[pair][entry] * (u[a] * u[b]));
  return sum;
}

/* The share of its size below which a sum of n squares is rounding. */
static double square_rounding(double n)
{
  return 8 * DBL_EPSILON * sqrt(n);
}

/* The square of one entry; in a calibrated design, where no stratum is marked as
 * constant, one that is but rounding is 0, as of a group of one record. */
static double square_of(const engine *e, double n, size_t entry,
                        const double *u)
{
  const double square = quadratic(e->totals, entry, u, u);
  if (!e->residual) return square;
  return square <= square_rounding(n) * quadratic_size(e->totals, entry, u)
           ? 0
           : square;
}

/* v += factor x the products of the scores of the records of one entry, but for
 * estimates with a mean of NaN. */
static void add_squares(engine *e, double n, double factor, size_t entry,
                        size_t cell)
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
      if (isnan(e->mean[r]) || isnan(e->mean[s])) continue;
      e->v[e->covariance ? r * rows + s : r] +=
        factor * e->scale[r] * e->scale[s]
        * (a == b ? square_of(e, n, entry, value + a * variables)
                  : quadratic(e->totals, entry, value + a * variables,
                              value + b * variables));
    }
}

/* Estimates for which all records of stratum h have the same score, to the
 * rounding of a sum of n squares: their mean becomes NaN, as the stratum adds
 * nothing to them. */
static void mark_constant(engine *e, size_t h)
{
  const ioi_influence *influence = e->influence;
  const size_t rows = influence->rows, variables = e->totals->variables;
  const double n = e->design->sampled[h];
  const double tolerance = square_rounding(n);
  memset(e->square, 0, rows * sizeof *e->square);
  memset(e->size, 0, rows * sizeof *e->size);
  memset(e->score, 0, rows * sizeof *e->score);
  add_score(e, h, e->score);
  for (size_t i = entry_from(e->totals, h); i < entry_from(e->totals, h + 1);
       i++) {
    const size_t c = entry_cell(e->totals, h, i);
    for (int k = influence->at[c]; k < influence->at[c + 1]; k++) {
      const double *u = influence->value + (size_t) k * variables;
      const size_t r = (size_t) (influence->row[c] + k - influence->at[c]);
      e->square[r] += quadratic(e->totals, i, u, u);
      e->size[r] += quadratic_size(e->totals, i, u);
    }
  }
  for (size_t r = 0; r < rows; r++)
    if (e->square[r] - e->score[r] * e->score[r] / n <= tolerance * e->size[r])
      e->mean[r] = NAN;
}

/* Records that are their own PSUs: sum (U - mean)^2 = sum U^2 - n mean^2, and
 * sum U^2 is a sum over cells. A lone record is its own score. What is taken off
 * the scores of a calibrated design has its squares added elsewhere. */
static void add_stratum_of_records(engine *e, size_t h)
{
  const double n = e->design->sampled[h];
  const double factor = stratum_factor(e->design, h);
  memset(e->mean, 0, e->influence->rows * sizeof *e->mean);
  if (n <= 1) apply_lonely(e, h);
  if (n > 1 && !e->residual) mark_constant(e, h);
  for (size_t i = entry_from(e->totals, h);
       n > 1 && i < entry_from(e->totals, h + 1); i++)
    add_squares(e, n, factor, i, entry_cell(e->totals, h, i));
  unit_score(e, h);
  add_products(e, n > 1 ? -factor / n : factor);
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
  add_batch(e);
  mark_undefined(e);
}

/* An engine with its work space laid out: rows doubles each for centre, scale,
 * mean, score, square and size, then the cell totals, then the batch. */
static engine new_engine(const ioi_design *design, const ioi_totals *totals,
                         const ioi_influence *influence,
                         const ioi_presence *presence, int covariance,
                         double *work)
{
  const size_t rows = influence->rows;
  engine e = {0};
  e.covariance = covariance;
  e.design = design;
  e.totals = totals;
  e.influence = influence;
  e.presence = presence;
  e.single = is_single(influence, totals->cells);
  e.centre = work;
  e.scale = work + rows;
  e.mean = work + 2 * rows;
  e.score = work + 3 * rows;
  e.square = work + 4 * rows;
  e.size = work + 5 * rows;
  e.held = work + 6 * rows;
  e.sign = 1;
  e.batch.rows = rows;
  e.batch.squares = !covariance;
  e.batch.most = ioi_products_most(rows);
  e.batch.active = e.held + totals->cells * totals->variables;
  e.batch.packed = e.batch.active + ioi_products_tiles(rows);
  ioi_products_clear(&e.batch);
  return e;
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
  engine e = new_engine(design, totals, influence, presence, covariance, work);
  e.residual = residual;
  e.v = v;
  if (design->groups == 0) add_group(&e, 0, design->strata);
  for (size_t g = 0; g < design->groups; g++)
    add_group(&e, (size_t) design->group_first[g],
              (size_t) design->group_first[g + 1]);
  if (covariance) ioi_products_mirror(v, rows);
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
