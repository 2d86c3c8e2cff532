/* kdtree.h - points sorted so that those near a place are found without looking
 * at all of them (Bentley 1975, Commun. ACM 18(9):509-517). */
#ifndef IOI_CORE_KDTREE_H
#define IOI_CORE_KDTREE_H

#include <stddef.h>
#include <stdint.h>

/* Points in a plane (2 numbers each) or on a sphere of radius 1 (3 each). The
 * tree is a permutation: point p of the tree is point unit[p] of the caller.
 * The middle of a run of positions splits it along axis[middle].
 *
 *   n      points, fewer than 2^32.
 *   dims   2 or 3.
 *   point  n * dims coordinates, in the order of the tree.
 *   unit   n numbers.
 *   axis   n bytes. */
typedef struct {
  size_t n;
  size_t dims;
  double *point;
  uint32_t *unit;
  unsigned char *axis;
} ioi_kdtree;

/* Sorts the points, which are finite: point holds them in the caller's order
 * before and in the order of the tree after. unit and axis are written. The
 * result depends on the points alone. Time: O(n log n) expected. */
void ioi_kdtree_build(ioi_kdtree *tree);

/* Positions whose point lies within `radius` >= 0 of `centre` (dims numbers)
 * in straight line, ascending.
 *
 *   found [out]  room for n positions.
 *   gives the number of positions found. */
size_t ioi_kdtree_within(const ioi_kdtree *tree, const double *centre,
                         double radius, uint32_t *found);

#endif
