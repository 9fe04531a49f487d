// SPDX-License-Identifier: GPL-2.0
/*
 * enforce_watch.c - see enforce_watch.h. Nothing here opens the gate: packets
 * that pass an interface without the program are not covered by a verdict.
 */
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "agent/enforce_watch.h"
#include "agent/say.h"

static void watch_fault(struct agent *agent, const char *word, const char *sentence)
{
	say_error("%s", sentence);
	alarms_fault(agent->alarms, word, sentence, ingress_now(agent->ingress));
}

/* A configured interface that vanished is remembered, one that an admin detached is not. */
static void watch_remember(struct agent *agent, const char *name)
{
	u32 i;

	for (i = 0; i < agent->config.interface_count; i++)
		if (!strcmp(agent->config.interfaces[i].name, name))
			agent->gone[i] = true;
}

/* True if the attachment was forgotten, so that the next one has its index. */
static bool watch_attachment(struct agent *agent, const struct loader_attachment *attachment, u32 index)
{
	struct loader_error error;
	char name[IF_NAMESIZE], sentence[256];
	u32 program = 0;

	if (if_nametoindex(attachment->name) != attachment->ifindex) {
		strcpy(name, attachment->name);
		snprintf(sentence, sizeof(sentence),
			 "Interface %s is gone, and the gate on it. It is attached again when the interface comes "
			 "back, if the "
			 "configuration names it.",
			 name);
		watch_fault(agent, "interface-gone", sentence);
		watch_remember(agent, name);
		loader_detach(agent->loader, name, &error);
		attachment = loader_attachment(agent->loader, index);
		return !attachment || strcmp(attachment->name, name);
	}
	if (bpf_xdp_query_id((int)attachment->ifindex, 0, &program) || program == attachment->program_id ||
	    agent->stripped[index % CONFIG_INTERFACES_MAX] == attachment->ifindex)
		return false;
	agent->stripped[index % CONFIG_INTERFACES_MAX] = attachment->ifindex;
	snprintf(sentence, sizeof(sentence),
		 "Somebody else %s the XDP program of interface %s. What comes in there is not acted on. Detach and "
		 "attach "
		 "it again.",
		 program ? "replaced" : "took off", attachment->name);
	watch_fault(agent, "program-gone", sentence);
	return false;
}

static void watch_returned(struct agent *agent, u32 i)
{
	const struct config_interface *interface = &agent->config.interfaces[i];
	struct loader_attachment attachment;
	struct loader_error error;

	if (!agent->gone[i] || !if_nametoindex(interface->name))
		return;
	agent->gone[i] = false;
	if (loader_attach(agent->loader, interface->name,
			  interface->mode == CONFIG_MODE_NATIVE	   ? LOADER_MODE_NATIVE
			  : interface->mode == CONFIG_MODE_GENERIC ? LOADER_MODE_GENERIC
								   : LOADER_MODE_AUTO,
			  interface->coexist, &attachment, &error))
		say_error("Interface %s came back, but: %s", interface->name, error.text);
	else
		say_info("Interface %s came back and is attached again: %s", interface->name, attachment.sentence);
}

void enforce_watch(struct agent *agent)
{
	const struct loader_attachment *attachment;
	u32 i;

	for (i = 0; (attachment = loader_attachment(agent->loader, i));)
		i += !watch_attachment(agent, attachment, i);
	for (i = 0; i < agent->config.interface_count; i++)
		watch_returned(agent, i);
}
