// SPDX-License-Identifier: GPL-2.0
/*
 * charging_word.c - see charging_word.h. Decimals are moved as digits, never through floating point.
 */
#include "tools/voltgate/charging_word.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "agent/time_text.h"
#include "tools/voltgate/org_key.h"

#define DIGITS_MAX 18 /* what fits a signed 64-bit number for certain */

/*
 * @word without its @unit, times 10 to the power of @decimals, as decimal text. Leading zeros go. False: not a number
 * by that form, or too long.
 */
static bool decimal(const char *word, size_t len, unsigned int decimals, bool negative, char *ret_argument)
{
	char digits[DIGITS_MAX + 8];
	unsigned int behind = 0, count = 0, zeros;
	bool point = false, minus = negative && len && word[0] == '-';
	size_t i;

	for (i = minus; i < len; i++) {
		if (word[i] == '.' && !point && i > minus && i + 1 < len) {
			point = true;
			continue;
		}
		if (word[i] < '0' || word[i] > '9' || count >= DIGITS_MAX || (point && ++behind > decimals))
			return false;
		digits[count++] = word[i];
	}
	if (!count || count + decimals - behind > DIGITS_MAX)
		return false;
	for (; behind < decimals; behind++)
		digits[count++] = '0';
	digits[count] = '\0';
	zeros = (unsigned int)strspn(digits, "0");
	if (zeros == count)
		strcpy(ret_argument, "0");
	else
		sprintf(ret_argument, "%s%s", minus ? "-" : "", digits + zeros);
	return true;
}

/* A quantity whose @unit may stand behind it, or a thousand of it. */
static bool quantity(const char *word, const char *unit, char *ret_argument)
{
	size_t len = strlen(word), tail = strlen(unit);

	if (len > tail && !strcmp(word + len - tail, unit)) {
		len -= tail;
		if (len > 1 && word[len - 1] == 'k')
			return decimal(word, len - 1, 3, false, ret_argument);
	}
	return decimal(word, len, 0, false, ret_argument);
}

static bool hex(const char *word, size_t digits, char *ret_argument)
{
	if (strlen(word) != digits || strspn(word, "0123456789abcdef") != digits)
		return false;
	memcpy(ret_argument, word, digits + 1);
	return true;
}

static bool key(const char *word, char *ret_argument)
{
	struct org_key_error error;
	struct stat about;
	char path[512];
	unsigned char bytes[32];

	if (strlen(word) > 400)
		return false;
	snprintf(path, sizeof(path), "%s", word);
	if (!stat(word, &about) && S_ISDIR(about.st_mode))
		snprintf(path, sizeof(path), "%s/client.crt", word);
	if (org_key_public(path, bytes, &error))
		return false;
	sodium_bin2hex(ret_argument, CHARGING_WORD_MAX, bytes, sizeof(bytes));
	return true;
}

static bool moment(const char *word, char *ret_argument)
{
	struct timeval now;
	u64 time, us;

	if (time_text_parse(word, &time)) {
		if (time_text_duration(word, &us))
			return false;
		gettimeofday(&now, NULL);
		time = time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec + us);
	}
	sprintf(ret_argument, "%llu", (unsigned long long)time);
	return true;
}

/* The piece of @word up to one of @ends; what is behind it goes to *@word. False: none, or too long. */
static bool piece(const char **word, const char *ends, char ret_piece[128])
{
	size_t len = strcspn(*word, ends);

	if (!len || len > 127)
		return false;
	memcpy(ret_piece, *word, len);
	ret_piece[len] = '\0';
	*word += len;
	return true;
}

/* "08:00=0.68+0.40" to "480:6800+4000". */
static bool period(const char **word, char *ret_text, size_t size)
{
	char hours[128], minutes[128], energy[128], service[128], prices[2][32];

	if (!piece(word, ":", hours) || *(*word)++ != ':' || !piece(word, "=", minutes) || *(*word)++ != '=' ||
	    !piece(word, "+", energy) || *(*word)++ != '+' || !piece(word, ",", service))
		return false;
	if (strlen(hours) != 2 || strlen(minutes) != 2 || strspn(hours, "0123456789") != 2 ||
	    strspn(minutes, "0123456789") != 2 || strcmp(hours, "23") > 0 || strcmp(minutes, "59") > 0)
		return false;
	if (!decimal(energy, strlen(energy), 4, false, prices[0]) ||
	    !decimal(service, strlen(service), 4, false, prices[1]))
		return false;
	return snprintf(ret_text, size, "%d:%s+%s", atoi(hours) * 60 + atoi(minutes), prices[0], prices[1]) < (int)size;
}

static bool periods(const char *word, char ret_argument[CHARGING_WORD_MAX])
{
	size_t len = 0;

	for (;;) {
		if (!period(&word, ret_argument + len, CHARGING_WORD_MAX - len))
			return false;
		len += strlen(ret_argument + len);
		if (!*word)
			return true;
		if (*word++ != ',' || len + 2 > CHARGING_WORD_MAX)
			return false;
		ret_argument[len++] = ',';
	}
}

static bool charger(const char *word, char ret_argument[CHARGING_WORD_MAX])
{
	char meter[128], power[128], stand[128] = "0", values[2][32];

	if (!piece(&word, ":", meter) || *word++ != ':' || !piece(&word, ":", power) ||
	    (*word == ':' && (word++, !piece(&word, "", stand))))
		return false;
	if (strlen(meter) != 64 || strspn(meter, "0123456789abcdef") != 64 || !quantity(power, "W", values[0]) ||
	    !quantity(stand, "Wh", values[1]))
		return false;
	sprintf(ret_argument, "%s:%s:%s", meter, values[0], values[1]);
	return true;
}

bool charging_word(enum charging_word kind, const char *word, char ret_argument[CHARGING_WORD_MAX])
{
	size_t len = strlen(word);

	switch (kind) {
	case CHARGING_TEXT:
		if (!len || len > 1000)
			return false;
		memcpy(ret_argument, word, len + 1);
		return true;
	case CHARGING_NUMBER:
		return decimal(word, len, 0, true, ret_argument);
	case CHARGING_KEY:
		return key(word, ret_argument);
	case CHARGING_ID:
		return hex(word, 64, ret_argument);
	case CHARGING_SIGNATURE:
		return hex(word, 128, ret_argument);
	case CHARGING_MONEY:
	case CHARGING_PRICE:
		return decimal(word, len, 4, false, ret_argument);
	case CHARGING_ENERGY:
		return quantity(word, "Wh", ret_argument);
	case CHARGING_POWER:
		return quantity(word, "W", ret_argument);
	case CHARGING_DISTANCE:
		return quantity(word, "m", ret_argument);
	case CHARGING_DEGREES:
		return decimal(word, len, 6, true, ret_argument);
	case CHARGING_TIME:
		return moment(word, ret_argument);
	case CHARGING_PERIODS:
		return periods(word, ret_argument);
	case CHARGING_CHARGER:
		return charger(word, ret_argument);
	}
	return false;
}

const char *charging_word_meaning(enum charging_word kind)
{
	switch (kind) {
#define CHARGING_WORD_MEANING(name, meaning) \
	case CHARGING_##name:                \
		return meaning;
		CHARGING_WORDS(CHARGING_WORD_MEANING)
#undef CHARGING_WORD_MEANING
	}
	return "";
}
