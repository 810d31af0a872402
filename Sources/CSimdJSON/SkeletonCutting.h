// Cuts a valid line into its literal pieces and the values between them, and reads values that stand in holes.
#pragma once
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "CSimdJSON.h"
#include "TextScan.h"

/// What a skeleton is made of: one piece more than holes.
struct SkeletonCut {
    std::vector<std::string> pieces;
    std::vector<uint32_t> kinds;
    std::vector<std::string> paths;
};

/// Walks over a line that the parser found valid. Whatever has no hole for it ends the walk.
class SkeletonCutting {
public:
    SkeletonCut cut;

    SkeletonCutting(const uint8_t *line, size_t length, const char *const *fixed, size_t fixedCount)
        : at(line), end(line + length), pieceStart(line), fixed(fixed), fixedCount(fixedCount) {}

    bool run() {
        skipSpace();
        if (!walkValue("", 0)) return false;
        skipSpace();
        if (at != end) return false;
        addPiece(end);
        return pieceByteCount <= CALIBER_SKELETON_BYTE_LIMIT;
    }

private:
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *pieceStart;
    const char *const *fixed;
    size_t fixedCount;
    size_t pieceByteCount = 0;

    void skipSpace() {
        while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    }

    void addPiece(const uint8_t *until) {
        cut.pieces.emplace_back(reinterpret_cast<const char *>(pieceStart), until - pieceStart);
        pieceByteCount += cut.pieces.back().size();
    }

    /// The parser's depth limit bounds the recursion.
    bool walkValue(const std::string &path, int depth) {
        if (at >= end) return false;
        switch (*at) {
        case '{':
            return walkObject(path, depth);
        case '"':
            at++;
            if (depth == 1 && isFixed(path)) return skipText();
            return addHole(CALIBER_HOLE_TEXT, endOfText(at, end), path) && ++at;
        case 't':
        case 'f':
            return addHole(CALIBER_HOLE_BOOLEAN, endOfBoolean(at), path);
        case 'n':
            at += 4;
            return at <= end;
        case '[':
            return false;
        default:
            return addHole(CALIBER_HOLE_NUMBER, endOfNumber(at), path);
        }
    }

    bool walkObject(const std::string &path, int depth) {
        at++;
        skipSpace();
        if (at < end && *at == '}') return ++at;
        while (at < end && *at == '"') {
            const uint8_t *name = ++at;
            if (!skipText()) return false;
            std::string_view text(reinterpret_cast<const char *>(name), at - 1 - name);
            if (text.find('.') != std::string_view::npos) return false;
            skipSpace();
            if (at >= end || *at++ != ':') return false;
            skipSpace();
            std::string inner = depth == 0 ? std::string(text) : path + "." + std::string(text);
            if (!walkValue(inner, depth + 1)) return false;
            skipSpace();
            if (at >= end) return false;
            if (*at == '}') return ++at;
            if (*at++ != ',') return false;
            skipSpace();
        }
        return false;
    }

    /// To behind the quote of a text without escapes.
    bool skipText() {
        at = endOfText(at, end);
        if (at == nullptr || at >= end) return false;
        at++;
        return true;
    }

    bool addHole(caliber_hole_kind kind, const uint8_t *stop, const std::string &path) {
        if (stop == nullptr || stop >= end || cut.kinds.size() == CALIBER_SKELETON_HOLE_LIMIT) return false;
        addPiece(at);
        cut.kinds.push_back(kind);
        cut.paths.push_back(path);
        at = stop;
        pieceStart = stop;
        return true;
    }

    bool isFixed(const std::string &path) const {
        for (size_t index = 0; index < fixedCount; index++)
            if (path == fixed[index]) return true;
        return false;
    }
};

/// A number as the parser would give it. Its form is the one that `endOfNumber` takes.
///
/// Source: Clinger, How to Read Floating Point Numbers Accurately, 1990: a whole number and a power of ten that are both
/// doubles have the nearest double as their quotient.
inline void readNumber(const uint8_t *text, size_t length, caliber_json_value &value) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool isNegative = text[0] == '-';
    int64_t digits = 0;
    size_t point = length;
    for (size_t index = isNegative; index < length; index++) {
        if (text[index] == '.') {
            point = index;
        } else {
            digits = digits * 10 + (text[index] - '0');
        }
    }
    if (point == length) {
        value.bits = isNegative ? -digits : digits;
        value.kind = CALIBER_JSON_INT64;
        return;
    }
    double number = static_cast<double>(digits) / powers[length - point - 1];
    if (isNegative) number = -number;
    memcpy(&value.bits, &number, 8);
    value.kind = CALIBER_JSON_DOUBLE;
}
