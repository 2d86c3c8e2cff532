/* code.h - numbers for values that are known by their address, as the texts of
 * R are: one pass, in order of appearance. */
#ifndef IOI_CORE_CODE_H
#define IOI_CORE_CODE_H

#include <stddef.h>

#include "core/status.h"

/* Does the value at address one sort after that at two? */
typedef int ioi_above(const void *one, const void *two);

/* An address and its number, -1 where the slot is free. */
typedef struct {
  const void *address;
  int code;
} ioi_slot;

/* What is known of the numbers so far; starts as {slots, table, first, 0, 0, 1}.
 *   slots   size of the table, a power of 2; table: so much work space, or NULL
 *           as long as the values rise.
 *   first   slots / 2 rows: where each number appears first.
 *   done    rows that have their number; levels: how many numbers there are.
 *   rising  not 0: each value sorts after those of the numbers before. */
typedef struct {
  size_t slots;
  ioi_slot *table;
  int *first;
  size_t done, levels;
  int rising;
} ioi_coder;

/* Numbers the addresses in x from 0 in the order in which they appear.
 *
 *   x        [in]      n addresses.
 *   missing  [in]      the address that has no number.
 *   above    [in]      a strict order of values; those that rise are found fast.
 *   coder    [in,out]  as above.
 *   code     [out]     n numbers; INT_MIN for `missing`.
 * IOI_EFULL: there are more than slots / 2, or the values no longer rise and there
 * is no table; call again with more slots, the same `first` in a longer array, a
 * table, and the rest as it is. IOI_EDOMAIN: n is more than
 * an int holds. */
ioi_status ioi_code_addresses(const void *const *x, size_t n,
                              const void *missing, ioi_above *above,
                              ioi_coder *coder, int *code);

/* Is x the same in all rows with the same code? x holds values of `width`
 * bytes, 4 or 8, which are compared bit by bit; code and first as above. */
int ioi_code_constant(const int *code, size_t n, const int *first,
                      const void *x, size_t width);

#endif
