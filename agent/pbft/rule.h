/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rule.h - where the code keeps a rule of PROTOCOL.md section 9: marks it as
 * passed through, and lets a test build a core that breaks exactly this rule.
 *
 *   if (!RULE(core, 6, time_fits(core, block)))      C6 holds here, or we stop
 *           return;
 *
 * With -DPBFT_MUTANT=6 every RULE(core, 6, ...) is true whatever the condition says; RULE(core, 20, false) so stands
 * before what only a mutant does. A rule that is kept at several places has parts: RULE_PART(core, 13, 2, ...) breaks
 * with -DPBFT_MUTANT=13 -DPBFT_MUTANT_PART=2 alone.
 */
#ifndef VOLTGATE_PBFT_RULE_H
#define VOLTGATE_PBFT_RULE_H

#ifndef PBFT_MUTANT
#define PBFT_MUTANT 0
#endif
#ifndef PBFT_MUTANT_PART
#define PBFT_MUTANT_PART 0
#endif

#define RULE_COUNT 24
#define RULE_PASS(core, rule) ((void)((core)->rules |= 1U << (rule)))
#define RULE_PART(core, rule, part, holds) \
	((core)->rules |= 1U << (rule), ((holds) || (PBFT_MUTANT == (rule) && PBFT_MUTANT_PART == (part))))
#define RULE(core, rule, holds) RULE_PART(core, rule, 0, holds)

#endif
