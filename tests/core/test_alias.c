/* test_alias.c - tables for draws: the law they imply is the law they are of. */
#include "core/alias.h"
#include "road.h"

enum { MOST = 40 };

static void implied_law(const ioi_alias *column, size_t n, double *p)
{
  memset(p, 0, n * sizeof *p);
  for (size_t k = 0; k < n; k++) {
    assert_true(column[k].keep >= 0 && column[k].keep <= 1);
    p[k] += column[k].keep / (double) n;
    p[(size_t) column[k].other] += (1 - column[k].keep) / (double) n;
  }
}

static void tables_imply_their_law(void **state)
{
  (void) state;
  ioi_alias column[MOST];
  size_t work[MOST];
  uint64_t seed = 3;
  for (size_t n = 1; n <= MOST; n++) {
    double p[MOST], want[MOST], got[MOST], sum = 0;
    for (size_t k = 0; k < n; k++) {
      p[k] = n > 1 && draw_below(&seed, 4) == 0 ? 0 : draw_unit(&seed);
      if (n % 3 == 0) p[k] = pow(p[k], 20);
      sum += p[k];
    }
    if (!(sum > 0)) sum = p[0] = 1;
    for (size_t k = 0; k < n; k++) want[k] = p[k] / sum;
    ioi_alias_make(p, n, column, work);
    implied_law(column, n, got);
    for (size_t k = 0; k < n; k++) near(got[k], want[k], 1e-14);
  }
}

static void draws_follow_the_law(void **state)
{
  (void) state;
  double p[] = {1, 0, 6, 3}, times[4] = {0};
  ioi_alias column[4];
  size_t work[4];
  ioi_stream stream;
  ioi_stream_open(&stream, 11, 0);
  ioi_alias_make(p, 4, column, work);
  for (size_t i = 0; i < 100000; i++)
    times[(size_t) ioi_alias_draw(column, 4, &stream)]++;
  near(times[0], 10000, 500); /* 5 standard deviations */
  near(times[1], 0, 0);
  near(times[2], 60000, 800);
  near(times[3], 30000, 750);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(tables_imply_their_law),
    cmocka_unit_test(draws_follow_the_law),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
