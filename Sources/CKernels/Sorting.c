#include <string.h>

#include "CKernels.h"

// Digits have at most this many bits: their counts stay in the second-level cache, and twenty-six bits take two passes.
// For few keys counting so many values would cost more than it saves.
#define MOST_DIGIT_BITS 13
#define FEW_KEYS 4096
#define FEW_KEYS_DIGIT_BITS 8
// Five long digits cover 64 bits; eight short ones have fewer counts.
#define MOST_COUNTS (5u << MOST_DIGIT_BITS)

#define SORT(width, type)                                                                                            \
    type *kernels_sort_##width(type *keys, type *spare, size_t count, unsigned bits)                                 \
    {                                                                                                                \
        unsigned most = count < FEW_KEYS ? FEW_KEYS_DIGIT_BITS : MOST_DIGIT_BITS;                                    \
        unsigned digits = (bits + most - 1) / most;                                                                  \
        if (digits == 0 || count < 2) return keys;                                                                   \
        unsigned digit_bits = (bits + digits - 1) / digits, digit_count = 1u << digit_bits;                          \
        uint32_t starts[MOST_COUNTS];                                                                                \
        memset(starts, 0, ((size_t)digits << digit_bits) * sizeof starts[0]);                                        \
        for (size_t i = 0; i < count; i++) {                                                                         \
            type key = keys[i];                                                                                      \
            for (unsigned digit = 0; digit < digits; digit++)                                                        \
                starts[(digit << digit_bits) + (key >> digit * digit_bits & (digit_count - 1))]++;                   \
        }                                                                                                            \
        for (unsigned digit = 0; digit < digits; digit++) {                                                          \
            uint32_t *next = starts + ((size_t)digit << digit_bits), total = 0;                                      \
            unsigned shift = digit * digit_bits;                                                                     \
            /* A digit that all keys share moves nothing. */                                                         \
            if (next[keys[0] >> shift & (digit_count - 1)] == count) continue;                                       \
            for (unsigned value = 0; value < digit_count; value++) {                                                 \
                uint32_t here = next[value];                                                                         \
                next[value] = total;                                                                                 \
                total += here;                                                                                       \
            }                                                                                                        \
            for (size_t i = 0; i < count; i++) {                                                                     \
                type key = keys[i];                                                                                  \
                spare[next[key >> shift & (digit_count - 1)]++] = key;                                               \
            }                                                                                                        \
            type *sorted = spare;                                                                                    \
            spare = keys;                                                                                            \
            keys = sorted;                                                                                           \
        }                                                                                                            \
        return keys;                                                                                                 \
    }

SORT(32, uint32_t)
SORT(64, uint64_t)
