// Look-ups of names that end in `.played.test` are answered as a test says; all others go to the system. Nothing else
// of a connection is played: libcurl, its guard and the sockets are the real ones.
#ifndef CALIBER_CPLAYEDNAMES_H
#define CALIBER_CPLAYEDNAMES_H

/// What the next look-ups of `name` give: addresses with commas between them for one look-up, look-ups with semicolons
/// between them. The last one holds for all that follow. `~3` is a look-up that takes three seconds and finds nothing.
void caliber_play_name(const char *name, const char *answers);
/// How many look-ups there were.
int caliber_played_lookup_count(const char *name);

#endif
