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

/* The slot of an address, which is free where that is new. */
static ioi_slot *slot_of(const ioi_coder *c, const void *address)
{
  size_t s = home(address, c->slots);
  while (c->table[s].code >= 0 && c->table[s].address != address)
    s = (s + 1) & (c->slots - 1);
  return c->table + s;
}

static void fill_table(const ioi_coder *c, const void *const *x)
{
  for (size_t s = 0; s < c->slots; s++) c->table[s].code = -1;
  for (size_t k = 0; k < c->levels; k++)
    *slot_of(c, x[c->first[k]]) = (ioi_slot){x[c->first[k]], (int) k};
}

/* A new number for row i; -1: no room. */
static int add_level(ioi_coder *c, size_t i)
{
  if (2 * c->levels >= c->slots) return -1;
  c->first[c->levels] = (int) i;
  return (int) c->levels++;
}

/* What sorts after all before is new, so that the table is not needed until a
 * row does not. */
static int number_of(ioi_coder *c, const void *const *x, size_t i,
                     ioi_above *above)
{
  if (c->rising) {
    if (c->levels == 0 || above(x[i], x[c->first[c->levels - 1]]))
      return add_level(c, i);
    c->rising = 0;
    if (!c->table) return -1;
    fill_table(c, x);
  }
  ioi_slot *known = slot_of(c, x[i]);
  if (known->code < 0) *known = (ioi_slot){x[i], add_level(c, i)};
  return known->code;
}

/* Rows mostly repeat the row before, or go on in the order of those before, or
 * begin it again. */
ioi_status ioi_code_addresses(const void *const *x, size_t n,
                              const void *missing, ioi_above *above,
                              ioi_coder *c, int *code)
{
  if (n > INT_MAX) return IOI_EDOMAIN;
  if (!c->rising) fill_table(c, x);
  for (size_t i = c->done, next = 0; i < n; i++) {
    if (x[i] == missing) {
      code[i] = INT_MIN;
      continue;
    }
    if (i > 0 && x[i] == x[i - 1])
      code[i] = code[i - 1];
    else if (next < c->levels && x[i] == x[c->first[next]])
      code[i] = (int) next;
    else if (c->levels > 0 && x[i] == x[c->first[0]])
      code[i] = 0;
    else
      code[i] = number_of(c, x, i, above);
    if (code[i] < 0) {
      c->done = i;
      return IOI_EFULL;
    }
    next = (size_t) code[i] + 1;
  }
  c->done = n;
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
