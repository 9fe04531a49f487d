// SPDX-License-Identifier: GPL-2.0
/*
 * config.c - reads the configuration file: see config.h.
 *
 * libinih splits lines; the reader below feeds it from memory, so that the
 * line of every key is known, lines that it would cut are refused, and
 * sections without keys are still checked. One table says what each key is;
 * the keys of policy.h join [gate] and [ingress] by themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/policy_word.h"

enum config_kind {
	CONFIG_NUMBER,
	CONFIG_OFFSET, /* a number of either sign, to max */
	CONFIG_FLAG,
	CONFIG_PATHNAME,
	CONFIG_FILE, /* a path, or nothing */
	CONFIG_WORD,
	CONFIG_IFNAME,
	CONFIG_CHOICE,
};

static const char *const config_grades[] = { "auto", "attested", "plain", NULL };
static const char *const config_modes[] = { "auto", "native", "generic", NULL };

struct config_key {
	const char *section;
	const char *name;
	enum config_kind kind;
	size_t offset; /* in struct config, or in struct config_interface */
	const char *fallback;
	u32 min, max; /* of a number */
	const char *const *choices;
};

#define CONFIG_AT(field) offsetof(struct config, field)
#define CONFIG_ITS_AT(field) offsetof(struct config, its) + offsetof(struct config_its_section, field)
#define CONFIG_NODE_AT(field) offsetof(struct config, node) + offsetof(struct config_node_section, field)
#define CONFIG_HANDSHAKE_AT(field) offsetof(struct config, handshake) + offsetof(struct config_handshake_section, field)
#define CONFIG_CHARGE_AT(field) offsetof(struct config, charge) + offsetof(struct config_charge_section, field)
#define CONFIG_INTERFACE_AT(field) offsetof(struct config_interface, field)

static const struct config_key config_keys[] = {
	{ "agent", "name", CONFIG_WORD, CONFIG_AT(name), "", 0, 0, NULL },
	{ "agent", "user", CONFIG_WORD, CONFIG_AT(user), "voltgate", 0, 0, NULL },
	{ "agent", "group", CONFIG_WORD, CONFIG_AT(group), "voltgate", 0, 0, NULL },
	{ "agent", "state-dir", CONFIG_PATHNAME, CONFIG_AT(state_dir), "/var/lib/voltgate", 0, 0, NULL },
	{ "agent", "control", CONFIG_PATHNAME, CONFIG_AT(control), "/run/voltgate/control.sock", 0, 0, NULL },
	{ "agent", "alarm-log", CONFIG_PATHNAME, CONFIG_AT(alarm_log), "/var/log/voltgate/alarms.json", 0, 0, NULL },
	{ "agent", "object", CONFIG_PATHNAME, CONFIG_AT(object), "/usr/local/lib/voltgate/voltgate.bpf.o", 0, 0, NULL },
	{ "agent", "gate", CONFIG_FLAG, CONFIG_AT(gate), "yes", 0, 0, NULL },
	{ "agent", "syslog", CONFIG_FLAG, CONFIG_AT(syslog), "yes", 0, 0, NULL },
	{ "agent", "keep-attached", CONFIG_FLAG, CONFIG_AT(keep_attached), "no", 0, 0, NULL },
	{ "agent", "page", CONFIG_WORD, CONFIG_AT(page_listen), "", 0, 0, NULL },
	{ "agent", "segment-bytes", CONFIG_NUMBER, CONFIG_AT(segment_bytes), "67108864", 65536, 2147483647, NULL },
	{ "agent", "control-clients", CONFIG_NUMBER, CONFIG_AT(control_clients), "32", 1, 1024, NULL },
	{ "agent", "pending-actions", CONFIG_NUMBER, CONFIG_AT(pending_actions), "65536", 16, 1048576, NULL },
	{ "agent", "action-timeout-ms", CONFIG_NUMBER, CONFIG_AT(action_timeout_ms), "2000", 50, 60000, NULL },
	{ "agent", "alarm-update-ms", CONFIG_NUMBER, CONFIG_AT(alarm_update_ms), "1000", 100, 3600000, NULL },
	{ "gate", "grade", CONFIG_CHOICE, CONFIG_AT(grade), "auto", 0, 0, config_grades },
	{ "its", "enable", CONFIG_FLAG, CONFIG_ITS_AT(enable), "yes", 0, 0, NULL },
	{ "its", "trust-dir", CONFIG_PATHNAME, CONFIG_ITS_AT(trust_dir), "/etc/voltgate/trust", 0, 0, NULL },
	{ "its", "tap", CONFIG_IFNAME, CONFIG_ITS_AT(tap), "", 0, 0, NULL },
	{ "its", "cache-certificates", CONFIG_NUMBER, CONFIG_ITS_AT(cache_certificates), "8192", 16, 1048576, NULL },
	{ "its", "waiting-frames", CONFIG_NUMBER, CONFIG_ITS_AT(waiting_frames), "1024", 1, 65536, NULL },
	{ "its", "waiting-ms", CONFIG_NUMBER, CONFIG_ITS_AT(waiting_ms), "1200", 10, 60000, NULL },
	{ "its", "p256-rate", CONFIG_NUMBER, CONFIG_ITS_AT(p256_rate), "6000", 0, 1000000, NULL },
	{ "its", "brainpool-rate", CONFIG_NUMBER, CONFIG_ITS_AT(brainpool_rate), "500", 0, 1000000, NULL },
	{ "its", "signer-rate", CONFIG_NUMBER, CONFIG_ITS_AT(signer_rate), "50", 0, 1000000, NULL },
	{ "node", "listen", CONFIG_WORD, CONFIG_NODE_AT(listen), "", 0, 0, NULL },
	{ "node", "certificate", CONFIG_PATHNAME, CONFIG_NODE_AT(certificate), "/etc/voltgate/node.crt", 0, 0, NULL },
	{ "node", "key", CONFIG_PATHNAME, CONFIG_NODE_AT(key), "/etc/voltgate/node.key", 0, 0, NULL },
	{ "node", "folder", CONFIG_FILE, CONFIG_NODE_AT(folder), "", 0, 0, NULL },
	{ "node", "metrics", CONFIG_WORD, CONFIG_NODE_AT(metrics), "", 0, 0, NULL },
	{ "node", "log", CONFIG_FILE, CONFIG_NODE_AT(log), "", 0, 0, NULL },
	{ "node", "pool-requests", CONFIG_NUMBER, CONFIG_NODE_AT(pool_requests), "65536", 64, 1048576, NULL },
	{ "node", "pool-bytes", CONFIG_NUMBER, CONFIG_NODE_AT(pool_bytes), "67108864", 1048576, 2147483647, NULL },
	{ "node", "snapshot-after", CONFIG_NUMBER, CONFIG_NODE_AT(snapshot_after), "1000000", 0, 1000000000, NULL },
	{ "node", "clock-offset-us", CONFIG_OFFSET, CONFIG_NODE_AT(clock_offset_us), "0", 0, 2000000000, NULL },
	{ "handshake", "enable", CONFIG_FLAG, CONFIG_HANDSHAKE_AT(enable), "yes", 0, 0, NULL },
	{ "handshake", "key", CONFIG_FILE, CONFIG_HANDSHAKE_AT(key), "", 0, 0, NULL },
	{ "handshake", "station", CONFIG_WORD, CONFIG_HANDSHAKE_AT(station), "", 0, 0, NULL },
	{ "handshake", "session-life-s", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(session_life_s), "3600", 4, 86400, NULL },
	{ "handshake", "skew-ms", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(skew_ms), "10000", 100, 600000, NULL },
	{ "handshake", "wallets", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(wallets), "65536", 16, 1048576, NULL },
	{ "handshake", "sources", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(sources), "16384", 16, 1048576, NULL },
	{ "handshake", "hellos", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(hellos), "500", 1, 100000, NULL },
	{ "handshake", "queue", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(queue), "512", 16, 65536, NULL },
	{ "handshake", "cookies", CONFIG_NUMBER, CONFIG_HANDSHAKE_AT(cookies), "200", 1, 100000, NULL },
	{ "charge", "enable", CONFIG_FLAG, CONFIG_CHARGE_AT(enable), "yes", 0, 0, NULL },
	{ "charge", "channel", CONFIG_WORD, CONFIG_CHARGE_AT(channel), "", 0, 0, NULL },
	{ "charge", "certificate", CONFIG_FILE, CONFIG_CHARGE_AT(certificate), "", 0, 0, NULL },
	{ "charge", "key", CONFIG_FILE, CONFIG_CHARGE_AT(key), "", 0, 0, NULL },
	{ "charge", "queue", CONFIG_NUMBER, CONFIG_CHARGE_AT(queue), "4096", 1, 65536, NULL },
	{ "charge", "timeout-ms", CONFIG_NUMBER, CONFIG_CHARGE_AT(timeout_ms), "15000", 500, 600000, NULL },
	{ "interface", "mode", CONFIG_CHOICE, CONFIG_INTERFACE_AT(mode), "auto", 0, 0, config_modes },
	{ "interface", "coexist", CONFIG_FLAG, CONFIG_INTERFACE_AT(coexist), "no", 0, 0, NULL },
};

#define CONFIG_KEY_COUNT (sizeof(config_keys) / sizeof(*config_keys))
#define CONFIG_SECTION_MAX 49 /* what libinih keeps of a section's or a key's name */

struct config_reading {
	const char *file;
	const char *at, *end;
	int line;
	struct config *config;
	struct config_interface *interface; /* of the open section */
	bool seen[CONFIG_KEY_COUNT];
	bool seen_policy[VG_POLICY_KEY_COUNT];
	bool failed;
	struct config_error *error;
};

/* Keeps the first sentence. Returns 0, what libinih's handler says for an error. */
__attribute__((format(printf, 2, 3))) static int config_fail(struct config_reading *reading, const char *format, ...)
{
	size_t len;
	va_list args;

	if (reading->failed)
		return 0;
	reading->failed = true;
	len = (size_t)snprintf(reading->error->text, sizeof(reading->error->text), "%s:%d: ", reading->file,
			       reading->line);
	if (len >= sizeof(reading->error->text))
		return 0;
	va_start(args, format);
	vsnprintf(reading->error->text + len, sizeof(reading->error->text) - len, format, args);
	va_end(args);
	return 0;
}

static int config_set_number(struct config_reading *reading, const char *key, const char *value, s64 min, s64 max,
			     s64 *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(value, &end, 10);
	if (end == value || *end)
		return config_fail(reading, "%s = %s is not a number. Write a whole number from %lld to %lld.", key,
				   value, (long long)min, (long long)max);
	if (errno || *ret_number < min || *ret_number > max)
		return config_fail(reading, "%s = %s is out of range. Choose a number from %lld to %lld.", key, value,
				   (long long)min, (long long)max);
	return 1;
}

static int config_set_choice(struct config_reading *reading, const struct config_key *key, const char *value,
			     u32 *ret_choice)
{
	char list[64] = "";
	u32 i;

	for (i = 0; key->choices[i]; i++) {
		if (!strcmp(value, key->choices[i])) {
			*ret_choice = i;
			return 1;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "", key->choices[i]);
	}
	return config_fail(reading, "%s = %s is not known. Choose one of: %s.", key->name, value, list);
}

static int config_set_text(struct config_reading *reading, const struct config_key *key, const char *value,
			   char *ret_text)
{
	size_t room = key->kind == CONFIG_IFNAME ? IF_NAMESIZE : CONFIG_TEXT_MAX;

	if (strlen(value) >= room)
		return config_fail(reading, "%s is longer than the %zu characters that fit. Choose a shorter one.",
				   key->name, room - 1);
	if ((key->kind == CONFIG_PATHNAME || (key->kind == CONFIG_FILE && *value)) && *value != '/')
		return config_fail(reading, "%s = %s is not an absolute path. Write it from / on.", key->name, value);
	if (key->kind == CONFIG_IFNAME && strchr(value, '/'))
		return config_fail(reading, "%s = %s is not an interface name.", key->name, value);
	strcpy(ret_text, value);
	return 1;
}

static int config_set(struct config_reading *reading, const struct config_key *key, const char *value, void *base)
{
	void *field = (char *)base + key->offset;
	s64 number;

	switch (key->kind) {
	case CONFIG_NUMBER:
		if (!config_set_number(reading, key->name, value, key->min, key->max, &number))
			return 0;
		*(u32 *)field = (u32)number;
		return 1;
	case CONFIG_OFFSET:
		if (!config_set_number(reading, key->name, value, -(s64)key->max, key->max, &number))
			return 0;
		*(int *)field = (int)number;
		return 1;
	case CONFIG_FLAG:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return config_fail(reading, "%s = %s is neither yes nor no. Write one of them.", key->name,
					   value);
		*(bool *)field = !strcmp(value, "yes");
		return 1;
	case CONFIG_CHOICE:
		return config_set_choice(reading, key, value, field);
	default:
		return config_set_text(reading, key, value, field);
	}
}

static int config_set_policy(struct config_reading *reading, const char *section, const char *name, const char *value)
{
	int key = policy_word_find(name);
	const struct policy_word *word;
	s64 number;

	if (key >= 0) {
		word = policy_word_of(key);
		if (!strcmp(section, word->room == VG_POLICY_ROOM_GATE ? "gate" : "ingress")) {
			if (reading->seen_policy[key])
				return config_fail(reading, "%s is set twice. Keep one of the two lines.", name);
			reading->seen_policy[key] = true;
			if (!config_set_number(reading, name, value, word->min, word->max, &number))
				return 0;
			return !policy_word_set(&reading->config->policy, key, number);
		}
		return config_fail(reading, "%s does not belong in [%s]. Move it to [%s].", name, section,
				   word->room == VG_POLICY_ROOM_GATE ? "gate" : "ingress");
	}
	return config_fail(reading, "[%s] has no key '%s'. voltgated.conf(5) lists the keys.", section, name);
}

static int config_handle(void *arg, const char *section, const char *name, const char *value)
{
	struct config_reading *reading = arg;
	const char *word = reading->interface ? "interface" : section;
	void *base = reading->interface ? (void *)reading->interface : reading->config;
	size_t i;

	if (reading->failed)
		return 0;
	if (!*section)
		return config_fail(reading,
				   "%s stands before any section. Put it below [agent], [gate], [ingress], [its], "
				   "[node], [charge], [handshake] or [interface NAME].",
				   name);
	for (i = 0; i < CONFIG_KEY_COUNT; i++) {
		if (strcmp(config_keys[i].section, word) || strcmp(config_keys[i].name, name))
			continue;
		if (reading->seen[i])
			return config_fail(reading, "%s is set twice. Keep one of the two lines.", name);
		reading->seen[i] = true;
		return config_set(reading, &config_keys[i], value, base);
	}
	return config_set_policy(reading, word, name, value);
}

static void config_fall_back(const char *section, void *base)
{
	struct config_error error;
	struct config_reading reading = { .file = "defaults", .error = &error };
	size_t i;

	for (i = 0; i < CONFIG_KEY_COUNT; i++) {
		bool of_interface = !strcmp(config_keys[i].section, "interface");

		if (of_interface == !strcmp(section, "interface"))
			config_set(&reading, &config_keys[i], config_keys[i].fallback, base);
	}
}

/* "[interface NAME]": begins a new entry. */
static void config_begin_interface(struct config_reading *reading, const char *name)
{
	struct config *config = reading->config;
	size_t i;

	if (!*name || strlen(name) >= IF_NAMESIZE || strpbrk(name, "/ \t")) {
		config_fail(reading,
			    "'%s' is not an interface name. Write [interface NAME] with at most %d characters.", name,
			    IF_NAMESIZE - 1);
		return;
	}
	for (i = 0; i < config->interface_count; i++)
		if (!strcmp(config->interfaces[i].name, name)) {
			config_fail(reading, "[interface %s] stands there twice. Keep one of the two.", name);
			return;
		}
	if (config->interface_count == CONFIG_INTERFACES_MAX) {
		config_fail(reading, "There are more than %d interfaces. Attach the others with 'voltgate attach'.",
			    CONFIG_INTERFACES_MAX);
		return;
	}
	reading->interface = &config->interfaces[config->interface_count++];
	strcpy(reading->interface->name, name);
	config_fall_back("interface", reading->interface);
	for (i = 0; i < CONFIG_KEY_COUNT; i++)
		if (!strcmp(config_keys[i].section, "interface"))
			reading->seen[i] = false;
}

/* Looks at a section's head before libinih does, which would cut a long name and skip an empty section. */
static void config_begin_section(struct config_reading *reading, const char *text, size_t len)
{
	static const char *const sections[] = { "agent", "gate", "ingress", "its", "node", "charge", "handshake" };
	char name[CONFIG_SECTION_MAX + 1];
	size_t i;

	for (i = 1; i < len && text[i] != ']'; i++)
		;
	if (i >= len || i - 1 > CONFIG_SECTION_MAX) {
		config_fail(reading, "The section's name has no ']' or is longer than %d characters.",
			    CONFIG_SECTION_MAX);
		return;
	}
	memcpy(name, text + 1, i - 1);
	name[i - 1] = '\0';
	for (i++; i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r'); i++)
		;
	if (i < len && text[i] != ';' && text[i] != '#') {
		config_fail(reading, "Something follows [%s]. Put it on a line of its own.", name);
		return;
	}
	reading->interface = NULL;
	if (!strncmp(name, "interface ", 10)) {
		config_begin_interface(reading, name + 10);
		return;
	}
	for (i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (!strcmp(name, sections[i]))
			return;
	config_fail(reading,
		    "There is no section [%s]. The sections are [agent], [gate], [ingress], [its], "
		    "[node], [charge], [handshake] and [interface NAME].",
		    name);
}

/* An fgets() over memory for libinih. */
static char *config_read_line(char *line, int room, void *arg)
{
	struct config_reading *reading = arg;
	const char *end, *first;
	size_t len;

	if (reading->failed || reading->at == reading->end)
		return NULL;
	end = memchr(reading->at, '\n', (size_t)(reading->end - reading->at));
	end = end ? end : reading->end;
	len = (size_t)(end - reading->at);
	reading->line++;
	if (len + 2 > (size_t)room) {
		config_fail(reading, "The line is longer than %d characters. Shorten it.", room - 2);
		return NULL;
	}
	if (memchr(reading->at, '\0', len)) {
		config_fail(reading, "The line holds a zero byte. This is not a text file.");
		return NULL;
	}
	memcpy(line, reading->at, len);
	line[len] = '\n';
	line[len + 1] = '\0';
	for (first = line; *first == ' ' || *first == '\t'; first++)
		;
	if (*first == '[')
		config_begin_section(reading, first, (size_t)(line + len - first));
	reading->at = end < reading->end ? end + 1 : end;
	return reading->failed ? NULL : line;
}

void config_defaults(struct config *ret_config)
{
	memset(ret_config, 0, sizeof(*ret_config));
	config_fall_back("", ret_config);
	policy_word_defaults(&ret_config->policy);
}

int config_parse(const char *file, const char *text, size_t len, struct config *ret_config,
		 struct config_error *ret_error)
{
	struct config_reading reading = {
		.file = file,
		.at = text,
		.end = text + len,
		.config = ret_config,
		.error = ret_error,
	};
	int err;

	config_defaults(ret_config);
	ini_allow_multiline = false;
	ini_stop_on_first_error = true;
	err = ini_parse_stream(config_read_line, &reading, config_handle, &reading);
	if (err && !reading.failed)
		config_fail(&reading, "The line is neither a [section], nor 'key = value', nor a comment.");
	return reading.failed ? -EINVAL : 0;
}

int config_load(const char *path, struct config *ret_config, struct config_error *ret_error)
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	ssize_t got, len = 0;
	int fd = -1, err = -ENOMEM;

	if (!text)
		goto out;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	while (!err && len <= CONFIG_FILE_MAX) {
		got = read(fd, text + len, (size_t)(CONFIG_FILE_MAX + 1 - len));
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		len += got;
	}
	if (!err && len > CONFIG_FILE_MAX)
		err = -EFBIG;
out:
	if (err)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "Cannot read the configuration %s: %s. Name another with -c, or install the example.", path,
			 strerror(-err));
	else
		err = config_parse(path, text, (size_t)len, ret_config, ret_error);
	if (fd >= 0)
		close(fd);
	free(text);
	return err;
}

void config_print_keys(FILE *out)
{
	size_t i;
	int key;

	for (i = 0; i < CONFIG_KEY_COUNT; i++)
		fprintf(out, "%s %s %s\n", config_keys[i].section, config_keys[i].name, config_keys[i].fallback);
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) {
		const struct policy_word *word = policy_word_of(key);

		fprintf(out, "%s %s %lld\n", word->room == VG_POLICY_ROOM_GATE ? "gate" : "ingress", word->word,
			(long long)word->fallback);
	}
}
