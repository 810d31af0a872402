#include "CKernels.h"
#include "Instructions.h"
#include "Lanes.h"

enum { LIMIT = kernels_crossproduct_row_limit };

/// Panels of eight columns lie one after the other, each with the rows of one call: what a tile reads is contiguous.
INLINE double *panel(double *packed, size_t number) { return packed + number * LIMIT * LANES; }

/// Copies the rows, each multiplied by the root of its curvature, into panels; sums curvature x on the way.
INLINE double pack(
    const kernels_rows *rows, const double *curvatures, double *packed, double *intercept_products,
    const double *inverse_scales)
{
    const size_t column_count = rows->column_count;
    const double *end = rows->values + rows->matrix_row_count * column_count;
    double greatest = 0;
    for (size_t k = 0; k < rows->count; k++) {
        size_t row = rows->indices ? rows->indices[rows->first + k] : rows->first + k;
        const double *x = rows->values + row * column_count;
        lanes curvature = all(curvatures[k]), root = all(__builtin_sqrt(curvatures[k])), squares = {0};
        for (size_t j = 0; j < column_count; j += LANES) {
            lanes value =
                column_count - j >= LANES ? load(x + j) : load_first(x + j, end, column_count - j);
            store(panel(packed, j / LANES) + k * LANES, value * root);
            store(intercept_products + j, fused(curvature, value, load(intercept_products + j)));
            if (inverse_scales) {
                lanes scaled = value * load(inverse_scales + j);
                squares = fused(scaled, scaled, squares);
            }
        }
        double norm = sum(squares);
        greatest = norm > greatest ? norm : greatest;
    }
    return greatest;
}

/// Adds the products of `height` columns from `top` on with `breadth` panels from `left` on. Each sum goes through the
/// rows one after the other, so the shape of a tile changes no bit.
INLINE void tile(
    double *packed, size_t row_count, size_t padded, size_t top, size_t left, const int height, const int breadth,
    double *products)
{
    lanes sums[4][5];
    double *corner = products + top * padded + left * LANES;
#pragma clang loop unroll(full)
    for (int a = 0; a < height; a++) {
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) sums[a][b] = load(corner + (size_t)a * padded + (size_t)b * LANES);
    }
    const double *above = panel(packed, top / LANES) + top % LANES;
    const double *beside = panel(packed, left);
    for (size_t k = 0; k < row_count; k++, above += LANES, beside += LANES) {
        lanes x[5];
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) x[b] = load(beside + (size_t)b * LIMIT * LANES);
#pragma clang loop unroll(full)
        for (int a = 0; a < height; a++) {
            lanes factor = all(above[a]);
#pragma clang loop unroll(full)
            for (int b = 0; b < breadth; b++) sums[a][b] = fused(factor, x[b], sums[a][b]);
        }
    }
#pragma clang loop unroll(full)
    for (int a = 0; a < height; a++) {
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) store(corner + (size_t)a * padded + (size_t)b * LANES, sums[a][b]);
    }
}

/// All tiles of `breadth` panels from `left` on that lie above the diagonal.
INLINE void tiles_above(
    double *packed, size_t row_count, size_t padded, size_t left, const int breadth, double *products)
{
    for (size_t top = 0; top < left * LANES; top += 4) tile(packed, row_count, padded, top, left, 4, breadth, products);
}

/// The tiles on it: those of the panel at `left`, `breadth` panels wide.
INLINE void tiles_on_diagonal(
    double *packed, size_t row_count, size_t padded, size_t left, const int breadth, double *products)
{
    tile(packed, row_count, padded, left * LANES, left, 4, breadth, products);
    tile(packed, row_count, padded, left * LANES + 4, left, 4, breadth, products);
}

INLINE double crossproduct_loop(
    const int is_wide, const kernels_rows *rows, const double *curvatures, double *packed, double *products,
    double *intercept_products, const double *inverse_scales)
{
    const size_t panels = (rows->column_count + LANES - 1) / LANES, padded = panels * LANES, count = rows->count;
    double greatest = pack(rows, curvatures, packed, intercept_products, inverse_scales);
    if (!is_wide) {
        // 8 sums, 2 columns and a factor, each in halves, fit 16 registers.
        for (size_t left = 0; left < panels; left++) {
            tiles_above(packed, count, padded, left, 1, products);
            tiles_on_diagonal(packed, count, padded, left, 1, products);
        }
        return greatest;
    }
    // 20 sums, 5 columns and a factor fit 32 registers.
    for (size_t left = 0; left < panels; left += 5) {
        size_t end = left + 5 < panels ? left + 5 : panels;
        switch (end - left) {
        case 5: tiles_above(packed, count, padded, left, 5, products); break;
        case 4: tiles_above(packed, count, padded, left, 4, products); break;
        case 3: tiles_above(packed, count, padded, left, 3, products); break;
        case 2: tiles_above(packed, count, padded, left, 2, products); break;
        default: tiles_above(packed, count, padded, left, 1, products); break;
        }
        for (size_t row = left; row < end; row++) {
            switch (end - row) {
            case 5: tiles_on_diagonal(packed, count, padded, row, 5, products); break;
            case 4: tiles_on_diagonal(packed, count, padded, row, 4, products); break;
            case 3: tiles_on_diagonal(packed, count, padded, row, 3, products); break;
            case 2: tiles_on_diagonal(packed, count, padded, row, 2, products); break;
            default: tiles_on_diagonal(packed, count, padded, row, 1, products); break;
            }
        }
    }
    return greatest;
}

VARIANTS(
    double, crossproduct,
    (const kernels_rows *rows, const double *curvatures, double *packed, double *products, double *intercept_products,
     const double *inverse_scales),
    wide, rows, curvatures, packed, products, intercept_products, inverse_scales)

double kernels_crossproduct(
    int32_t instructions, const kernels_rows *rows, const double *curvatures, double *packed, double *products,
    double *intercept_products, const double *inverse_scales)
{
    WITH_INSTRUCTIONS(
        instructions, crossproduct, rows, curvatures, packed, products, intercept_products, inverse_scales)
}
