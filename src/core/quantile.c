/* quantile.c - weighted quantiles; rules and sources in quantile.h. */
#include "core/quantile.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A knot within this share of what is looked for is hit, so that the quantile
 * is the value there and not a neighbour of it in the last place. */
static const double ROUNDING = 16 * DBL_EPSILON;

/* No bin. */
static const size_t NOWHERE = SIZE_MAX;

/* `filled` of a bin whose records need not be read. */
enum { KNOWN = -1 };

/* More cuts than this make a row take longer, and save nothing. */
enum { MOST_CUTS = 2048 };

/* The records of a block of rows. */
typedef struct {
  size_t n;
  ioi_level domain[IOI_BLOCK];
  double x[IOI_BLOCK], w[IOI_BLOCK];
} block;

static void read_records(const ioi_quantile_rows *data, size_t from, block *out)
{
  const size_t left = data->rows - from;
  const size_t rows = left < IOI_BLOCK ? left : IOI_BLOCK;
  const ioi_level *level = data->level + data->domain * IOI_BLOCK;
  size_t n = 0;
  ioi_key_block(data->key, data->keys, from, rows, data->level);
  for (size_t i = 0; i < rows; i++) {
    out->domain[n] = level[i];
    out->x[n] = ioi_number_at(&data->x, from + i);
    out->w[n] = ioi_number_at(&data->weight, from + i);
    n += (level[i] != IOI_NO_LEVEL) & !isnan(out->x[n]) & (out->w[n] != 0);
  }
  out->n = n;
}

size_t ioi_quantile_cuts(size_t rows, size_t domains, size_t probs)
{
  const double of_domain = (double) rows / (double) (domains > 0 ? domains : 1);
  const double root = sqrt(of_domain * (double) probs);
  return root < 1 ? 1 : root > MOST_CUTS ? MOST_CUTS : (size_t) root;
}

int ioi_quantile_count(const ioi_quantile_rows *data, size_t domains,
                       int *count)
{
  block now;
  int below = 0;
  memset(count, 0, domains * sizeof *count);
  for (size_t from = 0; from < data->rows; from += IOI_BLOCK) {
    read_records(data, from, &now);
    for (size_t i = 0; i < now.n; i++) {
      count[now.domain[i]]++;
      below |= now.w[i] < 0;
    }
  }
  return below;
}

/* Which record of stretch j is drawn: another place in each, so that no rhythm of
 * the rows matters. Multiples of the golden ratio spread evenly. */
static int drawn(size_t j, size_t stretch)
{
  const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
  const uint64_t share = (uint64_t) (j + 1) * golden >> 32;
  const size_t at = j * stretch + (size_t) (share * stretch >> 32);
  return at < INT_MAX ? (int) at : INT_MAX;
}

/* The records of which one is drawn, so that no more than there is room for are. */
static size_t stretch_of(const ioi_quantile_bins *bins, size_t domain)
{
  return ((size_t) bins->count[domain] + bins->cuts - 1) / bins->cuts;
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

/* Sorts n numbers and keeps each once; gives how many there are. */
static int sort_once(double *x, int n)
{
  int kept = 0;
  if (n > 1) qsort(x, (size_t) n, sizeof *x, ascending);
  for (int i = 0; i < n; i++)
    if (kept == 0 || x[i] > x[kept - 1]) x[kept++] = x[i];
  return kept;
}

void ioi_quantile_cut(const ioi_quantile_rows *data, ioi_quantile_bins *bins,
                      int *work)
{
  block now;
  const size_t cuts = bins->cuts, domains = bins->domains;
  int *seen = work, *next = work + domains;
  memset(bins->used, 0, domains * sizeof *bins->used);
  if (cuts == 0) return;
  for (size_t d = 0; d < domains; d++) {
    seen[d] = 0;
    next[d] = drawn(0, stretch_of(bins, d));
  }
  for (size_t from = 0; from < data->rows; from += IOI_BLOCK) {
    read_records(data, from, &now);
    for (size_t i = 0; i < now.n; i++) {
      const size_t d = now.domain[i];
      if (seen[d]++ != next[d]) continue;
      bins->cut[d * cuts + (size_t) bins->used[d]++] = now.x[i];
      next[d] = drawn((size_t) bins->used[d], stretch_of(bins, d));
    }
  }
  for (size_t d = 0; d < domains; d++)
    bins->used[d] = sort_once(bins->cut + d * cuts, bins->used[d]);
}

/* The bin of x among all bins of all domains. */
static size_t bin_of(const ioi_quantile_bins *bins, size_t domain, double x)
{
  const double *cut = bins->cut + domain * bins->cuts, *low = cut;
  const size_t used = (size_t) bins->used[domain];
  const size_t first = domain * IOI_QUANTILE_BINS(bins->cuts);
  if (used == 0) return first;
  for (size_t n = used; n > 1; n -= n / 2) /* without a branch to guess */
    low += n / 2 & -(size_t) (low[n / 2 - 1] < x);
  const size_t below = (size_t) (low - cut) + (*low < x);
  return first + 2 * below + (below < used && cut[below] == x);
}

/* Adds a sum to another. */
static void join(ioi_exact *total, const ioi_exact *part)
{
  ioi_exact_add(total, part->sum);
  total->rest += part->rest;
}

void ioi_quantile_sum(const ioi_quantile_rows *data, ioi_quantile_bins *bins)
{
  block now;
  const size_t width = IOI_QUANTILE_BINS(bins->cuts);
  memset(bins->inside, 0, bins->domains * width * sizeof *bins->inside);
  for (size_t b = 0; b < bins->domains * width; b++)
    bins->upto[b] = (ioi_exact){0, 0};
  for (size_t d = 0; d < bins->domains; d++) bins->most[d] = -INFINITY;
  for (size_t from = 0; from < data->rows; from += IOI_BLOCK) {
    read_records(data, from, &now);
    for (size_t i = 0; i < now.n; i++) {
      const size_t d = now.domain[i], b = bin_of(bins, d, now.x[i]);
      bins->inside[b]++;
      ioi_exact_add(bins->upto + b, now.w[i]);
      if (now.x[i] < bins->most[d]) continue;
      bins->most[d] = now.x[i];
      bins->last[d] = now.w[i];
    }
  }
  for (size_t b = 0; b < bins->domains * width; b++)
    if (b % width > 0) join(bins->upto + b, bins->upto + b - 1);
}

/* A stretch of the records of a domain: n of them, C before them, C_n-1 and C_n of the
 * whole domain. */
typedef struct {
  const ioi_quantile_record *record;
  size_t n;
  double before, but_last, all;
} stretch;

/* C_k with k from 0 for those before the stretch to n for all of it. */
static double upto(const stretch *s, size_t k)
{
  return k > 0 ? s->record[k - 1].weight.sum : s->before;
}

/* Knot k (from 1), times the scale: part of w_k left out of C_k. */
static double knot(const stretch *s, double part, size_t k)
{
  const double before = upto(s, k - 1);
  if (part == 1) return before;
  return part * before + (1 - part) * upto(s, k);
}

/* What part of w_k a knot leaves out, and what knots are divided by. */
static double rule_part(ioi_quantile_rule rule)
{
  switch (rule) {
  case IOI_QUANTILE_HF5:
    return 0.5;
  case IOI_QUANTILE_HF7:
    return 1;
  case IOI_QUANTILE_HF8:
    return 1. / 3;
  case IOI_QUANTILE_HF9:
    return 3. / 8;
  default:
    return 0;
  }
}

static double rule_scale(ioi_quantile_rule rule, double all, double but_last)
{
  switch (rule) {
  case IOI_QUANTILE_HF6:
    return all + (all - but_last);
  case IOI_QUANTILE_HF7:
    return but_last;
  case IOI_QUANTILE_HF8:
    return all + (all - but_last) / 3;
  case IOI_QUANTILE_HF9:
    return all + (all - but_last) / 4;
  default:
    return all;
  }
}

/* Are so many people pT, or as many or more? */
static int is_equal(double people, double all, double p)
{
  return people <= p * all && people / all == p;
}

static int is_reached(double people, double all, double p)
{
  return people > p * all || is_equal(people, all, p);
}

/* hf1 and hf2. */
static double step(ioi_quantile_rule rule, const stretch *s, double p)
{
  size_t low = 1, high = s->n;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (is_reached(upto(s, middle), s->all, p))
      high = middle;
    else
      low = middle + 1;
  }
  const double value = s->record[low - 1].x;
  if (rule == IOI_QUANTILE_HF2 && low < s->n
      && is_equal(upto(s, low), s->all, p))
    return value / 2 + s->record[low].x / 2;
  return value;
}

/* The first k (from 1) whose knot reaches the target; n + 1 for none. */
static size_t first_knot(const stretch *s, double part, double target)
{
  size_t low = 1, high = s->n + 1;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (knot(s, part, middle) >= target * (1 - ROUNDING))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* A share of the way from a to b >= a; never beyond b. */
static double between(double a, double b, double share)
{
  return fmin(a + share * (b - a), b);
}

/* hf4 to hf9. */
static double line(ioi_quantile_rule rule, const stretch *s, double p)
{
  const double part = rule_part(rule);
  const double target = p * rule_scale(rule, s->all, s->but_last);
  const size_t k = first_knot(s, part, target);
  if (k > s->n) return s->record[s->n - 1].x;
  const double here = knot(s, part, k), value = s->record[k - 1].x;
  if (k == 1 || here <= target * (1 + ROUNDING)) return value;
  const double before = knot(s, part, k - 1);
  return between(s->record[k - 2].x, value,
                 (target - before) / (here - before));
}

/* C_n and C_n-1 of a domain, as its bins have them. */
static void totals(const ioi_quantile_bins *bins, size_t domain, double *all,
                   double *but_last)
{
  const size_t width = IOI_QUANTILE_BINS(bins->cuts);
  ioi_exact sum = bins->upto[(domain + 1) * width - 1];
  *all = ioi_exact_value(&sum);
  ioi_exact_add(&sum, -bins->last[domain]);
  *but_last = bins->count[domain] > 1 ? ioi_exact_value(&sum) : 0;
}

/* Is the quantile in this bin, where those before were too low? Where a knot leaves
 * out part of the last weight of the bin, it may be the first record of the next. */
static int is_in(ioi_quantile_rule rule, double people, double all,
                 double but_last, double p)
{
  if (rule <= IOI_QUANTILE_HF2) return is_reached(people, all, p);
  return people >= p * rule_scale(rule, all, but_last) * (1 - ROUNDING);
}

/* The bins of a domain with records that a quantile needs: its own, one before and
 * one after. */
static void bins_needed(const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                        size_t domain, double p, size_t *low, size_t *high)
{
  const size_t width = IOI_QUANTILE_BINS(bins->cuts), first = domain * width;
  size_t before = NOWHERE, at = NOWHERE, b = first;
  double all, but_last;
  int found = 0;
  totals(bins, domain, &all, &but_last);
  for (; b < first + width; b++) {
    if (bins->inside[b] == 0) continue;
    if (found) break;
    before = at;
    at = b;
    found = is_in(rule, ioi_exact_value(bins->upto + b), all, but_last, p);
  }
  *low = before == NOWHERE ? at : before;
  *high = b < first + width ? b : at;
}

static int is_share(double p)
{
  return p >= 0 && p <= 1;
}

/* Is it a cut, whose records tie? */
static int is_cut(const ioi_quantile_bins *bins, size_t bin)
{
  return bin % IOI_QUANTILE_BINS(bins->cuts) % 2 == 1;
}

/* How many records of a bin are taken. Of those that tie, three; under steps only
 * their sum matters, which is known. */
static size_t records_taken(const ioi_quantile_bins *bins,
                            ioi_quantile_rule rule, size_t bin)
{
  const size_t inside = (size_t) bins->inside[bin];
  const size_t enough = rule <= IOI_QUANTILE_HF2 ? 1 : 3;
  return is_cut(bins, bin) && inside > enough ? enough : inside;
}

/* Are its records read from the data? */
static int is_read(const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                   size_t bin)
{
  return bins->inside[bin] > 0
         && !(rule <= IOI_QUANTILE_HF2 && is_cut(bins, bin));
}

/* Widens the reach of a domain to a bin. */
static void widen(const ioi_quantile_bins *bins, size_t domain, size_t bin,
                  double *reach)
{
  const size_t at = bin - domain * IOI_QUANTILE_BINS(bins->cuts);
  const double *cut = bins->cut + domain * bins->cuts;
  const size_t from = (at + 1) / 2, to = at / 2;
  const size_t used = (size_t) bins->used[domain];
  reach[0] = fmin(reach[0], from > 0 ? cut[from - 1] : -INFINITY);
  reach[1] = fmax(reach[1], to < used ? cut[to] : INFINITY);
}

void ioi_quantile_want(const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                       const double *prob, size_t probs, size_t *start,
                       size_t *largest, double *reach)
{
  const size_t all = bins->domains * IOI_QUANTILE_BINS(bins->cuts);
  size_t low, high;
  memset(start, 0, (all + 1) * sizeof *start);
  *largest = 0;
  for (size_t d = 0; d < bins->domains; d++) {
    reach[2 * d] = INFINITY;
    reach[2 * d + 1] = -INFINITY;
  }
  for (size_t i = 0; i < bins->domains * probs; i++) {
    if (bins->count[i / probs] == 0 || !is_share(prob[i])) continue;
    bins_needed(bins, rule, i / probs, prob[i], &low, &high);
    for (size_t b = low; b <= high; b++) {
      start[b + 1] = 1;
      if (is_read(bins, rule, b))
        widen(bins, i / probs, b, reach + 2 * (i / probs));
    }
  }
  for (size_t b = 0; b < all; b++) {
    const size_t taken = start[b + 1] > 0 ? records_taken(bins, rule, b) : 0;
    if (taken > *largest) *largest = taken;
    start[b + 1] = start[b] + taken;
  }
}

/* Sorts records by x; those that tie keep their order. */
static void sort_records(ioi_quantile_record *record, size_t n,
                         ioi_quantile_record *work)
{
  const size_t half = n / 2;
  if (n < 2) return;
  sort_records(record, half, work);
  sort_records(record + half, n - half, work);
  memcpy(work, record, half * sizeof *record);
  for (size_t a = 0, b = half, to = 0; a < half; to++)
    record[to] = b < n && record[b].x < work[a].x ? record[b++] : work[a++];
}

/* Adds a record to the `filled` of a bin that has room for `room`: the last place is
 * that of the last record, and those without a place become one with the second. */
static void put(ioi_quantile_record *bin, size_t room, int *filled, double x,
                double weight)
{
  const ioi_quantile_record record = {x, {weight, 0}};
  if ((size_t) *filled < room) {
    bin[(*filled)++] = record;
    return;
  }
  join(&bin[1].weight, &bin[2].weight);
  bin[2] = record;
}

/* Weights to cumulative weights; the last bit of the end is that of `end`, where
 * that is not NULL. */
static void cumulate(ioi_quantile_record *record, size_t n, ioi_exact sum,
                     const ioi_exact *end)
{
  double most = ioi_exact_value(&sum);
  for (size_t i = 0; i < n; i++) {
    join(&sum, &record[i].weight);
    most = fmax(most, ioi_exact_value(&sum));
    record[i].weight = (ioi_exact){most, 0};
  }
  if (end && n > 0) record[n - 1].weight.sum = ioi_exact_value(end);
}

/* Takes the records of the bins out of the data. */
static void read_bins(const ioi_quantile_rows *data,
                      const ioi_quantile_bins *bins, const size_t *start,
                      const double *reach, ioi_quantile_record *taken,
                      int *filled)
{
  block now;
  for (size_t from = 0; from < data->rows; from += IOI_BLOCK) {
    read_records(data, from, &now);
    for (size_t i = 0; i < now.n; i++) {
      const double *ends = reach + 2 * now.domain[i];
      if (now.x[i] < ends[0] || now.x[i] > ends[1]) continue;
      const size_t b = bin_of(bins, now.domain[i], now.x[i]);
      const size_t room = start[b + 1] - start[b];
      if (room > 0 && filled[b] != KNOWN)
        put(taken + start[b], room, filled + b, now.x[i], now.w[i]);
    }
  }
}

void ioi_quantile_take(const ioi_quantile_rows *data,
                       const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                       const size_t *start, const double *reach,
                       ioi_quantile_record *taken, int *filled,
                       ioi_quantile_record *work)
{
  const size_t width = IOI_QUANTILE_BINS(bins->cuts);
  const size_t all = bins->domains * width;
  const ioi_exact none = {0, 0};
  int some = 0;
  for (size_t b = 0; b < all; b++) {
    const int asked = start[b + 1] > start[b], read = is_read(bins, rule, b);
    filled[b] = asked && !read ? KNOWN : 0;
    some |= asked && read;
    if (filled[b] == KNOWN)
      taken[start[b]] = (ioi_quantile_record){
        bins->cut[b / width * bins->cuts + b % width / 2], none};
  }
  if (some) read_bins(data, bins, start, reach, taken, filled);
  for (size_t b = 0; b < all; b++) {
    const size_t n = start[b + 1] - start[b];
    if (!is_cut(bins, b)) sort_records(taken + start[b], n, work);
    cumulate(taken + start[b], n, b % width > 0 ? bins->upto[b - 1] : none,
             bins->cuts > 0 ? bins->upto + b : NULL);
  }
}

double ioi_quantile(const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                    const size_t *start, const ioi_quantile_record *taken,
                    size_t domain, double p)
{
  size_t low, high;
  stretch s;
  if (bins->count[domain] == 0 || !is_share(p)) return NAN;
  bins_needed(bins, rule, domain, p, &low, &high);
  s.record = taken + start[low];
  s.n = start[high + 1] - start[low];
  s.before = low % IOI_QUANTILE_BINS(bins->cuts) > 0
               ? ioi_exact_value(bins->upto + low - 1)
               : 0;
  totals(bins, domain, &s.all, &s.but_last);
  if (bins->cuts
      == 0) { /* all its records are there, and the largest sum counts */
    s.all = upto(&s, s.n);
    s.but_last = upto(&s, s.n - 1);
  }
  if (s.n == 1) return s.record[0].x;
  return rule <= IOI_QUANTILE_HF2 ? step(rule, &s, p) : line(rule, &s, p);
}
