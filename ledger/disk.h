/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk.h - the few file operations that block files and the vote log need, as
 * a table, so that the same code runs on a real disk and on one of the tests'
 * that tears writes, forgets what was not synced, fills up, or flips bits.
 *
 * Names are relative to the folder the disk was opened on, without "..".
 * All return 0 or a count, or -errno. Not thread-safe per file.
 */
#ifndef VOLTGATE_LEDGER_DISK_H
#define VOLTGATE_LEDGER_DISK_H

#include <sys/types.h>

#include "voltgate/types.h"

struct disk_file;

struct disk {
	const struct disk_ops *ops;
};

struct disk_ops {
	/* Opens for reading and writing; @create: makes it if it is not there (-ENOENT otherwise). */
	int (*open)(struct disk *disk, const char *name, bool create, struct disk_file **ret_file);
	void (*close)(struct disk_file *file);
	/* Fewer than @len only at the end of the file. */
	ssize_t (*read)(struct disk_file *file, u64 offset, void *bytes, size_t len);
	/* All of it or -errno; after an error the bytes from @offset on may be anything. */
	int (*write)(struct disk_file *file, u64 offset, const void *bytes, size_t len);
	int (*sync)(struct disk_file *file); /* data and size (fdatasync) */
	int (*truncate)(struct disk_file *file, u64 size);
	ssize_t (*size)(struct disk_file *file);
	int (*remove)(struct disk *disk, const char *name);
	int (*rename)(struct disk *disk, const char *from, const char *to);
	int (*sync_folder)(struct disk *disk); /* creations, removals and renames */
	/* Calls @each for every file of the folder, in no order. */
	int (*list)(struct disk *disk, void (*each)(void *arg, const char *name), void *arg);
	void (*done)(struct disk *disk);
};

/* A folder of the real file system, made (0700) if @create. */
int disk_posix_open(const char *folder, bool create, struct disk **ret_disk);
/* In memory, for tests and simulation; what was not synced is lost by disk_memory_crash(). */
int disk_memory_open(struct disk **ret_disk);
/*
 * Power is cut: every file falls back to its synced content plus, drawn from
 * @seed, a torn part of what was written after. Open files stay usable for
 * disk_ops.close only. @seed 0 forgets all that was not synced.
 */
void disk_memory_crash(struct disk *disk, u64 seed);
/* After so many more writes, syncs, truncates or renames every operation fails with @error; 0 counts nothing. */
void disk_memory_fail_after(struct disk *disk, u64 operations, int error);
u64 disk_memory_operations(const struct disk *disk);
/* Flips one bit of a file's byte at @offset; -ENOENT, -ERANGE. */
int disk_memory_flip(struct disk *disk, const char *name, u64 offset, u8 mask);
void disk_done(struct disk *disk);

#endif
