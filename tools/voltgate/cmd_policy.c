// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_policy.c - voltgate policy: what may be set about a gate. Settings of
 * the GATE room go to the module where it enforces; INGRESS settings always to
 * the agent, which writes them to the XDP program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/policy_word.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "show", "set", NULL };

static int find_key(const char *word, enum vg_policy_key *ret_key)
{
	const char *words[VG_POLICY_KEY_COUNT + 1];
	int key = policy_word_find(word);

	if (key >= 0) {
		*ret_key = key;
		return CLI_OK;
	}
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		words[key] = policy_word_of(key)->word;
	words[key] = NULL;
	return say_unknown("policy", "setting (\"voltgate policy show\" lists them)", word, words);
}

/* Reads the settings of both rooms; @ret_ingress is false where no agent answered for its own. */
static int read_policy(const struct cli *cli, struct vg_policy *ret_policy, bool *ret_ingress)
{
	struct vg_policy ingress;
	struct gate *gate, *agent;
	struct gate_error text;
	int status = room_gate(cli, &gate), error, key;

	if (status)
		return status;
	policy_word_defaults(ret_policy);
	error = gate->ops->policy_get(gate, ret_policy);
	status = room_close(gate, error);
	*ret_ingress = false;
	if (status || gate_control_open(cli->socket, &agent, &text))
		return status;
	policy_word_defaults(&ingress);
	*ret_ingress = !agent->ops->policy_get(agent, &ingress);
	agent->ops->close(agent);
	for (key = 0; key < VG_POLICY_KEY_COUNT && *ret_ingress; key++)
		if (policy_word_of(key)->room == VG_POLICY_ROOM_INGRESS)
			policy_word_set(ret_policy, key, policy_word_get(&ingress, key));
	return CLI_OK;
}

static bool known(int key, bool ingress)
{
	return ingress || policy_word_of(key)->room == VG_POLICY_ROOM_GATE;
}

static void print_setting(const struct vg_policy *policy, int key)
{
	const struct policy_word *word = policy_word_of(key);

	printf("%-18s %-12lld %s\n", word->word, (long long)policy_word_get(policy, key), word->help);
}

static int show_all(const struct cli *cli)
{
	struct vg_policy policy;
	bool ingress;
	json_t *object;
	int status = read_policy(cli, &policy, &ingress), key;

	if (status)
		return status;
	if (!cli->json) {
		for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
			if (known(key, ingress))
				print_setting(&policy, key);
		if (!ingress)
			printf("(the agent's own settings are not shown: it does not answer at %s)\n", cli->socket);
		return CLI_OK;
	}
	object = gate_json_policy(&policy);
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		if (!known(key, ingress))
			json_object_del(object, policy_word_of(key)->word);
	return say_json(object);
}

static int show_one(const struct cli *cli, const char *name)
{
	const struct policy_word *word;
	struct vg_policy policy;
	enum vg_policy_key key = 0;
	bool ingress;
	int status = find_key(name, &key);

	if (!status)
		status = read_policy(cli, &policy, &ingress);
	if (status)
		return status;
	if (!known(key, ingress))
		return say_failure(CLI_UNREACHABLE,
				   "%s is the agent's setting, and no agent answers at %s: start it "
				   "(systemctl start voltgated)",
				   name, cli->socket);
	word = policy_word_of(key);
	if (cli->json)
		return say_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "key", word->word, "value",
					  (json_int_t)policy_word_get(&policy, key), "default",
					  (json_int_t)word->fallback, "min", (json_int_t)word->min, "max",
					  (json_int_t)word->max, "room",
					  word->room == VG_POLICY_ROOM_GATE ? "gate" : "ingress", "help", word->help));
	print_setting(&policy, key);
	printf("%-18s default %lld, from %lld to %lld\n", "", (long long)word->fallback, (long long)word->min,
	       (long long)word->max);
	return CLI_OK;
}

static int parse_value(const struct policy_word *word, const char *text, s64 *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtoll(text, &end, 10);
	if (!*text || *end || *text == ' ' || *text == '+' || (errno && errno != ERANGE))
		return say_usage("policy", "\"%.60s\" is no whole number for %s", text, word->word);
	if (errno == ERANGE || *ret_value < word->min || *ret_value > word->max)
		return say_usage("policy", "%s must be from %lld to %lld, not %.30s (%s)", word->word,
				 (long long)word->min, (long long)word->max, text, word->help);
	return CLI_OK;
}

static int set(const struct cli *cli, const char *name, const char *text)
{
	const struct policy_word *word;
	enum vg_policy_key key = 0;
	struct gate *gate;
	s64 value;
	int status = find_key(name, &key), error;

	if (status)
		return status;
	word = policy_word_of(key);
	status = parse_value(word, text, &value);
	if (!status)
		status = word->room == VG_POLICY_ROOM_INGRESS ? room_agent_gate(cli, &gate) : room_gate(cli, &gate);
	if (status)
		return status;
	error = gate->ops->policy_set(gate, key, value);
	if (!error && cli->json)
		say_json(json_pack("{s:s, s:I}", "key", word->word, "value", (json_int_t)value));
	else if (!error)
		printf("%s is now %lld\n", word->word, (long long)value);
	return room_close(gate, error);
}

static int policy(const struct cli *cli, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "show";

	if (!strcmp(verb, "show") && argc <= 3)
		return argc == 3 ? show_one(cli, argv[2]) : show_all(cli);
	if (!strcmp(verb, "set") && argc == 4)
		return set(cli, argv[2], argv[3]);
	if (!strcmp(verb, "show"))
		return say_usage("policy", "policy show takes one setting at most, not \"%.60s\"", argv[3]);
	if (!strcmp(verb, "set"))
		return say_usage("policy", "policy set needs a setting and its value");
	return say_unknown("policy", "verb of policy (show, set)", verb, verbs);
}

const struct cli_command cmd_policy = {
	.name = "policy",
	.run = policy,
	.usage = "show [KEY]\nset KEY VALUE",
	.summary = "Show and change the gate's settings",
	.help = "Changes hold until the gate is made anew; what is to last belongs into voltgated.conf, whose keys "
		"have the\n"
		"same words. \"policy show\" lists them with what they mean.",
	.verbs = verbs,
};
