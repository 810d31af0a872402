#include "CKernels.h"
#include "Dispatch.h"

#define COLLECT(bits, type)                                                                                          \
    size_t kernels_compress_##bits(                                                                                  \
        const type *restrict values, const uint8_t *restrict mask, size_t count, type *restrict kept_values)         \
    {                                                                                                                \
        size_t kept = 0;                                                                                             \
        for (size_t i = 0; i < count; i++) {                                                                         \
            kept_values[kept] = values[i];                                                                           \
            kept += mask[i];                                                                                         \
        }                                                                                                            \
        return kept;                                                                                                 \
    }                                                                                                                \
    size_t kernels_gather_##bits(                                                                                    \
        const type *restrict values, const uint32_t *restrict slots, const uint8_t *restrict validity,               \
        uint32_t unwanted, size_t count, type *restrict kept_values, uint32_t *restrict kept_slots)                  \
    {                                                                                                                \
        size_t kept = 0;                                                                                             \
        for (size_t i = 0; i < count; i++) {                                                                         \
            kept_values[kept] = values[i];                                                                           \
            kept_slots[kept] = slots[i];                                                                             \
            kept += validity[i] & (slots[i] != unwanted);                                                            \
        }                                                                                                            \
        return kept;                                                                                                 \
    }                                                                                                                \
    void kernels_scatter_##bits(                                                                                     \
        const type *restrict values, const uint32_t *restrict slots, size_t count, uint32_t *restrict next,          \
        type *restrict scattered)                                                                                    \
    {                                                                                                                \
        for (size_t i = 0; i < count; i++) scattered[next[slots[i]]++] = values[i];                                  \
    }                                                                                                                \
    size_t kernels_keep_new_##bits(const type *values, size_t count, uint64_t *restrict bitmap, type *kept_values)   \
    {                                                                                                                \
        size_t kept = 0;                                                                                             \
        for (size_t i = 0; i < count; i++) {                                                                         \
            type value = values[i];                                                                                  \
            uint64_t word = bitmap[value >> 6], bit = 1ull << (value & 63);                                          \
            kept_values[kept] = value;                                                                               \
            kept += !(word & bit);                                                                                   \
            bitmap[value >> 6] = word | bit;                                                                         \
        }                                                                                                            \
        return kept;                                                                                                 \
    }                                                                                                                \
    void kernels_mark_##bits(                                                                                        \
        const type *restrict values, size_t count, uint64_t offset, uint64_t factor, uint64_t *restrict bitmap)      \
    {                                                                                                                \
        for (size_t i = 0; i < count; i++) {                                                                         \
            uint64_t position = offset + factor * values[i];                                                         \
            bitmap[position >> 6] |= 1ull << (position & 63);                                                        \
        }                                                                                                            \
    }                                                                                                                \
    size_t kernels_mark_new_##bits(                                                                                  \
        const type *restrict values, size_t count, uint64_t offset, uint64_t factor, uint64_t *restrict bitmap)      \
    {                                                                                                                \
        size_t marked = 0;                                                                                           \
        for (size_t i = 0; i < count; i++) {                                                                         \
            uint64_t position = offset + factor * values[i];                                                         \
            uint64_t word = bitmap[position >> 6], bit = 1ull << (position & 63);                                    \
            marked += !(word & bit);                                                                                 \
            bitmap[position >> 6] = word | bit;                                                                      \
        }                                                                                                            \
        return marked;                                                                                               \
    }                                                                                                                \
    void kernels_clear_marks_##bits(                                                                                 \
        const type *restrict values, size_t count, uint64_t offset, uint64_t factor, uint64_t *restrict bitmap)      \
    {                                                                                                                \
        for (size_t i = 0; i < count; i++) bitmap[(offset + factor * values[i]) >> 6] = 0;                           \
    }

KERNELS_FOR_EACH_KEPT_WIDTH(COLLECT)

KERNEL void kernels_join_bits(uint64_t *restrict words, const uint64_t *restrict others, size_t count)
{
    for (size_t i = 0; i < count; i++) words[i] |= others[i];
}
