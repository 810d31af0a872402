#include "CKernels.h"
#include "Dispatch.h"

KERNEL size_t kernels_bounds(
    const int64_t *restrict lanes, const uint8_t *restrict validity, size_t count, int64_t *low, int64_t *high)
{
    int64_t least = INT64_MAX, greatest = INT64_MIN;
    size_t valid = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t from = validity[i] ? lanes[i] : INT64_MAX, to = validity[i] ? lanes[i] : INT64_MIN;
        least = from < least ? from : least;
        greatest = to > greatest ? to : greatest;
        valid += validity[i];
    }
    *low = least;
    *high = greatest;
    return valid;
}

// A number is a multiple of odd * 2^zeros just when its product with the inverse of `odd` (modulo 2^64), rotated right by
// `zeros`, is at most (2^64 - 1) / (odd * 2^zeros): the multiples are the numbers that come out small.
//
// Source: Granlund and Montgomery, Division by Invariant Integers using Multiplication (1994), section 9; Warren,
// Hacker's Delight, section 10-17.
KERNEL size_t kernels_first_indivisible(
    const int64_t *restrict lanes, const uint8_t *restrict validity, size_t count, int64_t base, uint64_t inverse,
    unsigned zeros, uint64_t most)
{
    enum { BLOCK = 256 };
    unsigned left = (64 - zeros) % 64;
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t end = count - start > BLOCK ? start + BLOCK : count;
        uint64_t found = 0;
        for (size_t i = start; i < end; i++) {
            uint64_t product = ((uint64_t)lanes[i] - (uint64_t)base) * inverse;
            found |= ((product >> zeros | product << left) > most) & validity[i];
        }
        if (!found) continue;
        for (size_t i = start; i < end; i++) {
            uint64_t product = ((uint64_t)lanes[i] - (uint64_t)base) * inverse;
            if ((product >> zeros | product << left) > most && validity[i]) return i;
        }
    }
    return count;
}

#define NARROW(bits, type)                                                                                           \
    KERNEL void kernels_narrow_##bits(                                                                               \
        const int64_t *restrict lanes, const uint8_t *restrict validity, size_t count, int64_t base,                 \
        uint64_t inverse, unsigned zeros, type *restrict values)                                                     \
    {                                                                                                                \
        uint64_t start = (uint64_t)base;                                                                             \
        if (inverse == 1 && zeros == 0) {                                                                            \
            for (size_t i = 0; i < count; i++)                                                                       \
                values[i] = (type)((uint64_t)lanes[i] - start) & (type) - (type)validity[i];                         \
        } else {                                                                                                     \
            for (size_t i = 0; i < count; i++)                                                                       \
                values[i] = (type)((((uint64_t)lanes[i] - start) >> zeros) * inverse) & (type) - (type)validity[i];  \
        }                                                                                                            \
    }

KERNELS_FOR_EACH_WIDTH(NARROW)

KERNEL void kernels_pack_bits(const uint8_t *restrict bytes, size_t count, uint64_t *restrict words)
{
    size_t whole = count / 64;
    for (size_t word = 0; word < whole; word++) {
        uint64_t packed = 0;
        for (unsigned bit = 0; bit < 64; bit++) packed |= (uint64_t)bytes[word * 64 + bit] << bit;
        words[word] = packed;
    }
    if (count % 64 == 0) return;
    words[whole] = 0;
    for (size_t i = whole * 64; i < count; i++) words[whole] |= (uint64_t)bytes[i] << i % 64;
}
