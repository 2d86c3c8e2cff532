/* key.c - levels of rows in columns and in products of columns.
 * The table is linear probing with Fibonacci hashing (Knuth, The Art of
 * Computer Programming, vol. 3, section 6.4). */
#include "core/key.h"

#include <limits.h>
#include <stdlib.h>

/* 2^64 divided by the golden ratio, made odd. */
static const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);

void ioi_key_range(const int *value, size_t n, int *low, int *high,
                   size_t *missing)
{
  int smallest = INT_MAX, largest = INT_MIN;
  *missing = 0;
  for (size_t i = 0; i < n; i++)
  {
    if (value[i] == INT_MIN)
    {
      (*missing)++;
      continue;
    }
    smallest = value[i] < smallest ? value[i] : smallest;
    largest = value[i] > largest ? value[i] : largest;
  }
  if (*missing == n)
    return;
  *low = smallest;
  *high = largest;
}

static void column_block(const ioi_key *key, size_t from, size_t rows,
                         size_t *level)
{
  const unsigned first = (unsigned) key->first;
  for (size_t i = 0; i < rows; i++)
  {
    size_t at = key->value ? (unsigned) key->value[from + i] - first : 0;
    if (at >= key->size)
      level[i] = IOI_NO_LEVEL;
    else if (!key->map)
      level[i] = at;
    else
      level[i] = key->map[at] < 0 ? IOI_NO_LEVEL : (size_t) key->map[at];
  }
}

static size_t slot_of(const ioi_index *index, uint64_t code)
{
  size_t at = (size_t) ((code * golden) >> 20) & (index->slots - 1);
  while (index->code[at] != code && index->code[at] != IOI_NO_CODE)
    at = (at + 1) & (index->slots - 1);
  return at;
}

static void index_block(const ioi_index *index, size_t rows, size_t *level)
{
  for (size_t i = 0; i < rows; i++)
  {
    if (level[i] == IOI_NO_LEVEL)
      continue;
    size_t at = slot_of(index, level[i]);
    level[i] = index->code[at] == IOI_NO_CODE ? IOI_NO_LEVEL : index->rank[at];
  }
}

static void product_block(const ioi_key *key, const ioi_key *all, size_t rows,
                          const size_t *levels, size_t *level)
{
  const size_t *first = levels + key->part[0] * IOI_BLOCK;
  for (size_t i = 0; i < rows; i++)
    level[i] = first[i];
  for (size_t p = 1; p < key->parts; p++)
  {
    const size_t *part = levels + key->part[p] * IOI_BLOCK;
    const size_t radix = all[key->part[p]].levels;
    for (size_t i = 0; i < rows; i++)
      level[i] = level[i] == IOI_NO_LEVEL || part[i] == IOI_NO_LEVEL
                     ? IOI_NO_LEVEL
                     : level[i] * radix + part[i];
  }
  if (key->index)
    index_block(key->index, rows, level);
}

void ioi_key_block(const ioi_key *key, size_t keys, size_t from, size_t rows,
                   size_t *level)
{
  for (size_t k = 0; k < keys; k++)
  {
    size_t *out = level + k * IOI_BLOCK;
    if (key[k].parts == 0)
      column_block(key + k, from, rows, out);
    else
      product_block(key + k, key, rows, level, out);
  }
}

/* Enters the codes of one block; the new count, or slots when there is no
 * room for more than half of them. */
static size_t enter_block(ioi_index *index, size_t rows, const size_t *code,
                          size_t count)
{
  for (size_t i = 0; i < rows; i++)
  {
    if (code[i] == IOI_NO_LEVEL)
      continue;
    size_t at = slot_of(index, code[i]);
    if (index->code[at] != IOI_NO_CODE)
      continue;
    if (2 * (count + 1) > index->slots)
      return index->slots;
    index->code[at] = code[i];
    count++;
  }
  return count;
}

ioi_status ioi_index_find(const ioi_key *key, size_t keys, size_t which,
                          size_t rows, ioi_index *index, size_t *count,
                          size_t *level)
{
  size_t found = 0;
  for (size_t s = 0; s < index->slots; s++)
    index->code[s] = IOI_NO_CODE;
  for (size_t from = 0; from < rows; from += IOI_BLOCK)
  {
    size_t block = rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
    ioi_key_block(key, keys, from, block, level);
    found = enter_block(index, block, level + which * IOI_BLOCK, found);
    if (found == index->slots)
      return IOI_EFULL;
  }
  *count = found;
  return IOI_OK;
}

static int ascending(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
  return (x > y) - (x < y);
}

void ioi_index_rank(ioi_index *index, uint64_t *code, size_t count)
{
  size_t found = 0;
  for (size_t s = 0; s < index->slots; s++)
    if (index->code[s] != IOI_NO_CODE)
      code[found++] = index->code[s];
  qsort(code, count, sizeof *code, ascending);
  for (size_t i = 0; i < count; i++)
    index->rank[slot_of(index, code[i])] = (uint32_t) i;
}
