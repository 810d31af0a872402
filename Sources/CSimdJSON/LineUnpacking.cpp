#include <new>
#include <vector>

#include "LineColumn.h"
#include "CSimdJSON.h"

namespace {

/// Bytes of a packing, read from the front. A read past the end makes it bad, and gives zeros from then on.
struct Reader {
    const uint8_t *at = nullptr;
    const uint8_t *end = nullptr;
    bool isBad = false;

    size_t rest() const { return static_cast<size_t>(end - at); }

    uint64_t varint() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at == end) break;
            uint8_t byte = *at++;
            value |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        isBad = true;
        return 0;
    }

    /// A part of its own; an empty one when there are not so many bytes.
    Reader part(uint64_t count) {
        Reader part;
        if (count > rest()) {
            isBad = true;
            return part;
        }
        part.at = at;
        at += count;
        part.end = at;
        return part;
    }
};

/// A value in the lines written so far.
struct Written {
    size_t start = 0;
    size_t length = 0;
};

struct Column {
    Reader codes;
    Reader numbers;
    Reader texts;
    uint64_t reference = 0;
    uint64_t headLength = 0;
    uint64_t tailLength = 0;
    bool hasLast = false;
    Written last;
    std::vector<Written> known;
};

struct Template {
    std::vector<Reader> pieces;
    std::vector<Column> columns;
};

/// The lines on their way out.
class Lines {
public:
    Lines(uint8_t *bytes, size_t capacity) : bytes(bytes), capacity(capacity) {}

    size_t count = 0;

    bool put(const uint8_t *source, size_t length) {
        if (length > capacity - count) return false;
        if (length > 0) memcpy(bytes + count, source, length);
        count += length;
        return true;
    }

    bool put(const Written &value) { return put(bytes + value.start, value.length); }

    /// Puts the column's next value.
    bool put(Column &column, const std::vector<Written> &values) {
        Reader code = column.codes.part(1);
        if (column.codes.isBad) return false;
        Written value;
        value.start = count;
        if (!putCoded(*code.at, column, values)) return false;
        value.length = count - value.start;
        if (*code.at == codeNewText) column.known.push_back(value);
        column.last = value;
        column.hasLast = true;
        return true;
    }

private:
    uint8_t *bytes;
    size_t capacity;

    bool putCoded(uint8_t code, Column &column, const std::vector<Written> &values) {
        switch (code) {
        case codeSame:
            return column.hasLast && put(column.last);
        case codeSplice: {
            if (column.reference == 0 || column.reference > values.size()) return false;
            const Written &other = values[column.reference - 1];
            if (column.headLength > other.length || column.tailLength > other.length) return false;
            return put(bytes + other.start, column.headLength) &&
                   put(bytes + other.start + other.length - column.tailLength, column.tailLength);
        }
        case codeNumber:
            return column.hasLast && putNumber(column);
        case codeText:
        case codeNewText: {
            Reader text = column.texts.part(column.texts.varint());
            return !column.texts.isBad && put(text.at, text.rest());
        }
        default: {
            size_t index = code - codeFirstKnown;
            return index < column.known.size() && put(column.known[index]);
        }
        }
    }

    /// The last value with the difference added to the number that its last digits are.
    bool putNumber(Column &column) {
        uint64_t coded = column.numbers.varint();
        if (column.numbers.isBad) return false;
        int64_t difference = static_cast<int64_t>(coded >> 1) ^ -static_cast<int64_t>(coded & 1);
        uint8_t *text = bytes + count;
        if (!put(column.last)) return false;
        int64_t number = 0;
        int64_t weight = 1;
        int digits = 0;
        for (uint8_t *at = bytes + count; at-- > text && digits < codedDigitCount;) {
            if (!isDecimal(*at)) continue;
            number += (*at - '0') * weight;
            weight *= 10;
            digits++;
        }
        if (__builtin_add_overflow(number, difference, &number) || number < 0 || number >= weight) return false;
        digits = 0;
        for (uint8_t *at = bytes + count; at-- > text && digits < codedDigitCount;) {
            if (!isDecimal(*at)) continue;
            *at = static_cast<uint8_t>('0' + number % 10);
            number /= 10;
            digits++;
        }
        return true;
    }
};

bool readTemplate(Reader &packing, Template &fresh) {
    uint64_t columnCount = packing.varint();
    if (packing.isBad || columnCount > CALIBER_SKELETON_HOLE_LIMIT) return false;
    std::vector<uint64_t> lengths;
    for (uint64_t index = 0; index <= columnCount; index++) lengths.push_back(packing.varint());
    for (uint64_t length : lengths) fresh.pieces.push_back(packing.part(length));
    uint64_t lineCount = packing.varint();
    for (uint64_t index = 0; index < columnCount && !packing.isBad; index++) {
        Column column;
        column.reference = packing.varint();
        column.headLength = packing.varint();
        column.tailLength = packing.varint();
        uint64_t numberByteCount = packing.varint();
        uint64_t textByteCount = packing.varint();
        column.codes = packing.part(lineCount);
        column.numbers = packing.part(numberByteCount);
        column.texts = packing.part(textByteCount);
        fresh.columns.push_back(column);
    }
    return !packing.isBad;
}

bool putLine(Lines &lines, Template &own, std::vector<Written> &values) {
    values.clear();
    for (size_t hole = 0; hole < own.columns.size(); hole++) {
        if (!lines.put(own.pieces[hole].at, own.pieces[hole].rest())) return false;
        if (!lines.put(own.columns[hole], values)) return false;
        values.push_back(own.columns[hole].last);
    }
    return lines.put(own.pieces.back().at, own.pieces.back().rest());
}

bool putPlain(Lines &lines, Reader &plain) {
    const void *end = plain.rest() == 0 ? nullptr : memchr(plain.at, '\n', plain.rest());
    if (end == nullptr) return false;
    Reader line = plain.part(static_cast<uint64_t>(static_cast<const uint8_t *>(end) - plain.at));
    plain.at++;
    return lines.put(line.at, line.rest());
}

bool unpack(Reader packing, Lines &lines) {
    uint64_t templateCount = packing.varint();
    if (packing.isBad || templateCount > CALIBER_SKELETON_LIMIT) return false;
    std::vector<Template> templates(templateCount);
    for (Template &fresh : templates)
        if (!readTemplate(packing, fresh)) return false;
    uint64_t lineCount = packing.varint();
    Reader lower = packing.part(lineCount);
    Reader upper = packing.part(lineCount);
    if (packing.isBad) return false;
    std::vector<Written> values;
    for (uint64_t line = 0; line < lineCount; line++) {
        if (line > 0 && !lines.put(reinterpret_cast<const uint8_t *>("\n"), 1)) return false;
        size_t number = lower.at[line] | static_cast<size_t>(upper.at[line]) << 8;
        if (number > templates.size()) return false;
        if (number == 0 ? !putPlain(lines, packing) : !putLine(lines, templates[number - 1], values)) return false;
    }
    return packing.rest() == 0;
}

}  // namespace

extern "C" {

ptrdiff_t caliber_unpack(const uint8_t *packing, size_t length, uint8_t *lines, size_t capacity) {
    Reader reader;
    reader.at = packing;
    reader.end = packing + length;
    Lines out(lines, capacity);
    try {
        return unpack(reader, out) ? static_cast<ptrdiff_t>(out.count) : -1;
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

}  // extern "C"
