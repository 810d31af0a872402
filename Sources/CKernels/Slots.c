#include "CKernels.h"
#include "Dispatch.h"

#define CODES(bits, type)                                                                                            \
    KERNEL void kernels_codes_##bits(                                                                                \
        const type *restrict values, size_t count, uint32_t offset, uint32_t *restrict codes)                        \
    {                                                                                                                \
        for (size_t i = 0; i < count; i++) codes[i] = (uint32_t)values[i] + offset;                                  \
    }

KERNELS_FOR_EACH_WIDTH(CODES)

KERNEL void kernels_combine_slots(
    uint32_t *restrict slots, const uint32_t *restrict codes, uint32_t cardinality, size_t count)
{
    for (size_t i = 0; i < count; i++) slots[i] = slots[i] * cardinality + codes[i];
}

KERNEL void kernels_select_slots(
    const uint32_t *restrict slots, const uint8_t *restrict mask, uint32_t unwanted, size_t count,
    uint32_t *restrict output)
{
    for (size_t i = 0; i < count; i++) output[i] = mask[i] ? slots[i] : unwanted;
}

void kernels_count_slots(const uint32_t *restrict slots, size_t count, int64_t *restrict counts, size_t bank)
{
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        counts[slots[i]] += 1;
        counts[slots[i + 1] + bank] += 1;
        counts[slots[i + 2] + 2 * bank] += 1;
        counts[slots[i + 3] + 3 * bank] += 1;
    }
    for (; i < count; i++) counts[slots[i]] += 1;
}

void kernels_count_slots_masked(
    const uint32_t *restrict slots, const uint8_t *restrict mask, size_t count, int64_t *restrict counts, size_t bank)
{
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        counts[slots[i]] += mask[i];
        counts[slots[i + 1] + bank] += mask[i + 1];
        counts[slots[i + 2] + 2 * bank] += mask[i + 2];
        counts[slots[i + 3] + 3 * bank] += mask[i + 3];
    }
    for (; i < count; i++) counts[slots[i]] += mask[i];
}
