/* test_disparity.c - measures of inequality and their gradients.
 *
 * Published numbers: the slope index of five groups by a binomial logit model, as
 * glm() of R gives it; the mean log deviation and Theil index of three equal
 * groups with 1, 2 and 4. Second routes: finite differences for every gradient, the
 * sums of Ahn et al. (2018) for chance. Then edges. */
#include "core/disparity.h"

#include "road.h"

enum { MOST = 6 };

/* Arrays behind the groups of a test. */
typedef struct {
  double share[MOST], ridit[MOST], gradient[MOST], work[2 * MOST];
} room;

static ioi_disparity_groups ready(room *r, size_t n, const double *value,
                                  const double *weight, const double *rank)
{
  ioi_disparity_groups set = {.groups = n, .value = value, .favourable = 1};
  set.reference = n > 1 ? 1 : 0;
  set.bound_high = 10;
  ioi_disparity_prepare(&set, weight, rank, r->share, r->ridit);
  return set;
}

static double value_of(room *r, const ioi_disparity_groups *set, int measure,
                       ioi_disparity_note *note)
{
  double value;
  *note = ioi_disparity_value((ioi_disparity_measure) measure, set, &value,
                              r->gradient, r->work);
  return value;
}

static const double weights[] = {4, 7, 5.5, 9, 6, 3.5};
static const double ranks[] = {1, 2, 2, 3, 5, 8};

/* The derivative of a measure by value j, by differences. */
static double difference(ioi_disparity_groups like, int measure, size_t j)
{
  const double step = 1e-6;
  double moved[MOST], end[2];
  for (int side = 0; side < 2; side++) {
    room r;
    ioi_disparity_note note;
    for (size_t k = 0; k < like.groups; k++) moved[k] = like.value[k];
    moved[j] += side ? step : -step;
    ioi_disparity_groups set = ready(&r, like.groups, moved, weights, ranks);
    set.model = like.model, set.bounded = like.bounded;
    set.favourable = like.favourable, set.bias = like.bias;
    set.people = like.people;
    if (!like.ridit) set.ridit = NULL;
    end[side] = value_of(&r, &set, measure, &note);
    assert_int_equal(note, IOI_DISPARITY_AS_ASKED);
  }
  return (end[1] - end[0]) / (2 * step);
}

static void check_gradients(ioi_disparity_groups set, room *r, double scale)
{
  for (int m = 0; m < IOI_DISPARITY_MEASURES; m++) {
    ioi_disparity_note note;
    double value = value_of(r, &set, m, &note), gradient[MOST];
    assert_int_equal(note, IOI_DISPARITY_AS_ASKED);
    assert_true(isfinite(value));
    for (size_t j = 0; j < set.groups; j++) gradient[j] = r->gradient[j];
    for (size_t j = 0; j < set.groups; j++)
      near(gradient[j], difference(set, m, j),
           scale * 1e-6 * (1 + fabs(gradient[j])));
  }
}

static void gradients_are_derivatives(void **state)
{
  const double y[] = {0.31, 0.42, 0.40, 0.55, 0.68, 0.77};
  const double people[] = {40, 70, 55, 90, 60, 35};
  (void) state;
  for (int model = 0; model <= IOI_DISPARITY_BINOMIAL; model++)
    for (int bounded = 0; bounded <= IOI_DISPARITY_WAGSTAFF; bounded++) {
      room r;
      ioi_disparity_groups set = ready(&r, 6, y, weights, ranks);
      set.model = (ioi_disparity_model) model;
      set.bounded = (ioi_disparity_bounded) bounded;
      set.people = people;
      set.bias = 0.001;
      /* bound_low and bound_high are 0 and 10 in both */
      check_gradients(set, &r, 100);
    }
  room r;
  ioi_disparity_groups set = ready(&r, 6, y, weights, NULL);
  ioi_disparity_note note;
  set.favourable = 0;
  value_of(&r, &set, IOI_DISPARITY_PAR, &note);
  for (size_t j = 0; j < 6; j++)
    near(r.gradient[j], (j == 0) - r.share[j], 1e-15);
}

static void values_by_hand(void **state)
{
  const double y[] = {1, 2, 4}, w[] = {1, 1, 1}, rank[] = {1, 2, 3};
  room r;
  ioi_disparity_note note;
  ioi_disparity_groups set = ready(&r, 3, y, w, rank);
  double mu = 7.0 / 3;
  (void) state;
  near(set.mean, mu, 1e-15);
  near(r.ridit[0], 1.0 / 6, 1e-15);
  near(r.ridit[2], 5.0 / 6, 1e-15);
  near(value_of(&r, &set, IOI_DISPARITY_BGV, &note), 14.0 / 9, 1e-14);
  near(value_of(&r, &set, IOI_DISPARITY_MDMW, &note), 10.0 / 9, 1e-14);
  near(value_of(&r, &set, IOI_DISPARITY_IDISP, &note), 75, 1e-12);
  near(value_of(&r, &set, IOI_DISPARITY_MLD, &note), log(mu) - log(8) / 3,
       1e-14);
  near(value_of(&r, &set, IOI_DISPARITY_THEIL, &note),
       (2 * log(2) + 4 * log(4)) / 7 - log(mu), 1e-14);
  near(value_of(&r, &set, IOI_DISPARITY_ACI, &note), 2.0 / 3, 1e-14);
  near(value_of(&r, &set, IOI_DISPARITY_SII, &note), 4.5, 1e-13);
}

static void binomial_line_as_glm(void **state)
{
  const double x[] = {16, 27, 65, 52, 63}, n[] = {78, 91, 162, 103, 105};
  const double rank[] = {1, 2, 3, 4, 5};
  double y[5], v[5];
  room r;
  ioi_disparity_note note;
  (void) state;
  for (int j = 0; j < 5; j++) y[j] = x[j] / n[j];
  ioi_disparity_groups set = ready(&r, 5, y, n, rank);
  set.people = n;
  set.model = IOI_DISPARITY_BINOMIAL;
  near(value_of(&r, &set, IOI_DISPARITY_SII, &note), 0.449052640436024, 1e-12);
  ioi_disparity_binomial_variance(&set, 0, v);
  near(sqrt(ioi_disparity_product(r.gradient, r.gradient, 5, 5, v, NULL, 0)),
       0.0643484178437229, 1e-9);
  ioi_disparity_binomial_variance(&set, 1, v);
  near(sqrt(ioi_disparity_product(r.gradient, r.gradient, 5, 5, v, NULL, 0)),
       0.0221783463662468, 1e-9);
  y[0] = y[1] = y[2] = 0;
  y[3] = y[4] = 1;
  set = ready(&r, 5, y, n, rank);
  set.people = n;
  set.model = IOI_DISPARITY_BINOMIAL;
  assert_true(isnan(value_of(&r, &set, IOI_DISPARITY_SII, &note)));
  assert_int_equal(note, IOI_DISPARITY_NO_FIT);
  ioi_disparity_binomial_variance(&set, 0, v);
  assert_true(isnan(v[0]));
}

static void chance_is_the_trace(void **state)
{
  const double w[] = {0.2, 0.5, 0.3}, s2[] = {4, 1, 9};
  double full[9] = {4, 0, 0, 0, 1, 0, 0, 0, 9}, work[3];
  double bias, extra, bias2, extra2, a[9], av[9] = {0}, trace = 0, first = 0;
  (void) state;
  ioi_disparity_chance(w, 3, s2, NULL, 0, work, &bias, &extra);
  ioi_disparity_chance(w, 3, s2, full, 3, work, &bias2, &extra2);
  near(bias, bias2, 1e-14);
  near(extra, extra2, 1e-14);
  full[1] = full[3] = 0.7, full[2] = full[6] = -1.1, full[5] = full[7] = 2;
  ioi_disparity_chance(w, 3, s2, full, 3, work, &bias, &extra);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) a[i + 3 * j] = (i == j) * w[i] - w[i] * w[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 3; k++)
        av[i + 3 * j] += a[i + 3 * k] * full[k + 3 * j];
  for (int i = 0; i < 3; i++) {
    first += av[i + 3 * i];
    for (int j = 0; j < 3; j++) trace += av[i + 3 * j] * av[j + 3 * i];
  }
  near(bias, first, 1e-14);
  near(extra, 2 * trace, 1e-13);
}

static void draws_have_the_covariance(void **state)
{
  const double v[] = {4, 2, -1, 2, 3, 0.5, -1, 0.5, 2}, y[] = {0.2, 0.5, 0.9};
  double root[9], out[3];
  (void) state;
  assert_int_equal(ioi_disparity_root(3, NULL, v, 3, root), IOI_OK);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      double sum = 0;
      for (int k = 0; k < 3; k++) sum += root[i + 3 * k] * root[j + 3 * k];
      near(sum, v[i + 3 * j], 1e-14);
    }
  const double flat[] = {1, 1, 1, 1}; /* singular */
  assert_int_equal(ioi_disparity_root(2, NULL, flat, 2, root), IOI_OK);
  near(root[3], 0, 0);
  near(root[1], 1, 1e-15);
  const double bad[] = {1, NAN};
  assert_int_equal(ioi_disparity_root(2, bad, NULL, 0, root), IOI_EDOMAIN);

  const double s2[] = {1e-8, 1e-8, 1e-8}, z[] = {1, -1, 2};
  assert_int_equal(ioi_disparity_root(3, s2, NULL, 0, root), IOI_OK);
  ioi_disparity_draw(y, 3, root, IOI_DISPARITY_LINEAR, z, out);
  near(out[2], 0.9 + 2e-4, 1e-15);
  for (int scale = IOI_DISPARITY_LOG; scale <= IOI_DISPARITY_LOGIT; scale++) {
    ioi_disparity_draw(y, 3, root, (ioi_disparity_model) scale, z, out);
    for (int i = 0; i < 3; i++) near(out[i], y[i] + 1e-4 * z[i], 1e-6);
  }
  double many[] = {5, 1, 3, 2, 4}, sd, low, high;
  ioi_disparity_limits(many, 5, 10, 0.5, &sd, &low, &high);
  near(sd, sqrt(2.5), 1e-15);
  near(low, 9, 1e-15);
  near(high, 11, 1e-15);
  many[2] = NAN;
  ioi_disparity_limits(many, 5, 10, 0.5, &sd, &low, &high);
  assert_true(isnan(sd) && isnan(low) && isnan(high));
}

static void edges(void **state)
{
  const double w[] = {1, 2, 3}, rank[] = {1, 1, 1};
  const double zero[] = {0, 0, 0}, gap[] = {1, NAN, 2}, same[] = {2, 2, 2};
  ioi_disparity_note note;
  room r;
  (void) state;
  for (int m = 0; m < IOI_DISPARITY_MEASURES; m++) {
    ioi_disparity_groups none = ready(&r, 0, zero, w, rank);
    assert_true(isnan(value_of(&r, &none, m, &note)));
    assert_int_equal(note, IOI_DISPARITY_NO_GROUPS);
    ioi_disparity_groups set = ready(&r, 3, gap, w, rank);
    assert_true(isnan(value_of(&r, &set, m, &note)));
    assert_int_equal(note, IOI_DISPARITY_MISSING);
  }
  ioi_disparity_groups set = ready(&r, 3, zero, w, rank);
  assert_true(isnan(value_of(&r, &set, IOI_DISPARITY_COV, &note)));
  assert_int_equal(note, IOI_DISPARITY_NO_MEAN);
  near(value_of(&r, &set, IOI_DISPARITY_BGV, &note), 0, 0);
  assert_true(isnan(value_of(&r, &set, IOI_DISPARITY_SII, &note)));
  assert_int_equal(note, IOI_DISPARITY_TIED_RANKS);
  set = ready(&r, 3, same, w, rank);
  near(value_of(&r, &set, IOI_DISPARITY_BGSD, &note), 0, 0);
  assert_int_equal(note, IOI_DISPARITY_EQUAL);
  assert_true(isnan(r.gradient[0]));
  near(value_of(&r, &set, IOI_DISPARITY_ACI, &note), 0, 0);
  near(r.gradient[2], 0, 0);
  near(value_of(&r, &set, IOI_DISPARITY_RANGE_RATIO, &note), 1, 0);
  set.reference = 3;
  assert_true(isnan(value_of(&r, &set, IOI_DISPARITY_MDRW, &note)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(gradients_are_derivatives),
    cmocka_unit_test(values_by_hand),
    cmocka_unit_test(binomial_line_as_glm),
    cmocka_unit_test(chance_is_the_trace),
    cmocka_unit_test(draws_have_the_covariance),
    cmocka_unit_test(edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
