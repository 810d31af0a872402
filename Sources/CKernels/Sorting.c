#include <string.h>

#include "CKernels.h"

// Digits of this many bits: their counts stay in the first-level cache.
#define DIGIT_BITS 11
#define DIGIT_COUNT (1u << DIGIT_BITS)
#define MOST_DIGITS (64 / DIGIT_BITS + 1)

#define SORT(width, type)                                                                                            \
    type *kernels_sort_##width(type *keys, type *spare, size_t count, unsigned bits)                                 \
    {                                                                                                                \
        unsigned digits = (bits + DIGIT_BITS - 1) / DIGIT_BITS;                                                      \
        uint32_t starts[MOST_DIGITS][DIGIT_COUNT];                                                                   \
        memset(starts, 0, digits * sizeof starts[0]);                                                                \
        for (size_t i = 0; i < count; i++) {                                                                         \
            type key = keys[i];                                                                                      \
            for (unsigned digit = 0; digit < digits; digit++)                                                        \
                starts[digit][key >> digit * DIGIT_BITS & (DIGIT_COUNT - 1)]++;                                      \
        }                                                                                                            \
        for (unsigned digit = 0; digit < digits; digit++) {                                                          \
            uint32_t *next = starts[digit], total = 0;                                                               \
            unsigned shift = digit * DIGIT_BITS;                                                                     \
            /* A digit that all keys share moves nothing. */                                                         \
            if (count == 0 || next[keys[0] >> shift & (DIGIT_COUNT - 1)] == count) continue;                         \
            for (unsigned value = 0; value < DIGIT_COUNT; value++) {                                                 \
                uint32_t here = next[value];                                                                         \
                next[value] = total;                                                                                 \
                total += here;                                                                                       \
            }                                                                                                        \
            for (size_t i = 0; i < count; i++) {                                                                     \
                type key = keys[i];                                                                                  \
                spare[next[key >> shift & (DIGIT_COUNT - 1)]++] = key;                                               \
            }                                                                                                        \
            type *sorted = spare;                                                                                    \
            spare = keys;                                                                                            \
            keys = sorted;                                                                                           \
        }                                                                                                            \
        return keys;                                                                                                 \
    }

SORT(32, uint32_t)
SORT(64, uint64_t)

void kernels_set_bits_32(const uint32_t *restrict keys, size_t count, uint32_t low, uint64_t *restrict bitmap)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bit = keys[i] - low;
        bitmap[bit >> 6] |= 1ull << (bit & 63);
    }
}
