// The loops that scans run in, over columns at their stored width (1, 2, 4 or 8 bytes a row), compiled for several
// generations of processors and chosen when the program is loaded.
//
// Nothing here allocates, fails or keeps state. Outputs never overlap inputs. A mask holds one byte a row: 1 for a row
// that passes, 0 for one that does not.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsRegression.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// For each stored width: the suffix of the functions' names and the type of a stored value.
#define KERNELS_FOR_EACH_WIDTH(DECLARE) \
    DECLARE(8, uint8_t)                 \
    DECLARE(16, uint16_t)               \
    DECLARE(32, uint32_t)               \
    DECLARE(64, uint64_t)

#define KERNELS_DECLARE(bits, type)                                                                                  \
    /* lanes[i] = base + scale * values[i], wrapping. */                                                             \
    void kernels_widen_##bits(                                                                                       \
        const type *values, size_t count, int64_t base, int64_t scale, int64_t *lanes);                              \
    /* values[i] = the exact quotient of (lanes[i] - base) and a step of it (see kernels_first_indivisible), cut off at   \
       the width; 0 where validity[i] is. */                                                                         \
    void kernels_narrow_##bits(                                                                                      \
        const int64_t *lanes, const uint8_t *validity, size_t count, int64_t base, uint64_t inverse, unsigned zeros, \
        type *values);                                                                                               \
    /* mask[i] = low <= values[i] <= low + span, in the order that starts at low and wraps. */                       \
    void kernels_mask_span_##bits(const type *values, size_t count, type low, type span, uint8_t *mask);             \
    /* codes[i] = values[i] + offset. */                                                                             \
    void kernels_codes_##bits(const type *values, size_t count, uint32_t offset, uint32_t *codes);                   \
    /* The sum of all values, and of those whose mask is 1, wrapping at 64 bits. */                                  \
    uint64_t kernels_sum_##bits(const type *values, size_t count);                                                   \
    uint64_t kernels_sum_masked_##bits(const type *values, const uint8_t *mask, size_t count);                       \
    /* sums[slots[i] + (i % 4) * bank] += values[i], wrapping. Banks keep neighbours of one slot from waiting. */    \
    void kernels_sum_slots_##bits(                                                                                   \
        const type *values, const uint32_t *slots, size_t count, uint64_t *sums, size_t bank);

KERNELS_FOR_EACH_WIDTH(KERNELS_DECLARE)
#undef KERNELS_DECLARE

/// mask[i] = table[values[i]].
void kernels_mask_table_8(const uint8_t *values, size_t count, const uint8_t *table, uint8_t *mask);
void kernels_mask_table_16(const uint16_t *values, size_t count, const uint8_t *table, uint8_t *mask);
void kernels_mask_table_32(const uint32_t *values, size_t count, const uint8_t *table, uint8_t *mask);

/// The least and the greatest of the lanes whose validity byte is 1; INT64_MAX and INT64_MIN where none is.
///
/// @return  how many are valid.
size_t kernels_bounds(
    const int64_t *lanes, const uint8_t *validity, size_t count, int64_t *low, int64_t *high);

/// The first lane, of those whose validity byte is 1, whose distance from base is no multiple of a step; count when there
/// is none.
///
/// @param inverse  of the step's odd part, modulo 2^64.
/// @param zeros    the step's trailing zero bits.
/// @param most     (2^64 - 1) / step.
size_t kernels_first_indivisible(
    const int64_t *lanes, const uint8_t *validity, size_t count, int64_t base, uint64_t inverse, unsigned zeros,
    uint64_t most);

/// The other way round: a bit for each byte, 0 or 1; bits past the last are 0.
void kernels_pack_bits(const uint8_t *bytes, size_t count, uint64_t *words);

/// One byte, 0 or 1, for each of `count` bits from bit `start` on, lowest first.
void kernels_expand_bits(const uint64_t *words, size_t start, size_t count, uint8_t *bytes);

/// mask[i] &= other[i], and mask[i] |= other[i].
void kernels_and(uint8_t *mask, const uint8_t *other, size_t count);
void kernels_or(uint8_t *mask, const uint8_t *other, size_t count);

/// How many bytes of a mask are 1.
size_t kernels_count(const uint8_t *mask, size_t count);

/// lanes[i] = mask[i] ? lanes[i] : 0, and the same for 32 bits.
void kernels_clear_lanes(int64_t *lanes, const uint8_t *mask, size_t count);
void kernels_clear_codes(uint32_t *codes, const uint8_t *mask, size_t count);

/// slots[i] = slots[i] * cardinality + codes[i].
void kernels_combine_slots(uint32_t *slots, const uint32_t *codes, uint32_t cardinality, size_t count);

/// output[i] = mask[i] ? slots[i] : unwanted.
void kernels_select_slots(
    const uint32_t *slots, const uint8_t *mask, uint32_t unwanted, size_t count, uint32_t *output);

/// counts[slots[i] + (i % 4) * bank] += 1, or += mask[i].
void kernels_count_slots(const uint32_t *slots, size_t count, int64_t *counts, size_t bank);
void kernels_count_slots_masked(
    const uint32_t *slots, const uint8_t *mask, size_t count, int64_t *counts, size_t bank);

/// Sorts keys of which only the lowest `bits` bits differ.
///
/// Source: radix sort by the least significant digit; Knuth, The Art of Computer Programming, volume 3, section 5.2.5.
///
/// @param spare  room for `count` keys.
/// @return       where the sorted keys are: `keys` or `spare`.
uint32_t *kernels_sort_32(uint32_t *keys, uint32_t *spare, size_t count, unsigned bits);
uint64_t *kernels_sort_64(uint64_t *keys, uint64_t *spare, size_t count, unsigned bits);

// For each width that collected values are kept at.
#define KERNELS_FOR_EACH_KEPT_WIDTH(DECLARE) \
    DECLARE(32, uint32_t)                    \
    DECLARE(64, uint64_t)

#define KERNELS_DECLARE(bits, type)                                                                                  \
    /* Appends the values whose mask is 1. Returns how many; one more may be written to behind them. */              \
    size_t kernels_compress_##bits(                                                                                  \
        const type *values, const uint8_t *mask, size_t count, type *kept_values);                                   \
    /* Appends the value and the slot of each row that is valid and has another slot than `unwanted`. Returns how    \
       many; one more may be written to behind them. */                                                              \
    size_t kernels_gather_##bits(                                                                                    \
        const type *values, const uint32_t *slots, const uint8_t *validity, uint32_t unwanted, size_t count,         \
        type *kept_values, uint32_t *kept_slots);                                                                    \
    /* scattered[next[slots[i]]++] = values[i]: brings the values of each slot together, in their order. */          \
    void kernels_scatter_##bits(                                                                                     \
        const type *values, const uint32_t *slots, size_t count, uint32_t *next, type *scattered);                   \
    /* Keeps each value whose bit is not set yet, and sets it. May write over what it reads. Returns how many. */    \
    size_t kernels_keep_new_##bits(const type *values, size_t count, uint64_t *bitmap, type *kept_values);           \
    /* Sets bit offset + factor * values[i] for each i; the second says how many were not set before; the third      \
       clears the words that the first two have set bits in. */                                                      \
    void kernels_mark_##bits(                                                                                        \
        const type *values, size_t count, uint64_t offset, uint64_t factor, uint64_t *bitmap);                       \
    size_t kernels_mark_new_##bits(                                                                                  \
        const type *values, size_t count, uint64_t offset, uint64_t factor, uint64_t *bitmap);                       \
    void kernels_clear_marks_##bits(                                                                                 \
        const type *values, size_t count, uint64_t offset, uint64_t factor, uint64_t *bitmap);

KERNELS_FOR_EACH_KEPT_WIDTH(KERNELS_DECLARE)
#undef KERNELS_DECLARE

/// words[i] |= others[i].
void kernels_join_bits(uint64_t *words, const uint64_t *others, size_t count);

/// How many bits are 1.
size_t kernels_count_bits(const uint64_t *words, size_t count);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
