// Lines that differ in their values alone, told apart without parsing them.
//
// The events of one type by one sender have the same names in the same order with the same punctuation. What a parsed
// line has besides its values is learned as a skeleton: literal pieces with holes between them. A later line that has the
// same pieces, and in each hole a value of the same kind, is valid JSON with the same names, and its values are where its
// holes are. Any other line is left to the parser.
//
// A set of skeletons serves one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CSimdJSON.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum caliber_hole_kind {
    /// A text without escapes; the hole is between the quotes.
    CALIBER_HOLE_TEXT = 0,
    /// A whole number of at most 18 digits, or one with a point and at most 15 digits; no exponent.
    CALIBER_HOLE_NUMBER,
    /// true or false.
    CALIBER_HOLE_BOOLEAN,
} caliber_hole_kind;

/// Where a value stands in its line.
typedef struct caliber_hole {
    uint32_t start;
    uint32_t length;
} caliber_hole;

/// More values than this are left to the parser.
#define CALIBER_SKELETON_HOLE_LIMIT 96
/// Lines with more bytes than this besides their values are left to the parser.
#define CALIBER_SKELETON_BYTE_LIMIT 16384
/// More skeletons than this are not learned.
#define CALIBER_SKELETON_LIMIT 512

typedef struct caliber_skeletons caliber_skeletons;

/// NULL when memory is short.
caliber_skeletons *caliber_skeletons_create(void);
void caliber_skeletons_destroy(caliber_skeletons *skeletons);

/// Learns a line that the parser found valid, and in which no object has a name twice.
///
/// - fixed, fixed_count: names at the top whose texts belong to the skeleton, because they decide how the rest is read.
/// - Returns the skeleton's number, known before or new; -1 when the line has something that no hole is for (an array,
///   an escape, a number of another form, a name with a dot) or there are too many skeletons.
int32_t caliber_skeletons_learn(
    caliber_skeletons *skeletons, const uint8_t *line, size_t length, const char *const *fixed, size_t fixed_count);

/// Finds the skeleton of a line, and its holes. Needs `CALIBER_JSON_PADDING` readable bytes after the line.
///
/// - holes: room for CALIBER_SKELETON_HOLE_LIMIT.
/// - Returns the skeleton's number; -1 when the line has none.
int32_t caliber_skeletons_match(
    const caliber_skeletons *skeletons, const uint8_t *line, size_t length, caliber_hole *holes);

size_t caliber_skeletons_count(const caliber_skeletons *skeletons);
size_t caliber_skeleton_hole_count(const caliber_skeletons *skeletons, int32_t skeleton);
/// The names that lead to a hole, joined by dots.
const char *caliber_skeleton_path(
    const caliber_skeletons *skeletons, int32_t skeleton, size_t hole, size_t *length);
caliber_hole_kind caliber_skeleton_kind(const caliber_skeletons *skeletons, int32_t skeleton, size_t hole);
/// The literal piece before a hole; the one after the last when `piece` is the number of holes.
const char *caliber_skeleton_piece(
    const caliber_skeletons *skeletons, int32_t skeleton, size_t piece, size_t *length);

/// Which value a hole becomes.
typedef struct caliber_binding {
    uint32_t hole;
    uint32_t kind;
    uint32_t slot;
} caliber_binding;

/// Reads holes as the parser's values: the same kinds and bits, and texts that stand in the line itself. A number has
/// its text, too.
void caliber_holes_read(
    const uint8_t *line, const caliber_hole *holes, const caliber_binding *bindings, size_t count,
    caliber_json_value *values);

#ifdef __cplusplus
}
#endif
