// SPDX-License-Identifier: GPL-2.0
/*
 * disk_posix.c - the disk of a real folder.
 *
 * Names are opened below the folder's descriptor, so that a folder moved while
 * the program runs is still the same disk. Symbolic links are not followed at the name's end.
 */
#include "ledger/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct posix_disk {
	struct disk disk;
	int folder;
};

struct disk_file {
	int fd;
};

static int posix_folder(struct disk *disk)
{
	return ((struct posix_disk *)disk)->folder;
}

static int posix_open(struct disk *disk, const char *name, bool create, struct disk_file **ret_file)
{
	struct disk_file *file = malloc(sizeof(*file));
	int error;

	if (!file)
		return -ENOMEM;
	file->fd = openat(posix_folder(disk), name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	if (file->fd < 0 && !create && (errno == EROFS || errno == EACCES)) /* an audit may only read */
		file->fd = openat(posix_folder(disk), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file->fd < 0) {
		error = -errno;
		free(file);
		return error;
	}
	*ret_file = file;
	return 0;
}

static void posix_close(struct disk_file *file)
{
	close(file->fd);
	free(file);
}

static ssize_t posix_read(struct disk_file *file, u64 offset, void *bytes, size_t len)
{
	size_t done = 0;
	ssize_t got;

	while (done < len) {
		got = pread(file->fd, (u8 *)bytes + done, len - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static int posix_write(struct disk_file *file, u64 offset, const void *bytes, size_t len)
{
	size_t done = 0;
	ssize_t put;

	while (done < len) {
		put = pwrite(file->fd, (const u8 *)bytes + done, len - done, (off_t)(offset + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (!put)
			return -EIO;
		done += (size_t)put;
	}
	return 0;
}

static int posix_sync(struct disk_file *file)
{
	return fdatasync(file->fd) ? -errno : 0;
}

static int posix_truncate(struct disk_file *file, u64 size)
{
	return ftruncate(file->fd, (off_t)size) ? -errno : 0;
}

static ssize_t posix_size(struct disk_file *file)
{
	struct stat about;

	return fstat(file->fd, &about) ? -errno : (ssize_t)about.st_size;
}

static int posix_remove(struct disk *disk, const char *name)
{
	return unlinkat(posix_folder(disk), name, 0) ? -errno : 0;
}

static int posix_rename(struct disk *disk, const char *from, const char *to)
{
	return renameat(posix_folder(disk), from, posix_folder(disk), to) ? -errno : 0;
}

static int posix_sync_folder(struct disk *disk)
{
	return fsync(posix_folder(disk)) ? -errno : 0;
}

static int posix_list(struct disk *disk, void (*each)(void *arg, const char *name), void *arg)
{
	int fd = openat(posix_folder(disk), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	struct stat about;
	DIR *folder;
	int error;

	if (fd < 0)
		return -errno;
	folder = fdopendir(fd);
	if (!folder) {
		error = -errno;
		close(fd);
		return error;
	}
	errno = 0;
	while ((entry = readdir(folder))) {
		if (!fstatat(fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) && S_ISREG(about.st_mode))
			each(arg, entry->d_name);
		errno = 0;
	}
	error = -errno;
	closedir(folder);
	return error;
}

static void posix_done(struct disk *disk)
{
	close(posix_folder(disk));
	free(disk);
}

static const struct disk_ops posix_ops = {
	.open = posix_open,
	.close = posix_close,
	.read = posix_read,
	.write = posix_write,
	.sync = posix_sync,
	.truncate = posix_truncate,
	.size = posix_size,
	.remove = posix_remove,
	.rename = posix_rename,
	.sync_folder = posix_sync_folder,
	.list = posix_list,
	.done = posix_done,
};

int disk_posix_open(const char *folder, bool create, struct disk **ret_disk)
{
	struct posix_disk *posix;
	int error;

	if (create && mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	posix = malloc(sizeof(*posix));
	if (!posix)
		return -ENOMEM;
	posix->disk.ops = &posix_ops;
	posix->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (posix->folder < 0) {
		error = -errno;
		free(posix);
		return error;
	}
	*ret_disk = &posix->disk;
	return 0;
}

void disk_done(struct disk *disk)
{
	if (disk)
		disk->ops->done(disk);
}
