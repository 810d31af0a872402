#include "CFaultyFileSystem.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

typedef struct {
    sqlite3_file base;
    sqlite3_file *real; // the default file system's file, in the memory right behind this struct
} FaultyFile;

static sqlite3_vfs faulty_vfs;
static sqlite3_vfs *real_vfs;
static atomic_long operations;
static atomic_long fail_at;
static atomic_int is_sticky;
static atomic_int has_failed;

void caliber_faulty_fail_at(long operation, int sticky) {
    atomic_store(&operations, 0);
    atomic_store(&is_sticky, sticky);
    atomic_store(&has_failed, 0);
    atomic_store(&fail_at, operation);
}

long caliber_faulty_operation_count(void) { return atomic_load(&operations); }
int caliber_faulty_has_failed(void) { return atomic_load(&has_failed); }

static int should_fail(void) {
    long number = atomic_fetch_add(&operations, 1) + 1;
    long target = atomic_load(&fail_at);
    if (target == 0 || (number != target && !(atomic_load(&is_sticky) && number > target))) return 0;
    atomic_store(&has_failed, 1);
    return 1;
}

static sqlite3_file *real_of(sqlite3_file *file) { return ((FaultyFile *)file)->real; }

static int faulty_close(sqlite3_file *file) { return real_of(file)->pMethods->xClose(real_of(file)); }
static int faulty_read(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset) {
    return real_of(file)->pMethods->xRead(real_of(file), buffer, count, offset);
}
static int faulty_write(sqlite3_file *file, const void *buffer, int count, sqlite3_int64 offset) {
    if (should_fail()) return SQLITE_IOERR_WRITE;
    return real_of(file)->pMethods->xWrite(real_of(file), buffer, count, offset);
}
static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size) {
    if (should_fail()) return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int faulty_sync(sqlite3_file *file, int flags) {
    if (should_fail()) return SQLITE_IOERR_FSYNC;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int faulty_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int faulty_lock(sqlite3_file *file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
static int faulty_unlock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int faulty_check_lock(sqlite3_file *file, int *result) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}
static int faulty_control(sqlite3_file *file, int operation, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
static int faulty_sector(sqlite3_file *file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
static int faulty_characteristics(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
static int faulty_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    if (extend && should_fail()) return SQLITE_IOERR_SHMMAP;
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, memory);
}
static int faulty_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
static void faulty_shm_barrier(sqlite3_file *file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }
static int faulty_shm_unmap(sqlite3_file *file, int should_delete) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), should_delete);
}
static int faulty_fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **memory) {
    return real_of(file)->pMethods->xFetch(real_of(file), offset, count, memory);
}
static int faulty_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *memory) {
    return real_of(file)->pMethods->xUnfetch(real_of(file), offset, memory);
}

static const sqlite3_io_methods faulty_methods = {
    3, faulty_close, faulty_read, faulty_write, faulty_truncate, faulty_sync, faulty_size, faulty_lock,
    faulty_unlock, faulty_check_lock, faulty_control, faulty_sector, faulty_characteristics, faulty_shm_map,
    faulty_shm_lock, faulty_shm_barrier, faulty_shm_unmap, faulty_fetch, faulty_unfetch,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    FaultyFile *faulty = (FaultyFile *)file;
    faulty->base.pMethods = 0;
    faulty->real = (sqlite3_file *)(faulty + 1);
    memset(faulty->real, 0, (size_t)real_vfs->szOsFile);
    int result = real_vfs->xOpen(real_vfs, name, faulty->real, flags, out_flags);
    // Only what the real file offers may be offered on: a file of an older interface has no shared memory.
    if (faulty->real->pMethods != 0) faulty->base.pMethods = &faulty_methods;
    return result;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int should_sync) {
    (void)vfs;
    if (should_fail()) return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, should_sync);
}

int caliber_faulty_register(void) {
    if (real_vfs != 0) return SQLITE_OK;
    real_vfs = sqlite3_vfs_find(0);
    if (real_vfs == 0) return SQLITE_ERROR;
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "caliber-faulty";
    faulty_vfs.szOsFile = (int)sizeof(FaultyFile) + real_vfs->szOsFile;
    faulty_vfs.xOpen = faulty_open;
    faulty_vfs.xDelete = faulty_delete;
    return sqlite3_vfs_register(&faulty_vfs, 1);
}
