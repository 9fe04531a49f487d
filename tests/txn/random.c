// SPDX-License-Identifier: GPL-2.0
/* random.c - random transactions: most of them nearly right, each kind of fault now and then. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/rating.h"
#include "tests/txn/random.h"

static struct world *world;
static struct world_key clients[RANDOM_CLIENTS];
static u64 random_state, next_nonce[RANDOM_CLIENTS];

u64 random_draw(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static bool one_in(u64 n)
{
	return !random_draw(n);
}

static u64 draw_nonce(u32 client)
{
	u64 nonce = next_nonce[client];

	if (one_in(8)) /* again, or a gap filled, or far behind */
		return 1 + random_draw(nonce + 3);
	if (one_in(40))
		next_nonce[client] += random_draw(3000);
	else
		next_nonce[client] += 1 + random_draw(3) / 2;
	return nonce;
}

static struct span draw_key(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	static u8 private[6][33];
	u32 which = random_draw(6);

	if (one_in(60))
		return one_in(2) ? world_state_key("vk", "a") : world_text("c");
	if (!one_in(6))
		return world_state_key("kv", names[which]);
	memset(private[which], which, 33);
	private[which][0] = 'p';
	return (struct span){ private[which], 33 };
}

static int by_key(const void *one, const void *other)
{
	const struct span *a = one, *b = other;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	return order ?: (int)a->len - (int)b->len;
}

/* Up to four different keys in order. */
static u32 draw_keys(struct span keys[4])
{
	u32 count = random_draw(5), kept = 0, i;

	for (i = 0; i < count; i++)
		keys[i] = draw_key();
	qsort(keys, count, sizeof(keys[0]), by_key);
	for (i = 0; i < count; i++)
		if (!kept || by_key(&keys[kept - 1], &keys[i]))
			keys[kept++] = keys[i];
	return kept;
}

static void draw_write(struct rwset_write *write)
{
	static u8 value[64];
	static const s64 limits[] = { INT64_MIN, -1000, -5, 0, 5, 1000, INT64_MAX };
	u32 low = random_draw(7), high = random_draw(7);

	memset(value, random_draw(4), sizeof(value));
	write->operation = 1 + random_draw(4);
	if (one_in(3))
		write->operation = RWSET_DELTA;
	write->value = (struct span){ value, one_in(2) ? 32 : random_draw(3) * 8 };
	write->amount = one_in(10) ? limits[random_draw(7)] : (s64)random_draw(9) - 4;
	write->least = limits[low < high ? low : high];
	write->most = limits[low < high ? high : low];
	write->node = world->node[random_draw(WORLD_ORGANISATIONS)].public;
	write->credibility = (s64)random_draw(2000001) - 1000000;
	write->score = 1 + random_draw(RATING_SCORE_MOST);
}

static void draw_set(struct world_draft *draft)
{
	struct world_set set = { .read_count = 0 };
	struct state_value value;
	struct span keys[4];
	u32 count, i;

	count = draw_keys(keys);
	for (i = 0; i < count; i++) {
		world_get(world, keys[i], &value);
		set.reads[i] = (struct rwset_read){ keys[i], value.version.number, value.version.index };
		if (one_in(20))
			set.reads[i].index++;
	}
	/* Few read: else most conflict. */
	set.read_count = one_in(2) ? count : 0;
	set.write_count = draw_keys(keys);
	for (i = 0; i < set.write_count; i++) {
		set.writes[i].key = keys[i];
		draw_write(&set.writes[i]);
	}
	world_set_encode(draft, &set);
}

static void spoil(struct world_draft *draft, u32 index, struct endorsement *endorsement, u8 path[32 * 10],
		  u8 signature[64])
{
	(void)draft;
	if (index || !one_in(25))
		return;
	switch (random_draw(5)) {
	case 0:
		endorsement->index ^= 1;
		break;
	case 1:
		endorsement->count++;
		break;
	case 2:
		endorsement->path_len--;
		break;
	case 3:
		path[random_draw(96)] ^= 1;
		break;
	default:
		signature[random_draw(64)] ^= 1 << random_draw(8);
	}
}

static void spoil_client(u8 signature[64])
{
	if (one_in(25))
		signature[random_draw(64)] ^= 1 << random_draw(8);
}

static size_t draw_evidence(struct world_draft *draft, u8 *into)
{
	struct world_verdict verdict;
	size_t len;

	world_verdict(world, &verdict, draft);
	verdict.head.number = vg_be64(world->time / 4000000);
	verdict.count = 1 + random_draw(12);
	verdict.index = random_draw(verdict.count);
	verdict.record.time = vg_be64(world->time + 1000000 - random_draw(4) * 1000000 + one_in(6) * 2000000);
	if (one_in(20))
		verdict.head.epoch ^= 1;
	if (one_in(20))
		verdict.record.reason = 1;
	if (one_in(20))
		verdict.head.grade = VG_GRADE_PLAIN;
	if (one_in(20))
		verdict.head.flags = 1;
	if (one_in(20))
		verdict.record.session ^= 1;
	if (one_in(20))
		world_verdict_packet(&verdict, draft);
	if (!one_in(20))
		world_verdict_mandate(world, &verdict, draft->signer);
	if (one_in(30)) {
		verdict.action.mandate.issued = 0;
		verdict.action.mandate.expires = world->time - random_draw(2);
	}
	if (one_in(30))
		verdict.vid[VG_VID_HEADER_LEN] ^= 1;
	if (one_in(30))
		evidence_digest(verdict.action.vid, verdict.record.digest);
	len = world_evidence(&verdict, into);
	if (one_in(12))
		into[random_draw(len)] ^= 1 << random_draw(8);
	return len;
}

static size_t draw_invoke(u8 *into, size_t size)
{
	static struct world_draft draft;
	static u8 evidence[EVIDENCE_MAX];
	u32 which = random_draw(RANDOM_CLIENTS), i;

	world_draft(world, &draft, &clients[which], draw_nonce(which));
	if (one_in(40))
		draft.proposal.channel = world->membership.seed;
	draft.proposal.expires = world->time + (one_in(15) ? random_draw(40) : 3) * 1000000;
	world_draft_encode(&draft);
	draw_set(&draft);
	draft.endorser_count = one_in(4) ? random_draw(5) : 2;
	for (i = 0; i < draft.endorser_count; i++)
		draft.endorsers[i] = &world->node[one_in(12) ? random_draw(4) : (which + i) % 4];
	draft.spoil = spoil;
	draft.spoil_client = spoil_client;
	if (one_in(3))
		draft.evidence = (struct span){ evidence, draw_evidence(&draft, evidence) };
	return world_invoke(world, &draft, into, size);
}

static size_t draw_credential(u8 *into, size_t size)
{
	const struct world_key *subject = one_in(3)   ? &world->node[random_draw(4)]
					  : one_in(3) ? &world->attestor
						      : &clients[random_draw(RANDOM_CLIENTS)];
	u16 organisation = random_draw(4),
	    role = subject == &world->attestor ? CREDENTIAL_ATTESTOR : 1 + random_draw(4) / 3 * 2;
	bool enrol = !one_in(5);
	struct credential credential;
	const struct world_key *signer;

	if (subject == &world->attestor)
		organisation = 0;
	credential = world_enrolment(world, subject, organisation, role);
	if (one_in(8))
		credential.expires = world->time + random_draw(30) * 1000000 - 3000000;
	if (one_in(8))
		credential.serial = random_draw(world->serial + 1) + 1;
	signer = one_in(10) ? &world->regulator[random_draw(2)]
			    : &world->authority[one_in(10) ? random_draw(4) : organisation];
	return world_credential(enrol ? TRANSACTION_ENROL : TRANSACTION_REVOKE, &credential, signer, into, size);
}

static void draw_membership(struct membership *next)
{
	*next = world->membership;
	next->sequence += one_in(10) ? random_draw(3) : 1;
	next->parameters[MEMBERSHIP_EVIDENCE_AGE_S] = 2 + random_draw(8);
	next->parameters[MEMBERSHIP_TRANSACTION_LIFE_S] = 10 + random_draw(60);
	next->parameters[MEMBERSHIP_GRADES] = one_in(8) ? 1 : 2 + random_draw(2);
	next->parameters[MEMBERSHIP_EVIDENCE] = !one_in(5);
	if (one_in(12)) /* on again is refused */
		next->parameters[MEMBERSHIP_OPEN_REQUESTS] ^= 1;
	next->parameters[MEMBERSHIP_ENDORSING_ORGANISATIONS] = random_draw(4);
	if (one_in(4))
		next->parameters[MEMBERSHIP_BATCH_WAIT_US] = random_draw(100);
	next->nodes[random_draw(4)].roles = MEMBERSHIP_REPLICA | (one_in(2) ? MEMBERSHIP_ENDORSER : 0);
	if (one_in(6) && next->organisation_count < 6) {
		snprintf(next->organisations[next->organisation_count].name, MEMBERSHIP_NAME_MAX, "late%u",
			 next->organisation_count);
		memset(next->organisations[next->organisation_count].authority, 0, 32);
		next->organisation_count++;
	}
	next->epoch += membership_renews(&world->membership, next) ^ one_in(10);
}

static size_t draw_config(u8 *into, size_t size)
{
	static struct membership next;

	draw_membership(&next);
	return world_config(world, world->membership.sequence - one_in(12), &next, one_in(10) ? random_draw(4) : 3,
			    into, size);
}

static size_t draw_open(u8 *into, size_t size)
{
	static const u8 payload[100];
	struct writer writer;
	u32 which = random_draw(RANDOM_CLIENTS);
	u8 stranger[32];

	memset(stranger, random_draw(3), sizeof(stranger));
	writer_init(&writer, into, size);
	transaction_encode_open(&writer, one_in(2) ? stranger : clients[which].public, draw_nonce(which),
				(struct span){ payload, sizeof(payload) });
	return writer_len(&writer);
}

size_t random_transaction(u8 *into, size_t size)
{
	u64 kind = random_draw(100);
	size_t len;

	if (kind < 66)
		len = draw_invoke(into, size);
	else if (kind < 80)
		len = draw_open(into, size);
	else if (kind < 95)
		len = draw_credential(into, size);
	else
		len = draw_config(into, size);
	if (one_in(30))
		into[random_draw(len)] ^= 1 << random_draw(8);
	return len;
}

u64 random_pause(void)
{
	if (one_in(12))
		return (20 + random_draw(300)) * 1000000;
	return 1 + random_draw(2000000);
}

void random_begin(struct world *with, u64 seed)
{
	u32 i;

	world = with;
	random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
	clients[0] = world->client;
	clients[1] = world->other;
	clients[2] = world_key("third");
	clients[3] = world_key("fourth");
	for (i = 0; i < RANDOM_CLIENTS; i++)
		next_nonce[i] = 1;
}

void random_tune(struct membership *genesis)
{
	genesis->parameters[MEMBERSHIP_TRANSACTION_LIFE_S] = 120;
	genesis->parameters[MEMBERSHIP_EVIDENCE_AGE_S] = 5;
}
