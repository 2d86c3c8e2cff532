/* code.h - numbers for values that are known by their address, as the texts of
 * R are: one pass, in order of appearance. */
#ifndef IOI_CORE_CODE_H
#define IOI_CORE_CODE_H

#include <stddef.h>

#include "core/status.h"

/* Numbers the addresses in x from 0 in the order in which they appear.
 *
 *   x        [in]   n addresses.
 *   missing  [in]   the address that has no number.
 *   slots    [in]   size of the table, a power of 2.
 *   table    [out]  slots ints of work space.
 *   code     [out]  n numbers; -1 for `missing`.
 *   first    [out]  slots / 2 rows at most: where each number appears first.
 *   levels   [out]  how many there are.
 * IOI_EFULL: more than slots / 2; give a larger table. IOI_EDOMAIN: n is more
 * than an int holds. */
ioi_status ioi_code_addresses(const void *const *x, size_t n,
                              const void *missing, size_t slots, int *table,
                              int *code, int *first, size_t *levels);

/* Is x the same in all rows with the same code? x holds values of `width`
 * bytes, 4 or 8, which are compared bit by bit; code and first as above. */
int ioi_code_constant(const int *code, size_t n, const int *first,
                      const void *x, size_t width);

#endif
