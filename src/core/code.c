/* code.c - numbers for addresses. */
#include "core/code.h"

#include <limits.h>
#include <stdint.h>

/* Spreads the bits of an address over all of a word (Fibonacci hashing: Knuth,
 * The Art of Computer Programming 3, 6.4). */
static size_t home(const void *address, size_t slots)
{
  const uint64_t mixed =
    (uint64_t) (uintptr_t) address * UINT64_C(0x9E3779B97F4A7C15);
  return (size_t) (mixed >> 20) & (slots - 1);
}

ioi_status ioi_code_addresses(const void *const *x, size_t n,
                              const void *missing, size_t slots, int *table,
                              int *code, int *first, size_t *levels)
{
  if (n > INT_MAX) return IOI_EDOMAIN;
  for (size_t s = 0; s < slots; s++) table[s] = -1;
  *levels = 0;
  for (size_t i = 0; i < n; i++) {
    if (x[i] == missing) {
      code[i] = -1;
      continue;
    }
    size_t s = home(x[i], slots);
    while (table[s] >= 0 && x[first[table[s]]] != x[i])
      s = (s + 1) & (slots - 1);
    if (table[s] < 0) {
      if (2 * *levels >= slots) return IOI_EFULL;
      first[*levels] = (int) i;
      table[s] = (int) (*levels)++;
    }
    code[i] = table[s];
  }
  return IOI_OK;
}

int ioi_code_constant(const int *code, size_t n, const int *first,
                      const void *x, size_t width)
{
  const uint32_t *narrow = x;
  const uint64_t *wide = x;
  for (size_t i = 0; i < n; i++) {
    if (code[i] < 0) continue;
    const size_t at = (size_t) first[code[i]];
    if (width == 4 ? narrow[i] != narrow[at] : wide[i] != wide[at]) return 0;
  }
  return 1;
}
