// SPDX-License-Identifier: GPL-2.0
/*
 * trustdir.c - reads every file, then adds issuers before what they issued.
 */
#include "agent/its/trustdir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_LEN (4 * ITS_CERTIFICATE_MAX) /* hex with blanks and remarks */

struct candidate {
	struct its_certificate certificate;
	bool done;
	char name[256];
	u8 bytes[ITS_CERTIFICATE_MAX];
};

struct loading {
	const char *dir;
	void (*note)(void *arg, const char *sentence);
	void *arg;
	struct its_trust *trust;
	struct candidate *candidates;
	u32 count;
};

static void complain(const struct loading *loading, const char *name, const char *what)
{
	char sentence[1024];

	snprintf(sentence, sizeof(sentence), "%s/%s: %s", loading->dir, name, what);
	if (loading->note)
		loading->note(loading->arg, sentence);
}

static const char *sentence_of(int error)
{
	switch (error) {
	case -EBADMSG:
		return "this is not an IEEE 1609.2 certificate in COER; put the certificate alone into the file, as "
		       "its authority gives it out";
	case -EOPNOTSUPP:
		return "this certificate is implicit, of a 384-bit curve or has an extension, which we do not support; "
		       "remove it";
	case -EEXIST:
		return "another file holds the same certificate; remove one of them";
	case -EKEYREJECTED:
		return "its signature or its key is wrong, so it was altered; fetch it again from its authority";
	case -EPERM:
		return "its issuer, which is in the same directory, was not permitted to issue it; fetch the issuer's "
		       "current certificate";
	case -ENOSPC:
		return "the list is full; remove certificates that have expired";
	default:
		return "it could not be taken in because memory ran out";
	}
}

static int read_file(const char *path, u8 *bytes, u32 *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = 0;
	struct stat status;
	ssize_t got;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EBADMSG;
	else if (status.st_size > FILE_MAX_LEN)
		error = -EFBIG;
	got = error ? 0 : read(fd, bytes, FILE_MAX_LEN);
	if (got < 0)
		error = -errno;
	*ret_len = got > 0 ? (u32)got : 0;
	close(fd);
	return error;
}

static int digit_of(u8 character)
{
	return isdigit(character) ? character - '0' : isxdigit(character) ? tolower(character) - 'a' + 10 : -1;
}

/* Hex digits to bytes in place; blanks and lines that start with # do not count. */
static int read_hex(u8 *bytes, u32 len, u32 *ret_len)
{
	bool line_start = true, remark = false;
	u32 i, digits = 0;
	int digit;

	for (i = 0; i < len; i++) {
		remark = (remark || (line_start && bytes[i] == '#')) && bytes[i] != '\n';
		line_start = bytes[i] == '\n';
		if (remark || isspace(bytes[i]))
			continue;
		digit = digit_of(bytes[i]);
		if (digit < 0)
			return -EINVAL;
		bytes[digits / 2] = digits % 2 ? (u8)(bytes[digits / 2] | digit) : (u8)(digit << 4);
		digits++;
	}
	*ret_len = digits / 2;
	return digits % 2 ? -EINVAL : 0;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name), end = strlen(ending);

	return len > end && !strcmp(name + len - end, ending);
}

static int add_candidate(struct loading *loading, const char *name, const u8 *bytes, u32 len)
{
	struct candidate *grown, *candidate;
	int error;

	if (loading->count >= ITS_TRUST_MAX)
		return -ENOSPC;
	if (len > ITS_CERTIFICATE_MAX)
		return -EBADMSG;
	grown = realloc(loading->candidates, (loading->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	loading->candidates = grown;
	candidate = &grown[loading->count];
	memset(candidate, 0, sizeof(*candidate));
	snprintf(candidate->name, sizeof(candidate->name), "%s", name);
	memcpy(candidate->bytes, bytes, len);
	candidate->certificate.whole.len = len;
	error = its_certificate_decode(candidate->bytes, len, &candidate->certificate);
	if (!error)
		loading->count++;
	return error;
}

static void load_file(struct loading *loading, const char *name)
{
	bool hex = ends_with(name, ".hex");
	u8 bytes[FILE_MAX_LEN];
	char path[4096];
	u32 len;
	int error;

	if (name[0] == '.')
		return;
	if (!hex && !ends_with(name, ".oer") && !ends_with(name, ".coer") && !ends_with(name, ".cert")) {
		complain(loading, name,
			 "left alone, because certificates are files that end in .oer, .coer, .cert or .hex");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", loading->dir, name);
	error = read_file(path, bytes, &len);
	if (error) {
		complain(loading, name,
			 error == -EFBIG ? "it is longer than any certificate; put one certificate into a file"
					 : strerror(-error));
		return;
	}
	if (hex && read_hex(bytes, len, &len)) {
		complain(loading, name,
			 "it holds something that is not pairs of hex digits; write the certificate in hex, remarks on "
			 "lines that start with #");
		return;
	}
	error = add_candidate(loading, name, bytes, len);
	if (error)
		complain(loading, name, sentence_of(error));
}

/* True if another file that is still to be added holds the issuer. */
static bool issuer_pending(const struct loading *loading, const struct candidate *candidate)
{
	u8 hash[ITS_HASH_LEN];
	u32 i;

	for (i = 0; i < loading->count; i++)
		if (!loading->candidates[i].done && &loading->candidates[i] != candidate &&
		    !its_certificate_hash(&loading->candidates[i].certificate, hash) &&
		    !memcmp(its_hash_id(hash), candidate->certificate.issuer, ITS_ID_LEN))
			return true;
	return false;
}

/* Adds one candidate unless its issuer comes first. */
static bool add_one(struct loading *loading, struct candidate *candidate)
{
	const struct its_certificate *certificate = &candidate->certificate;
	const struct its_kept *issuer =
		certificate->self_signed ? NULL : its_trust_find(loading->trust, certificate->issuer);
	int error;

	if (!certificate->self_signed && !issuer && issuer_pending(loading, candidate))
		return false;
	candidate->done = true;
	error = issuer ? its_trust_add_issued(loading->trust, certificate, issuer)
		       : its_trust_add_anchor(loading->trust, certificate);
	if (error)
		complain(loading, candidate->name, sentence_of(error));
	return true;
}

/* The candidates move as the list grows, so their certificates are read again where they are now. */
static void add_candidates(struct loading *loading)
{
	bool progress = true;
	u32 i;

	for (i = 0; i < loading->count; i++)
		its_certificate_decode(loading->candidates[i].bytes, loading->candidates[i].certificate.whole.len,
				       &loading->candidates[i].certificate);
	while (progress) {
		progress = false;
		for (i = 0; i < loading->count; i++)
			if (!loading->candidates[i].done)
				progress |= add_one(loading, &loading->candidates[i]);
	}
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int its_trustdir_load(const char *dir, void (*note)(void *arg, const char *sentence), void *arg,
		      struct its_trust **ret_trust, struct its_trustdir_error *ret_error)
{
	struct loading loading = { .dir = dir, .note = note, .arg = arg };
	struct dirent **entries;
	int count = scandir(dir, &entries, NULL, by_name), i, error;

	if (count < 0) {
		error = -errno;
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "The trust list %s cannot be read: %s. Name a directory with the certificates of roots and "
			 "authorities.",
			 dir, strerror(-error));
		return error;
	}
	error = its_trust_new(&loading.trust);
	for (i = 0; i < count; i++) {
		if (!error)
			load_file(&loading, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (!error)
		add_candidates(&loading);
	free(loading.candidates);
	if (error) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "The trust list %s could not be read because memory ran out.", dir);
		its_trust_free(loading.trust);
		return error;
	}
	if (!its_trust_count(loading.trust))
		complain(&loading, ".",
			 "no certificate here can be used, so no frame will be accepted; put roots and authorities "
			 "there as "
			 ".oer, .coer, .cert or .hex files");
	*ret_trust = loading.trust;
	return 0;
}
