/* test_spatial.c - points in a tree, environments and their indices: the
 * definition over all pairs, identities and edges. */
#include "core/kdtree.h"
#include "core/spatial.h"
#include "road.h"

enum { UNITS = 300, GROUPS = 3, BANDS = 3 };

/* Places drawn for a test, and what the core needs. */
typedef struct {
  double x[UNITS * 3], point[UNITS * 3];
  double table[UNITS * GROUPS], count[UNITS * GROUPS], total[UNITS];
  double weight[UNITS], own[UNITS];
  uint32_t unit[UNITS], found[UNITS];
  unsigned char axis[UNITS];
  ioi_neighbour near[UNITS];
  ioi_kdtree tree;
  ioi_places places;
  ioi_near_work work;
} world;

/* Points on a coarse grid, so that many share a place or a distance; every
 * seventh unit has nobody. dims 3: on the sphere. */
static void make(world *w, size_t units, size_t dims, uint64_t seed)
{
  memset(w, 0, sizeof *w);
  for (size_t i = 0; i < units; i++) {
    const double a = 0.25 * (double) draw_below(&seed, 40);
    const double b = 0.25 * (double) draw_below(&seed, 40);
    if (dims == 3) {
      ioi_sphere_directions(&a, &b, 1, w->x + 3 * i);
    } else {
      w->x[2 * i] = a;
      w->x[2 * i + 1] = b;
    }
    for (size_t g = 0; g < GROUPS; g++)
      w->table[g * UNITS + i] =
        i % 7 == 3 ? 0 : (double) draw_below(&seed, 30 * (g + 1));
    w->weight[i] = draw_unit(&seed);
  }
  memcpy(w->point, w->x, sizeof w->x);
  w->tree = (ioi_kdtree){units, dims, w->point, w->unit, w->axis};
  ioi_kdtree_build(&w->tree);
  w->places.tree = &w->tree;
  w->places.radius = dims == 3 ? 50 : 0;
  w->places.units = units;
  w->places.groups = GROUPS;
  w->work = (ioi_near_work){w->found, w->near};
  ioi_places_fill(&w->places, w->table, UNITS, NULL, w->count, w->total, NULL);
}

static double apart(const world *w, size_t i, size_t j)
{
  const size_t dims = w->tree.dims;
  return ioi_place_distance(&w->places, w->x + i * dims, w->x + j * dims);
}

static void test_tree(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  for (uint64_t seed = 1; seed < 40; seed++) {
    const size_t units = 1 + draw_below(&(uint64_t){seed}, UNITS - 1);
    make(w, units, 2 + seed % 2, seed);
    int seen[UNITS] = {0};
    for (size_t p = 0; p < units; p++) {
      seen[w->unit[p]]++;
      same(w->point + p * w->tree.dims, w->x + w->unit[p] * w->tree.dims,
           w->tree.dims);
    }
    for (size_t i = 0; i < units; i++) assert_int_equal(seen[i], 1);
    const double radius = w->tree.dims == 3 ? 0.05 : 1.5;
    for (size_t p = 0; p < units; p += 5) {
      const double *c = w->point + p * w->tree.dims;
      const size_t n = ioi_kdtree_within(&w->tree, c, radius, w->found);
      size_t want = 0;
      for (size_t q = 0; q < units; q++) {
        double square = 0;
        for (size_t k = 0; k < w->tree.dims; k++) {
          const double d = w->point[q * w->tree.dims + k] - c[k];
          square += d * d;
        }
        if (!(square <= radius * radius)) continue;
        assert_true(want < n);
        assert_int_equal(w->found[want++], q);
      }
      assert_int_equal(want, n);
    }
  }
  free(w);
}

/* The weight of unit j around i by its definition. */
static double weight_of(const world *w, const ioi_smoothing *s, double h,
                        size_t i, size_t j)
{
  const double d = apart(w, i, j), u = d / h;
  if (i == j) return 1;
  if (d > s->max_distance || h == 0) return 0;
  switch (s->kernel) {
  case IOI_KERNEL_BIWEIGHT:
    return u <= 1 ? pow(1 - u * u, 2) : 0;
  case IOI_KERNEL_GAUSSIAN:
    return exp(-u * u / 2);
  case IOI_KERNEL_EXPONENTIAL:
    return exp(-u);
  case IOI_KERNEL_TRIANGULAR:
    return u <= 1 ? 1 - u : 0;
  case IOI_KERNEL_INVERSE:
    return pow(d + h, -s->power) / pow(h, -s->power);
  default:
    return d <= h;
  }
}

static const double bandwidth[BANDS] = {0, 0.75, 2.5};

static void check_kernel(world *w, const ioi_smoothing *s)
{
  double env[BANDS * GROUPS];
  for (size_t p = 0; p < w->places.units; p += 3) {
    ioi_environment(&w->places, s, p, env, &w->work);
    for (size_t b = 0; b < BANDS; b++)
      for (size_t g = 0; g < GROUPS; g++) {
        double want = 0;
        for (size_t j = 0; j < w->places.units; j++)
          want += weight_of(w, s, bandwidth[b], w->unit[p], j)
                  * w->table[g * UNITS + j];
        near(env[b * GROUPS + g], want, 1e-10 * (1 + want));
      }
  }
}

static void test_kernels(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  for (int kernel = IOI_KERNEL_BIWEIGHT; kernel < IOI_KERNEL_NEAREST; kernel++)
    for (size_t dims = 2; dims < 4; dims++) {
      make(w, UNITS, dims, 7 + (uint64_t) kernel);
      ioi_smoothing s = {(ioi_kernel) kernel, 1.5, INFINITY, bandwidth, BANDS};
      check_kernel(w, &s);
      w->places.least = 1e-14;
      check_kernel(w, &s);
      s.max_distance = 2;
      check_kernel(w, &s);
    }
  free(w);
}

/* Takes rings of units from the nearest on, by trying every distance. */
static void nearest_people(const world *w, size_t i, double people, double *env)
{
  double from = -1;
  memset(env, 0, GROUPS * sizeof *env);
  while (people > 0) {
    double at = INFINITY, ring[GROUPS] = {0}, all = 0;
    for (size_t j = 0; j < w->places.units; j++)
      if (apart(w, i, j) > from + 1e-9) at = fmin(at, apart(w, i, j));
    if (at == INFINITY) return;
    for (size_t j = 0; j < w->places.units; j++)
      for (size_t g = 0; g < GROUPS; g++)
        if (fabs(apart(w, i, j) - at) <= 1e-9) {
          ring[g] += w->table[g * UNITS + j];
          all += w->table[g * UNITS + j];
        }
    const double part = all > people ? people / all : 1;
    for (size_t g = 0; g < GROUPS; g++) env[g] += part * ring[g];
    people -= all;
    from = at;
  }
}

static void test_nearest(void **state)
{
  (void) state;
  const double people[BANDS] = {60, 900, 1e7};
  const ioi_smoothing s = {IOI_KERNEL_NEAREST, 1, INFINITY, people, BANDS};
  world *w = zeroed(1, sizeof *w);
  for (size_t dims = 2; dims < 4; dims++) {
    make(w, 120, dims, 11);
    for (size_t p = 0; p < 120; p++) {
      double env[BANDS * GROUPS], want[GROUPS];
      ioi_environment(&w->places, &s, p, env, &w->work);
      for (size_t b = 0; b < BANDS; b++) {
        nearest_people(w, w->unit[p], people[b], want);
        for (size_t g = 0; g < GROUPS; g++)
          near(env[b * GROUPS + g], want[g], 1e-8);
      }
    }
  }
  free(w);
}

static void test_own_weight_and_pairs(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  make(w, 50, 2, 3);
  const double h = 1;
  const ioi_smoothing s = {IOI_KERNEL_EXPONENTIAL, 1, INFINITY, &h, 1};
  double plain[GROUPS], weighted[GROUPS];
  for (size_t p = 0; p < 50; p++) {
    ioi_places_fill(&w->places, w->table, UNITS, NULL, w->count, w->total,
                    NULL);
    ioi_environment(&w->places, &s, p, plain, &w->work);
    ioi_places_fill(&w->places, w->table, UNITS, w->weight, w->count, w->total,
                    w->own);
    ioi_environment(&w->places, &s, p, weighted, &w->work);
    for (size_t g = 0; g < GROUPS; g++)
      near(plain[g] - weighted[g],
           (1 - w->weight[w->unit[p]]) * w->count[p * GROUPS + g], 1e-9);
  }
  /* 0 - 1 - 2 in a row, each 1 from the next */
  const size_t start[] = {0, 1, 3, 4};
  const uint32_t to[] = {1, 0, 2, 1};
  const double distance[] = {1, 1, 1, 1}, count[] = {10, 20, 30};
  const ioi_places row = {NULL, 0,     start, to,   distance, 3,
                          1,    count, count, NULL, 0,        60};
  double env;
  ioi_environment(&row, &s, 0, &env, &w->work);
  near(env, 10 + 20 * exp(-1), 1e-12);
  ioi_environment(&row, &s, 1, &env, &w->work);
  near(env, 20 + 40 * exp(-1), 1e-12);
  free(w);
}

/* All values of a world, with work space of exactly the size asked for. */
static double *values_of(world *w, const ioi_smoothing *smoothing,
                         const ioi_comparison *c, int threads,
                         ioi_status *status, size_t *occupied, size_t *size)
{
  double total[GROUPS];
  ioi_places_totals(&w->places, total);
  const ioi_spatial s = {&w->places, smoothing, c, 1, total};
  *size = ioi_spatial_size(&s);
  double *value = zeroed(*size, sizeof *value);
  double *work = zeroed(ioi_spatial_work(&s, threads), sizeof *work);
  ioi_near_work near_of[4];
  for (int t = 0; t < threads; t++) {
    near_of[t].found = zeroed(w->places.units, sizeof(uint32_t));
    near_of[t].near = zeroed(w->places.units, sizeof(ioi_neighbour));
  }
  assert_int_equal(ioi_spatial_indices(&s, threads, near_of, work, value,
                                       status, occupied, NULL, NULL),
                   IOI_OK);
  for (int t = 0; t < threads; t++) {
    free(near_of[t].found);
    free(near_of[t].near);
  }
  free(work);
  return value;
}

static void test_indices(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  make(w, UNITS, 2, 5);
  const ioi_smoothing s = {IOI_KERNEL_BIWEIGHT, 1, INFINITY, bandwidth, BANDS};
  const ioi_comparison all = {IOI_COMPARE_MULTIGROUP, 0, 0};
  ioi_status status;
  size_t occupied, size;
  double *value = values_of(w, &s, &all, 1, &status, &occupied, &size);
  assert_int_equal(size, BANDS * (3 + GROUPS * GROUPS));
  assert_int_equal(status, IOI_OK);
  for (size_t b = 0; b < BANDS; b++) {
    long double T = 0, N[GROUPS] = {0}, E = 0, I = 0, e = 0, in = 0, d = 0;
    long double P[GROUPS][GROUPS] = {{0}};
    for (size_t i = 0; i < UNITS; i++)
      for (size_t g = 0; g < GROUPS; g++) {
        N[g] += w->table[g * UNITS + i];
        T += w->table[g * UNITS + i];
      }
    for (size_t g = 0; g < GROUPS; g++) {
      E -= N[g] / T * logl(N[g] / T);
      I += N[g] / T * (1 - N[g] / T);
    }
    for (size_t i = 0; i < UNITS; i++) {
      long double p[GROUPS] = {0}, t = 0, around = 0;
      for (size_t j = 0; j < UNITS; j++)
        for (size_t g = 0; g < GROUPS; g++)
          p[g] += (long double) weight_of(w, &s, bandwidth[b], i, j)
                  * w->table[g * UNITS + j];
      for (size_t g = 0; g < GROUPS; g++) {
        t += w->table[g * UNITS + i];
        around += p[g];
      }
      for (size_t g = 0; t > 0 && g < GROUPS; g++) {
        p[g] /= around;
        if (p[g] > 0) e -= t * p[g] * logl(p[g]);
        in += t * p[g] * (1 - p[g]);
        d += t * fabsl(p[g] - N[g] / T);
      }
      for (size_t m = 0; t > 0 && m < GROUPS; m++)
        for (size_t g = 0; g < GROUPS; g++)
          P[m][g] += w->table[m * UNITS + i] / N[m] * p[g];
    }
    const double *v = value + b * (3 + GROUPS * GROUPS);
    near(v[IOI_SPATIAL_H], (double) (1 - e / (T * E)), 1e-12);
    near(v[IOI_SPATIAL_R], (double) (1 - in / (T * I)), 1e-12);
    near(v[IOI_SPATIAL_D], (double) (d / (2 * T * I)), 1e-12);
    for (size_t m = 0; m < GROUPS; m++)
      for (size_t g = 0; g < GROUPS; g++)
        near(v[IOI_SPATIAL_P + m * GROUPS + g], (double) P[m][g], 1e-12);
  }
  free(value);
  free(w);
}

static void test_threads(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  make(w, UNITS, 3, 6);
  const ioi_smoothing s = {IOI_KERNEL_GAUSSIAN, 1, INFINITY, bandwidth, BANDS};
  const ioi_comparison rest = {IOI_COMPARE_REST, 1, 0};
  ioi_status status;
  size_t occupied, size;
  double *one = values_of(w, &s, &rest, 1, &status, &occupied, &size);
  double *three = values_of(w, &s, &rest, 3, &status, &occupied, &size);
  same(one, three, size);
  free(one);
  free(three);
  free(w);
}

static void test_edges(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  const ioi_smoothing s = {IOI_KERNEL_STEP, 1, INFINITY, bandwidth, BANDS};
  const ioi_comparison pair = {IOI_COMPARE_PAIR, 0, 2};
  ioi_status status;
  size_t occupied, size;
  make(w, 20, 2, 8);
  for (size_t p = 0; p < 20; p++) w->count[p * GROUPS + 2] = 0;
  double *value = values_of(w, &s, &pair, 1, &status, &occupied, &size);
  assert_int_equal(status, IOI_EEMPTY);
  assert_true(isnan(value[IOI_SPATIAL_H]) && isnan(value[IOI_SPATIAL_D]));
  near(value[IOI_SPATIAL_P], 1, 1e-15);
  assert_true(isnan(value[IOI_SPATIAL_P + 1]));
  free(value);
  for (size_t p = 0; p < 20; p++)
    for (size_t g = 0; g < GROUPS; g++)
      w->count[p * GROUPS + g] = p == 4 ? 5 : 0;
  value = values_of(w, &s, &pair, 1, &status, &occupied, &size);
  assert_int_equal(status, IOI_ESINGLE);
  assert_int_equal(occupied, 1);
  near(value[IOI_SPATIAL_P + 1], 0.5, 1e-15);
  free(value);
  free(w);
}

static uint64_t shuffle_seed;

static double uniform(void)
{
  return draw_unit(&shuffle_seed);
}

/* Each of the 6 orders of 3 comes about 1 time in 6. */
static void test_shuffle(void **state)
{
  (void) state;
  int seen[27] = {0};
  shuffle_seed = 4;
  for (int r = 0; r < 6000; r++) {
    uint32_t order[3];
    ioi_shuffle(order, 3, uniform);
    seen[order[0] * 9 + order[1] * 3 + order[2]]++;
  }
  const int at[] = {5, 7, 11, 15, 19, 21};
  for (size_t k = 0; k < 6; k++) {
    assert_in_range(seen[at[k]], 850, 1150);
    seen[at[k]] = 0;
  }
  for (size_t k = 0; k < 27; k++) assert_int_equal(seen[k], 0);
}

static int stop(void *context, size_t done)
{
  *(size_t *) context = done;
  return 1;
}

static void test_stop(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  make(w, 40, 2, 8);
  const ioi_smoothing s = {IOI_KERNEL_STEP, 1, INFINITY, bandwidth, BANDS};
  double *env = zeroed(40 * BANDS * GROUPS, sizeof *env);
  double *work = zeroed(ioi_environments_work(&w->places, &s, 1), sizeof *work);
  size_t done = 0;
  assert_int_equal(ioi_spatial_environments(&w->places, &s, 1, &w->work, work,
                                            env, stop, &done),
                   IOI_ESTOPPED);
  assert_int_equal(done, 40);
  double one[BANDS * GROUPS];
  ioi_environment(&w->places, &s, 9, one, &w->work);
  for (size_t v = 0; v < BANDS * GROUPS; v++)
    near(env[v * 40 + w->unit[9]], one[v], 0);
  free(env);
  free(work);
  free(w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_tree),    cmocka_unit_test(test_kernels),
    cmocka_unit_test(test_nearest), cmocka_unit_test(test_own_weight_and_pairs),
    cmocka_unit_test(test_indices), cmocka_unit_test(test_threads),
    cmocka_unit_test(test_edges),   cmocka_unit_test(test_shuffle),
    cmocka_unit_test(test_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
