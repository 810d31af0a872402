#pragma once
/// A SQLite file system that passes everything on to the default one and fails when told to.
///
/// Counted operations: write, truncate, sync, delete (SQLite's way to rename is to delete or truncate a journal), and
/// shared-memory growth. One process, one plan.

/// Registers the file system as SQLite's default. Returns SQLite's result code.
int caliber_faulty_register(void);

/// From now on the operation with this number (from 1) fails, and every one after it while `sticky` is not 0.
/// 0 fails nothing. Resets the count.
void caliber_faulty_fail_at(long operation, int sticky);

/// Operations counted since the last call of `caliber_faulty_fail_at`.
long caliber_faulty_operation_count(void);

/// 1 when a failure has been injected since the last call of `caliber_faulty_fail_at`.
int caliber_faulty_has_failed(void);
