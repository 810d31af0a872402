// Lines of few skeletons as columns of what is particular to each, and back to the same bytes.
//
// A packing names its templates once, then each line's template; the values follow hole by hole. A value is coded by
// what it has in common with the one before it in its column or with an earlier value of its own line, so that little is
// left to a general compressor. docs/architecture.md has the layout, LineColumn.h the codes.
//
// A packer serves one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "JSONSkeletons.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct caliber_packer caliber_packer;

/// NULL when memory is short.
caliber_packer *caliber_packer_create(void);
void caliber_packer_destroy(caliber_packer *packer);

/// Forgets all lines and templates, and keeps the memory. Returns 0 when memory is short, as all calls below do.
int caliber_packer_begin(caliber_packer *packer);
/// Declares the next template, which gets the next number from 0: its pieces one behind the other, and their lengths.
int caliber_packer_declare(
    caliber_packer *packer, const uint8_t *pieces, const uint32_t *lengths, size_t piece_count);
/// Adds a line, whose bytes must stay until the end, with `CALIBER_JSON_PADDING` readable bytes after them.
///
/// - template_number: -1 for a line that has none; then `holes` is not looked at.
int caliber_packer_add(
    caliber_packer *packer, const uint8_t *line, size_t length, int32_t template_number, const caliber_hole *holes);
/// The packing of all lines; valid until the next `begin`. NULL when memory is short.
const uint8_t *caliber_packer_end(caliber_packer *packer, size_t *length);

/// Writes the lines of a packing, joined by line feeds.
///
/// - Returns how many bytes were written; -1 when `packing` is none, or is one of more than `capacity` bytes, or memory
///   is short. Whatever the bytes are, nothing outside of the two ranges is touched.
ptrdiff_t caliber_unpack(const uint8_t *packing, size_t length, uint8_t *lines, size_t capacity);

#ifdef __cplusplus
}
#endif
