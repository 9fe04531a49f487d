// SPDX-License-Identifier: GPL-2.0
/*
 * disk_memory.c - a disk in memory that can lose power, fill up and rot.
 *
 * Each file has what a reader sees (now) and what a power cut leaves for sure
 * (synced). Between the two only the stretch written since the last sync
 * differs; a crash draws for each of its sectors, and for the size, which of
 * both is found afterwards. Names work the same way: changes of the folder
 * since its last sync are kept in order, and a crash keeps a prefix of them,
 * as a journalling file system does.
 */
#include "ledger/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMORY_SECTOR 512
#define MEMORY_NAME 128

struct content {
	u8 *bytes;
	u64 size, room;
};

struct memory_inode {
	struct content now, synced;
	u64 dirty_from, dirty_to; /* bytes of @now that may differ from @synced */
	u64 lost_from, lost_to;	  /* so may these: a sync failed and forgot them */
	u32 users;		  /* names in either list, steps, open files */
};

struct memory_name {
	char name[MEMORY_NAME];
	struct memory_inode *inode;
};

struct memory_names {
	struct memory_name *list;
	size_t count, room;
};

/* A change of the folder: @inode under @name, or (NULL) @name away; @rename: @from goes away in the same step. */
struct memory_step {
	char name[MEMORY_NAME], from[MEMORY_NAME];
	struct memory_inode *inode;
};

struct memory_disk {
	struct disk disk;
	struct memory_names now, synced;
	struct memory_step *steps;
	size_t step_count, step_room;
	u64 operations, fail_at, life; /* life: counts crashes; files opened in an earlier one are dead */
	int fail_error;
};

struct disk_file {
	struct memory_disk *disk;
	struct memory_inode *inode;
	u64 life;
};

static struct memory_disk *memory_of(struct disk *disk)
{
	return (struct memory_disk *)disk;
}

/* --- content --- */

static int content_resize(struct content *content, u64 size)
{
	u64 room = content->room ? content->room : 4096;
	u8 *bytes;

	while (room < size)
		room *= 2;
	if (room != content->room) {
		bytes = realloc(content->bytes, room);
		if (!bytes)
			return -ENOMEM;
		content->bytes = bytes;
		content->room = room;
	}
	if (size > content->size)
		memset(content->bytes + content->size, 0, size - content->size);
	content->size = size;
	return 0;
}

static void inode_put(struct memory_inode *inode)
{
	if (!inode || --inode->users)
		return;
	free(inode->now.bytes);
	free(inode->synced.bytes);
	free(inode);
}

static void inode_dirty(struct memory_inode *inode, u64 from, u64 to)
{
	if (from < inode->dirty_from)
		inode->dirty_from = from;
	if (to > inode->dirty_to)
		inode->dirty_to = to;
}

static void inode_clean(struct memory_inode *inode)
{
	inode->dirty_from = ~0ull;
	inode->dirty_to = 0;
}

/* What is dirty will not be written any more unless it is written again. */
static void inode_lose(struct memory_inode *inode)
{
	if (inode->dirty_from < inode->lost_from)
		inode->lost_from = inode->dirty_from;
	if (inode->dirty_to > inode->lost_to)
		inode->lost_to = inode->dirty_to;
	inode_clean(inode);
}

/* Makes @to what @from is; only the dirty stretch differs. */
static int inode_copy(struct memory_inode *inode, struct content *to, const struct content *from)
{
	u64 end = inode->dirty_to < from->size ? inode->dirty_to : from->size;
	int error = content_resize(to, from->size);

	if (error)
		return error;
	if (inode->dirty_from < end)
		memcpy(to->bytes + inode->dirty_from, from->bytes + inode->dirty_from, end - inode->dirty_from);
	inode_clean(inode);
	return 0;
}

/* --- names --- */

static struct memory_name *names_find(struct memory_names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!strcmp(names->list[i].name, name))
			return &names->list[i];
	return NULL;
}

static void names_remove(struct memory_names *names, const char *name)
{
	struct memory_name *entry = names_find(names, name);

	if (!entry)
		return;
	inode_put(entry->inode);
	*entry = names->list[--names->count];
}

static int names_set(struct memory_names *names, const char *name, struct memory_inode *inode)
{
	struct memory_name *entry = names_find(names, name), *list;

	if (!entry && names->count == names->room) {
		list = realloc(names->list, (names->room + 16) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		names->list = list;
		names->room += 16;
	}
	inode->users++;
	if (entry) {
		inode_put(entry->inode);
	} else {
		entry = &names->list[names->count++];
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	}
	entry->inode = inode;
	return 0;
}

static int names_step(struct memory_names *names, const struct memory_step *step)
{
	int error = 0;

	if (step->inode)
		error = names_set(names, step->name, step->inode);
	else
		names_remove(names, step->name);
	if (!error && step->from[0])
		names_remove(names, step->from);
	return error;
}

static void names_clear(struct memory_names *names)
{
	while (names->count)
		inode_put(names->list[--names->count].inode);
}

/* Notes the change and makes it visible. */
static int memory_step(struct memory_disk *memory, const char *name, const char *from, struct memory_inode *inode)
{
	struct memory_step *steps, *step;

	if (memory->step_count == memory->step_room) {
		steps = realloc(memory->steps, (memory->step_room + 16) * sizeof(*steps));
		if (!steps)
			return -ENOMEM;
		memory->steps = steps;
		memory->step_room += 16;
	}
	step = &memory->steps[memory->step_count++];
	snprintf(step->name, sizeof(step->name), "%s", name);
	snprintf(step->from, sizeof(step->from), "%s", from);
	step->inode = inode;
	if (inode)
		inode->users++;
	return names_step(&memory->now, step);
}

/* The first @kept steps are on the disk; the rest never was. */
static int memory_steps_end(struct memory_disk *memory, size_t kept)
{
	int error = 0;
	size_t i;

	for (i = 0; i < memory->step_count; i++) {
		if (i < kept && !error)
			error = names_step(&memory->synced, &memory->steps[i]);
		inode_put(memory->steps[i].inode);
	}
	memory->step_count = 0;
	return error;
}

/* Counts an operation that changes the disk. */
static int memory_operation(struct memory_disk *memory)
{
	memory->operations++;
	return memory->fail_at && memory->operations > memory->fail_at ? -memory->fail_error : 0;
}

static bool file_dead(const struct disk_file *file)
{
	return file->life != file->disk->life;
}

/* --- the table --- */

static int memory_open(struct disk *disk, const char *name, bool create, struct disk_file **ret_file)
{
	struct memory_disk *memory = memory_of(disk);
	struct memory_name *entry = names_find(&memory->now, name);
	struct memory_inode *inode = entry ? entry->inode : NULL;
	struct disk_file *file;
	int error;

	if (strlen(name) >= MEMORY_NAME)
		return -ENAMETOOLONG;
	if (!inode && !create)
		return -ENOENT;
	file = malloc(sizeof(*file));
	if (!file)
		return -ENOMEM;
	if (!inode) {
		error = memory_operation(memory);
		inode = error ? NULL : calloc(1, sizeof(*inode));
		if (inode) {
			inode_clean(inode);
			inode->lost_from = ~0ull;
			error = memory_step(memory, name, "", inode);
		}
		if (error || !inode) {
			free(file);
			return error ? error : -ENOMEM;
		}
	}
	*file = (struct disk_file){ .disk = memory, .inode = inode, .life = memory->life };
	inode->users++;
	*ret_file = file;
	return 0;
}

static void memory_close(struct disk_file *file)
{
	inode_put(file->inode);
	free(file);
}

static ssize_t memory_read(struct disk_file *file, u64 offset, void *bytes, size_t len)
{
	const struct content *now = &file->inode->now;

	if (file_dead(file))
		return -EIO;
	if (offset >= now->size)
		return 0;
	if (len > now->size - offset)
		len = now->size - offset;
	memcpy(bytes, now->bytes + offset, len);
	return (ssize_t)len;
}

static int memory_write(struct disk_file *file, u64 offset, const void *bytes, size_t len)
{
	struct content *now = &file->inode->now;
	int error, failed;

	if (file_dead(file))
		return -EIO;
	failed = memory_operation(file->disk);
	if (failed)
		len /= 2; /* what a full disk leaves behind */
	error = len && offset + len > now->size ? content_resize(now, offset + len) : 0;
	if (error || !len)
		return error ? error : failed;
	memcpy(now->bytes + offset, bytes, len);
	inode_dirty(file->inode, offset, offset + len);
	return failed;
}

/* After a failure the pages count as clean, as with Linux: what they hold is read, and never written. */
static int memory_sync(struct disk_file *file)
{
	int error = file_dead(file) ? -EIO : memory_operation(file->disk);

	if (error && !file_dead(file)) {
		inode_lose(file->inode);
		return error;
	}
	return error ? error : inode_copy(file->inode, &file->inode->synced, &file->inode->now);
}

static int memory_truncate(struct disk_file *file, u64 size)
{
	u64 before = file->inode->now.size;
	int error = file_dead(file) ? -EIO : memory_operation(file->disk);

	if (!error)
		error = content_resize(&file->inode->now, size);
	if (!error)
		inode_dirty(file->inode, size < before ? size : before, size > before ? size : before);
	return error;
}

static ssize_t memory_size(struct disk_file *file)
{
	return file_dead(file) ? -EIO : (ssize_t)file->inode->now.size;
}

static int memory_remove(struct disk *disk, const char *name)
{
	struct memory_disk *memory = memory_of(disk);
	int error;

	if (!names_find(&memory->now, name))
		return -ENOENT;
	error = memory_operation(memory);
	return error ? error : memory_step(memory, name, "", NULL);
}

static int memory_rename(struct disk *disk, const char *from, const char *to)
{
	struct memory_disk *memory = memory_of(disk);
	struct memory_name *entry = names_find(&memory->now, from);
	int error;

	if (!entry)
		return -ENOENT;
	if (strlen(to) >= MEMORY_NAME)
		return -ENAMETOOLONG;
	error = memory_operation(memory);
	return error ? error : memory_step(memory, to, from, entry->inode);
}

static int memory_sync_folder(struct disk *disk)
{
	struct memory_disk *memory = memory_of(disk);
	int error = memory_operation(memory);

	return error ? error : memory_steps_end(memory, memory->step_count);
}

static int memory_list(struct disk *disk, void (*each)(void *arg, const char *name), void *arg)
{
	struct memory_names *names = &memory_of(disk)->now;
	size_t i;

	for (i = 0; i < names->count; i++)
		each(arg, names->list[i].name);
	return 0;
}

static void memory_done(struct disk *disk)
{
	struct memory_disk *memory = memory_of(disk);

	memory_steps_end(memory, 0);
	names_clear(&memory->now);
	names_clear(&memory->synced);
	free(memory->now.list);
	free(memory->synced.list);
	free(memory->steps);
	free(memory);
}

static const struct disk_ops memory_ops = {
	.open = memory_open,
	.close = memory_close,
	.read = memory_read,
	.write = memory_write,
	.sync = memory_sync,
	.truncate = memory_truncate,
	.size = memory_size,
	.remove = memory_remove,
	.rename = memory_rename,
	.sync_folder = memory_sync_folder,
	.list = memory_list,
	.done = memory_done,
};

int disk_memory_open(struct disk **ret_disk)
{
	struct memory_disk *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	memory->disk.ops = &memory_ops;
	*ret_disk = &memory->disk;
	return 0;
}

/* --- power cuts and rot --- */

static u64 draw(u64 *seed)
{
	u64 z = (*seed += 0x9e3779b97f4a7c15ull); /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Draws what is found of @inode: the size between the two, and each sector of the stretch in doubt from either. */
static void inode_crash(struct memory_inode *inode, u64 *seed)
{
	struct content *now = &inode->now, *synced = &inode->synced;
	u64 least = now->size < synced->size ? now->size : synced->size;
	u64 most = now->size > synced->size ? now->size : synced->size;
	u64 at, end, size;

	if (inode->dirty_from >= inode->dirty_to && inode->lost_from >= inode->lost_to)
		return;
	if (*seed && inode->dirty_from < inode->dirty_to) {
		size = draw(seed) % 4 ? least + draw(seed) % (most - least + 1) : now->size;
		if (content_resize(synced, most))
			return;
		for (at = inode->dirty_from / MEMORY_SECTOR * MEMORY_SECTOR; at < now->size; at = end) {
			end = at + MEMORY_SECTOR < now->size ? at + MEMORY_SECTOR : now->size;
			if (draw(seed) & 1)
				memcpy(synced->bytes + at, now->bytes + at, end - at);
		}
		content_resize(synced, size);
	}
	inode->dirty_from = 0;
	inode->dirty_to = synced->size;
	inode_copy(inode, now, synced);
	inode->lost_from = ~0ull;
	inode->lost_to = 0;
}

void disk_memory_crash(struct disk *disk, u64 seed)
{
	struct memory_disk *memory = memory_of(disk);
	size_t i;

	for (i = 0; i < memory->now.count; i++)
		inode_crash(memory->now.list[i].inode, &seed);
	for (i = 0; i < memory->synced.count; i++)
		inode_crash(memory->synced.list[i].inode, &seed);
	for (i = 0; i < memory->step_count; i++)
		if (memory->steps[i].inode)
			inode_crash(memory->steps[i].inode, &seed);
	memory_steps_end(memory, seed ? draw(&seed) % (memory->step_count + 1) : 0);
	names_clear(&memory->now);
	for (i = 0; i < memory->synced.count; i++)
		names_set(&memory->now, memory->synced.list[i].name, memory->synced.list[i].inode);
	memory->life++;
	memory->fail_at = 0;
}

void disk_memory_fail_after(struct disk *disk, u64 operations, int error)
{
	struct memory_disk *memory = memory_of(disk);

	memory->fail_at = operations ? memory->operations + operations : 0;
	memory->fail_error = error < 0 ? -error : error;
}

u64 disk_memory_operations(const struct disk *disk)
{
	return ((const struct memory_disk *)disk)->operations;
}

int disk_memory_flip(struct disk *disk, const char *name, u64 offset, u8 mask)
{
	struct memory_name *entry = names_find(&memory_of(disk)->now, name);

	if (!entry)
		return -ENOENT;
	if (offset >= entry->inode->now.size)
		return -ERANGE;
	entry->inode->now.bytes[offset] ^= mask;
	if (offset < entry->inode->synced.size)
		entry->inode->synced.bytes[offset] ^= mask;
	return 0;
}
