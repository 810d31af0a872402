#include "CKernels.h"
#include "Dispatch.h"

#define MASK_SPAN(bits, type)                                                                                        \
    KERNEL void kernels_mask_span_##bits(                                                                            \
        const type *restrict values, size_t count, type low, type span, uint8_t *restrict mask)                      \
    {                                                                                                                \
        for (size_t i = 0; i < count; i++) mask[i] = (type)(values[i] - low) <= span;                                \
    }

KERNELS_FOR_EACH_WIDTH(MASK_SPAN)

#define MASK_TABLE(bits, type)                                                                                       \
    KERNEL void kernels_mask_table_##bits(                                                                           \
        const type *restrict values, size_t count, const uint8_t *restrict table, uint8_t *restrict mask)            \
    {                                                                                                                \
        for (size_t i = 0; i < count; i++) mask[i] = table[values[i]];                                               \
    }

MASK_TABLE(8, uint8_t)
MASK_TABLE(16, uint16_t)
MASK_TABLE(32, uint32_t)

KERNEL void kernels_expand_bits(
    const uint64_t *restrict words, size_t start, size_t count, uint8_t *restrict bytes)
{
    size_t i = 0;
    // Up to the next whole byte one by one, then eight at a time.
    for (; i < count && (start + i) % 8 != 0; i++) bytes[i] = words[(start + i) / 64] >> (start + i) % 64 & 1;
    const uint8_t *packed = (const uint8_t *)words + (start + i) / 8;
    for (; i + 8 <= count; i += 8, packed++) {
        for (int bit = 0; bit < 8; bit++) bytes[i + bit] = *packed >> bit & 1;
    }
    for (; i < count; i++) bytes[i] = words[(start + i) / 64] >> (start + i) % 64 & 1;
}

KERNEL void kernels_and(uint8_t *restrict mask, const uint8_t *restrict other, size_t count)
{
    for (size_t i = 0; i < count; i++) mask[i] &= other[i];
}

KERNEL void kernels_or(uint8_t *restrict mask, const uint8_t *restrict other, size_t count)
{
    for (size_t i = 0; i < count; i++) mask[i] |= other[i];
}

KERNEL size_t kernels_count(const uint8_t *restrict mask, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count;) {
        // Few enough that a byte's worth of sums can be kept narrow by the compiler.
        size_t end = count - i > 4096 ? i + 4096 : count;
        uint32_t part = 0;
        for (; i < end; i++) part += mask[i];
        total += part;
    }
    return total;
}

KERNEL void kernels_clear_lanes(int64_t *restrict lanes, const uint8_t *restrict mask, size_t count)
{
    for (size_t i = 0; i < count; i++) lanes[i] &= -(int64_t)mask[i];
}

KERNEL void kernels_clear_codes(uint32_t *restrict codes, const uint8_t *restrict mask, size_t count)
{
    for (size_t i = 0; i < count; i++) codes[i] &= -(uint32_t)mask[i];
}

KERNEL size_t kernels_count_bits(const uint64_t *restrict words, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) total += (size_t)__builtin_popcountll(words[i]);
    return total;
}
