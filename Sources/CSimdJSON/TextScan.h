// Where the values of a line end: a text at its quote, a number at what is no digit of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// The place after one character past ASCII; NULL when the bytes are no UTF-8. Reads up to three bytes past the first.
///
/// Source: The Unicode Standard, table 3-7, well-formed byte sequences.
inline const uint8_t *afterCharacter(const uint8_t *at) {
    uint8_t lead = at[0];
    if (lead < 0xC2 || lead > 0xF4) return nullptr;
    if ((at[1] & 0xC0) != 0x80) return nullptr;
    if (lead < 0xE0) return at + 2;
    if ((at[2] & 0xC0) != 0x80) return nullptr;
    if (lead < 0xF0) {
        if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] > 0x9F)) return nullptr;
        return at + 3;
    }
    if ((lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] > 0x8F)) return nullptr;
    return (at[3] & 0xC0) == 0x80 ? at + 4 : nullptr;
}

/// The quote that ends a text without escapes; NULL when it has one, a control character or bytes that are no UTF-8.
/// May be past `end`, by what is readable there.
inline const uint8_t *endOfText(const uint8_t *at, const uint8_t *end) {
    while (at < end) {
#if defined(__SSE2__)
        __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
        // Signed, so that bytes past ASCII count as below a space, too.
        __m128i odd = _mm_or_si128(
            _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
            _mm_or_si128(
                _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(odd));
        if (mask == 0) {
            at += 16;
            continue;
        }
        at += __builtin_ctz(mask);
#else
        while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') at++;
#endif
        if (*at == '"') return at;
        while (*at >= 0x80) {
            at = afterCharacter(at);
            if (at == nullptr || at >= end) return nullptr;
        }
        if (*at < 0x20 || *at == '\\') return nullptr;
        if (*at == '"') return at;
    }
    return nullptr;
}

inline bool isDigit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') <= 9; }

/// The end of a number of the form that a hole takes; NULL when it is of another one.
inline const uint8_t *endOfNumber(const uint8_t *at) {
    if (*at == '-') at++;
    const uint8_t *first = at;
    while (isDigit(*at) && at - first <= 18) at++;
    ptrdiff_t wholeCount = at - first;
    if (wholeCount == 0 || wholeCount > 18 || (*first == '0' && wholeCount > 1)) return nullptr;
    if (*at == '.') {
        const uint8_t *point = at++;
        while (isDigit(*at) && at - point <= 16) at++;
        ptrdiff_t decimalCount = at - point - 1;
        // Whole below 2^53 and a power of ten below 10^22: their quotient is the nearest double.
        if (decimalCount == 0 || wholeCount + decimalCount > 15) return nullptr;
    }
    return *at == 'e' || *at == 'E' || *at == '.' || isDigit(*at) ? nullptr : at;
}

/// The end of true or false; NULL when it is neither.
inline const uint8_t *endOfBoolean(const uint8_t *at) {
    if (memcmp(at, "true", 4) == 0) return at + 4;
    return memcmp(at, "false", 5) == 0 ? at + 5 : nullptr;
}
