// SPDX-License-Identifier: GPL-2.0
/*
 * config_test.c - each thing that can be wrong with a configuration is named
 * with its line; the example parses; the manual has every key.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/config.h"
#include "tests/ktap.h"

static struct config config;
static struct config_error error;

static int parse(const char *text)
{
	error.text[0] = 0;
	return config_parse("test.conf", text, strlen(text), &config, &error);
}

/* @where: what the sentence must begin with; @what: what it must hold. */
static void refuses(const char *text, const char *where, const char *what, const char *name)
{
	int err = parse(text);

	ktap_ok(err == -EINVAL && !strncmp(error.text, where, strlen(where)) && strstr(error.text, what), "%s: %s",
		name, error.text);
}

static void test_accepts(void)
{
	ktap_ok(!parse("") && config.policy.stale_us == 2000000 && !strcmp(config.user, "voltgate") && config.syslog &&
			config.its.p256_rate == 6000 && !config.interface_count,
		"an empty file gives the defaults");
	ktap_ok(!parse("# a comment\n; another\n\n[agent]\nname = pier-7 ; inline\nsyslog=no\n[gate]\ngrade = "
		       "attested\n"
		       "stale-us = 1000\nclock-offset-us = -5\n[ingress]\nits-rate = 0\n[its]\nenable = no\n"
		       "[interface eth0]\nmode = generic\ncoexist = yes\n[interface eth1]\n"),
		"a full file is read %s", error.text);
	ktap_ok(!strcmp(config.name, "pier-7") && !config.syslog && config.grade == CONFIG_GRADE_ATTESTED &&
			config.policy.stale_us == 1000 && config.policy.clock_offset_us == -5 &&
			!config.policy.its_rate && !config.its.enable,
		"with the values that stand there");
	ktap_ok(config.interface_count == 2 && config.interfaces[0].mode == CONFIG_MODE_GENERIC &&
			config.interfaces[0].coexist && !strcmp(config.interfaces[1].name, "eth1") &&
			config.interfaces[1].mode == CONFIG_MODE_AUTO,
		"an interface without keys counts, and has defaults of its own");
	ktap_ok(!parse("[agent]\r\nname = dos\r\n"), "lines of another system are read %s", error.text);
	ktap_ok(!parse("[interface a]\nmode = native\n[interface b]\nmode = native"),
		"each interface has its own keys");
}

static void test_refuses(void)
{
	char text[4096];
	int i;

	refuses("[agent]\n\nnmae = x\n", "test.conf:3:", "no key 'nmae'", "an unknown key");
	refuses("[agents]\n", "test.conf:1:", "no section [agents]", "an unknown section");
	refuses("name = x\n", "test.conf:1:", "before any section", "a key outside");
	refuses("[gate]\nstale-us = soon\n", "test.conf:2:", "not a number", "a word for a number");
	refuses("[gate]\nstale-us = 999\n", "test.conf:2:", "from 1000 to 3600000000", "a number out of range");
	refuses("[gate]\nstale-us = 99999999999999999999\n", "test.conf:2:", "out of range",
		"a number beyond all range");
	refuses("[gate]\nstale-us = \n", "test.conf:2:", "not a number", "no value");
	refuses("[gate]\nstale-us = 5000 us\n", "test.conf:2:", "not a number", "a unit behind a number");
	refuses("[gate]\nits-rate = 5\n", "test.conf:2:", "[ingress]", "a key in another section than its own");
	refuses("[agent]\nsyslog = true\n", "test.conf:2:", "neither yes nor no", "another word for yes");
	refuses("[agent]\nstate-dir = var\n", "test.conf:2:", "absolute", "a relative path");
	refuses("[gate]\ngrade = best\n", "test.conf:2:", "auto, attested, plain", "an unknown grade");
	refuses("[gate]\nstale-us = 5000\nstale-us = 5000\n", "test.conf:3:", "twice", "a policy key twice");
	refuses("[agent]\nname = a\n[gate]\n[agent]\nname = b\n", "test.conf:5:", "twice",
		"a key twice, in a section opened again");
	refuses("[interface eth0]\n[interface eth0]\n", "test.conf:2:", "twice", "an interface twice");
	refuses("[interface ]\n", "test.conf:1:", "not an interface name", "an interface without a name");
	refuses("[interface averyveryverylongname]\n", "test.conf:1:", "at most 15",
		"an interface name that is too long");
	refuses("[interface eth0]\nuser = x\n", "test.conf:2:", "no key 'user'", "a key of another section");
	refuses("[agent]\nname\n", "test.conf:2:", "neither", "a line that is nothing");
	refuses("[agent\nname = x\n", "test.conf:1:", "no ']'", "a section that does not end");
	refuses("[agent] name = x\n", "test.conf:1:", "follows", "something behind a section");
	refuses("[its]\ntap = averyveryverylongname\n", "test.conf:2:", "longer than", "a tap name that is too long");
	snprintf(text, sizeof(text), "[agent]\nname = %0300d\n", 1);
	refuses(text, "test.conf:2:", "line is longer", "a line that is too long");
	for (text[0] = 0, i = 0; i <= CONFIG_INTERFACES_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[interface e%d]\n", i);
	refuses(text, "test.conf:65:", "more than 64", "too many interfaces");
	ktap_ok(config_parse("test.conf", "[agent]\nname = a\0b\n", 19, &config, &error) &&
			strstr(error.text, "zero byte"),
		"a zero byte: %s", error.text);
}

static void test_files(void)
{
	static char manual_text[65536];
	char key[64], section[32], value[128], needle[80], *text = manual_text;
	FILE *keys = tmpfile(), *manual;
	size_t len, missing = 0, count = 0;

	ktap_ok(config_load("/nonexistent.conf", &config, &error) == -ENOENT && strstr(error.text, "/nonexistent.conf"),
		"no file: %s", error.text);
	ktap_ok(!config_load("agent/voltgated.conf", &config, &error), "the example parses %s", error.text);
	config_print_keys(keys);
	rewind(keys);
	manual = fopen("agent/voltgated.conf.5", "r");
	len = manual ? fread(text, 1, 65535, manual) : 0;
	while (fscanf(keys, "%31s %63s%127[^\n]", section, key, value) >= 2) {
		count++;
		snprintf(needle, sizeof(needle), "\n.It Cm %s\n", key);
		if (!strstr(text, needle)) {
			printf("# [%s] %s is not in the manual\n", section, key);
			missing++;
		}
	}
	ktap_ok(len && count > 40 && !missing, "voltgated.conf(5) documents all %zu keys", count);
	for (len = 0; (text = strstr(text, "\n.It Cm ")); text++)
		len++;
	ktap_ok(len == count, "and none that does not exist (%zu)", len);
	fclose(keys);
	if (manual)
		fclose(manual);
}

int main(void)
{
	ktap_plan(0);
	test_accepts();
	test_refuses();
	test_files();
	return ktap_exit();
}
