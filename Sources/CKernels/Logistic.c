#include "CKernels.h"
#include "Instructions.h"
#include "Lanes.h"

#include <math.h>

int32_t kernels_best_instructions(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v4")) return kernels_instructions_v4;
    if (__builtin_cpu_supports("x86-64-v3")) return kernels_instructions_v3;
#endif
    return kernels_instructions_base;
}

INLINE size_t row_number(const kernels_rows *rows, size_t index)
{
    return rows->indices ? rows->indices[rows->first + index] : rows->first + index;
}

/// x · coefficients. Row after row, so that memory is read as it lies; the processor works on several at once anyway.
INLINE double product(const double *x, size_t column_count, const double *end, const double *coefficients)
{
    lanes total = {0};
    size_t whole = column_count - column_count % LANES;
    for (size_t j = 0; j < whole; j += LANES) total = fused(load(x + j), load(coefficients + j), total);
    if (whole < column_count) {
        total = fused(load_first(x + whole, end, column_count - whole), load(coefficients + whole), total);
    }
    return sum(total);
}

/// gradient += the sum of residual x over eight rows, one after the other in each column.
INLINE void add_eight_rows(
    const double *const *x, size_t column_count, const double *end, lanes residuals, double *gradient)
{
    size_t whole = column_count - column_count % LANES;
    for (size_t j = 0; j < whole; j += LANES) {
        lanes g = load(gradient + j);
        g = fused(all(residuals[0]), load(x[0] + j), g);
        g = fused(all(residuals[1]), load(x[1] + j), g);
        g = fused(all(residuals[2]), load(x[2] + j), g);
        g = fused(all(residuals[3]), load(x[3] + j), g);
        g = fused(all(residuals[4]), load(x[4] + j), g);
        g = fused(all(residuals[5]), load(x[5] + j), g);
        g = fused(all(residuals[6]), load(x[6] + j), g);
        g = fused(all(residuals[7]), load(x[7] + j), g);
        store(gradient + j, g);
    }
    if (whole < column_count) {
        size_t rest = column_count - whole;
        lanes g = load(gradient + whole);
        for (int i = 0; i < LANES; i++) {
            g = fused(all(residuals[i]), load_first(x[i] + whole, end, rest), g);
        }
        store(gradient + whole, g);
    }
}

INLINE kernels_logistic_sums pass_loop(
    const kernels_rows *rows, double intercept, const double *coefficients, double *gradient, double *curvatures)
{
    const size_t column_count = rows->column_count;
    const double *end = rows->values + rows->matrix_row_count * column_count;
    lanes loss = {0}, residual_sum = {0}, least_margin = all(INFINITY);
    for (size_t start = 0; start < rows->count; start += LANES) {
        size_t present = rows->count - start < LANES ? rows->count - start : LANES;
        const double *x[LANES];
        lanes y, weight;
        for (size_t i = 0; i < LANES; i++) {
            // Lanes past the last row stand on it with no weight.
            size_t row = row_number(rows, start + (i < present ? i : present - 1));
            x[i] = rows->values + row * column_count;
            uint8_t label = rows->labels[row];
            double own = rows->weights ? rows->weights[row] : 1;
            y[i] = label;
            weight[i] = i < present ? own * rows->class_weights[label] : 0;
        }
        lanes z;
        for (int i = 0; i < LANES; i++) z[i] = intercept + product(x[i], column_count, end, coefficients);
        lanes e = exponential(-absolute(z));
        lanes one_plus = e + all(1);
        lanes positive = selected(z > all(0), z, all(0));
        // NaN comes through: the least margin does not see it, the loss does.
        lanes row_loss = logarithm_of_one_plus(e) + (positive - y * z);
        lanes probability = selected(z < all(0), e, all(1)) / one_plus;
        lanes residual = weight * (probability - y);
        lanes margin = (y + y - all(1)) * z;
        loss = fused(weight, row_loss, loss);
        residual_sum += residual;
        least_margin = selected((margin < least_margin) & (weight > all(0)), margin, least_margin);
        if (curvatures) {
            lanes curvature = weight * (e / (one_plus * one_plus));
            for (size_t i = 0; i < present; i++) curvatures[start + i] = curvature[i];
        }
        add_eight_rows(x, column_count, end, residual, gradient);
    }
    double least = INFINITY;
    for (int i = 0; i < LANES; i++) least = least_margin[i] < least ? least_margin[i] : least;
    return (kernels_logistic_sums){sum(loss), sum(residual_sum), least};
}

VARIANTS(
    kernels_logistic_sums, pass,
    (const kernels_rows *rows, double intercept, const double *coefficients, double *gradient, double *curvatures),
    rows, intercept, coefficients, gradient, curvatures)

kernels_logistic_sums kernels_logistic_pass(
    int32_t instructions, const kernels_rows *rows, double intercept, const double *coefficients, double *gradient,
    double *curvatures)
{
    WITH_INSTRUCTIONS(instructions, pass, rows, intercept, coefficients, gradient, curvatures)
}

#define ELEMENTWISE(name, function)                                                                                  \
    INLINE int32_t name##_loop(const double *values, size_t count, double *results)                                  \
    {                                                                                                                \
        const double *end = values + count;                                                                          \
        for (size_t i = 0; i < count; i += LANES) {                                                                  \
            size_t present = count - i < LANES ? count - i : LANES;                                                  \
            lanes result = function(load_first(values + i, end, present));                                           \
            for (size_t k = 0; k < present; k++) results[i + k] = result[k];                                         \
        }                                                                                                            \
        return 0;                                                                                                    \
    }                                                                                                                \
    VARIANTS(int32_t, name, (const double *values, size_t count, double *results), values, count, results)           \
    INLINE int32_t name##_chosen(int32_t instructions, const double *values, size_t count, double *results)          \
    {                                                                                                                \
        WITH_INSTRUCTIONS(instructions, name, values, count, results)                                                \
    }                                                                                                                \
    void kernels_##name(int32_t instructions, const double *values, size_t count, double *results)                   \
    {                                                                                                                \
        name##_chosen(instructions, values, count, results);                                                         \
    }

ELEMENTWISE(exponential, exponential)
ELEMENTWISE(log1p, logarithm_of_one_plus)
