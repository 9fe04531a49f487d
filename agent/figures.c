// SPDX-License-Identifier: GPL-2.0
/* figures.c - see figures.h. */
#include <event2/buffer.h>

#include "agent/admission.h"
#include "agent/agent.h"
#include "agent/charge/charge.h"
#include "agent/figures.h"
#include "agent/greet.h"
#include "voltgate/reason.h"

static void figures_family(struct evbuffer *out, const char *name, const char *type, const char *help)
{
	evbuffer_add_printf(out, "# HELP voltgate_%s %s\n# TYPE voltgate_%s %s\n", name, help, name, type);
}

static void figures_gauge(struct evbuffer *out, const char *name, const char *help, u64 value)
{
	figures_family(out, name, "gauge", help);
	evbuffer_add_printf(out, "voltgate_%s %llu\n", name, (unsigned long long)value);
}

static void figures_gate(const struct agent *agent, struct evbuffer *out)
{
	struct gate_counters counters;
	u32 reason;

	if (!agent->gate || agent->gate->ops->counters(agent->gate, &counters))
		return;
	figures_family(out, "gate_packets_total", "counter", "Packets of ours, by what was decided.");
	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		evbuffer_add_printf(out, "voltgate_gate_packets_total{reason=\"%s\"} %llu\n", vg_reason_word(reason),
				    (unsigned long long)counters.packets[reason]);
}

static void figures_handshakes(const struct agent *agent, struct evbuffer *out)
{
	const struct admission_counts *refused = admission_counted(agent);
	struct greet_counts counts;
	int reason;

	if (!greet_counted(agent, &counts))
		return;
#define FIGURE(name, word, help)                                          \
	figures_family(out, "handshake_" word "_total", "counter", help); \
	evbuffer_add_printf(out, "voltgate_handshake_" word "_total %llu\n", (unsigned long long)counts.name);
	GREET_COUNTS(FIGURE)
#undef FIGURE
	figures_family(out, "handshake_refused_total", "counter", "Hellos refused, by reason.");
	for (reason = ADMISSION_ADMITTED + 1; reason < ADMISSION_REASON_COUNT; reason++)
		evbuffer_add_printf(out, "voltgate_handshake_refused_total{reason=\"%s\"} %llu\n",
				    admission_word(reason), (unsigned long long)refused->reasons[reason]);
	figures_gauge(out, "handshake_sessions", "Sessions of handshakes.", counts.sessions);
	figures_gauge(out, "handshake_wallets", "Wallets remembered.", counts.wallets);
	figures_gauge(out, "handshake_queued", "Hellos that wait to be judged.", counts.queued);
	figures_gauge(out, "handshake_under_load", "1: cookies are demanded.", counts.under_load);
}

static void figures_charge(const struct agent *agent, struct evbuffer *out)
{
	struct charge_counts counts;

	if (!agent->charge)
		return;
	charge_counts(agent, &counts);
	figures_family(out, "charge_actions_total", "counter", "Vehicles' actions, by what became of them.");
#define FIGURE(name, word)                                                                  \
	evbuffer_add_printf(out, "voltgate_charge_actions_total{what=\"%s\"} %llu\n", word, \
			    (unsigned long long)counts.name);
	CHARGE_COUNTS(FIGURE)
#undef FIGURE
	figures_gauge(out, "charge_under_way", "Requests under way.", counts.under_way);
}

void figures_add(const struct agent *agent, struct evbuffer *out)
{
	figures_gate(agent, out);
	figures_handshakes(agent, out);
	figures_charge(agent, out);
}
