#include "CSimdJSON.h"

#include <simdjson.h>

#include <algorithm>
#include <new>

#include "JSONShape.h"

struct caliber_json_parser {
    simdjson::dom::parser dom;
    const uint8_t *line = nullptr;
    std::vector<caliber_json_member> undeclared;
    std::string_view duplicateName;
    /// For each place on the tape, which of the line's structural characters it stands for. Made when first asked for.
    std::vector<uint32_t> structurals;
    bool isLocated = false;

    const uint64_t *tape() const { return dom.doc.tape.get(); }
};

namespace {

char typeAt(const uint64_t *tape, uint32_t place) { return static_cast<char>(tape[place] >> 56); }

uint64_t payloadAt(const uint64_t *tape, uint32_t place) { return tape[place] & ((1ULL << 56) - 1); }

/// The place after a value: a container's payload names it.
uint32_t after(const uint64_t *tape, uint32_t place) {
    switch (typeAt(tape, place)) {
    case '{':
    case '[':
        return static_cast<uint32_t>(payloadAt(tape, place));
    case 'l':
    case 'u':
    case 'd':
        return place + 2;
    default:
        return place + 1;
    }
}

std::string_view stringAt(const caliber_json_parser *parser, uint32_t place) {
    const uint8_t *bytes = parser->dom.doc.string_buf.get() + payloadAt(parser->tape(), place);
    uint32_t length;
    memcpy(&length, bytes, sizeof(length));
    return std::string_view(reinterpret_cast<const char *>(bytes + sizeof(length)), length);
}

void fill(const caliber_json_parser *parser, uint32_t place, caliber_json_value *out) {
    const uint64_t *tape = parser->tape();
    out->text = nullptr;
    out->bits = 0;
    out->length = 0;
    out->place = place;
    switch (typeAt(tape, place)) {
    case '"': {
        std::string_view text = stringAt(parser, place);
        out->text = text.data();
        out->length = static_cast<uint32_t>(text.size());
        out->kind = CALIBER_JSON_STRING;
        break;
    }
    case 'l':
        out->bits = static_cast<int64_t>(tape[place + 1]);
        out->kind = CALIBER_JSON_INT64;
        break;
    case 'u':
        out->bits = static_cast<int64_t>(tape[place + 1]);
        out->kind = CALIBER_JSON_UINT64;
        break;
    case 'd':
        out->bits = static_cast<int64_t>(tape[place + 1]);
        out->kind = CALIBER_JSON_DOUBLE;
        break;
    case 't':
    case 'f':
        out->bits = typeAt(tape, place) == 't';
        out->kind = CALIBER_JSON_BOOLEAN;
        break;
    case '{':
        out->kind = CALIBER_JSON_OBJECT;
        break;
    case '[':
        out->kind = CALIBER_JSON_ARRAY;
        break;
    default:
        out->kind = CALIBER_JSON_NULL;
    }
}

/// Notices a name that comes twice. Few names are compared one by one behind a 64-bit filter; many are sorted, so that
/// no object costs more than O(n log n).
class NameSet {
public:
    /// False when the name is there already. Past `fewNames`, only `firstRepeat` tells.
    bool insert(std::string_view name) {
        uint64_t bit = 1ULL << fingerprint(name);
        if ((filter & bit) != 0 && count <= fewNames)
            for (size_t index = 0; index < count; index++)
                if (at(index) == name) return false;
        filter |= bit;
        if (count < fewNames) {
            few[count] = {name.data(), name.size()};
        } else {
            if (count == fewNames)
                for (size_t index = 0; index < fewNames; index++) many.push_back(at(index));
            many.push_back(name);
        }
        count++;
        return true;
    }

    /// A name that came twice among many; empty data when none did.
    std::string_view firstRepeat() {
        if (count <= fewNames) return {};
        std::sort(many.begin(), many.end());
        for (size_t index = 1; index < many.size(); index++)
            if (many[index] == many[index - 1]) return many[index];
        return {};
    }

private:
    static constexpr size_t fewNames = 32;
    /// Left uninitialised, unlike a string_view: an object has few names, and most sets stay empty.
    struct Name {
        const char *data;
        size_t size;
    };
    Name few[fewNames];
    std::vector<std::string_view> many;
    size_t count = 0;
    uint64_t filter = 0;

    std::string_view at(size_t index) const { return std::string_view(few[index].data, few[index].size); }

    static unsigned fingerprint(std::string_view name) {
        if (name.empty()) return 0;
        unsigned mixed = static_cast<unsigned>(name.size()) * 31u + static_cast<uint8_t>(name.front()) * 7u +
                         static_cast<uint8_t>(name[name.size() / 2]) * 13u + static_cast<uint8_t>(name.back());
        return (mixed ^ (mixed >> 6)) & 63u;
    }
};

/// Whether every object within a value names each member once. The parser's depth limit bounds the recursion.
bool namesAreUnique(caliber_json_parser *parser, uint32_t place) {
    const uint64_t *tape = parser->tape();
    char type = typeAt(tape, place);
    if (type != '{' && type != '[') return true;
    uint32_t end = after(tape, place) - 1;
    if (place + 1 == end) return true;
    if (type == '[') {
        for (uint32_t item = place + 1; item < end; item = after(tape, item))
            if (!namesAreUnique(parser, item)) return false;
        return true;
    }
    NameSet names;
    for (uint32_t key = place + 1; key < end; key = after(tape, key + 1)) {
        std::string_view name = stringAt(parser, key);
        if (!names.insert(name)) {
            parser->duplicateName = name;
            return false;
        }
        if (!namesAreUnique(parser, key + 1)) return false;
    }
    std::string_view repeat = names.firstRepeat();
    if (repeat.data() == nullptr) return true;
    parser->duplicateName = repeat;
    return false;
}

/// Marks every slot below a node whose value turned out to be no object.
void block(caliber_json_shape *shape, int32_t node, uint32_t place, caliber_json_value *values) {
    for (ShapeEntry &entry : shape->nodes[static_cast<size_t>(node)].entries) {
        if (entry.slot >= 0) {
            values[entry.slot].kind = CALIBER_JSON_BLOCKED;
            values[entry.slot].place = place;
        }
        if (entry.child >= 0) block(shape, entry.child, place, values);
    }
}

bool readObject(
    caliber_json_parser *parser, caliber_json_shape *shape, int32_t nodeIndex, uint32_t place,
    caliber_json_value *values);

bool readMember(
    caliber_json_parser *parser, caliber_json_shape *shape, const ShapeEntry &entry, uint32_t place,
    caliber_json_value *values) {
    char type = typeAt(parser->tape(), place);
    if (entry.slot >= 0) fill(parser, place, &values[entry.slot]);
    if (entry.child >= 0) {
        if (type == '{') return readObject(parser, shape, entry.child, place, values);
        if (type != 'n') block(shape, entry.child, place, values);
    }
    return entry.defers || (type != '{' && type != '[') || namesAreUnique(parser, place);
}

bool readObject(
    caliber_json_parser *parser, caliber_json_shape *shape, int32_t nodeIndex, uint32_t place,
    caliber_json_value *values) {
    const uint64_t *tape = parser->tape();
    ShapeNode &node = shape->nodes[static_cast<size_t>(nodeIndex)];
    uint32_t end = after(tape, place) - 1;
    uint32_t position = 0;
    NameSet others;
    for (uint32_t key = place + 1; key < end; key = after(tape, key + 1), position++) {
        std::string_view name = stringAt(parser, key);
        int32_t match = node.match(position, name);
        bool isFirst;
        if (match >= 0) {
            ShapeEntry &entry = node.entries[static_cast<size_t>(match)];
            isFirst = entry.seen != shape->readCount;
            entry.seen = shape->readCount;
            if (isFirst && !readMember(parser, shape, entry, key + 1, values)) return false;
        } else {
            isFirst = others.insert(name);
            parser->undeclared.push_back(
                {name.data(), node.prefix.data(), static_cast<uint32_t>(name.size()),
                 static_cast<uint32_t>(node.prefix.size()), key});
            if (isFirst && !namesAreUnique(parser, key + 1)) return false;
        }
        if (!isFirst) {
            parser->duplicateName = name;
            return false;
        }
    }
    std::string_view repeat = others.firstRepeat();
    if (repeat.data() == nullptr) return true;
    parser->duplicateName = repeat;
    return false;
}

/// Walks the tape and the parser's list of structural characters side by side. Both name the same things in the same
/// order, but for colons and commas, which the tape leaves out. This gives the exact text of a number without a second
/// scan of the line: the list is there already.
void locate(caliber_json_parser *parser) {
    if (parser->isLocated) return;
    const uint64_t *tape = parser->tape();
    const auto &implementation = *parser->dom.implementation;
    const uint32_t *indexes = implementation.structural_indexes.get();
    uint32_t end = static_cast<uint32_t>(payloadAt(tape, 0));
    parser->structurals.assign(end + 1, 0);
    uint32_t structural = 0;
    for (uint32_t place = 1; place < end; structural++) {
        while (structural < implementation.n_structural_indexes &&
               (parser->line[indexes[structural]] == ':' || parser->line[indexes[structural]] == ','))
            structural++;
        if (structural >= implementation.n_structural_indexes) break;
        parser->structurals[place] = structural;
        char type = typeAt(tape, place);
        place += type == 'l' || type == 'u' || type == 'd' ? 2 : 1;
    }
    parser->isLocated = true;
}

uint32_t offsetOf(caliber_json_parser *parser, uint32_t structural) {
    return parser->dom.implementation->structural_indexes[structural];
}

}  // namespace

extern "C" {

caliber_json_parser *caliber_json_parser_create(size_t longest_line, size_t greatest_depth) {
    auto *parser = new (std::nothrow) caliber_json_parser();
    if (parser == nullptr) return nullptr;
    // The parser's own limit stays as it is: callers bound their lines, and version 3.0.1's set_max_capacity sets the
    // smallest capacity where the greater of the two was meant.
    if (parser->dom.allocate(longest_line, greatest_depth) != simdjson::SUCCESS ||
        parser->dom.doc.allocate(longest_line) != simdjson::SUCCESS) {
        delete parser;
        return nullptr;
    }
    return parser;
}

void caliber_json_parser_destroy(caliber_json_parser *parser) { delete parser; }

int caliber_json_parse(caliber_json_parser *parser, const uint8_t *line, size_t length) {
    parser->line = line;
    parser->isLocated = false;
    parser->undeclared.clear();
    return static_cast<int>(parser->dom.parse(line, length, false).error());
}

const char *caliber_json_error_message(int code) {
    if (code == CALIBER_JSON_DUPLICATE_KEY) return "An object has one name twice.";
    if (code == CALIBER_JSON_OUT_OF_MEMORY) return "Memory is short.";
    // A whole number past 64 bits and one past the largest double count as malformed.
    if (code == simdjson::NUMBER_ERROR) return "A number is malformed or too large.";
    return simdjson::error_message(static_cast<simdjson::error_code>(code));
}

int caliber_json_error_is_utf8(int code) { return code == simdjson::UTF8_ERROR; }
int caliber_json_error_is_depth(int code) { return code == simdjson::DEPTH_ERROR; }

void caliber_json_root(const caliber_json_parser *parser, caliber_json_value *out) { fill(parser, 1, out); }

caliber_json_shape *caliber_json_shape_create(void) { return new (std::nothrow) caliber_json_shape(); }

void caliber_json_shape_destroy(caliber_json_shape *shape) { delete shape; }

int caliber_json_shape_add(
    caliber_json_shape *shape, const char *path, size_t length, uint32_t slot, int splits, int defers) {
    try {
        shape->add(std::string_view(path, length), slot, splits != 0, defers != 0);
        return 1;
    } catch (const std::bad_alloc &) {
        return 0;
    }
}

int caliber_json_read(
    caliber_json_parser *parser, caliber_json_shape *shape, uint32_t place, caliber_json_value *values,
    uint32_t value_count) {
    for (uint32_t slot = 0; slot < value_count; slot++) values[slot].kind = CALIBER_JSON_ABSENT;
    shape->readCount++;
    parser->undeclared.clear();
    if (typeAt(parser->tape(), place) != '{') return CALIBER_JSON_OK;
    try {
        return readObject(parser, shape, 0, place, values) ? CALIBER_JSON_OK : CALIBER_JSON_DUPLICATE_KEY;
    } catch (const std::bad_alloc &) {
        return CALIBER_JSON_OUT_OF_MEMORY;
    }
}

const caliber_json_member *caliber_json_undeclared(const caliber_json_parser *parser, size_t *count) {
    *count = parser->undeclared.size();
    return parser->undeclared.data();
}

const char *caliber_json_duplicate_name(const caliber_json_parser *parser, size_t *length) {
    *length = parser->duplicateName.size();
    return parser->duplicateName.data();
}

int caliber_json_array_next(
    const caliber_json_parser *parser, uint32_t array, uint32_t *cursor, caliber_json_value *out) {
    const uint64_t *tape = parser->tape();
    if (typeAt(tape, array) != '[') return 0;
    uint32_t item = *cursor == 0 ? array + 1 : *cursor;
    if (item >= after(tape, array) - 1) return 0;
    fill(parser, item, out);
    *cursor = after(tape, item);
    return 1;
}

const char *caliber_json_number_text(caliber_json_parser *parser, uint32_t place, size_t *length) {
    char type = typeAt(parser->tape(), place);
    if (type != 'l' && type != 'u' && type != 'd') return nullptr;
    try {
        locate(parser);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
    const char *text =
        reinterpret_cast<const char *>(parser->line) + offsetOf(parser, parser->structurals[place]);
    size_t count = 0;
    // The padding after a line bounds this: it is not part of the number, whatever it holds, because the line was valid
    // and a number at its end is no object.
    while ((text[count] >= '0' && text[count] <= '9') || text[count] == '-' || text[count] == '+' ||
           text[count] == '.' || text[count] == 'e' || text[count] == 'E')
        count++;
    *length = count;
    return text;
}

int caliber_json_member_range(
    caliber_json_parser *parser, uint32_t place, size_t *start, size_t *end, int *is_last) {
    const uint64_t *tape = parser->tape();
    if (typeAt(tape, place) != '"') return 0;
    try {
        locate(parser);
    } catch (const std::bad_alloc &) {
        return 0;
    }
    char type = typeAt(tape, place + 1);
    uint32_t last = type == '{' || type == '[' ? after(tape, place + 1) - 1 : place + 1;
    uint32_t next = offsetOf(parser, parser->structurals[last] + 1);
    *start = offsetOf(parser, parser->structurals[place]);
    *is_last = parser->line[next] != ',';
    *end = *is_last ? next : next + 1;
    return 1;
}

}  // extern "C"
