/* fuzz_tally.c - bytes as columns: the index holds what occurs, indexed cells
 * are the dense ones, strata of PSUs are those of a plain loop, scans count.
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -I../../src fuzz_tally.c \
 *     ../../src/core/key.c ../../src/core/tally.c ../../src/core/design.c -lm
 *   ./a.out -max_len=4096 -max_total_time=180 */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/design.h"
#include "core/key.h"
#include "core/tally.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int truth)
{
  if (!truth) abort();
}

/* Three columns, weights and what is drawn about them; each array exactly as
 * long as it must be. */
enum { HEADER = 8, ROW_BYTES = 5, COLUMNS = 3, MAP = 7, MOST = 9 };
typedef struct {
  size_t rows, chunk, levels[COLUMNS];
  int first, *value[COLUMNS], map[MAP];
  double *w;
} sample;

static void *array(size_t n, size_t size)
{
  void *out = calloc(n > 0 ? n : 1, size);
  demand(out != NULL);
  return out;
}

static void read_sample(const uint8_t *data, size_t size, sample *s)
{
  const int odd[] = {INT_MIN, INT_MAX, INT_MIN + 1, -1};
  s->rows = (size - HEADER) / ROW_BYTES;
  s->chunk = 1 + data[0] * 8u;
  s->first = data[1] % 5 - 2;
  for (size_t c = 0; c < COLUMNS; c++) {
    s->levels[c] = data[2 + c] % (MOST + 1);
    s->value[c] = array(s->rows, sizeof(int));
  }
  for (size_t l = 0; l < MAP; l++)
    s->map[l] = (int) (l * data[5] % (MAP + 3)) - 3;
  s->w = array(s->rows, sizeof *s->w);
  for (size_t i = 0; i < s->rows; i++) {
    const uint8_t *row = data + HEADER + i * ROW_BYTES;
    for (size_t c = 0; c < COLUMNS; c++)
      s->value[c][i] =
        row[c] >= 252 ? odd[row[c] - 252] : row[c] % (MOST + 5) - 2;
    s->w[i] = row[3] % 16 ? row[3] + 256.0 * row[4] : 0;
  }
}

static void free_sample(sample *s)
{
  for (size_t c = 0; c < COLUMNS; c++) free(s->value[c]);
  free(s->w);
}

/* Keys: the columns, their product, and the product with an index. The third
 * column is renumbered by the map. */
enum { DENSE = COLUMNS, INDEXED, KEYS };
static const size_t parts[] = {0, 1, 2};

static void make_keys(const sample *s, ioi_key *key)
{
  memset(key, 0, KEYS * sizeof *key);
  for (size_t c = 0; c < COLUMNS; c++) {
    key[c].value = s->value[c];
    key[c].first = s->first;
    key[c].size = key[c].levels = s->levels[c];
  }
  key[2].map = s->map;
  key[2].size = s->levels[2] < MAP ? s->levels[2] : MAP;
  key[2].levels = MAP;
  key[DENSE].parts = key[INDEXED].parts = COLUMNS;
  key[DENSE].part = key[INDEXED].part = parts;
  key[DENSE].levels = s->levels[0] * s->levels[1] * MAP;
}

/* By the definition: the level of a row in column c, or -1. */
static int64_t level_of(const sample *s, size_t c, size_t i)
{
  int64_t at = (int64_t) s->value[c][i] - s->first;
  if (s->value[c][i] == INT_MIN || at < 0 || at >= (int64_t) s->levels[c])
    return -1;
  return c < 2 ? at : at < MAP ? s->map[at] : -1;
}

static int64_t cell_of(const sample *s, size_t i)
{
  int64_t a = level_of(s, 0, i), b = level_of(s, 1, i), c = level_of(s, 2, i);
  return a < 0 || b < 0 || c < 0 ? -1
                                 : (a * (int64_t) s->levels[1] + b) * MAP + c;
}

/* Finds the index, from one slot up; the codes in order. */
static uint64_t *find_index(const sample *s, ioi_key *key, ioi_index *index)
{
  ioi_level *level = array(KEYS * IOI_BLOCK, sizeof *level);
  size_t count = 0;
  ioi_status status = IOI_EFULL;
  for (index->slots = 1; status == IOI_EFULL; index->slots *= 2) {
    free(index->code);
    index->code = array(index->slots, sizeof(uint64_t));
    status = ioi_index_find(key, DENSE, s->rows, index, &count, level);
    if (status == IOI_OK) break;
  }
  index->rank = array(index->slots, sizeof(uint32_t));
  uint64_t *code = array(count, sizeof *code);
  uint64_t *work = array(count, sizeof *work);
  ioi_index_rank(index, count > 0 ? code : NULL, count,
                 count > 0 ? work : NULL);
  free(work);
  for (size_t r = 1; r < count; r++) demand(code[r - 1] < code[r]);
  key[INDEXED].index = index;
  key[INDEXED].levels = count;
  free(level);
  return code;
}

enum { KINDS = 5 };

/* All kinds of sums over one key, one after the other. */
static double *tally(const sample *s, const ioi_key *key, size_t which)
{
  const size_t levels = key[which].levels;
  double *out = array(KINDS * levels, sizeof *out);
  double *work = array(2 * KINDS * levels, sizeof *work);
  ioi_level *level = array(2 * KEYS * IOI_BLOCK, sizeof *level);
  const ioi_numbers value = {NULL, s->value[0], 1};
  const ioi_rows rows = {s->rows, KEYS, key, {s->w, NULL, 0}, 1, &value};
  ioi_sum sum[KINDS];
  for (size_t k = 0; k < KINDS; k++)
    sum[k] = (ioi_sum){(ioi_sum_kind) k, which, k < 2 ? IOI_NO_VALUE : 0,
                       k < 3 ? IOI_NO_VALUE : 0, out + k * levels};
  demand(ioi_tally_rows(&rows, sum, KINDS, NULL, 0, s->chunk, 2, work, level,
                        NULL, NULL)
         == IOI_OK);
  free(work);
  free(level);
  return out;
}

static void check_cells(const sample *s)
{
  ioi_key key[KEYS];
  ioi_index index = {0, NULL, NULL};
  make_keys(s, key);
  uint64_t *code = find_index(s, key, &index);
  double *dense = tally(s, key, DENSE), *indexed = tally(s, key, INDEXED);
  const size_t cells = key[DENSE].levels, count = key[INDEXED].levels;
  double rows = 0, taken = 0;
  for (size_t k = 0; k < KINDS; k++)
    for (size_t r = 0; r < count; r++)
      demand(indexed[k * count + r] == dense[k * cells + code[r]]);
  for (size_t r = 0; r < count; r++) rows += indexed[r];
  for (size_t i = 0; i < s->rows; i++) {
    int64_t cell = cell_of(s, i);
    taken += cell >= 0;
    demand(cell < 0 || dense[cell] > 0);
  }
  demand(rows == taken);
  free(code);
  free(dense);
  free(indexed);
  free(index.code);
  free(index.rank);
}

/* Column 0 as PSUs, column 1 as strata. */
static void check_nest(const sample *s)
{
  ioi_key key[KEYS];
  make_keys(s, key);
  int *got = array(s->levels[0], sizeof *got), want[MOST], work[2 * MOST];
  ioi_level *level = array(3 * 2 * IOI_BLOCK, sizeof *level);
  size_t row = s->rows;
  ioi_status status =
    ioi_design_nest(key, 2, 0, 1, s->rows, 3, got, &row, work, level);
  size_t first = s->rows;
  for (size_t j = 0; j < MOST; j++) want[j] = -1;
  for (size_t i = 0; i < s->rows && first == s->rows; i++) {
    int64_t j = level_of(s, 0, i), h = level_of(s, 1, i);
    if (j < 0 || h < 0) continue;
    if (want[j] >= 0 && want[j] != h)
      first = i;
    else
      want[j] = (int) h;
  }
  demand(row == first);
  demand(status == (first < s->rows ? IOI_ECROSSED : IOI_OK));
  demand(s->levels[0] == 0 || !memcmp(got, want, s->levels[0] * sizeof *got));
  free(got);
  free(level);
}

/* The bytes themselves as doubles, whatever they are. */
static void check_scan(const uint8_t *data, size_t size)
{
  const size_t n = size / sizeof(double);
  double *x = array(n, sizeof *x);
  size_t good = 0, bad = 0, first = 0;
  ioi_scan scan;
  if (n > 0) memcpy(x, data, n * sizeof *x);
  const ioi_numbers numbers = {x, NULL, 0};
  ioi_design_scan(&numbers, n, 2, &scan);
  for (size_t i = 0; i < n; i++) {
    int usable = isfinite(x[i]) && (!signbit(x[i]) || x[i] == 0);
    first = !usable && bad == 0 ? i : first;
    good += (size_t) usable;
    bad += (size_t) !usable;
  }
  demand(scan.missing + scan.infinite + scan.negative == bad);
  demand(scan.first_bad == first && scan.zero <= good);
  free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  sample s;
  check_scan(data, size);
  if (size < HEADER) return 0;
  read_sample(data, size, &s);
  check_cells(&s);
  check_nest(&s);
  free_sample(&s);
  return 0;
}
