// The loops of logistic regression, over rows of float64.
//
// Every sum has one order: eight virtual lanes along the columns of a row, added up by one tree, and rows one after the
// other. Every multiplication that is added is fused. So the bits of a result hang neither on the width of the registers
// nor on the instructions that a call asks for; only the time does.
#ifndef CKERNELS_REGRESSION_H
#define CKERNELS_REGRESSION_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Which instructions a loop uses. Those that the processor does not have must not be asked for.
enum : int32_t {
    kernels_instructions_base = 0,
    /// AVX2 and FMA: x86-64-v3.
    kernels_instructions_v3 = 3,
    /// AVX-512: x86-64-v4.
    kernels_instructions_v4 = 4,
};

/// The widest that this processor has.
int32_t kernels_best_instructions(void);

/// The lanes of a vector of numbers: arrays of coefficients and gradients have a multiple of them as their length.
enum : int32_t { kernels_lane_count = 8 };

/// Rows of a matrix, with what is known of each.
typedef struct kernels_rows {
    /// Row-major, matrix_row_count rows of column_count values.
    const double *values;
    size_t matrix_row_count;
    size_t column_count;
    /// Numbers of the rows that are meant, from `first` on; NULL: the rows of the matrix from `first` on.
    const size_t *_Nullable indices;
    size_t first;
    size_t count;
    /// One for each row of the matrix, 0 or 1, and a row's weight before that of its class; NULL: each 1.
    const uint8_t *labels;
    const double *_Nullable weights;
    /// By label.
    double class_weights[2];
} kernels_rows;

/// Sums over rows.
typedef struct kernels_logistic_sums {
    double loss;
    /// By the intercept.
    double intercept_gradient;
    /// The least of (2y - 1) z: above 0 when every row stands on its label's side.
    double least_margin;
} kernels_logistic_sums;

/// One reading of the rows: log-odds z = intercept + x · coefficients, the sum of the weighted log-losses, and its
/// gradient, added to `gradient`.
///
/// @param coefficients  padded with zeros to a multiple of the lanes, as is `gradient`.
/// @param gradient      gains the sum of weight (p - y) x.
/// @param curvatures    NULL, or room for `count` values, each a row's weight p (1 - p).
kernels_logistic_sums kernels_logistic_pass(
    int32_t instructions, const kernels_rows *rows, double intercept, const double *coefficients, double *gradient,
    double *_Nullable curvatures);

/// Rows that one call to `kernels_crossproduct` takes at most.
enum : int32_t { kernels_crossproduct_row_limit = 64 };

/// Adds the cross-products of rows, each weighted by its curvature, to the upper triangle of `products`.
///
/// @param packed            room for the limit of rows times the padded columns.
/// @param products          row-major, padded columns squared; of the lower triangle some may be written as well.
/// @param intercept_products  padded columns: gains the sum of curvature x.
/// @param inverse_scales    NULL, or the padded columns' factors for the norms below.
/// @return the greatest squared norm of a row whose values are multiplied by inverse_scales; 0 without them.
double kernels_crossproduct(
    int32_t instructions, const kernels_rows *rows, const double *curvatures, double *packed, double *products,
    double *intercept_products, const double *_Nullable inverse_scales);

/// How raw rows are scored; every array is padded with zeros to a multiple of the lanes.
typedef struct kernels_score {
    double intercept;
    size_t column_count;
    const double *means;
    /// Log-odds for each unit above the mean.
    const double *slopes;
    /// Log-odds of a value that is NaN.
    const double *missing;
} kernels_score;

/// Log-odds, or probabilities, of rows that follow one another; the same bits for one row as for many.
void kernels_score_rows(
    int32_t instructions, const kernels_score *score, const double *values, size_t row_count, int32_t probabilities,
    double *results);

/// results[i] = e^values[i], for values that are at most 0; within an ulp.
void kernels_exponential(int32_t instructions, const double *values, size_t count, double *results);

/// results[i] = ln(1 + values[i]), for values from 0 to 1; within two ulps.
void kernels_log1p(int32_t instructions, const double *values, size_t count, double *results);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
