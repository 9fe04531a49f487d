// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_its.c - voltgate its: what concerns ITS frames (EtherType 0x8947).
 */
#include <errno.h>
#include <string.h>

#include "agent/time_text.h"
#include "tools/voltgate/its_reload.h"
#include "tools/voltgate/its_verify.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "verify", "reload", NULL };

static int parse_at(const char *word, struct its_verify_options *options)
{
	options->at = ITS_VERIFY_FIXED;
	if (!strcmp(word, "capture")) {
		options->at = ITS_VERIFY_CAPTURED;
		return CLI_OK;
	}
	if (time_text_parse(word, &options->fixed))
		return say_usage(
			"its",
			"\"%.60s\" is no time; write capture, 2019-11-21T13:27:53Z or @ and microseconds of Time64",
			word);
	return CLI_OK;
}

static int verify(const struct cli *cli, int argc, char **argv)
{
	struct its_verify_options options = { .at = ITS_VERIFY_GENERATED };
	int at, status;

	for (at = 1; at < argc; at++) {
		if ((!strcmp(argv[at], "--at") || !strcmp(argv[at], "--trust")) && at + 1 >= argc)
			return say_usage("its", "%s needs a value", argv[at]);
		if (!strcmp(argv[at], "--at")) {
			status = parse_at(argv[++at], &options);
			if (status)
				return status;
		} else if (!strcmp(argv[at], "--trust")) {
			options.trust_dir = argv[++at];
		} else if (argv[at][0] == '-' && argv[at][1]) {
			return say_usage("its", "\"%.60s\" is no option of its verify (--at, --trust)", argv[at]);
		} else if (options.path) {
			return say_usage("its", "one file at a time; \"%.60s\" is a second one", argv[at]);
		} else {
			options.path = argv[at];
		}
	}
	if (!options.path)
		return say_usage("its", "its verify needs a capture file");
	return its_verify(cli, &options);
}

static int its(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("its", "say what to do: verify FILE, or reload");
	if (!strcmp(argv[1], "verify"))
		return verify(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "reload"))
		return argc > 2 ? say_usage("its", "its reload takes no words, not \"%.60s\"", argv[2])
				: its_reload(cli);
	return say_unknown("its", "verb of its (verify, reload)", argv[1], verbs);
}

const struct cli_command cmd_its = {
	.name = "its",
	.run = its,
	.usage = "verify [--at TIME|capture] [--trust DIR] FILE\nreload",
	.summary = "Judge the ITS frames of a capture offline; reload the agent's trust",
	.help = "FILE is a pcap or pcapng file of Ethernet or IEEE 802.11 frames. Each ITS frame gives one line, with "
		"-j one object:\n"
		"{\"frame\", \"verdict\": \"accepted\"|\"refused\", \"reason\", \"signer\", \"curve\", "
		"\"generation_time\" (Time64, decimal),\n"
		"\"generation_time_utc\", \"psid\", \"anomalies\"}.\n"
		"Frames are judged at their own generation time, unless --at gives a time (2019-11-21T13:27:53Z, "
		"@TIME64) or\n"
		"capture: the time in the file. Certificates in the file are trusted, also for frames before them, "
		"unless\n"
		"--trust names a directory of roots and authorities (.oer, .coer, .cert in COER, .hex in hex digits).\n"
		"Status 0: all frames accepted; 2: one was refused, or the file holds none, or is damaged.",
	.verbs = verbs,
};
