// How the values of one hole are coded. Each value has one code; what the codes need is in two further rows of bytes.
#pragma once
#include "CSimdJSON.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum LineCode : uint8_t {
    /// The same as the value before.
    codeSame = 0,
    /// The beginning and the end of an earlier value of the line, by lengths that hold for the column.
    codeSplice = 1,
    /// The value before with other digits in the same places: the difference of the numbers that their last digits are,
    /// zigzag, by sevens of bits, in the numbers.
    codeNumber = 2,
    /// Length and bytes, in the texts.
    codeText = 3,
    /// The same, and it gets the next code from `codeFirstKnown` on.
    codeNewText = 4,
    codeFirstKnown = 5,
};

/// Digits that take part in a difference: all such numbers and their differences are within 63 bits.
constexpr int codedDigitCount = 17;
constexpr size_t codedNumberLength = 64;
constexpr size_t knownTextLimit = 256 - codeFirstKnown;

inline bool isDecimal(uint8_t byte) { return static_cast<uint8_t>(byte - '0') <= 9; }

inline void putVarint(std::vector<uint8_t> &bytes, uint64_t value) {
    while (value >= 0x80) {
        bytes.push_back(static_cast<uint8_t>(value | 0x80));
        value >>= 7;
    }
    bytes.push_back(static_cast<uint8_t>(value));
}

/// A column on its way into a packing.
class LineColumnWriter {
public:
    std::vector<uint8_t> codes;
    std::vector<uint8_t> numbers;
    std::vector<uint8_t> texts;
    /// The earlier hole that values are spliced from, + 1; 0 for none.
    uint32_t reference = 0;
    uint32_t headLength = 0;
    uint32_t tailLength = 0;

    void begin() {
        codes.clear();
        numbers.clear();
        texts.clear();
        reference = headLength = tailLength = 0;
        last = nullptr;
        lastLength = 0;
        hasWeights = false;
        known.clear();
        knownHits = 0;
        memset(slots, 0, sizeof(slots));
    }

    /// - hole: the column's number in its line.
    void add(const uint8_t *line, const caliber_hole *holes, uint32_t hole) {
        const uint8_t *text = line + holes[hole].start;
        size_t length = holes[hole].length;
        if (codes.empty()) chooseReference(line, holes, hole);
        if (isSplice(line, holes, text, length)) {
            codes.push_back(codeSplice);
            hasWeights = false;
        } else if (!addByLast(text, length)) {
            addText(text, length);
            hasWeights = false;
        }
        last = text;
        lastLength = length;
    }

private:
    const uint8_t *last = nullptr;
    size_t lastLength = 0;
    /// What each of the last text's digits is worth; 0 for what is no digit or stands too far to the left.
    int64_t weights[codedNumberLength];
    bool hasWeights = false;
    std::vector<std::string_view> known;
    size_t knownHits = 0;
    uint16_t slots[512];

    /// Looks in the first line which earlier value has the whole of this one at its two ends.
    void chooseReference(const uint8_t *line, const caliber_hole *holes, uint32_t hole) {
        const uint8_t *text = line + holes[hole].start;
        size_t length = holes[hole].length;
        if (length < 4) return;
        for (uint32_t other = 0; other < hole; other++) {
            const uint8_t *source = line + holes[other].start;
            size_t sourceLength = holes[other].length;
            if (sourceLength < length) continue;
            size_t head = 0;
            while (head < length && text[head] == source[head]) head++;
            size_t tail = length - head;
            if (head < 4 || memcmp(text + head, source + sourceLength - tail, tail) != 0) continue;
            reference = other + 1;
            headLength = static_cast<uint32_t>(head);
            tailLength = static_cast<uint32_t>(tail);
            return;
        }
    }

    bool isSplice(const uint8_t *line, const caliber_hole *holes, const uint8_t *text, size_t length) const {
        if (reference == 0 || length != headLength + tailLength) return false;
        const caliber_hole &other = holes[reference - 1];
        const uint8_t *source = line + other.start;
        return other.length >= length && areEqual(text, source, headLength) &&
               areEqual(text + headLength, source + other.length - tailLength, tailLength);
    }

    static bool areEqual(const uint8_t *left, const uint8_t *right, size_t count) {
        for (size_t start = 0; start < count; start += 16)
            if (differences(left + start, right + start, count - start) != 0) return false;
        return true;
    }

    /// Codes a text that differs from the last in digits alone, or not at all.
    bool addByLast(const uint8_t *text, size_t length) {
        if (last == nullptr || length != lastLength || length > codedNumberLength) return false;
        int64_t difference = 0;
        for (size_t start = 0; start < length; start += 16) {
            uint32_t differing = differences(text + start, last + start, length - start);
            if (differing != 0 && !hasWeights) weigh();
            while (differing != 0) {
                size_t at = start + static_cast<size_t>(__builtin_ctz(differing));
                differing &= differing - 1;
                // A place that has a weight holds a digit in the last text.
                if (weights[at] == 0 || !isDecimal(text[at])) return false;
                difference += (text[at] - last[at]) * weights[at];
            }
        }
        if (difference == 0) {
            // No two digits differ, or they would not cancel out: each weighs more than all to its right.
            codes.push_back(codeSame);
            return true;
        }
        codes.push_back(codeNumber);
        putVarint(numbers, (static_cast<uint64_t>(difference) << 1) ^ static_cast<uint64_t>(difference >> 63));
        return true;
    }

    /// Which of up to 16 bytes differ. Both have 16 readable bytes.
    static uint32_t differences(const uint8_t *left, const uint8_t *right, size_t count) {
        uint32_t limit = count >= 16 ? 0xFFFF : (1u << count) - 1;
#if defined(__SSE2__)
        __m128i equal = _mm_cmpeq_epi8(
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(left)),
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(right)));
        return ~static_cast<uint32_t>(_mm_movemask_epi8(equal)) & limit;
#else
        uint32_t mask = 0;
        for (size_t index = 0; index < 16 && index < count; index++)
            mask |= static_cast<uint32_t>(left[index] != right[index]) << index;
        return mask & limit;
#endif
    }

    void weigh() {
        int64_t weight = 1;
        int digits = 0;
        for (size_t at = lastLength; at-- > 0;) {
            bool takesPart = isDecimal(last[at]) && digits < codedDigitCount;
            weights[at] = takesPart ? weight : 0;
            if (takesPart) {
                weight *= 10;
                digits++;
            }
        }
        hasWeights = true;
    }

    void addText(const uint8_t *text, size_t length) {
        // Looking is given up where it hardly ever finds something.
        bool looks = codes.size() < 256 || knownHits * 4 > codes.size();
        if (looks) {
            uint16_t *slot = slots + slotOf(text, length);
            while (*slot != 0) {
                if (known[*slot - 1] == std::string_view(reinterpret_cast<const char *>(text), length)) {
                    codes.push_back(static_cast<uint8_t>(codeFirstKnown + *slot - 1));
                    knownHits++;
                    return;
                }
                if (++slot == slots + 512) slot = slots;
            }
            if (known.size() < knownTextLimit) {
                known.emplace_back(reinterpret_cast<const char *>(text), length);
                *slot = static_cast<uint16_t>(known.size());
                codes.push_back(codeNewText);
                putText(text, length);
                return;
            }
        }
        codes.push_back(codeText);
        putText(text, length);
    }

    static size_t slotOf(const uint8_t *text, size_t length) {
        uint64_t head = 0;
        uint64_t tail = 0;
        memcpy(&head, text, length < 8 ? length : 8);
        if (length > 8) memcpy(&tail, text + length - 8, 8);
        return ((head ^ (tail * 3) ^ length) * 0x9E3779B97F4A7C15ULL) >> 55;
    }

    void putText(const uint8_t *text, size_t length) {
        putVarint(texts, length);
        texts.insert(texts.end(), text, text + length);
    }
};
