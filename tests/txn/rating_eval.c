// SPDX-License-Identifier: GPL-2.0
/* rating_eval.c - numbers through ledger/rating.h, for rating_check.py: lines "e EXPONENT" and "r RATING SCORE
 * CREDIBILITY EXPERIENCE ALPHA SCALED" in, one number a line out. */
#include <stdio.h>

#include "ledger/rating.h"

int main(void)
{
	long long rating, credibility;
	unsigned long long exponent, experience, alpha;
	unsigned int score, scaled;
	struct rating_input input;
	char line[200];

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "e %llu", &exponent) == 1) {
			printf("%llu\n", (unsigned long long)rating_exp(exponent));
			continue;
		}
		if (sscanf(line, "r %lld %u %lld %llu %llu %u", &rating, &score, &credibility, &experience, &alpha,
			   &scaled) != 6)
			return 1;
		input = (struct rating_input){ score, credibility, experience, alpha, scaled };
		printf("%lld\n", (long long)rating_next(rating, &input));
	}
	return 0;
}
