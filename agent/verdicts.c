// SPDX-License-Identifier: GPL-2.0
/*
 * verdicts.c - chain check, log and group commit in one place: verdicts.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/verdicts.h"

struct verdicts {
	struct chain chain;
	struct verdictlog *log;
	verdicts_stored_fn *stored;
	void *arg;
	struct verdicts_counts counts;
	u32 waiting;
	struct batch group[VERDICTS_GROUP]; /* appended, not yet synced */
};

int verdicts_open(const char *dir, u64 segment_bytes, verdicts_stored_fn *stored, void *arg,
		  struct verdicts **ret_verdicts, struct verdicts_error *ret_error)
{
	struct verdicts *verdicts = calloc(1, sizeof(*verdicts));
	struct verdictlog_error error = { "No memory for the verdict log." };
	struct vg_batch_seal last;
	int err = -ENOMEM;

	*ret_verdicts = NULL;
	if (verdicts)
		err = verdictlog_open(dir, segment_bytes, &verdicts->log, &error);
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
		free(verdicts);
		return err;
	}
	verdicts->stored = stored;
	verdicts->arg = arg;
	if (verdictlog_last(verdicts->log, &last))
		chain_resume(&verdicts->chain, &last);
	*ret_verdicts = verdicts;
	return 0;
}

void verdicts_close(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	verdictlog_close(verdicts->log);
	free(verdicts);
}

int verdicts_take(struct verdicts *verdicts, const struct batch *batch, struct verdicts_error *ret_error)
{
	const struct vg_batch_head *head = &batch->seal.head;
	struct chain before = verdicts->chain;
	struct verdictlog_error error;
	int err;

	if (verdicts->waiting == VERDICTS_GROUP) {
		err = verdicts_commit(verdicts, ret_error);
		if (err)
			return err;
	}
	ret_error->fault = chain_accept(&verdicts->chain, batch);
	if (ret_error->fault != CHAIN_OK) {
		verdicts->counts.faults++;
		snprintf(ret_error->text, sizeof(ret_error->text), "Batch %llu of epoch %llu: %s",
			 (unsigned long long)vg_be64(head->number), (unsigned long long)vg_be64(head->epoch),
			 chain_fault_sentence(ret_error->fault));
		return -EBADMSG;
	}
	err = verdictlog_append(verdicts->log, batch, &error);
	if (err) {
		verdicts->chain = before;
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
		return err == -EBADMSG ? -EIO : err;
	}
	verdicts->group[verdicts->waiting++] = *batch;
	return 0;
}

int verdicts_commit(struct verdicts *verdicts, struct verdicts_error *ret_error)
{
	struct verdictlog_error error;
	u32 i;
	int err;

	if (!verdicts->waiting)
		return 0;
	err = verdictlog_sync(verdicts->log, &error);
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
		return err;
	}
	verdicts->counts.syncs++;
	for (i = 0; i < verdicts->waiting; i++) {
		verdicts->counts.batches++;
		verdicts->counts.records += vg_be32(verdicts->group[i].seal.head.count);
		verdicts->stored(verdicts->arg, &verdicts->group[i]);
	}
	verdicts->waiting = 0;
	return 0;
}

const struct chain *verdicts_chain(const struct verdicts *verdicts)
{
	return &verdicts->chain;
}

bool verdicts_last(const struct verdicts *verdicts, struct vg_batch_seal *ret_seal)
{
	return verdictlog_last(verdicts->log, ret_seal);
}

u64 verdicts_cut(const struct verdicts *verdicts)
{
	return verdictlog_cut(verdicts->log);
}

void verdicts_counts(const struct verdicts *verdicts, struct verdicts_counts *ret_counts)
{
	*ret_counts = verdicts->counts;
}
