// SPDX-License-Identifier: GPL-2.0
/*
 * verdictframe.c - segments and frames of the verdict log: see verdictframe.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/crc32c.h"
#include "agent/verdictframe.h"

static bool verdictframe_length_possible(u32 len)
{
	size_t record = sizeof(struct vg_record), seal = sizeof(struct vg_batch_seal);

	return len > seal && len <= VERDICTFRAME_BODY_MAX && (len - seal) % record == 0;
}

static u32 verdictframe_word(const u8 bytes[4])
{
	u32 word;

	memcpy(&word, bytes, sizeof(word));
	return vg_be32(word);
}

/* Reads up to @len bytes; less only at the end of the file. */
static ssize_t verdictframe_pread(int fd, void *bytes, size_t len, off_t offset)
{
	size_t have = 0;
	ssize_t got;

	while (have < len) {
		got = pread(fd, (u8 *)bytes + have, len - have, offset + (off_t)have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

enum verdictframe_outcome verdictframe_read(int fd, off_t offset, struct batch *ret_batch, size_t *ret_len)
{
	u8 header[VERDICTLOG_FRAME_HEADER_LEN];
	ssize_t got = verdictframe_pread(fd, header, sizeof(header), offset);
	u32 len;

	if (got < 0)
		return VERDICTFRAME_UNREADABLE;
	if (!got)
		return VERDICTFRAME_END;
	if (got < (ssize_t)sizeof(header))
		return VERDICTFRAME_SHORT;
	len = verdictframe_word(header);
	if (!verdictframe_length_possible(len))
		return VERDICTFRAME_BAD_LENGTH;
	got = verdictframe_pread(fd, ret_batch, len, offset + (off_t)sizeof(header));
	if (got < 0)
		return VERDICTFRAME_UNREADABLE;
	if (got < (ssize_t)len)
		return VERDICTFRAME_SHORT;
	if (crc32c(ret_batch, len) != verdictframe_word(header + 4))
		return VERDICTFRAME_BAD_CRC;
	if (vg_be32(ret_batch->seal.head.count) != (len - sizeof(ret_batch->seal)) / sizeof(struct vg_record))
		return VERDICTFRAME_BAD_COUNT;
	*ret_len = sizeof(header) + len;
	return VERDICTFRAME_WHOLE;
}

size_t verdictframe_encode(const struct batch *batch, u8 *ret_bytes)
{
	u32 len = (u32)(sizeof(batch->seal) + vg_be32(batch->seal.head.count) * sizeof(struct vg_record));
	u32 word = vg_be32(len);

	memcpy(ret_bytes, &word, sizeof(word));
	word = vg_be32(crc32c(batch, len));
	memcpy(ret_bytes + 4, &word, sizeof(word));
	memcpy(ret_bytes + VERDICTLOG_FRAME_HEADER_LEN, batch, len);
	return VERDICTLOG_FRAME_HEADER_LEN + len;
}

const char *verdictframe_text(enum verdictframe_outcome outcome)
{
	switch (outcome) {
	case VERDICTFRAME_WHOLE:
		return "is whole";
	case VERDICTFRAME_END:
		return "is absent";
	case VERDICTFRAME_SHORT:
		return "is cut short";
	case VERDICTFRAME_BAD_LENGTH:
		return "has a length that no batch has";
	case VERDICTFRAME_BAD_CRC:
		return "does not have the CRC-32C that it names";
	case VERDICTFRAME_BAD_COUNT:
		return "counts other records in its head than it carries";
	case VERDICTFRAME_UNREADABLE:
		return "cannot be read";
	}
	return "is unknown";
}

/* Only a plausible length, at whatever offset, costs more than a look. */
bool verdictframe_follows(int fd, off_t offset, off_t end)
{
	static const size_t step = 65536;
	struct batch *batch = malloc(sizeof(*batch));
	u8 *window = malloc(step + 4);
	bool found = false;
	ssize_t got, i;
	size_t len;

	for (offset++; batch && window && !found && offset < end; offset += (off_t)step) {
		got = verdictframe_pread(fd, window, step + 3, offset);
		for (i = 0; !found && i + 4 <= got && i < (ssize_t)step; i++)
			found = verdictframe_length_possible(verdictframe_word(window + i)) &&
				verdictframe_read(fd, offset + i, batch, &len) == VERDICTFRAME_WHOLE;
	}
	found = found || !batch || !window; /* out of memory: never cut what was not looked at */
	free(window);
	free(batch);
	return found;
}

void verdictframe_segment_header(u64 number, u8 ret_bytes[VERDICTLOG_SEGMENT_HEADER_LEN])
{
	u64 number_be = vg_be64(number);

	memcpy(ret_bytes, VERDICTLOG_MAGIC, 8);
	memcpy(ret_bytes + 8, &number_be, 8);
}

void verdictframe_segment_name(u64 number, char ret_name[VERDICTFRAME_NAME_LEN + 1])
{
	snprintf(ret_name, VERDICTFRAME_NAME_LEN + 1, "%010llu.vgl", (unsigned long long)(number % 10000000000ull));
}

static bool verdictframe_parse_name(const char *name, u64 *ret_number)
{
	int i;

	if (strlen(name) != VERDICTFRAME_NAME_LEN || strcmp(name + 10, ".vgl"))
		return false;
	for (*ret_number = 0, i = 0; i < 10; i++) {
		if (!isdigit((unsigned char)name[i]))
			return false;
		*ret_number = *ret_number * 10 + (u64)(name[i] - '0');
	}
	return true;
}

static int verdictframe_compare(const void *left, const void *right)
{
	u64 a = *(const u64 *)left, b = *(const u64 *)right;

	return (a > b) - (a < b);
}

static int verdictframe_list(DIR *dir, u64 **ret_numbers, size_t *ret_count)
{
	u64 *numbers = NULL, *grown, number;
	size_t count = 0, capacity = 0;
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (!verdictframe_parse_name(entry->d_name, &number))
			continue;
		if (count == capacity) {
			capacity = capacity ? 2 * capacity : 16;
			grown = realloc(numbers, capacity * sizeof(*numbers));
			if (!grown) {
				free(numbers);
				return -ENOMEM;
			}
			numbers = grown;
		}
		numbers[count++] = number;
	}
	if (count)
		qsort(numbers, count, sizeof(*numbers), verdictframe_compare);
	*ret_numbers = numbers;
	*ret_count = count;
	return 0;
}

int verdictframe_segments(const char *path, u64 **ret_numbers, size_t *ret_count)
{
	DIR *dir = opendir(path);
	size_t i;
	int err;

	if (!dir)
		return -errno;
	err = verdictframe_list(dir, ret_numbers, ret_count);
	closedir(dir);
	for (i = 1; !err && i < *ret_count; i++)
		if ((*ret_numbers)[i] != (*ret_numbers)[i - 1] + 1) {
			*ret_count = (*ret_numbers)[i - 1] + 1;
			free(*ret_numbers);
			*ret_numbers = NULL;
			err = -EBADMSG;
		}
	return err;
}

int verdictframe_fail(struct verdictlog_error *ret_error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return err;
}
