#include "CKernels.h"
#include "Dispatch.h"

#define WIDEN(bits, type)                                                                                            \
    KERNEL void kernels_widen_##bits(                                                                                \
        const type *restrict values, size_t count, int64_t base, int64_t scale, int64_t *restrict lanes)             \
    {                                                                                                                \
        uint64_t start = (uint64_t)base, step = (uint64_t)scale;                                                     \
        if (scale == 1) {                                                                                            \
            for (size_t i = 0; i < count; i++) lanes[i] = (int64_t)(start + values[i]);                              \
        } else {                                                                                                     \
            for (size_t i = 0; i < count; i++) lanes[i] = (int64_t)(start + step * values[i]);                       \
        }                                                                                                            \
    }

KERNELS_FOR_EACH_WIDTH(WIDEN)

#define SUM(bits, type)                                                                                              \
    KERNEL uint64_t kernels_sum_##bits(const type *restrict values, size_t count)                                    \
    {                                                                                                                \
        uint64_t total = 0;                                                                                          \
        for (size_t i = 0; i < count; i++) total += values[i];                                                       \
        return total;                                                                                                \
    }                                                                                                                \
    KERNEL uint64_t kernels_sum_masked_##bits(                                                                       \
        const type *restrict values, const uint8_t *restrict mask, size_t count)                                     \
    {                                                                                                                \
        uint64_t total = 0;                                                                                          \
        for (size_t i = 0; i < count; i++) total += values[i] & (type) - (type)mask[i];                              \
        return total;                                                                                                \
    }

KERNELS_FOR_EACH_WIDTH(SUM)

#define SUM_SLOTS(bits, type)                                                                                        \
    void kernels_sum_slots_##bits(                                                                                   \
        const type *restrict values, const uint32_t *restrict slots, size_t count, uint64_t *restrict sums,          \
        size_t bank)                                                                                                 \
    {                                                                                                                \
        size_t i = 0;                                                                                                \
        for (; i + 4 <= count; i += 4) {                                                                             \
            sums[slots[i]] += values[i];                                                                             \
            sums[slots[i + 1] + bank] += values[i + 1];                                                              \
            sums[slots[i + 2] + 2 * bank] += values[i + 2];                                                          \
            sums[slots[i + 3] + 3 * bank] += values[i + 3];                                                          \
        }                                                                                                            \
        for (; i < count; i++) sums[slots[i]] += values[i];                                                          \
    }

KERNELS_FOR_EACH_WIDTH(SUM_SLOTS)
