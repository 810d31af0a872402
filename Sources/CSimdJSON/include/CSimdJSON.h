// A C face for libsimdjson: one JSON line in, the members a caller asked for out.
//
// The library's DOM parser validates the whole line (UTF-8, numbers, escapes, nesting). What is wanted of it is then read
// straight off its tape, whose format the library documents (doc/tape.md).
//
// A parser and a shape serve one thread at a time. Texts handed out live until the parser's next line.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Readable bytes that must follow a line in memory; what they hold does not matter.
#define CALIBER_JSON_PADDING 64

/// Own results beside the library's positive error codes.
#define CALIBER_JSON_OK 0
#define CALIBER_JSON_DUPLICATE_KEY (-1)
#define CALIBER_JSON_OUT_OF_MEMORY (-2)

typedef enum caliber_json_kind {
    CALIBER_JSON_ABSENT = 0,
    CALIBER_JSON_NULL,
    CALIBER_JSON_BOOLEAN,
    CALIBER_JSON_INT64,
    /// A whole number past the largest int64.
    CALIBER_JSON_UINT64,
    /// Any number with a point or an exponent; `bits` is the nearest double, the exact text is `caliber_json_number_text`.
    CALIBER_JSON_DOUBLE,
    CALIBER_JSON_STRING,
    CALIBER_JSON_OBJECT,
    CALIBER_JSON_ARRAY,
    /// The path's outer name holds something that is no object.
    CALIBER_JSON_BLOCKED,
} caliber_json_kind;

/// One value of the line.
typedef struct caliber_json_value {
    /// A string's unescaped bytes; NULL for all else.
    const char *text;
    /// An integer, 0 or 1, or the bit pattern of a double.
    int64_t bits;
    /// Bytes of a string.
    uint32_t length;
    /// Where the value stands, for the calls below.
    uint32_t place;
    uint32_t kind;
    uint32_t reserved;
} caliber_json_value;

/// A member that the shape does not name.
typedef struct caliber_json_member {
    const char *name;
    /// The path of the object it stands in, with a dot at the end; empty at the top.
    const char *prefix;
    uint32_t name_length;
    uint32_t prefix_length;
    uint32_t place;
} caliber_json_member;

typedef struct caliber_json_parser caliber_json_parser;
typedef struct caliber_json_shape caliber_json_shape;

/// - longest_line: bytes of the longest line that will be parsed.
/// - Returns NULL when memory is short.
caliber_json_parser *caliber_json_parser_create(size_t longest_line, size_t greatest_depth);
void caliber_json_parser_destroy(caliber_json_parser *parser);

/// Parses and validates one line; CALIBER_JSON_OK or an error. `line` must stay until the next call.
int caliber_json_parse(caliber_json_parser *parser, const uint8_t *line, size_t length);

/// The sentence that goes with an error code; lives forever.
const char *caliber_json_error_message(int code);
/// What an error code is about.
int caliber_json_error_is_utf8(int code);
int caliber_json_error_is_depth(int code);

/// The line's one value.
void caliber_json_root(const caliber_json_parser *parser, caliber_json_value *out);

/// The names a caller wants of an object, each with the slot its value goes to.
caliber_json_shape *caliber_json_shape_create(void);
void caliber_json_shape_destroy(caliber_json_shape *shape);
/// - splits: whether a dot in `path` steps into a nested object.
/// - defers: leaves the value's own members to a later `caliber_json_read` of its place.
/// - Returns 0 when memory is short.
int caliber_json_shape_add(
    caliber_json_shape *shape, const char *path, size_t length, uint32_t slot, int splits, int defers);

/// Reads the object at `place`: each named member into `values[slot]` (absent ones are marked so), the others into the
/// list of undeclared members. An object at any depth that has one name twice is refused.
int caliber_json_read(
    caliber_json_parser *parser, caliber_json_shape *shape, uint32_t place, caliber_json_value *values,
    uint32_t value_count);

/// The undeclared members of the last `caliber_json_read`.
const caliber_json_member *caliber_json_undeclared(const caliber_json_parser *parser, size_t *count);
/// The name that the last read found twice.
const char *caliber_json_duplicate_name(const caliber_json_parser *parser, size_t *length);

/// Steps through an array: `cursor` starts as 0; returns 0 past the last element.
int caliber_json_array_next(
    const caliber_json_parser *parser, uint32_t array, uint32_t *cursor, caliber_json_value *out);

/// The digits of a number as the line has them; NULL when `place` is none.
const char *caliber_json_number_text(caliber_json_parser *parser, uint32_t place, size_t *length);

/// The bytes of the line that a member takes up, with the comma after it; `is_last` says that there was none.
/// Returns 0 when `place` is no member.
int caliber_json_member_range(
    caliber_json_parser *parser, uint32_t place, size_t *start, size_t *end, int *is_last);

/// Brings a cache line near that will be read soon.
static inline void caliber_prefetch(const void *address) { __builtin_prefetch(address); }

#ifdef __cplusplus
}
#endif

#include "JSONSkeletons.h"
#include "LinePacking.h"
