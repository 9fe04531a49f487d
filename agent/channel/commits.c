// SPDX-License-Identifier: GPL-2.0
/*
 * commits.c - from a quorum's certificate to a durable block and its answers.
 *
 *   COMMIT -> commit queue -> (votes synced) -> ledger_append() -> appended list -> ledger_sync() for all of them ->
 * APPENDED and DONE to the core, io.committed(), clients' answers, heads to those who follow
 *
 * A certificate may bear the own vote, so it is not appended before that is on the disk: else a restart would find a
 * block with a vote that its log knows nothing of.
 * Blocks taken from others join the list behind the append; they end in one SYNCED. Nobody is told of a block before
 * it is durable (PROTOCOL.md L10).
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/room.h"

static void block_free(struct room_block *block)
{
	free(block->bytes);
	free(block->digests);
	free(block);
}

int commit_appended(struct channel *channel, u8 *bytes, size_t len, const u8 (*digests)[32], bool taken)
{
	struct room_block *entry = calloc(1, sizeof(*entry));
	struct block block;
	int error = -ENOMEM;

	if (!entry) {
		free(bytes);
		return error;
	}
	entry->bytes = bytes;
	entry->len = len;
	error = block_decode((struct span){ bytes, len }, &block);
	if (error)
		goto fail;
	entry->digests = malloc((block.header.count + 1) * sizeof(*entry->digests));
	error = -ENOMEM;
	if (!entry->digests)
		goto fail;
	if (digests)
		memcpy(entry->digests, digests, block.header.count * sizeof(*digests));
	else
		block_digests(block.body, block.header.count, entry->digests); /* block_decode() found it whole */
	entry->taken = taken;
	*channel->appended_end = entry;
	channel->appended_end = &entry->next;
	channel->unsynced = true;
	channel->progress_us = channel->now_us;
	return 0;
fail:
	block_free(entry);
	return error;
}

void commit_done(struct channel *channel)
{
	while (channel->appended) {
		struct room_block *block = channel->appended;

		channel->appended = block->next;
		block_free(block);
	}
	channel->appended_end = &channel->appended;
	channel->commit_count = 0;
	candidates_cut(&channel->candidates, 0);
}

static int append_first(struct channel *channel, const struct block_certificate *certificate)
{
	struct candidate *candidate = channel->candidates.entries[0];
	const struct block_header *header = candidate_header(candidate);
	struct span body = candidate_body(candidate);
	size_t size = block_size(header, body, certificate);
	u64 number = header->number;
	struct ledger_error fault;
	struct writer writer;
	u8 *bytes = malloc(size);
	int error;

	if (!bytes)
		return -ENOMEM;
	writer_init(&writer, bytes, size);
	block_encode(&writer, header, candidate_outcomes(candidate), body, certificate);
	error = ledger_append(channel->ledger, candidate, certificate, &fault);
	if (error && error != -ENOSPC)
		channel_break(channel, "Block %llu cannot be appended: %s (%s, offset %llu)",
			      (unsigned long long)number, fault.text, fault.file, (unsigned long long)fault.offset);
	if (!error) {
		candidates_shift(&channel->candidates);
		/* The ledger holds the candidate until the next sync. */
		error = commit_appended(channel, bytes, writer_len(&writer), candidate_digests(candidate), false);
		if (error)
			channel_break(channel, "There is no memory for block %llu.", (unsigned long long)number);
		return error;
	}
	free(bytes);
	return error;
}

void commit_add(struct channel *channel, const struct pbft_block *block, const struct block_certificate *certificate)
{
	struct room_commit *commit;

	if (channel->commit_count == PBFT_WINDOW_MAX)
		return;
	commit = &channel->commits[(channel->commit_first + channel->commit_count++) % PBFT_WINDOW_MAX];
	commit->number = block->number;
	memcpy(commit->header, block->header, 32);
	commit->certificate = *certificate;
}

static void commit_shift(struct channel *channel)
{
	channel->commit_first = (channel->commit_first + 1) % PBFT_WINDOW_MAX;
	channel->commit_count--;
}

void commit_run(struct channel *channel)
{
	while (channel->commit_count && !channel->broken && !channel->stopped) {
		const struct room_commit *commit = &channel->commits[channel->commit_first];
		u64 head = ledger_head(channel->ledger)->number;
		int error;

		if (commit->number <= head) { /* it came as a block meanwhile */
			struct pbft_event event = { .type = PBFT_APPENDED, .appended = { commit->number } };

			if (commit->number <= ledger_durable(channel->ledger))
				channel_tell(channel, &event);
			commit_shift(channel);
			continue;
		}
		if (commit->number != head + 1 ||
		    !candidates_find(&channel->candidates, commit->number, commit->header)) {
			catchup_want(channel, commit->number, PBFT_EVERYONE);
			commit_shift(channel);
			continue;
		}
		error = append_first(channel, &commit->certificate);
		if (error == -ENOSPC)
			channel_stop(channel, "the disk of the block files is full");
		if (error)
			return;
		commit_shift(channel);
	}
}

/* --- what is durable is told --- */

static void answer_clients(struct channel *channel, const struct block *block, u8 (*digests)[32])
{
	const struct channel_io *io = &channel->options.io;
	void *cookie;

	for (u32 i = 0; i < block->header.count; i++) {
		struct request *request = requests_find(channel->requests, digests[i]);

		channel->counters.transactions++;
		channel->counters.valid += block->outcomes[i] == LEDGER_VALID;
		requests_done(channel->requests, digests[i]);
		if (!request)
			continue;
		if (block->outcomes[i] != LEDGER_VALID && request->giver != REQUEST_OWN)
			channel->peers[request->giver].doubts = 1000;
		while (requests_answer(channel->requests, request, &cookie))
			io->answer(io->arg, cookie, CHANNEL_COMMITTED, block->header.number, i, block->outcomes[i]);
		request = requests_find(channel->requests, digests[i]);
		if (request)
			requests_remove(channel->requests, request);
	}
}

static void deliver(struct channel *channel, struct room_block *entry)
{
	const struct channel_io *io = &channel->options.io;
	struct pbft_event event = { .type = PBFT_DONE };
	struct block block;

	if (block_decode((struct span){ entry->bytes, entry->len }, &block)) {
		channel_break(channel, "A block just appended cannot be read back; this is a fault of the program.");
		return;
	}
	if (entry->taken)
		epoch_doubt(channel, &block.header, &block.certificate);
	event.done.count = block.header.count;
	event.done.digests = (const u8(*)[32])entry->digests;
	channel_step(channel, &event);
	if (!entry->taken) {
		event = (struct pbft_event){ .type = PBFT_APPENDED, .appended = { block.header.number } };
		channel_step(channel, &event);
	} else if (!entry->next || !entry->next->taken) {
		event = (struct pbft_event){ .type = PBFT_SYNCED };
		event.synced.block.number = block.header.number;
		event.synced.block.time = block.header.time;
		memcpy(event.synced.block.header, block.hash, 32);
		memcpy(event.synced.block.previous, block.header.previous, 32);
		event.synced.block.last = memcmp(block.header.replicas, block.header.next_replicas, 32) ||
					  (block.header.number == ledger_head(channel->ledger)->number &&
					   ledger_membership(channel->ledger)->epoch != channel->epoch);
		event.synced.certificate = &block.certificate;
		channel_step(channel, &event);
	}
	if (io->committed)
		io->committed(io->arg, &block, (const u8(*)[32])entry->digests);
	answer_clients(channel, &block, entry->digests);
	channel->heads_due = true;
}

bool commit_flush(struct channel *channel)
{
	struct ledger_error fault;
	int error;

	if (!channel->unsynced)
		return true;
	error = ledger_sync(channel->ledger, &fault);
	if (error == -ENOSPC) {
		channel_stop(channel, strcmp(fault.file, "blocks") ? "the disk of the ledger's state is full"
								   : "the disk of the block files is full");
		return false;
	}
	if (error) {
		channel_break(channel, "Blocks cannot be brought to the disk: %s", fault.text);
		return false;
	}
	channel->unsynced = false;
	while (channel->appended && !channel->broken) {
		struct room_block *block = channel->appended;

		/* A block that io.committed() leads to is appended behind the last. */
		deliver(channel, block);
		channel->appended = block->next;
		if (!channel->appended)
			channel->appended_end = &channel->appended;
		block_free(block);
		if (channel->unsynced) /* the core appended more meanwhile: those wait for the next sync */
			break;
	}
	return !channel->broken;
}
