#include "CKernels.h"
#include "Instructions.h"
#include "Lanes.h"

/// Adds what eight columns contribute: slope (x - mean), or the missing value's log-odds where x is NaN.
INLINE lanes contributed(lanes x, lanes mean, lanes slope, lanes missing, lanes total)
{
    words absent = x != x;
    lanes distance = selected(absent, missing, x - mean);
    return fused(distance, selected(absent, all(1), slope), total);
}

/// Log-odds of one row. Rows come one after the other, so that memory is read as it lies; the processor works on several
/// at once anyway.
INLINE double log_odds(const kernels_score *score, const double *values, const double *end)
{
    const size_t column_count = score->column_count, whole = column_count - column_count % LANES;
    lanes total = {0};
    for (size_t j = 0; j < whole; j += LANES) {
        lanes mean = load(score->means + j), slope = load(score->slopes + j), missing = load(score->missing + j);
        total = contributed(load(values + j), mean, slope, missing, total);
    }
    if (whole < column_count) {
        lanes mean = load(score->means + whole), slope = load(score->slopes + whole);
        lanes missing = load(score->missing + whole), rest = load_first(values + whole, end, column_count - whole);
        total = contributed(rest, mean, slope, missing, total);
    }
    return score->intercept + sum(total);
}

INLINE int32_t score_loop(
    const kernels_score *score, const double *values, size_t row_count, int32_t probabilities, double *results)
{
    const size_t column_count = score->column_count;
    const double *end = values + row_count * column_count;
    size_t row = 0;
    for (; row + LANES <= row_count; row += LANES) {
        lanes z;
        for (size_t i = 0; i < LANES; i++) z[i] = log_odds(score, values + (row + i) * column_count, end);
        store(results + row, probabilities ? logistic(z) : z);
    }
    for (; row < row_count; row++) {
        double z = log_odds(score, values + row * column_count, end);
        results[row] = probabilities ? logistic(all(z))[0] : z;
    }
    return 0;
}

VARIANTS(
    int32_t, score,
    (const kernels_score *score, const double *values, size_t row_count, int32_t probabilities, double *results), score,
    values, row_count, probabilities, results)

static int32_t chosen(
    int32_t instructions, const kernels_score *score, const double *values, size_t row_count, int32_t probabilities,
    double *results)
{
    WITH_INSTRUCTIONS(instructions, score, score, values, row_count, probabilities, results)
}

void kernels_score_rows(
    int32_t instructions, const kernels_score *score, const double *values, size_t row_count, int32_t probabilities,
    double *results)
{
    chosen(instructions, score, values, row_count, probabilities, results);
}
