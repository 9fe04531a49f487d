// SPDX-License-Identifier: GPL-2.0
/* charging.c - finds the function that is asked for, and whether this request may ask it; see charging.h. */
#include <errno.h>

#include "agent/contract/charging.h"
#include "ledger/credential.h"

static const struct charging_noun *const nouns[] = {
	&charging_account, &charging_station,	 &charging_session, &charging_settlement,     &charging_bill,
	&charging_note,	   &charging_credit,	 &charging_rating,  &charging_recommendation, &charging_misbehaviour,
	&charging_anchor,  &charging_parameters, &charging_plan,
};

static bool word_is(const char *word, struct span text)
{
	return strlen(word) == text.len && !memcmp(word, text.bytes, text.len);
}

const struct charging_noun *charging_noun(u32 index)
{
	return index < sizeof(nouns) / sizeof(nouns[0]) ? nouns[index] : NULL;
}

/* "account.register" -> its function; NULL: there is none. */
static const struct charging_function *function_find(struct span text)
{
	const u8 *dot = memchr(text.bytes, '.', text.len);
	const struct charging_function *function;
	struct span noun, name;
	u32 i;

	if (!dot)
		return NULL;
	noun = (struct span){ text.bytes, dot - text.bytes };
	name = (struct span){ dot + 1, text.len - noun.len - 1 };
	for (i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		if (!word_is(nouns[i]->name, noun))
			continue;
		for (function = nouns[i]->functions; function->name; function++)
			if (word_is(function->name, name))
				return function;
	}
	return NULL;
}

int charging_asker(struct contract_run *run, struct contract_member *ret_member)
{
	int result = contract_member(run, contract_client(run), ret_member);

	if (result == -ENOENT)
		return contract_refuse(run, -EACCES, "The client is not enrolled on this channel.");
	return result;
}

int charging_concerns(struct contract_run *run, u16 organisation, const char *what)
{
	struct contract_member asker;
	int result = charging_asker(run, &asker);

	if (!result && asker.organisation != organisation)
		result = contract_refuse(run, -EACCES,
					 "The %s belongs to another organisation; its administrator does this.", what);
	return result;
}

/* May this run ask it, by how it came? */
static int judge_way(struct contract_run *run, const struct charging_function *function, struct span name)
{
	struct contract_member asker;
	int result;

	if (function->flags & CHARGING_QUERY && !contract_is_query(run))
		return contract_refuse(run, -EPERM, "%.*s is a query: ask it of a node, it is not ordered.",
				       (int)name.len, name.bytes);
	if (!(function->flags & CHARGING_QUERY) && (contract_is_query(run) || !contract_client(run)))
		return contract_refuse(run, -EPERM, "%.*s changes the ledger: it is proposed and ordered, not queried.",
				       (int)name.len, name.bytes);
	if (contract_mandate(run) && !(function->flags & CHARGING_MANDATED))
		return contract_refuse(run, -EPERM, "%.*s needs the client's own signature; a mandate is not enough.",
				       (int)name.len, name.bytes);
	if (!(function->flags & CHARGING_ADMINISTRATOR))
		return 0;
	result = charging_asker(run, &asker);
	if (!result && asker.role != CREDENTIAL_ADMINISTRATOR)
		result = contract_refuse(run, -EACCES, "%.*s is for administrators of an organisation.", (int)name.len,
					 name.bytes);
	return result;
}

static int judge_count(struct contract_run *run, const struct charging_function *function, struct span name, u32 count)
{
	if (count >= function->least && count <= function->most)
		return 0;
	if (function->least == function->most)
		return contract_refuse(run, -EINVAL, "%.*s takes %u arguments, not %u: %s.", (int)name.len, name.bytes,
				       function->least, count, *function->usage ? function->usage : "none");
	return contract_refuse(run, -EINVAL, "%.*s takes %u to %u arguments, not %u: %s.", (int)name.len, name.bytes,
			       function->least, function->most, count, function->usage);
}

static int charging_invoke(struct contract_run *run, struct span name, const struct span *arguments, u32 count)
{
	const struct charging_function *function = function_find(name);
	int result;

	if (!function)
		return contract_refuse(run, -ENOSYS, "Contract charging has no such function; they are NOUN.FUNCTION.");
	result = judge_way(run, function, name);
	result = result ?: judge_count(run, function, name, count);
	return result ?: function->call(run, arguments, count);
}

const struct contract contract_charging = { .name = CHARGING_NAME, .invoke = charging_invoke, .by_evidence = true };
