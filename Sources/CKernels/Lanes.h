// Eight virtual lanes of float64, whatever the registers: what logistic regression's loops are written in.
//
// Nothing is contracted by the compiler: a product that is added is fused where it says so, and nowhere else. So the
// same operations happen in the same order with every set of instructions.
#ifndef KERNELS_LANES_H
#define KERNELS_LANES_H

#include <stddef.h>
#include <stdint.h>

#pragma STDC FP_CONTRACT OFF
// Vectors are never passed to a function that is not inlined, so how they would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 8 };

typedef double lanes __attribute__((vector_size(64)));
typedef int64_t words __attribute__((vector_size(64)));
typedef double lanes_anywhere __attribute__((vector_size(64), aligned(8), may_alias));

INLINE lanes load(const double *from) { return *(const lanes_anywhere *)from; }
INLINE void store(double *to, lanes value) { *(lanes_anywhere *)to = value; }
INLINE lanes all(double value) { return (lanes){value, value, value, value, value, value, value, value}; }
INLINE words all_words(int64_t value) { return (words){value, value, value, value, value, value, value, value}; }
INLINE lanes fused(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }
INLINE lanes selected(words condition, lanes yes, lanes no)
{
    return (lanes)(((words)yes & condition) | ((words)no & ~condition));
}
INLINE lanes absolute(lanes value) { return (lanes)((words)value & all_words(INT64_MAX)); }

/// The one order in which lanes are added up.
INLINE double sum(lanes v)
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/// The first `count` lanes, fewer than all, of what stands at `from`; the others are 0. Memory ends at `end`.
INLINE lanes load_first(const double *from, const double *end, size_t count)
{
    if (end - from >= LANES) {
        const words numbers = {0, 1, 2, 3, 4, 5, 6, 7};
        return (lanes)((words)load(from) & (numbers < all_words((int64_t)count)));
    }
    lanes result = {0};
    for (size_t i = 0; i < LANES; i++) {
        if (i < count) result[i] = from[i];
    }
    return result;
}

/// e^x for x up to 0, NaN for NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor series, whose rest after the 13th power is below 2^-57.
/// Source: Muller, Elementary Functions, 3rd ed., section 11.2 (range reduction in two parts, after Cody and Waite).
INLINE lanes exponential(lanes x)
{
    x = selected(x < all(-750), all(-750), x);
    const lanes magic = all(0x1.8p52);
    lanes shifted = fused(x, all(0x1.71547652b82fep0), magic);
    lanes n = shifted - magic;
    lanes r = fused(n, all(-0x1.62e42fefa39efp-1), x);
    r = fused(n, all(-0x1.abc9e3b39803fp-56), r);
    lanes square = r * r;
    // Even and odd powers apart: half the waiting.
    lanes even = all(1.0 / 479001600);
    even = fused(even, square, all(1.0 / 3628800));
    even = fused(even, square, all(1.0 / 40320));
    even = fused(even, square, all(1.0 / 720));
    even = fused(even, square, all(1.0 / 24));
    even = fused(even, square, all(0.5));
    lanes odd = all(1.0 / 6227020800);
    odd = fused(odd, square, all(1.0 / 39916800));
    odd = fused(odd, square, all(1.0 / 362880));
    odd = fused(odd, square, all(1.0 / 5040));
    odd = fused(odd, square, all(1.0 / 120));
    odd = fused(odd, square, all(1.0 / 6));
    lanes rest = fused(odd, r, even);
    lanes power = fused(rest, square, r) + all(1);
    // 2^n in two factors, since the smallest results are subnormal.
    words exponent = (words)shifted - (words)magic;
    words half = exponent >> 1;
    lanes first = (lanes)((half + 1023) << 52);
    lanes second = (lanes)((exponent - half + 1023) << 52);
    return power * first * second;
}

/// ln(1 + e) for e from 0 to 1: 2 artanh(s) with s = e / (2 + e) up to 1/3, by its series.
INLINE lanes logarithm_of_one_plus(lanes e)
{
    lanes s = e / (e + all(2));
    lanes square = s * s;
    lanes series = all(1.0 / 33);
#define TERM(divisor) series = fused(series, square, all(1.0 / divisor))
    TERM(31);
    TERM(29);
    TERM(27);
    TERM(25);
    TERM(23);
    TERM(21);
    TERM(19);
    TERM(17);
    TERM(15);
    TERM(13);
    TERM(11);
    TERM(9);
    TERM(7);
    TERM(5);
    TERM(3);
#undef TERM
    lanes twice = s + s;
    return fused(twice * square, series, twice);
}

/// 1 / (1 + e^-z).
INLINE lanes logistic(lanes z)
{
    lanes e = exponential(-absolute(z));
    return selected(z < all(0), e, all(1)) / (e + all(1));
}

#endif
