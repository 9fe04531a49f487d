// SPDX-License-Identifier: GPL-2.0
/*
 * audit_state.c - the stored state. LevelDB changes its folder when it is
 * opened, so a copy is audited; a state that a node has open is left alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/audit_parts.h"

#define COPY_CHUNK (1024 * 1024)

/* LevelDB holds a lock on this file while it is open. */
static bool state_in_use(const char *folder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096];
	bool used;
	int fd;

	snprintf(path, sizeof(path), "%s/state/LOCK", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	used = !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK;
	close(fd);
	return used;
}

static int copy_file(int from_folder, int to_folder, const char *name)
{
	int from = openat(from_folder, name, O_RDONLY | O_CLOEXEC), to, error = 0;
	u8 *chunk = malloc(COPY_CHUNK);
	ssize_t got = 0;

	if (from < 0 || !chunk) {
		error = from < 0 ? -errno : -ENOMEM;
		if (from >= 0)
			close(from);
		free(chunk);
		return error;
	}
	to = openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	while (to >= 0 && (got = read(from, chunk, COPY_CHUNK)) > 0)
		if (write(to, chunk, (size_t)got) != got)
			break;
	if (to < 0 || got)
		error = errno ? -errno : -EIO;
	close(from);
	if (to >= 0)
		close(to);
	free(chunk);
	return error;
}

static int copy_folder(const char *from, const char *to)
{
	int from_fd, to_fd, error = 0;
	struct dirent *entry;
	struct stat about;
	DIR *folder;

	if (mkdir(to, 0700))
		return -errno;
	folder = opendir(from);
	if (!folder)
		return -errno;
	from_fd = dirfd(folder);
	to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to_fd < 0)
		error = -errno;
	while (!error && (entry = readdir(folder)))
		if (strcmp(entry->d_name, "LOCK") && !fstatat(from_fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(about.st_mode))
			error = copy_file(from_fd, to_fd, entry->d_name);
	if (to_fd >= 0)
		close(to_fd);
	closedir(folder);
	return error;
}

/* A ledger that has all blocks makes its state again; a snapshot's cannot. */
static const char *state_cure(const struct audit *audit)
{
	return audit->report->base ? "Remove the ledger and join again."
				   : "Remove the folder state; the node makes it again.";
}

static int state_fault(struct audit *audit, const char *why)
{
	return audit_fault(audit, "state", 0, -EBADMSG, "The stored state is damaged: %.160s %s", why,
			   state_cure(audit));
}

int audit_state_copy(struct audit *audit)
{
	char from[4096], to[4096], sentence[320] = "";
	int error;

	if (state_in_use(audit->folder))
		return audit_fault(audit, "state/LOCK", 0, -EBUSY,
				   "A node has this ledger open. Stop it first, or take its channel's copy.");
	snprintf(from, sizeof(from), "%s/state", audit->folder);
	snprintf(to, sizeof(to), "%s/stored", audit->scratch);
	error = copy_folder(from, to);
	if (error)
		return audit_fault(audit, "state", 0, error, "%s cannot be copied to %s for its audit: %s.", from, to,
				   strerror(-error));
	error = store_leveldb_open(to, false, &audit->store, sentence);
	if (error) {
		audit->store = NULL;
		return state_fault(audit, sentence);
	}
	return 0;
}

int audit_state_open(struct audit *audit, const u8 seed[32])
{
	int error = state_open(audit->store, seed, &audit->stored);

	if (error) {
		audit->stored = NULL;
		return state_fault(audit, audit->store->error);
	}
	audit->opened = true;
	audit->mark = *state_mark(audit->stored);
	return 0;
}

int audit_state_mark(struct audit *audit, u64 number, const u8 header[32], const u8 root[32])
{
	if (audit->mark_seen || audit->mark.number != number)
		return 0;
	audit->mark_seen = true;
	if (!memcmp(audit->mark.header, header, 32) && !memcmp(audit->mark.root, root, 32))
		return 0;
	return audit_fault(
		audit, "state", 0, -EBADMSG,
		"The stored state says that it follows block %llu, but it is another block's or has another root. %s",
		(unsigned long long)number, state_cure(audit));
}

int audit_state_finish(struct audit *audit)
{
	u8 root[32];
	int error;

	if (!audit->mark_seen)
		return audit_fault(
			audit, "state", 0, -EBADMSG,
			"The stored state follows block %llu, but the block files end with block %llu: blocks that "
			"were on the disk are missing. Restore them from a copy, or remove the ledger and join "
			"again.",
			(unsigned long long)audit->mark.number, (unsigned long long)audit->report->last);
	error = state_recompute(audit->stored, root, &audit->report->keys);
	if (error)
		return state_fault(audit, state_store(audit->stored)->error);
	if (memcmp(root, audit->mark.root, 32))
		return audit_fault(audit, "state", 0, -EBADMSG,
				   "The stored state's content has another root than block %llu. %s",
				   (unsigned long long)audit->mark.number, state_cure(audit));
	return 0;
}
