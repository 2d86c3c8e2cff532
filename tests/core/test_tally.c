/* test_tally.c - one pass over the rows: against a slow sum by the definition,
 * whatever the threads, the chunks and the kind of weight, bit for bit. */
#include <limits.h>

#include "core/proportion.h"
#include "core/segregation.h"
#include "core/tally.h"
#include "core/variance.h"
#include "road.h"

enum {
  ROWS = 4999,
  STRATA = 3,
  DOMAINS = 5,
  CATEGORIES = 4,
  CELLS = STRATA * DOMAINS * CATEGORIES,
  KEYS = 8,
  FORMS = 12, /* kinds of sums, with and without columns */
  SUMS = 2 * FORMS + 5,
  SLOTS = 256
};

/* Which key is which. */
enum { STRATUM, DOMAIN, CATEGORY, DENSE, INDEXED, PAIR, OBSERVED, SEEN };

typedef enum { REAL, WHOLE, ONES } weights;

static int stratum[ROWS], domain[ROWS], category[ROWS], whole[ROWS];
static double real[ROWS], x[ROWS], holes[ROWS];
static uint64_t slot_code[SLOTS], code[CELLS], spare[CELLS];
static uint32_t slot_rank[SLOTS];
static const ioi_index slots = {SLOTS, slot_code, slot_rank};
static size_t occurring;

/* Some rows lack a stratum or a category; one cell in four never occurs. */
static int set_up(void **state)
{
  uint64_t seed = 20;
  (void) state;
  for (size_t i = 0; i < ROWS; i++) {
    stratum[i] =
      draw_below(&seed, 50) ? (int) draw_below(&seed, STRATA) : INT_MIN;
    domain[i] = 1 + (int) draw_below(&seed, DOMAINS);
    category[i] = (int) draw_below(&seed, CATEGORIES + 1);
    if ((stratum[i] + domain[i] + category[i]) % 4 == 0) category[i] = -7;
    whole[i] = (int) draw_below(&seed, 6);
    real[i] = draw_below(&seed, 9) ? 1000 * draw_unit(&seed) : 0;
    x[i] = draw_unit(&seed) - 0.5;
    holes[i] = draw_below(&seed, 7) ? draw_unit(&seed) : NAN;
  }
  return 0;
}

static const size_t all_parts[] = {STRATUM, DOMAIN, CATEGORY};
static const size_t seen_parts[] = {OBSERVED, PAIR};

/* The keys for the rows from `from` on. */
static void make_keys(size_t from, ioi_key *key)
{
  memset(key, 0, KEYS * sizeof *key);
  key[STRATUM] =
    (ioi_key){.value = stratum + from, .size = STRATA, .levels = STRATA};
  key[DOMAIN] = (ioi_key){
    .value = domain + from, .first = 1, .size = DOMAINS, .levels = DOMAINS};
  key[CATEGORY] = (ioi_key){
    .value = category + from, .size = CATEGORIES, .levels = CATEGORIES};
  key[DENSE] = (ioi_key){.parts = 3, .part = all_parts, .levels = CELLS};
  key[INDEXED] = (ioi_key){
    .parts = 3, .part = all_parts, .index = &slots, .levels = occurring};
  key[PAIR] = (ioi_key){
    .parts = 2, .part = all_parts + 1, .levels = DOMAINS * CATEGORIES};
  key[OBSERVED] = (ioi_key){.observed = {holes + from, NULL, 0}, .levels = 1};
  key[SEEN] =
    (ioi_key){.parts = 2, .part = seen_parts, .levels = DOMAINS * CATEGORIES};
}

static int fill_index(void **state)
{
  ioi_key key[KEYS];
  ioi_index index = {SLOTS, slot_code, slot_rank};
  ioi_level *level = zeroed(KEYS * IOI_BLOCK, sizeof *level);
  set_up(state);
  make_keys(0, key);
  ioi_status status =
    ioi_index_find(key, DENSE, ROWS, &index, &occurring, level);
  ioi_index_rank(&index, code, occurring, spare);
  free(level);
  return status == IOI_OK && occurring > 30 && occurring < CELLS ? 0 : 1;
}

/* Columns, some less a centre. */
enum { X, Y, X_CENTRED, Y_CENTRED, HOLES, COLUMNS, NONE = -1 };

typedef struct {
  ioi_sum_kind kind;
  int key, x, y;
} question;

/* Every form of a sum; asked over the dense cells, then over the indexed ones,
 * then some over other keys. */
static const question forms[FORMS] = {
  {IOI_SUM_ROWS, 0, NONE, NONE}, {IOI_SUM_N, 0, NONE, NONE},
  {IOI_SUM_W, 0, NONE, NONE},    {IOI_SUM_WW, 0, NONE, NONE},
  {IOI_SUM_WW, 0, Y, NONE},      {IOI_SUM_W, 0, Y_CENTRED, Y},
  {IOI_SUM_ONE, 0, Y, NONE},     {IOI_SUM_W, 0, X, NONE},
  {IOI_SUM_W, 0, X, X_CENTRED},  {IOI_SUM_WW, 0, X_CENTRED, X_CENTRED},
  {IOI_SUM_ONE, 0, X, X},        {IOI_SUM_ONE, 0, Y_CENTRED, X},
};
static const question others[SUMS - 2 * FORMS] = {
  {IOI_SUM_W, STRATUM, Y, NONE},     {IOI_SUM_W, PAIR, NONE, NONE},
  {IOI_SUM_N, CATEGORY, NONE, NONE}, {IOI_SUM_ROWS, OBSERVED, NONE, NONE},
  {IOI_SUM_W, SEEN, HOLES, NONE},
};
enum { DENSE_W = 2, DENSE_WW = 3, PAIR_W = 2 * FORMS + 1 };

static question asked(size_t s)
{
  question q = s < 2 * FORMS ? forms[s % FORMS] : others[s - 2 * FORMS];
  if (s < 2 * FORMS) q.key = s < FORMS ? DENSE : INDEXED;
  return q;
}

static size_t levels_of(size_t key)
{
  const size_t pairs = DOMAINS * CATEGORIES;
  const size_t levels[] = {STRATA,    DOMAINS, CATEGORIES, CELLS,
                           occurring, pairs,   1,          pairs};
  return levels[key];
}

static size_t doubles_of_all(void)
{
  size_t doubles = 0;
  for (size_t s = 0; s < SUMS; s++) doubles += levels_of((size_t) asked(s).key);
  return doubles;
}

/* Where sum s stands among the doubles. */
static size_t start_of(size_t s)
{
  size_t start = 0;
  for (size_t before = 0; before < s; before++)
    start += levels_of((size_t) asked(before).key);
  return start;
}

typedef struct {
  size_t calls, last, stop_at;
} ticks;

static int on_tick(void *context, size_t done)
{
  ticks *t = context;
  t->calls++;
  assert_true(done > t->last);
  t->last = done;
  return t->stop_at > 0 && done >= t->stop_at;
}

/* Adds rows from .. from + rows - 1 to `out`. The work space has exactly the
 * size that the header asks for, and starts with rubbish. */
static ioi_status tally_into(double *out, size_t from, size_t rows,
                             weights kind, size_t chunk, int threads, ticks *t)
{
  ioi_key key[KEYS];
  ioi_sum sum[SUMS];
  const ioi_numbers value[COLUMNS] = {
    [X] = {x + from, NULL, 0},
    [Y] = {NULL, whole + from, 0},
    [X_CENTRED] = {x + from, NULL, 0.25},
    [Y_CENTRED] = {NULL, whole + from, 2},
    [HOLES] = {holes + from, NULL, 0},
  };
  make_keys(from, key);
  for (size_t s = 0; s < SUMS; s++) {
    const question q = asked(s);
    sum[s] = (ioi_sum){
      q.kind, (size_t) q.key, q.x == NONE ? IOI_NO_VALUE : (size_t) q.x,
      q.y == NONE ? IOI_NO_VALUE : (size_t) q.y, out + start_of(s)};
  }
  const ioi_numbers weight = {kind == REAL ? real + from : NULL,
                              kind == WHOLE ? whole + from : NULL, 0};
  const ioi_rows all = {rows, KEYS, key, weight, COLUMNS, value};
  const size_t doubles = ioi_tally_doubles(&all, sum, SUMS);
  assert_true(doubles == doubles_of_all());
  const size_t size = (size_t) threads * doubles;
  double *work = rows > chunk ? zeroed(size, sizeof *work) : NULL;
  if (work) memset(work, 0xAB, size * sizeof *work);
  ioi_level *level = zeroed((size_t) threads * KEYS * IOI_BLOCK, sizeof *level);
  ioi_status status = ioi_tally_rows(&all, sum, SUMS, NULL, 0, chunk, threads,
                                     work, level, t ? on_tick : NULL, t);
  free(work);
  free(level);
  return status;
}

static double *tally(size_t from, size_t rows, weights kind, size_t chunk,
                     int threads)
{
  double *out = zeroed(doubles_of_all(), sizeof *out);
  assert_int_equal(tally_into(out, from, rows, kind, chunk, threads, NULL),
                   IOI_OK);
  return out;
}

/* By the definition: the level of row i in a key, or -1. */
static long slow_level(size_t key, size_t i)
{
  long s = stratum[i], d = domain[i] - 1, c = category[i];
  int category_ok = c >= 0 && c < CATEGORIES;
  if (key == STRATUM) return s >= 0 ? s : -1;
  if (key == DOMAIN) return d;
  if (key == CATEGORY) return category_ok ? c : -1;
  if (key == OBSERVED) return isnan(holes[i]) ? -1 : 0;
  if (key == SEEN && isnan(holes[i])) return -1;
  if (key == PAIR || key == SEEN) return category_ok ? d * CATEGORIES + c : -1;
  if (!category_ok || s < 0) return -1;
  long cell = (s * DOMAINS + d) * CATEGORIES + c;
  for (size_t r = 0; key == INDEXED && r < occurring; r++)
    if (code[r] == (uint64_t) cell) return (long) r;
  return cell;
}

static double slow_value(int column, size_t i)
{
  const double value[] = {x[i], whole[i], x[i] - 0.25, whole[i] - 2, holes[i]};
  return column == NONE ? 1 : value[column];
}

static double slow_term(question q, size_t i, weights kind)
{
  double w = kind == REAL ? real[i] : kind == WHOLE ? whole[i] : 1;
  if (q.kind == IOI_SUM_ROWS) return 1;
  if (q.kind == IOI_SUM_N) return w != 0 ? 1 : 0;
  if (q.kind == IOI_SUM_ONE) w = 1;
  if (q.kind == IOI_SUM_WW) w = w * w;
  return w * slow_value(q.x, i) * slow_value(q.y, i);
}

/* Are all terms of a sum whole numbers when the weights are? */
static int is_whole(question q)
{
  return (q.x == NONE || q.x == Y || q.x == Y_CENTRED)
         && (q.y == NONE || q.y == Y);
}

/* Each chunk summed apart in row order, the chunks added in order. */
static double *slow_tally(size_t from, size_t rows, weights kind, size_t chunk)
{
  double *out = zeroed(doubles_of_all(), sizeof *out);
  double *part = zeroed(doubles_of_all(), sizeof *part);
  for (size_t first = from; first < from + rows; first += chunk) {
    memset(part, 0, doubles_of_all() * sizeof *part);
    for (size_t i = first; i < first + chunk && i < from + rows; i++)
      for (size_t s = 0; s < SUMS; s++) {
        const question q = asked(s);
        const long level = slow_level((size_t) q.key, i);
        if (level >= 0)
          part[start_of(s) + (size_t) level] += slow_term(q, i, kind);
      }
    for (size_t k = 0; k < doubles_of_all(); k++) out[k] += part[k];
  }
  free(part);
  return out;
}

static const size_t chunks[] = {1, 100, 512, 700, 1024, ROWS - 1, ROWS, 9999};
enum { CHUNKS = sizeof chunks / sizeof *chunks };

static void sums_are_those_of_the_definition(void **state)
{
  (void) state;
  for (weights kind = REAL; kind <= ONES; kind++)
    for (size_t c = 1; c < CHUNKS; c++) {
      double *want = slow_tally(0, ROWS, kind, chunks[c]);
      double *got = tally(0, ROWS, kind, chunks[c], 1);
      same(got, want, doubles_of_all());
      free(got);
      free(want);
    }
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void) state;
  for (weights kind = REAL; kind <= ONES; kind++)
    for (size_t c = 0; c < CHUNKS; c++) {
      double *one = tally(0, ROWS, kind, chunks[c], 1);
      for (int threads = 2; threads <= 4; threads++) {
        double *many = tally(0, ROWS, kind, chunks[c], threads);
        same(many, one, doubles_of_all());
        free(many);
      }
      free(one);
    }
}

static void more_threads_than_chunks_are_harmless(void **state)
{
  (void) state;
  double *one = tally(0, ROWS, REAL, 2000, 1);
  double *many = tally(0, ROWS, REAL, 2000, 17);
  same(many, one, doubles_of_all());
  free(one);
  free(many);
}

static void indexed_cells_are_the_dense_cells_that_occur(void **state)
{
  (void) state;
  double *t = tally(0, ROWS, REAL, 700, 2);
  for (size_t s = 0; s < FORMS; s++) {
    const double *dense = t + start_of(s), *indexed = t + start_of(s + FORMS);
    size_t seen = 0;
    for (size_t cell = 0; cell < CELLS; cell++)
      if (seen < occurring && code[seen] == cell)
        same(indexed + seen++, dense + cell, 1);
      else
        assert_true(dense[cell] == 0);
    assert_true(seen == occurring);
  }
  free(t);
}

/* Tallies of rows cut[0] .. cut[1] - 1, cut[1] .. , merged in order. */
static double *merged(const size_t *cut, size_t shards, weights kind,
                      size_t chunk, int threads)
{
  double *into = zeroed(doubles_of_all(), sizeof *into);
  for (size_t s = 0; s < shards; s++) {
    double *shard = tally(cut[s], cut[s + 1] - cut[s], kind, chunk, threads);
    ioi_tally_merge(into, shard, doubles_of_all());
    free(shard);
  }
  return into;
}

/* The first shard may hold any number of chunks, the others one each. */
static void shards_of_a_chunk_merge_to_the_whole_bit_for_bit(void **state)
{
  const size_t chunk = 700;
  (void) state;
  for (weights kind = REAL; kind <= ONES; kind++)
    for (size_t first = 1; first <= 7; first++)
      for (int threads = 1; threads <= 4; threads++) {
        size_t cut[9] = {0}, shards = 0;
        for (size_t at = first * chunk; at < ROWS; at += chunk)
          cut[++shards] = at;
        cut[++shards] = ROWS;
        double *whole_tally = tally(0, ROWS, kind, chunk, threads);
        double *parts = merged(cut, shards, kind, chunk, threads);
        same(parts, whole_tally, doubles_of_all());
        free(whole_tally);
        free(parts);
      }
}

/* Sums of whole numbers are exact, so shards may be cut anywhere. */
static void shards_of_whole_weights_merge_exactly_wherever_cut(void **state)
{
  const size_t cut[] = {0, 1, 1, 513, 2600, 4998, ROWS};
  (void) state;
  for (weights kind = WHOLE; kind <= ONES; kind++) {
    double *one = tally(0, ROWS, kind, 700, 1);
    double *parts = merged(cut, 6, kind, 512, 2);
    for (size_t s = 0; s < SUMS; s++)
      if (is_whole(asked(s)))
        same(parts + start_of(s), one + start_of(s),
             levels_of((size_t) asked(s).key));
    free(one);
    free(parts);
  }
}

/* With other weights a shard of many chunks is one rounding apart. */
static void shards_of_real_weights_merge_to_rounding_wherever_cut(void **state)
{
  const size_t cut[] = {0, 700, 2100, ROWS};
  (void) state;
  double *one = tally(0, ROWS, REAL, 700, 1);
  double *parts = merged(cut, 3, REAL, 700, 2);
  for (size_t k = 0; k < doubles_of_all(); k++)
    near(parts[k], one[k], 1e-13 * (fabs(one[k]) + 1));
  free(one);
  free(parts);
}

/* Everything that follows from a tally: proportions by domain with their
 * covariance (records as PSUs) and D of two domains over categories. */
typedef struct {
  double p[DOMAINS * CATEGORIES];
  double v[DOMAINS * CATEGORIES * DOMAINS * CATEGORIES];
  double d, u[2 * CATEGORIES];
} results;

static void finish(const double *t, results *out)
{
  enum { PAIRS = DOMAINS * CATEGORIES };
  double w[PAIRS], value[PAIRS * CATEGORIES], sampled[STRATA] = {0};
  enum { WORK = 8192 };
  double work[WORK];
  int row[PAIRS], at[PAIRS + 1], of_row[PAIRS];
  unsigned char bits[DOMAINS] = {0};
  size_t occupied;
  memset(out, 0, sizeof *out);
  for (size_t i = 0; i < ROWS; i++)
    if (slow_level(STRATUM, i) >= 0) sampled[stratum[i]]++;
  const double *const dense_w[] = {t + start_of(DENSE_W)};
  const double *const dense_ww[] = {t + start_of(DENSE_WW)};
  const ioi_design design = {.strata = STRATA, .sampled = sampled};
  const ioi_totals totals = {STRATA, PAIRS, 1, NULL, NULL, dense_w, dense_ww};
  ioi_totals_collapse(&totals, 0, w);
  ioi_proportion(w, DOMAINS, CATEGORIES, 0, out->p, row, at, value);
  for (int r = 0; r < PAIRS; r++) of_row[r] = r / CATEGORIES;
  ioi_presence presence = {DOMAINS, of_row, of_row, NULL, bits, NULL};
  const ioi_influence influence = {PAIRS, row, at, value};
  assert_true(ioi_variance_work(PAIRS, PAIRS, 1) <= WORK);
  ioi_presence_fill(&design, &totals, &presence);
  ioi_variance(&design, &totals, &influence, &presence, 1, out->v, work);
  const double *a = t + start_of(PAIR_W), *b = a + CATEGORIES;
  const ioi_segregation_index index = {IOI_DISSIMILARITY, 0.5, 1, 0};
  assert_int_equal(ioi_segregation_two(&index, a, b, CATEGORIES, 0, NULL,
                                       &out->d, out->u, out->u + CATEGORIES,
                                       &occupied),
                   IOI_OK);
}

static void
variance_and_dissimilarity_of_shards_are_those_of_the_whole(void **state)
{
  const size_t cut[] = {0, 2100, 2800, 3500, 4200, 4900, ROWS};
  results one, parts;
  (void) state;
  for (int threads = 1; threads <= 4; threads++) {
    double *t = tally(0, ROWS, REAL, 700, 1);
    finish(t, &one);
    free(t);
    t = merged(cut, 6, REAL, 700, threads);
    finish(t, &parts);
    free(t);
    assert_true(one.d > 0 && one.v[0] > 0);
    same(&parts.d, &one.d, 1);
    same(parts.u, one.u, 2 * CATEGORIES);
    same(parts.p, one.p, DOMAINS * CATEGORIES);
    same(parts.v, one.v, sizeof one.v / sizeof *one.v);
  }
}

static void weight_2_is_a_row_twice(void **state)
{
  const int value[] = {0, 0}, two[] = {2};
  const ioi_key key = {.value = value, .size = 1, .levels = 1};
  double twice = 0, weighted = 0;
  ioi_level level[IOI_BLOCK];
  ioi_sum a = {IOI_SUM_W, 0, IOI_NO_VALUE, IOI_NO_VALUE, &twice},
          b = {IOI_SUM_W, 0, IOI_NO_VALUE, IOI_NO_VALUE, &weighted};
  const ioi_rows rows = {2, 1, &key, {NULL, NULL, 0}, 0, NULL};
  const ioi_rows row = {1, 1, &key, {NULL, two, 0}, 0, NULL};
  (void) state;
  ioi_tally_rows(&rows, &a, 1, NULL, 0, 9, 1, NULL, level, NULL, NULL);
  ioi_tally_rows(&row, &b, 1, NULL, 0, 9, 1, NULL, level, NULL, NULL);
  assert_true(twice == 2 && weighted == 2);
}

static void keys_that_no_sum_needs_are_idle(void **state)
{
  enum { PAIRS = DOMAINS * CATEGORIES };
  const int want[KEYS] = {
    [STRATUM] = 1, [DENSE] = 1, [INDEXED] = 1, [OBSERVED] = 1, [SEEN] = 1};
  double all[PAIRS] = {0}, some[PAIRS] = {0};
  ioi_level level[KEYS * IOI_BLOCK];
  ioi_key key[KEYS];
  (void) state;
  make_keys(0, key);
  const ioi_rows rows = {ROWS, KEYS, key, {real, NULL, 0}, 0, NULL};
  ioi_sum sum = {IOI_SUM_W, PAIR, IOI_NO_VALUE, IOI_NO_VALUE, all};
  ioi_tally_rows(&rows, &sum, 1, NULL, 0, ROWS, 1, NULL, level, NULL, NULL);
  ioi_tally_idle(&sum, 1, key, KEYS);
  memset(level, 0x55, sizeof level);
  sum.sum = some;
  ioi_tally_rows(&rows, &sum, 1, NULL, 0, ROWS, 1, NULL, level, NULL, NULL);
  same(some, all, PAIRS);
  for (size_t k = 0; k < KEYS; k++) {
    assert_int_equal(key[k].idle, want[k]);
    assert_true((level[k * IOI_BLOCK] == 0x55555555) == want[k]);
  }
}

static void call_adds_to_what_is_there(void **state)
{
  (void) state;
  double *once = tally(0, ROWS, WHOLE, 700, 2);
  double *twice = tally(0, ROWS, WHOLE, 700, 2);
  tally_into(twice, 0, ROWS, WHOLE, 9999, 1, NULL);
  for (size_t s = 0; s < 4; s++)
    for (size_t k = start_of(s); k < start_of(s + 1); k++)
      assert_true(twice[k] == 2 * once[k]);
  free(once);
  free(twice);
}

/* 4 persons with a weight of 2^31 - 1 each are more than an int holds, and
 * their squares more than a double holds exactly. */
static void sums_pass_the_range_of_int(void **state)
{
  const int most[] = {INT_MAX, INT_MAX, INT_MAX, INT_MAX};
  const ioi_key key = {.size = 1, .levels = 1};
  const ioi_numbers value = {NULL, most, 0};
  double w = 0, ww = 0, wx = 0;
  ioi_level level[IOI_BLOCK];
  ioi_sum sum[] = {{IOI_SUM_W, 0, IOI_NO_VALUE, IOI_NO_VALUE, &w},
                   {IOI_SUM_WW, 0, IOI_NO_VALUE, IOI_NO_VALUE, &ww},
                   {IOI_SUM_W, 0, 0, IOI_NO_VALUE, &wx}};
  const ioi_rows rows = {4, 1, &key, {NULL, most, 0}, 1, &value};
  (void) state;
  ioi_tally_rows(&rows, sum, 3, NULL, 0, 4, 1, NULL, level, NULL, NULL);
  assert_true(w == 8589934588.0);
  near(ww, 4 * 2147483647.0 * 2147483647.0, 1e4);
  assert_true(wx == ww);
}

static void rows_without_a_level_may_hold_anything(void **state)
{
  const int value[] = {0, INT_MIN, 0};
  const double w[] = {2, NAN, 3}, y[] = {1, INFINITY, 1};
  const ioi_key key = {.value = value, .size = 1, .levels = 1};
  const ioi_numbers column = {y, NULL, 0};
  double sum = 0;
  ioi_level level[IOI_BLOCK];
  ioi_sum wx = {IOI_SUM_W, 0, 0, IOI_NO_VALUE, &sum};
  const ioi_rows rows = {3, 1, &key, {w, NULL, 0}, 1, &column};
  (void) state;
  ioi_tally_rows(&rows, &wx, 1, NULL, 0, 3, 1, NULL, level, NULL, NULL);
  assert_true(sum == 5);
}

static void no_rows_no_sums_and_no_levels_do_nothing(void **state)
{
  const ioi_key none = {.levels = 0};
  ioi_sum sum = {IOI_SUM_W, 0, IOI_NO_VALUE, IOI_NO_VALUE, NULL};
  ioi_level level[2 * IOI_BLOCK];
  (void) state;
  double *t = tally(0, 0, REAL, 700, 2);
  for (size_t k = 0; k < doubles_of_all(); k++) assert_true(t[k] == 0);
  free(t);
  for (size_t chunk = 100; chunk <= 1000; chunk += 900)
    for (size_t sums = 0; sums <= 1; sums++) {
      const ioi_rows rows = {999, 1, &none, {NULL, NULL, 0}, 0, NULL};
      assert_true(ioi_tally_doubles(&rows, &sum, sums) == 0);
      assert_int_equal(ioi_tally_rows(&rows, &sum, sums, NULL, 0, chunk, 2,
                                      NULL, level, NULL, NULL),
                       IOI_OK);
    }
}

static void tick_sees_every_round_and_stops_the_tally(void **state)
{
  (void) state;
  double *t = zeroed(doubles_of_all(), sizeof *t);
  ticks all = {0, 0, 0}, some = {0, 0, 1500}, none = {0, 0, 1};
  assert_int_equal(tally_into(t, 0, ROWS, REAL, 500, 2, &all), IOI_OK);
  assert_true(all.calls == 5 && all.last == ROWS);
  assert_int_equal(tally_into(t, 0, ROWS, REAL, 500, 2, &some), IOI_ESTOPPED);
  assert_true(some.calls == 2 && some.last == 2000);
  assert_int_equal(tally_into(t, 0, ROWS, REAL, 500, 4, &none), IOI_ESTOPPED);
  assert_true(none.calls == 1 && none.last == 2000);
  free(t);
}

/* Rows of the entries that the definition asks for: those of each stratum in order,
 * unless they lack one of the two keys or their weight is 0. */
static void check_entries(const ioi_entries *entries, const int *first)
{
  const question asked_for[] = {{IOI_SUM_W, 0, NONE, NONE},
                                {IOI_SUM_WW, 0, X, NONE},
                                {IOI_SUM_W, 0, Y, X_CENTRED}};
  int place = 0;
  for (long u = 0; u < STRATA; u++) {
    assert_int_equal(first[u], place);
    for (size_t i = 0; i < ROWS; i++) {
      if (slow_level(STRATUM, i) != u || slow_level(PAIR, i) < 0) continue;
      if (real[i] == 0) continue;
      assert_int_equal(entries->at[place], slow_level(PAIR, i));
      for (size_t c = 0; c < 3; c++)
        assert_true(entries->column[c].sum[place]
                    == slow_term(asked_for[c], i, REAL));
      place++;
    }
  }
  assert_int_equal(first[STRATA], place);
}

static void entries_are_rows_sorted_by_unit(void **state)
{
  double number[3][ROWS];
  int at[ROWS], first[STRATA + 1], next[STRATA + 1];
  ioi_key key[KEYS];
  ioi_level *level = zeroed(3 * KEYS * IOI_BLOCK, sizeof *level);
  const ioi_numbers value[] = {
    [X] = {x, NULL, 0}, [Y] = {NULL, whole, 0}, [X_CENTRED] = {x, NULL, 0.25}};
  const ioi_sum column[] = {
    {IOI_SUM_W, 0, IOI_NO_VALUE, IOI_NO_VALUE, number[0]},
    {IOI_SUM_WW, 0, X, IOI_NO_VALUE, number[1]},
    {IOI_SUM_W, 0, Y, X_CENTRED, number[2]}};
  (void) state;
  for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
    make_keys(0, key);
    ioi_entries_places(key, STRATUM, ROWS, first, level);
    memcpy(next, first, sizeof next);
    make_keys(0, key);
    const int room = first[STRATA];
    const ioi_rows all = {ROWS, KEYS, key, {real, NULL, 0}, 3, value};
    ioi_entries entries = {STRATUM, PAIR, 3, column, next, at};
    assert_int_equal(ioi_tally_rows(&all, NULL, 0, &entries, 1, chunks[c], 3,
                                    NULL, level, NULL, NULL),
                     IOI_OK);
    ioi_entries_close(&entries, STRATA, first);
    check_entries(&entries, first);
    assert_true(first[STRATA] < room);
    for (int k = first[STRATA]; k < room; k++)
      assert_true(at[k] == 0 && number[0][k] == 0 && number[2][k] == 0);
  }
  free(level);
}

static void entries_of_nobody_are_none(void **state)
{
  const ioi_key key[] = {{.levels = 2, .size = 0}, {.levels = 0}};
  int first[] = {7, 7, 7}, next[3], at[1];
  double number[1];
  ioi_level level[2 * IOI_BLOCK];
  ioi_key own[2];
  const ioi_sum column = {IOI_SUM_W, 0, IOI_NO_VALUE, IOI_NO_VALUE, number};
  const ioi_rows rows = {3, 2, own, {NULL, NULL, 0}, 0, NULL};
  (void) state;
  memcpy(own, key, sizeof own);
  ioi_entries_places(own, 0, 3, first, level);
  memcpy(next, first, sizeof next);
  ioi_entries entries = {0, 1, 1, &column, next, at};
  ioi_tally_rows(&rows, NULL, 0, &entries, 1, 9, 1, NULL, level, NULL, NULL);
  ioi_entries_close(&entries, 2, first);
  assert_true(first[0] == 0 && first[1] == 0 && first[2] == 0);
}

static void chunks_are_even_in_number_and_length(void **state)
{
  const size_t usual = (size_t) 1 << 20,
               doubles[] = {0, 1, usual + 1, 12345678};
  (void) state;
  for (size_t d = 0; d < 4; d++) {
    const size_t most = doubles[d] > usual ? doubles[d] : usual;
    const size_t rows[] = {0, 1, most, most + 1, 3 * most, 10000000, 50000001};
    for (size_t r = 0; r < 7; r++) {
      const size_t chunk = ioi_tally_chunk(rows[r], doubles[d]);
      const size_t chunks = (rows[r] + chunk - 1) / chunk;
      assert_true(rows[r] <= most ? chunk == most : chunks % 2 == 0);
      assert_true(chunk < most + IOI_BLOCK);
      assert_true(chunks < 2 || 4 * chunk > most);
      assert_true(chunks < 2 || chunks * (chunk - IOI_BLOCK) < rows[r]);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(sums_are_those_of_the_definition),
    cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
    cmocka_unit_test(more_threads_than_chunks_are_harmless),
    cmocka_unit_test(indexed_cells_are_the_dense_cells_that_occur),
    cmocka_unit_test(shards_of_a_chunk_merge_to_the_whole_bit_for_bit),
    cmocka_unit_test(shards_of_whole_weights_merge_exactly_wherever_cut),
    cmocka_unit_test(shards_of_real_weights_merge_to_rounding_wherever_cut),
    cmocka_unit_test(
      variance_and_dissimilarity_of_shards_are_those_of_the_whole),
    cmocka_unit_test(weight_2_is_a_row_twice),
    cmocka_unit_test(keys_that_no_sum_needs_are_idle),
    cmocka_unit_test(call_adds_to_what_is_there),
    cmocka_unit_test(sums_pass_the_range_of_int),
    cmocka_unit_test(rows_without_a_level_may_hold_anything),
    cmocka_unit_test(no_rows_no_sums_and_no_levels_do_nothing),
    cmocka_unit_test(tick_sees_every_round_and_stops_the_tally),
    cmocka_unit_test(chunks_are_even_in_number_and_length),
    cmocka_unit_test(entries_are_rows_sorted_by_unit),
    cmocka_unit_test(entries_of_nobody_are_none),
  };
  return cmocka_run_group_tests(tests, fill_index, NULL);
}
