// SPDX-License-Identifier: GPL-2.0
/* admit.c - one session-add for each vehicle. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include "agent/control_client.h"
#include "agent/gate.h"
#include "tools/sim/admit.h"

static int admit_one(struct gate *gate, const struct vehicle *vehicle, u64 expires)
{
	struct gate_session session = { .id = vehicle->session.id, .expires = expires };
	int ret;

	memcpy(session.key, vehicle->session.key, sizeof(session.key));
	randombytes_buf(session.commitment, sizeof(session.commitment)); /* simulated vehicles have no wallet */
	ret = gate->ops->session_add(gate, &session);
	sodium_memzero(&session, sizeof(session));
	return ret;
}

int admit_fleet(const struct fleet *fleet, const char *control_socket, u64 expires, struct fleet_error *ret_error)
{
	struct gate_error error = { "" };
	struct gate *gate;
	int ret;
	u32 i;

	ret = gate_control_open(control_socket, &gate, &error);
	if (ret) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
		return ret;
	}
	for (i = 0; !ret && i < fleet->count; i++)
		ret = admit_one(gate, &fleet->vehicles[i], expires);
	if (ret)
		snprintf(ret_error->text, sizeof(ret_error->text), "session %u of %u was not added: %s", i,
			 fleet->count, gate->error.text);
	gate->ops->close(gate);
	return ret;
}

int admit_trust(const char *control_socket, struct fleet_error *ret_error)
{
	struct gate_error error = { "" };
	struct control_client *client;
	json_t *request;
	int ret = control_client_open(control_socket, &client, &error);

	if (!ret) {
		request = json_pack("{s:s}", "do", "its-trust-reload");
		ret = request ? control_client_call(client, request, NULL, NULL, &error) : -ENOMEM;
		control_client_close(client);
	}
	if (ret)
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
	return ret;
}
