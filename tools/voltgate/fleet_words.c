// SPDX-License-Identifier: GPL-2.0
/*
 * fleet_words.c - see fleet_words.h.
 */
#include <errno.h>
#include <stdio.h>

#include "tools/voltgate/fleet_words.h"
#include "tools/voltgate/say.h"

int fleet_words_load(const char *path, struct fleet **ret_fleet)
{
	int err = fleet_load(path, ret_fleet);
	u32 i;

	if (!err)
		return CLI_OK;
	if (!*ret_fleet)
		return say_failure(CLI_REFUSED, "%s", "out of memory");
	for (i = 0; i + 1 < (*ret_fleet)->faults; i++) /* the last one is the failure's own sentence */
		fprintf(stderr, "voltgate: %s\n", (*ret_fleet)->fault[i].text);
	if ((*ret_fleet)->faults_untold)
		fprintf(stderr, "voltgate: %u more faults are not shown\n", (*ret_fleet)->faults_untold);
	err = say_failure(CLI_REFUSED, "%s", (*ret_fleet)->fault[i].text);
	fleet_free(*ret_fleet);
	*ret_fleet = NULL;
	return err;
}

const char *fleet_words_time(u32 seconds, char ret_text[16])
{
	u32 days = seconds / 86400, minutes = seconds % 86400 / 60;

	if (days)
		snprintf(ret_text, 16, "%ud %02u:%02u", days % 1000, minutes / 60, minutes % 60);
	else
		snprintf(ret_text, 16, "%02u:%02u", minutes / 60, minutes % 60);
	return ret_text;
}
