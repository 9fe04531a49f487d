// SPDX-License-Identifier: GPL-2.0
/* fleet_test.c - session files: what is read, what is refused, and in which words. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/ktap.h"
#include "tools/sim/fleet.h"

#define KEY "00112233445566778899aabbccddeeff"

static char path[] = "/tmp/voltgate-fleet-XXXXXX";

static int load(const char *text, mode_t mode, struct fleet *ret_fleet, struct fleet_error *ret_error)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	chmod(path, mode);
	return fleet_load(ret_fleet, path, 77, ret_error);
}

static void refused(const char *what, const char *text, const char *sentence)
{
	struct fleet_error error = { "" };
	struct fleet fleet;
	int ret = load(text, 0600, &fleet, &error);

	ktap_ok(ret < 0 && strstr(error.text, sentence), "%s is refused: %s", what, error.text);
	if (!ret)
		fleet_done(&fleet);
}

static void test_read(void)
{
	struct fleet_error error = { "" };
	struct fleet fleet;
	int ret = load("# comment\n\n 0123456789abcdef " KEY "\nfedcba9876543210 " KEY " 4711 # later\n", 0600, &fleet,
		       &error);

	ktap_ok(!ret && fleet.count == 2, "two sessions are read %s", error.text);
	if (ret)
		return;
	ktap_ok(fleet.vehicles[0].session.id == 0x0123456789abcdefULL &&
			fleet.vehicles[0].session.next_sequence == 77 && fleet.vehicles[0].session.key[1] == 0x11 &&
			fleet.vehicles[0].session.key[15] == 0xff,
		"id, key and the sequence to begin with");
	ktap_ok(fleet.vehicles[1].session.next_sequence == 4711, "a sequence of its own");
	fleet_done(&fleet);
}

static void test_save(void)
{
	struct fleet_error error = { "" };
	struct fleet made, read;
	struct stat about;
	u32 i, same = 0;

	fleet_make(&made, 3000, 0);
	made.vehicles[9].session.next_sequence = 1234;
	ktap_ok(!fleet_save(&made, path, &error) && !stat(path, &about) && (about.st_mode & 0777) == 0600,
		"sessions are saved for their owner only %s", error.text);
	if (ktap_ok(!fleet_load(&read, path, 1, &error) && read.count == 3000, "and read back %s", error.text)) {
		for (i = 0; i < 3000; i++)
			same += !memcmp(&read.vehicles[i].session, &made.vehicles[i].session,
					sizeof(read.vehicles[i].session));
		ktap_ok(same == 3000, "all of them the same");
		fleet_done(&read);
	}
	fleet_done(&made);
	fleet_make(&made, 1, 0);
	ktap_ok(fleet_save(&made, "/nonexistent/folder/file", &error) == -ENOENT && strstr(error.text, "/nonexistent"),
		"a folder that is not there is named: %s", error.text);
	fleet_done(&made);
}

int main(void)
{
	struct fleet_error error = { "" };
	struct fleet fleet;
	int fd = mkstemp(path);

	ktap_plan(0);
	if (fd < 0 || sodium_init() < 0)
		return 1;
	close(fd);
	test_read();
	test_save();
	ktap_ok(load("0123456789abcdef " KEY "\n", 0644, &fleet, &error) == -EPERM && strstr(error.text, "chmod 600"),
		"a file that others can read is refused: %s", error.text);
	refused("a short id", "123 " KEY "\n", ":1: not a session");
	refused("a long id", "0123456789abcdef0 " KEY "\n", ":1: not a session");
	refused("a short key", "\n0123456789abcdef 0011\n", ":2: not a session");
	refused("a long key", "0123456789abcdef " KEY "00\n", ":1: not a session");
	refused("id 0", "0000000000000000 " KEY "\n", ":1: not a session");
	refused("a sequence 0", "0123456789abcdef " KEY " 0\n", ":1: not a session");
	refused("a word for a sequence", "0123456789abcdef " KEY " many\n", ":1: not a session");
	refused("a negative sequence", "0123456789abcdef " KEY " -1\n", ":1: not a session");
	refused("an empty file", "# nothing\n", "holds no session");
	unlink(path);
	return ktap_exit();
}
