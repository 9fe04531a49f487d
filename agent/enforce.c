// SPDX-License-Identifier: GPL-2.0
/*
 * enforce.c - loads the XDP program in the best grade this machine can do (or
 * the one asked for), tells it policy, clock and keys, and puts it on the
 * interfaces of the configuration.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/policy_word.h"
#include "agent/say.h"
#include "agent/takeover.h"

static int enforce_attach(struct agent *agent)
{
	static const enum loader_mode modes[] = {
		[CONFIG_MODE_AUTO] = LOADER_MODE_AUTO,
		[CONFIG_MODE_NATIVE] = LOADER_MODE_NATIVE,
		[CONFIG_MODE_GENERIC] = LOADER_MODE_GENERIC,
	};
	struct loader_attachment attachment;
	struct loader_error error;
	u32 i;

	for (i = 0; i < agent->config.interface_count; i++) {
		const struct config_interface *interface = &agent->config.interfaces[i];

		if (takeover(interface->name) > 0)
			say_info("%s: took off the gate that an agent before this one left there.", interface->name);
		if (loader_attach(agent->loader, interface->name, modes[interface->mode], interface->coexist,
				  &attachment, &error)) {
			say_error("%s", error.text);
			return AGENT_EXIT_REFUSED;
		}
		say_info("%s: %s", interface->name, attachment.sentence);
	}
	if (!agent->config.interface_count)
		say_info("No [interface NAME] in %s: nothing is attached until 'voltgate attach' says where.",
			 agent->config_path);
	return 0;
}

static int enforce_load(struct agent *agent)
{
	struct loader_options options = {
		.object = agent->config.object,
		.grade = agent->config.grade == CONFIG_GRADE_PLAIN	? VG_GRADE_PLAIN
			 : agent->config.grade == CONFIG_GRADE_ATTESTED ? VG_GRADE_ATTESTED
									: 0,
		.max_sessions = (u32)agent->policy.max_sessions,
		.alarm_entries = (u32)agent->policy.alarm_entries,
	};
	struct loader_error error;

	if (loader_open(&options, &agent->loader, &error)) {
		say_error("%s", error.text);
		return AGENT_EXIT_REFUSED;
	}
	say_info("%s", loader_grade_sentence(agent->loader));
	if (loader_grade(agent->loader) == VG_GRADE_PLAIN)
		say_info(
			"Plain grade: this agent signs the verdicts itself, so they prove no more than that it was not "
			"altered.");
	return 0;
}

int enforce_open(struct agent *agent)
{
	int err;

	agent->policy = agent->config.policy;
	err = enforce_load(agent);
	if (err)
		return err;
	err = ingress_open(agent->loader, &agent->policy, &agent->ingress);
	if (err) {
		say_error("Cannot tell the XDP program its policy: %s.", strerror(-err));
		return AGENT_EXIT_REFUSED;
	}
	return enforce_attach(agent);
}

int enforce_policy(struct agent *agent, enum vg_policy_key key, s64 value)
{
	struct vg_policy changed = agent->policy;
	int err = policy_word_set(&changed, key, value);

	if (!err)
		err = ingress_set_policy(agent->ingress, &changed);
	if (err)
		return err;
	agent->policy = changed;
	if (agent->attest)
		attest_set_policy(agent->attest, &agent->policy);
	return 0;
}

void enforce_detach(struct agent *agent)
{
	struct loader_error error;

	if (agent->loader && !agent->config.keep_attached && loader_detach_all(agent->loader, &error))
		say_error("%s", error.text);
}

void enforce_close(struct agent *agent)
{
	enforce_detach(agent);
	ingress_close(agent->ingress);
	loader_close(agent->loader);
	agent->ingress = NULL;
	agent->loader = NULL;
}
