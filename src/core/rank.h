/* rank.h - the rank of a matrix whose rows come one after the other.
 *
 * Degrees of freedom of replicate weights are the rank of the weights of the
 * records at hand, less 1. Rows are eliminated by those before them, the largest
 * entry of each as its pivot (Golub & Van Loan 2013, Matrix Computations,
 * section 3.4, on the transpose), eight at a time; a row whose rest is below
 * 1e-5 of its largest entry adds nothing. Once a row adds nothing, those that
 * follow are first multiplied with one vector that is orthogonal to all rows that
 * counted: only where the product is not 0 is the row eliminated. So neither a
 * matrix of full rank, which ends the work at once, nor one of low rank takes
 * long. */
#ifndef IOI_CORE_RANK_H
#define IOI_CORE_RANK_H

#include <stddef.h>

#include "core/key.h"

/* Rows that are worked on together. */
#define IOI_RANK_ROWS ((size_t) 8)

/* What is known of the rows so far. All arrays are the caller's, and nothing in
 * them matters before ioi_rank_start(). Positions are columns in the order in which
 * they became pivots, then the rest.
 *
 *   columns  length of a row.
 *   rank     of the rows that were worked on.
 *   pending  rows that wait, below IOI_RANK_ROWS.
 *   panels   groups of pivots that were found together.
 *   probing  not 0: `probe` is orthogonal to all rows that counted.
 *   basis    columns * columns: row k from position k on.
 *   block    IOI_RANK_ROWS * columns: rows that wait, side by side, each divided
 *            by its largest entry.
 *   probe    columns.
 *   column   columns: the column of each position.
 *   panel    columns + 1: the first pivot of each panel. */
typedef struct {
  size_t columns, rank, pending, panels;
  int probing;
  double *basis, *block, *probe;
  int *column, *panel;
} ioi_rank;

/* No rows yet; `columns` and the arrays are set. */
void ioi_rank_start(ioi_rank *rank);

/* Adds a row of finite numbers. */
void ioi_rank_add(ioi_rank *rank, const double *row);

/* The rank of all rows that were added. */
size_t ioi_rank_finish(ioi_rank *rank);

/* The rank of the rows of `factor`, units x columns, whose bit is set: bit j % 8
 * of bits[j / 8] is that of unit j. */
size_t ioi_rank_of_units(ioi_rank *rank, const double *factor, size_t units,
                         const unsigned char *bits);

/* The rank of some records in columns of numbers, each times its weight.
 *   number  columns.
 *   weight  both pointers NULL: 1.
 *   record  `records` rows of the columns.
 *   row     work space, columns doubles. */
size_t ioi_rank_of_records(ioi_rank *rank, const ioi_numbers *number,
                           const ioi_numbers *weight, const int *record,
                           size_t records, double *row);

#endif
