// SPDX-License-Identifier: GPL-2.0
/*
 * model_test.c - random blocks, carried out by the ledger and by the reference
 * model: the same outcomes, the same keys, values and versions, the same root.
 *
 *   model_test [SEED...]     without: twelve seeds
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "tests/ktap.h"
#include "tests/txn/model.h"
#include "tests/txn/world.h"

#define BLOCKS 120
#define TRANSACTIONS_MAX 24
#define CLIENTS 4

static struct world world;
static struct model model;
static struct world_key clients[CLIENTS];
static u64 seed, random_state, next_nonce[CLIENTS], seen[LEDGER_OUTCOME_COUNT];
static u8 *bytes[TRANSACTIONS_MAX];
static struct span transactions[TRANSACTIONS_MAX];

static u64 draw(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static bool one_in(u64 n)
{
	return !draw(n);
}

static u64 draw_nonce(u32 client)
{
	u64 nonce = next_nonce[client];

	if (one_in(8)) /* again, or a gap filled, or far behind */
		return 1 + draw(nonce + 3);
	if (one_in(40))
		next_nonce[client] += draw(3000);
	else
		next_nonce[client] += 1 + draw(3) / 2;
	return nonce;
}

static struct span draw_key(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	static u8 private[6][33];
	u32 which = draw(6);

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
	u32 count = draw(5), kept = 0, i;

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
	u32 low = draw(7), high = draw(7);

	memset(value, draw(4), sizeof(value));
	write->operation = 1 + draw(3);
	if (one_in(3))
		write->operation = RWSET_DELTA;
	write->value = (struct span){ value, one_in(2) ? 32 : draw(3) * 8 };
	write->amount = one_in(10) ? limits[draw(7)] : (s64)draw(9) - 4;
	write->least = limits[low < high ? low : high];
	write->most = limits[low < high ? high : low];
}

static void draw_set(struct world_draft *draft)
{
	struct world_set set = { .read_count = 0 };
	struct state_value value;
	struct span keys[4];
	u32 count, i;

	count = draw_keys(keys);
	for (i = 0; i < count; i++) {
		world_get(&world, keys[i], &value);
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
	switch (draw(5)) {
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
		path[draw(96)] ^= 1;
		break;
	default:
		signature[draw(64)] ^= 1 << draw(8);
	}
}

static void spoil_client(u8 signature[64])
{
	if (one_in(25))
		signature[draw(64)] ^= 1 << draw(8);
}

static size_t draw_evidence(struct world_draft *draft, u8 *into)
{
	struct world_verdict verdict;
	size_t len;

	world_verdict(&world, &verdict, draft);
	verdict.head.number = vg_be64(world.time / 4000000);
	verdict.count = 1 + draw(12);
	verdict.index = draw(verdict.count);
	verdict.record.time = vg_be64(world.time + 1000000 - draw(4) * 1000000 + one_in(6) * 2000000);
	if (one_in(20))
		verdict.head.epoch ^= 1;
	if (one_in(20))
		verdict.record.reason = 1;
	if (one_in(20))
		verdict.head.grade = VG_GRADE_PLAIN;
	if (one_in(20))
		verdict.head.flags = 1;
	len = world_evidence(&verdict, into);
	if (one_in(12))
		into[draw(len)] ^= 1 << draw(8);
	return len;
}

static size_t draw_invoke(u8 *into, size_t size)
{
	static struct world_draft draft;
	static u8 evidence[EVIDENCE_MAX];
	u32 which = draw(CLIENTS), i;

	world_draft(&world, &draft, &clients[which], draw_nonce(which));
	if (one_in(40))
		draft.proposal.channel = world.membership.seed;
	draft.proposal.expires = world.time + (one_in(15) ? draw(40) : 3) * 1000000;
	world_draft_encode(&draft);
	draw_set(&draft);
	draft.endorser_count = one_in(4) ? draw(5) : 2;
	for (i = 0; i < draft.endorser_count; i++)
		draft.endorsers[i] = &world.node[one_in(12) ? draw(4) : (which + i) % 4];
	draft.spoil = spoil;
	draft.spoil_client = spoil_client;
	if (one_in(3))
		draft.evidence = (struct span){ evidence, draw_evidence(&draft, evidence) };
	return world_invoke(&world, &draft, into, size);
}

static size_t draw_credential(u8 *into, size_t size)
{
	const struct world_key *subject = one_in(3)   ? &world.node[draw(4)]
					  : one_in(3) ? &world.attestor
						      : &clients[draw(CLIENTS)];
	u16 organisation = draw(4), role = subject == &world.attestor ? CREDENTIAL_ATTESTOR : 1 + draw(4) / 3 * 2;
	bool enrol = !one_in(5);
	struct credential credential;
	const struct world_key *signer;

	if (subject == &world.attestor)
		organisation = 0;
	credential = world_enrolment(&world, subject, organisation, role);
	if (one_in(8))
		credential.expires = world.time + draw(30) * 1000000 - 3000000;
	if (one_in(8))
		credential.serial = draw(world.serial + 1) + 1;
	signer = one_in(10) ? &world.regulator[draw(2)] : &world.authority[one_in(10) ? draw(4) : organisation];
	return world_credential(enrol ? TRANSACTION_ENROL : TRANSACTION_REVOKE, &credential, signer, into, size);
}

static void draw_membership(struct membership *next)
{
	*next = world.membership;
	next->sequence += one_in(10) ? draw(3) : 1;
	next->parameters[MEMBERSHIP_EVIDENCE_AGE_S] = 2 + draw(8);
	next->parameters[MEMBERSHIP_TRANSACTION_LIFE_S] = 10 + draw(60);
	next->parameters[MEMBERSHIP_GRADES] = one_in(8) ? 1 : 2 + draw(2);
	next->parameters[MEMBERSHIP_EVIDENCE] = !one_in(5);
	next->parameters[MEMBERSHIP_OPEN_REQUESTS] = !one_in(3);
	next->parameters[MEMBERSHIP_ENDORSING_ORGANISATIONS] = draw(4);
	if (one_in(4))
		next->parameters[MEMBERSHIP_BATCH_WAIT_US] = draw(100);
	next->nodes[draw(4)].roles = MEMBERSHIP_REPLICA | (one_in(2) ? MEMBERSHIP_ENDORSER : 0);
	if (one_in(6) && next->organisation_count < 6) {
		snprintf(next->organisations[next->organisation_count].name, MEMBERSHIP_NAME_MAX, "late%u",
			 next->organisation_count);
		memset(next->organisations[next->organisation_count].authority, 0, 32);
		next->organisation_count++;
	}
	next->epoch += membership_renews(&world.membership, next) ^ one_in(10);
}

static size_t draw_config(u8 *into, size_t size)
{
	static struct membership next;

	draw_membership(&next);
	return world_config(&world, world.membership.sequence - one_in(12), &next, one_in(10) ? draw(4) : 3, into,
			    size);
}

static size_t draw_open(u8 *into, size_t size)
{
	static const u8 payload[100];
	struct writer writer;
	u32 which = draw(CLIENTS);
	u8 stranger[32];

	memset(stranger, draw(3), sizeof(stranger));
	writer_init(&writer, into, size);
	transaction_encode_open(&writer, one_in(2) ? stranger : clients[which].public, draw_nonce(which),
				(struct span){ payload, sizeof(payload) });
	return writer_len(&writer);
}

static size_t draw_transaction(u8 *into, size_t size)
{
	u64 kind = draw(100);
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
		into[draw(len)] ^= 1 << draw(8);
	return len;
}

struct compare {
	size_t at;
	bool same;
};

static bool compare_pair(void *arg, struct span key, const struct state_value *value)
{
	struct compare *compare = arg;
	const struct model_pair *pair = &model.pairs[compare->at++];

	compare->same = compare->at <= model.pair_count && pair->key_len == key.len &&
			!memcmp(pair->key, key.bytes, key.len) && pair->value_len == value->bytes.len &&
			!memcmp(pair->value, value->bytes.bytes, value->bytes.len) &&
			pair->number == value->version.number && pair->index == value->version.index;
	if (!compare->same)
		printf("# seed %llu block %llu: pair %zu differs ('%c' in the ledger, '%c' in the model)\n",
		       (unsigned long long)seed, (unsigned long long)world.number, compare->at, key.bytes[0],
		       compare->at <= model.pair_count ? pair->key[0] : '-');
	return compare->same;
}

/* The key spaces one by one: a walk needs a prefix. */
static bool same_pairs(void)
{
	static const char spaces[] = "Mcekmnprx";
	struct compare compare = { 0, true };
	u32 i;

	model_sort(&model);
	for (i = 0; spaces[i] && compare.same; i++) {
		struct span prefix = { (const u8 *)&spaces[i], 1 };

		if (state_walk(world.state, prefix, prefix, compare_pair, &compare))
			return false;
	}
	if (compare.same && compare.at != model.pair_count)
		printf("# seed %llu block %llu: the model has %zu pairs, the ledger %zu\n", (unsigned long long)seed,
		       (unsigned long long)world.number, model.pair_count, compare.at);
	return compare.same && compare.at == model.pair_count;
}

/* The root of a state that never had another value than these. */
static bool same_root(void)
{
	struct overlay *overlay;
	struct store *store;
	struct state *state;
	bool same;
	u8 root[32];
	size_t i;

	if (store_memory_open(&store) || state_open(store, world.membership.seed, &state))
		return false;
	overlay = overlay_new(state, NULL);
	for (i = 0; i < model.pair_count; i++)
		overlay_put(overlay, (struct span){ model.pairs[i].key, model.pairs[i].key_len },
			    (struct span){ model.pairs[i].value, model.pairs[i].value_len },
			    (struct state_version){ model.pairs[i].number, model.pairs[i].index });
	same = !overlay_root(overlay, root) && !memcmp(root, world.root, sizeof(root));
	overlay_drop(overlay);
	state_close(state);
	return same;
}

static u64 draw_pause(void)
{
	if (one_in(12))
		return (20 + draw(300)) * 1000000;
	return 1 + draw(2000000);
}

static bool block(void)
{
	u8 outcomes[TRANSACTIONS_MAX];
	u32 count = draw(TRANSACTIONS_MAX + 1), i;
	u64 pause = draw_pause();

	for (i = 0; i < count; i++) {
		transactions[i] = (struct span){ bytes[i], draw_transaction(bytes[i], TRANSACTION_MAX) };
		world_add(&world, bytes[i], transactions[i].len);
	}
	world_block(&world, pause);
	model_block(&model, world.time, transactions, count, outcomes);
	for (i = 0; i < count; i++) {
		seen[outcomes[i]]++;
		if (world.result->outcomes[i] == outcomes[i])
			continue;
		printf("# seed %llu block %llu transaction %u: ledger %s, model %s\n", (unsigned long long)seed,
		       (unsigned long long)world.number, i, ledger_outcome_word(world.result->outcomes[i]),
		       ledger_outcome_word(outcomes[i]));
		return false;
	}
	if (memcmp(&world.membership, &model.membership, sizeof(world.membership))) {
		printf("# seed %llu block %llu: configurations differ\n", (unsigned long long)seed,
		       (unsigned long long)world.number);
		return false;
	}
	return same_pairs() && (world.number % 10 || same_root());
}

static void tune(struct membership *genesis)
{
	genesis->parameters[MEMBERSHIP_TRANSACTION_LIFE_S] = 120;
	genesis->parameters[MEMBERSHIP_EVIDENCE_AGE_S] = 5;
}

/* The model carries out the world's first block, too: the enrolments. */
static void begin(void)
{
	struct credential credential;
	u8 first[3][256], outcomes[3];
	struct span spans[3];
	u32 i;

	world_open(&world, tune);
	model_init(&model, &world.membership);
	world.serial = 0;
	for (i = 0; i < 3; i++) {
		credential = world_enrolment(&world,
					     i == 0   ? &world.client
					     : i == 1 ? &world.other
						      : &world.attestor,
					     i == 1, i == 2 ? CREDENTIAL_ATTESTOR : CREDENTIAL_CLIENT);
		spans[i] = (struct span){ first[i], world_credential(TRANSACTION_ENROL, &credential,
								     &world.authority[i == 1], first[i], 256) };
	}
	model_block(&model, world.time, spans, 3, outcomes);
	clients[0] = world.client;
	clients[1] = world.other;
	clients[2] = world_key("third");
	clients[3] = world_key("fourth");
	for (i = 0; i < CLIENTS; i++)
		next_nonce[i] = 1;
}

static void run(u64 which)
{
	bool same = true;
	u32 i;

	seed = which;
	random_state = which * 0x9e3779b97f4a7c15ULL + 1;
	begin();
	for (i = 0; i < BLOCKS && same; i++)
		same = block();
	ktap_ok(same, "seed %llu: %u blocks, %zu keys", (unsigned long long)which, i, model.pair_count);
	model_done(&model);
	world_close(&world);
}

int main(int argc, char **argv)
{
	u32 i;

	ktap_plan(0);
	for (i = 0; i < TRANSACTIONS_MAX; i++)
		bytes[i] = malloc(TRANSACTION_MAX);
	for (i = 1; i < (u32)argc; i++)
		run(strtoull(argv[i], NULL, 10));
	for (i = 1; argc == 1 && i <= 12; i++)
		run(i);
	for (i = 0; i < LEDGER_OUTCOME_COUNT; i++)
		if (argc == 1)
			ktap_ok(seen[i], "%s was among them: %llu", ledger_outcome_word(i),
				(unsigned long long)seen[i]);
	for (i = 0; i < TRANSACTIONS_MAX; i++)
		free(bytes[i]);
	return ktap_exit();
}
