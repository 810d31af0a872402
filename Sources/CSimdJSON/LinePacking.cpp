#include "CSimdJSON.h"

#include <new>
#include <vector>

#include "LineColumn.h"

namespace {

struct Template {
    std::vector<uint8_t> pieces;
    std::vector<uint32_t> lengths;
    /// Its number in the packing, + 1; 0 while no line has it.
    uint32_t number = 0;
    uint32_t lineCount = 0;
    std::vector<LineColumnWriter> columns;
};

void putBytes(std::vector<uint8_t> &out, const std::vector<uint8_t> &bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void putTemplate(std::vector<uint8_t> &out, const Template &some) {
    putVarint(out, some.columns.size());
    for (uint32_t length : some.lengths) putVarint(out, length);
    putBytes(out, some.pieces);
    putVarint(out, some.lineCount);
    for (const LineColumnWriter &column : some.columns) {
        putVarint(out, column.reference);
        putVarint(out, column.headLength);
        putVarint(out, column.tailLength);
        putVarint(out, column.numbers.size());
        putVarint(out, column.texts.size());
        putBytes(out, column.codes);
        putBytes(out, column.numbers);
        putBytes(out, column.texts);
    }
}

}  // namespace

struct caliber_packer {
    /// By the caller's numbers. Those past `templateCount` are kept for their memory.
    std::vector<Template> templates;
    size_t templateCount = 0;
    /// The templates that lines have, in the order of their first.
    std::vector<uint32_t> used;
    /// A line's template's number, two bytes; 0 for a line that stands among the others as it is.
    std::vector<uint8_t> numbers;
    size_t lineCount = 0;
    std::vector<uint8_t> plain;
    std::vector<uint8_t> packing;
};

extern "C" {

caliber_packer *caliber_packer_create(void) { return new (std::nothrow) caliber_packer(); }

void caliber_packer_destroy(caliber_packer *packer) { delete packer; }

int caliber_packer_begin(caliber_packer *packer) {
    packer->templateCount = 0;
    packer->used.clear();
    packer->numbers.clear();
    packer->lineCount = 0;
    packer->plain.clear();
    packer->packing.clear();
    return 1;
}

int caliber_packer_declare(
    caliber_packer *packer, const uint8_t *pieces, const uint32_t *lengths, size_t piece_count) {
    try {
        if (packer->templateCount == packer->templates.size()) packer->templates.emplace_back();
        Template &fresh = packer->templates[packer->templateCount++];
        size_t byteCount = 0;
        for (size_t index = 0; index < piece_count; index++) byteCount += lengths[index];
        fresh.pieces.assign(pieces, pieces + byteCount);
        fresh.lengths.assign(lengths, lengths + piece_count);
        fresh.number = 0;
        fresh.lineCount = 0;
        return 1;
    } catch (const std::bad_alloc &) {
        return 0;
    }
}

int caliber_packer_add(
    caliber_packer *packer, const uint8_t *line, size_t length, int32_t template_number, const caliber_hole *holes) {
    try {
        packer->lineCount++;
        if (template_number < 0) {
            packer->numbers.insert(packer->numbers.end(), 2, 0);
            packer->plain.insert(packer->plain.end(), line, line + length);
            packer->plain.push_back('\n');
            return 1;
        }
        Template &own = packer->templates[static_cast<size_t>(template_number)];
        if (own.number == 0) {
            packer->used.push_back(static_cast<uint32_t>(template_number));
            own.number = static_cast<uint32_t>(packer->used.size());
            own.columns.resize(own.lengths.size() - 1);
            for (LineColumnWriter &column : own.columns) column.begin();
        }
        own.lineCount++;
        packer->numbers.push_back(static_cast<uint8_t>(own.number));
        packer->numbers.push_back(static_cast<uint8_t>(own.number >> 8));
        for (uint32_t hole = 0; hole < own.columns.size(); hole++) own.columns[hole].add(line, holes, hole);
        return 1;
    } catch (const std::bad_alloc &) {
        return 0;
    }
}

const uint8_t *caliber_packer_end(caliber_packer *packer, size_t *length) {
    try {
        std::vector<uint8_t> &out = packer->packing;
        putVarint(out, packer->used.size());
        for (uint32_t index : packer->used) putTemplate(out, packer->templates[index]);
        putVarint(out, packer->lineCount);
        // The lower bytes first, then the upper ones, which are nearly all 0.
        for (size_t half = 0; half < 2; half++)
            for (size_t at = half; at < packer->numbers.size(); at += 2) out.push_back(packer->numbers[at]);
        putBytes(out, packer->plain);
        *length = out.size();
        return out.data();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

}  // extern "C"
