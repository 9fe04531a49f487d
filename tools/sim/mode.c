// SPDX-License-Identifier: GPL-2.0
/* mode.c - the list of mode.h as a table. */
#include "tools/sim/mode.h"

const struct mode_info mode_infos[MODE_COUNT] = {
#define MODE_ROW(name, word, reason, help) { word, reason, help },
	MODES(MODE_ROW)
#undef MODE_ROW
};

int mode_find(const char *word, size_t len)
{
	int mode;

	for (mode = 0; mode < MODE_COUNT; mode++) {
		if (strlen(mode_infos[mode].word) == len && !memcmp(mode_infos[mode].word, word, len))
			return mode;
	}
	return -1;
}

bool mode_is_hello(enum mode mode)
{
	return mode >= MODE_HELLO && mode <= MODE_HELLO_BAD_MAC1;
}

bool mode_is_its(enum mode mode)
{
	return mode >= MODE_ITS;
}

enum vg_reason mode_its_verdict(enum mode mode)
{
	return mode == MODE_ITS_ALTERED ? VG_ITS_FORGED : mode == MODE_ITS_UNTRUSTED ? VG_ITS_UNTRUSTED : VG_ACCEPTED;
}

bool mode_spends(enum mode mode)
{
	return mode <= MODE_ACTION;
}
