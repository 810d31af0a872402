#ifndef CALIBER_FAILING_WORLD_H
#define CALIBER_FAILING_WORLD_H

#include <stdint.h>

/// What a process's world does to it, in a file that tests write to and the process has mapped.
/// Loaded before other libraries (LD_PRELOAD), with the file's path in CALIBER_FAILING_WORLD.
typedef struct {
    /// What writing to files at a place, and changing their length, fails with; 0: it works.
    int32_t write_error;
    /// What syncing fails with; 0: it works.
    int32_t sync_error;
    /// Added to the clock on the wall, in seconds.
    int64_t clock_offset_seconds;
    /// How many calls have failed.
    int64_t failed_count;
} caliber_failing_world;

#endif
