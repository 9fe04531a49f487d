// SPDX-License-Identifier: GPL-2.0
/* outcome.c - words and sentences of outcomes, from the one list in outcome.h. */
#include "ledger/outcome.h"

const char *ledger_outcome_word(unsigned int outcome)
{
	switch (outcome) {
#define LEDGER_OUTCOME_WORD(name, number, word, sentence) \
	case number:                                      \
		return word;
		LEDGER_OUTCOMES(LEDGER_OUTCOME_WORD)
#undef LEDGER_OUTCOME_WORD
	}
	return "?";
}

const char *ledger_outcome_sentence(unsigned int outcome)
{
	switch (outcome) {
#define LEDGER_OUTCOME_SENTENCE(name, number, word, sentence) \
	case number:                                          \
		return sentence;
		LEDGER_OUTCOMES(LEDGER_OUTCOME_SENTENCE)
#undef LEDGER_OUTCOME_SENTENCE
	}
	return "?";
}
