/* segregation.h - indices of how unevenly groups are spread over units.
 *
 * Every index also gives its influence: the derivative of the index with
 * respect to the total of each cell (unit x group). For persons drawn at
 * random the variance is sum of n u^2 (ioi_segregation_covariance); for a
 * survey the influence goes to the engine in variance.h; replicates and the
 * bootstrap need the value alone.
 *
 * The files: segregation.c dispatches; segregation_two.c holds the indices of
 * two groups, segregation_gini.c those that sort, segregation_many.c those of
 * many groups, segregation_exposure.c who meets whom, segregation_diversity.c
 * those of the composition alone. An index of a new kind is a name below, a
 * row in the table of segregation.c, and a function. Indices that need places
 * (area, coordinates, neighbours) live apart, in zones.h: they read the same
 * ioi_table and ioi_comparison and add what they need of places. */
#ifndef IOI_CORE_SEGREGATION_H
#define IOI_CORE_SEGREGATION_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A table of persons, or of weighted persons: group g in unit i at
 * count[g * stride + i]. Values are finite and not negative. */
typedef struct {
  const double *count;
  size_t stride;
  size_t units;
  size_t groups;
} ioi_table;

/* What is compared: all groups at once, group a with group b (the first
 * relative to the second), or group a with all the others. */
typedef enum {
  IOI_COMPARE_MULTIGROUP,
  IOI_COMPARE_PAIR,
  IOI_COMPARE_REST
} ioi_compare;

typedef struct {
  ioi_compare kind;
  size_t a, b;
} ioi_comparison;

/* The indices, in the order in which R counts them. With x_i, y_i the two
 * groups in unit i, X and Y their totals, t_i = x_i + y_i, T = X + Y, p_i =
 * x_i/t_i, P = X/T, q_i = x_i/X, r_i = y_i/Y (for "rest" y is everybody else);
 * n_ig, N_g, t_i, T, p_ig, P_g for many groups; I = sum P_g (1 - P_g), E = -sum
 * P_g ln P_g. All are pure numbers; 0 to 1 unless a range is given. Groups
 * without members take no part.
 *
 *   DISSIMILARITY       1/2 sum |q - r|; sum t |p_g - P_g| / (2TI) (Duncan &
 *                       Duncan 1955, Am. Sociol. Rev. 20:210; Morgan 1975;
 *                       Sakoda 1981)
 *   GINI                1/2 sum_ij |q_i r_j - q_j r_i|; sum_g sum_ij t_i t_j
 *                       |p_ig - p_jg| / (2T^2 I) (James & Taeuber 1985)
 *   THEIL               M/E, the information theory index (Theil & Finizza
 *                       1971)
 *   MUTUAL_INFORMATION  M = sum n/T ln(n T/(t N)), 0 to the log of the smaller
 *                       of units and groups, in units of the log base (Theil
 *                       1971; Mora & Ruiz-Castillo 2011)
 *   ATKINSON            1 - (sum r^(1-b) q^b)^(1/(1-b)), 0 < b < 1 the shape;
 *                       two groups (James & Taeuber 1985)
 *   ISOLATION           sum q p, P to 1; two groups (Lieberson 1981)
 *   ISOLATION_EXACT     sum q (x - 1)/(t - 1) over units with t > 1: the group
 *                       among the others of the unit
 *   EXPOSURE            sum_i q_ia n_ib/t_i, t everybody; for "rest" 1 -
 *                       isolation
 *   NORMALISED_EXPOSURE sum_g sum_i t (p_g - P_g)^2 / (T (1 - P_g)) (James
 *                       1986)
 *   CORRELATION_RATIO   sum t (p - P)^2 / (T P (1 - P)); two groups (White
 *                       1986)
 *   HUTCHENS            1 - sum sqrt(q r); two groups (Hutchens 2001)
 *   GORARD              1/2 sum |x/X - t/T|, 0 to 1 - P (Gorard & Taylor 2002)
 *   RELATIVE_DIVERSITY  sum t sum_g (p_g - P_g)^2 / (T I) (Goodman & Kruskal's
 *                       tau; Carlson 1992)
 *   SQUARED_CV          sum_g sum_i t (p_g - P_g)^2 / (T (G - 1) P_g)
 *   ATKINSON_SYMMETRIC  1 - sum_i prod_g q_ig^(1/G) (Frankel & Volij 2011)
 *   MIN_MAX             2D/(1 + D); two groups (O'Sullivan & Wong 2007)
 *   KARMEL_MACLACHLAN   sum_g sum_i |n/T - t N/T^2|, the plain sum, 0 to 2I
 *                       (Karmel & Maclachlan 1988)
 *   CUTLER_GLAESER_VIGDOR  (xPx - P) / (min(1, X / min t) - P) (1999)
 *   CONCENTRATION_PROFILE  (P - sum q min(p, P) + sum q max(p - P, 0))/(1 - P),
 *                       exactly (Poulsen, Johnston & Forrest 2002)
 *   DIVERSITY           E in units of the log base; normalised: E / ln G
 *   SIMPSON             I
 *
 * D, Gini, M, H, R, P and C: Reardon & Firebaugh 2002, Sociol. Methodol.
 * 32:33. */
typedef enum {
  IOI_DISSIMILARITY,
  IOI_GINI,
  IOI_THEIL,
  IOI_MUTUAL_INFORMATION,
  IOI_ATKINSON,
  IOI_ISOLATION,
  IOI_ISOLATION_EXACT,
  IOI_EXPOSURE,
  IOI_NORMALISED_EXPOSURE,
  IOI_CORRELATION_RATIO,
  IOI_HUTCHENS,
  IOI_GORARD,
  IOI_RELATIVE_DIVERSITY,
  IOI_SQUARED_CV,
  IOI_ATKINSON_SYMMETRIC,
  IOI_MIN_MAX,
  IOI_KARMEL_MACLACHLAN,
  IOI_CUTLER_GLAESER_VIGDOR,
  IOI_CONCENTRATION_PROFILE,
  IOI_DIVERSITY,
  IOI_SIMPSON,
  IOI_SEGREGATION_INDICES
} ioi_segregation_id;

/* An index with its options.
 *   shape      of ATKINSON, strictly between 0 and 1.
 *   log_base   natural logarithm of the base of MUTUAL_INFORMATION and
 *              DIVERSITY; not 0.
 *   normalise  DIVERSITY: divide by the log of the number of groups. */
typedef struct {
  ioi_segregation_id id;
  double shape;
  double log_base;
  int normalise;
} ioi_segregation_index;

/* Work space for tables of up to `units` x `groups`: the caller allocates
 * `real` of ioi_segregation_work() doubles and `sorted` of 2 * units. */
typedef struct {
  double p;
  uint32_t unit;
} ioi_sorted;

typedef struct {
  double *real;
  ioi_sorted *sorted;
} ioi_segregation_space;

size_t ioi_segregation_work(size_t units, size_t groups);

/* Sums over cells that several indices of all groups share; they stand at the end
 * of `real`, NaN until one of these indices asks for them. */
typedef enum {
  IOI_CELLS_DISTANCE,
  IOI_CELLS_INFORMATION,
  IOI_CELLS_SQUARE,
  IOI_CELLS_EXPOSED,
  IOI_CELLS_VARIED,
  IOI_CELLS
} ioi_cells;

/* The margins of a table, which every index of it shares; made once.
 *   unit      members of each unit; group: members of each group.
 *   all       members; occupied: units with members; present: groups with
 *             members. */
typedef struct {
  const ioi_table *table;
  const ioi_segregation_space *space;
  double *unit, *group;
  double all;
  size_t occupied, present;
} ioi_prepared;

/* Fills `margins`, whose arrays lie in `space`. IOI_EDOMAIN: a count is
 * negative, NaN or infinite, or a total overflows; there are 2^32 units. */
ioi_status ioi_segregation_prepare(const ioi_table *table,
                                   const ioi_segregation_space *space,
                                   ioi_prepared *margins);

/* An index of a table for one comparison.
 *
 *   value     [out]  the index.
 *   u         [out]  groups * units derivatives with respect to every cell,
 *                    group by group, 0 for groups outside the comparison and
 *                    where the derivative of an empty cell is infinite; or
 *                    NULL. All 0 where the status is not IOI_OK. Where |q - r|
 *                    has no derivative, at a tie (equal but for rounding), its
 *                    sign counts as 0.
 *   occupied  [out]  units with members of what is compared.
 * Groups outside a pair do not count, but for EXPOSURE, where everybody does.
 *
 * IOI_EDOMAIN: the margins could not be made (unit is NULL), the shape is out
 * of range or the value overflows.
 * IOI_EEMPTY:  a group that is compared has no members, or the table has one
 *              group, so that the index has no value (it is not 0); also where
 *              the index has no such comparison.
 * IOI_ESINGLE: all members are in one unit, so that it has no value.
 * M, the plain sum of Karmel & Maclachlan and the indices of composition have
 * values (0 but for the last) in both these cases when all groups are compared.
 * Allocates nothing. */
ioi_status ioi_segregation(const ioi_prepared *margins,
                           const ioi_segregation_index *index,
                           const ioi_comparison *comparison, double *value,
                           double *u, size_t *occupied);

/* The same for x and y alone: n members each.
 *   u_x, u_y  [out]  n derivatives each, or both NULL.
 *   y_is_rest [in]   y is all others: then it may be without members for
 *                    ISOLATION, ISOLATION_EXACT and EXPOSURE. */
ioi_status ioi_segregation_two(const ioi_segregation_index *index,
                               const double *x, const double *y, size_t n,
                               int y_is_rest,
                               const ioi_segregation_space *space,
                               double *value, double *u_x, double *u_y,
                               size_t *occupied);

/* Members of each group: table->groups values. */
void ioi_segregation_totals(const ioi_table *table, double *total);

/* Members of the groups in a comparison: those of a and b for a pair, else
 * everybody. total: of each group. */
double ioi_segregation_members(const double *total, size_t groups,
                               const ioi_comparison *comparison);

/* rest[i] = members of all groups but g in unit i; table->units values. */
void ioi_segregation_rest(const ioi_table *table, size_t g, double *rest);

/* Covariance of two indices when persons are drawn at random into cells:
 * sum over cells of n u_r u_s (the delta method on a multinomial; influences
 * sum to 0 over persons). cells values each. */
double ioi_segregation_covariance(const double *n, const double *u_r,
                                  const double *u_s, size_t cells);

/* Takes from the derivatives u (groups * units) those of the total of each
 * group: what is left when the groups are sampled each by itself, so that their
 * totals are not subject to chance. */
void ioi_segregation_totals_known(const ioi_prepared *margins, double *u);

#endif
