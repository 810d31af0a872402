#define _GNU_SOURCE
#include "CFailingWorld.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static volatile caliber_failing_world *world;

__attribute__((constructor)) static void find_world(void) {
    const char *path = getenv("CALIBER_FAILING_WORLD");
    if (path == 0) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *memory = mmap(0, sizeof(caliber_failing_world), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) world = memory;
    close(file);
}

static int fails(int error) {
    if (error == 0) return 0;
    __atomic_fetch_add(&world->failed_count, 1, __ATOMIC_RELAXED);
    errno = error;
    return 1;
}

static int write_fails(void) { return world != 0 && fails(world->write_error); }
static int sync_fails(void) { return world != 0 && fails(world->sync_error); }

// The next one of a name: the C library's own.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return write_fails() ? -1 : REAL(pwrite)(file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    return write_fails() ? -1 : REAL(pwrite64)(file, bytes, count, offset);
}
int ftruncate(int file, off_t length) { return write_fails() ? -1 : REAL(ftruncate)(file, length); }
int ftruncate64(int file, off64_t length) { return write_fails() ? -1 : REAL(ftruncate64)(file, length); }
int fsync(int file) { return sync_fails() ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return sync_fails() ? -1 : REAL(fdatasync)(file); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && world != 0) now->tv_sec += world->clock_offset_seconds;
    return result;
}
