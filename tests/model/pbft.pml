/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pbft.pml - PROTOCOL.md section 9 as a model for spin: the normal case and the
 * view change, four replicas of which one lies, agreement asserted.
 *
 * What was said stays on the wire as sets of voters, and a replica acts on any
 * part of it at any time: this covers loss, delay, reordering and duplication.
 * The liar needs no process: its votes are there for every block whenever a
 * correct replica cares to count them, its view changes claim any certificate
 * that the votes on the wire make possible, or nothing, and to everyone
 * something else; as primary it proposes to each replica what it likes, and
 * shows each a new view of its own. What it cannot do is sign for others.
 *
 * Blocks: number 1 is block 1 or 2; number 2 is a block on block 1 (1, 2) or on
 * block 2 (3), so that the chain's `previous` (C5, C13) takes part.
 * A certificate is one byte: 0 none, else view * BLOCKS + block, so that the
 * greater one is of the higher view.
 *
 * Parameters: VIEWS, NUMBERS, LIAR (0: primary of view 0; 1: of view 1; 3: of none).
 * What must fail, to show that the assertion can: NEVER_DECIDES (nothing is
 * decided once the last view is there); QUORUM=2; FORGET_PREPARED (a
 * new view ignores certificates); LOWEST_VIEW (it takes the oldest one);
 * OUT_OF_ORDER (a commit vote before the number below is prepared, C8);
 * VOTE_LATE (votes in a view that was left, C12); NO_PREVIOUS (C5).
 */
#ifndef VIEWS
#define VIEWS 2
#endif
#ifndef NUMBERS
#define NUMBERS 2
#endif
#ifndef LIAR
#define LIAR 0
#endif
#ifndef QUORUM
#define QUORUM 3
#endif
#if NUMBERS == 1
#define BLOCKS 2
#else
#define BLOCKS 3
#endif
#define N 4

#define AT(view, number, block) (((view) * NUMBERS + (number)) * BLOCKS + (block) - 1)
#define OF(replica, number) ((replica) * NUMBERS + (number))
#define VC(view, replica, number) (((view) * N + (replica)) * NUMBERS + (number))
#define BITS(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))
#define PRIMARY(view) ((view) % N)
#define PREVIOUS(block) (((block) + 1) / 2)
#define BLOCK(certificate) (((certificate) - 1) % BLOCKS + 1)

/* C8: the primary's pre-prepare and prepares, a quorum together; the liar always adds its own. */
#define PREPARED(view, number, block) \
	(BITS(voted[AT(view, number, block)]) + 1 >= QUORUM && \
	 (PRIMARY(view) == LIAR || (voted[AT(view, number, block)] & (1 << PRIMARY(view)))))
/* C9 */
#define COMMITTED(view, number, block) (BITS(commits[AT(view, number, block)]) + 1 >= QUORUM)

/* C12: leaving a view ends voting in it. */
#ifdef VOTE_LATE
#define MAY_VOTE(me) (!away[me] || in_view[me] > 0)
#define VOTES_IN(me) (away[me] -> in_view[me] - 1 : in_view[me])
#else
#define MAY_VOTE(me) (!away[me])
#define VOTES_IN(me) (in_view[me])
#endif

/* C8: a certificate for a number is of use to a view change only with one for the number below. */
#ifdef OUT_OF_ORDER
#define IN_ORDER true
#else
#define IN_ORDER \
	(number == committed[me] || (commits[AT(view, number - 1, block_of[OF(me, number - 1)])] & (1 << me)))
#endif

/* On the wire, by correct replicas. */
byte voted[VIEWS * NUMBERS * BLOCKS];   /* pre-prepare and prepare */
byte commits[VIEWS * NUMBERS * BLOCKS]; /* commit */
byte left[VIEWS];                       /* who sent a view change to this view */
byte vc_base[VIEWS * N];
byte vc_certificate[VIEWS * N * NUMBERS];
bool nv_there[VIEWS]; /* of a correct primary: one for all */
byte nv_base[VIEWS];
byte nv_plan[VIEWS * NUMBERS];

/* Of each correct replica. */
byte in_view[N];
bool away[N]; /* between views */
byte accepted[N]; /* numbers accepted in this view, committed ones included */
byte block_of[N * NUMBERS];
byte committed[N];
byte certificate[N * NUMBERS];
byte plan[N * NUMBERS]; /* what the new view binds it to */

byte decided[NUMBERS]; /* by any correct replica */

/* Scratch within one atomic step. */
hidden byte base;
hidden byte best[NUMBERS];
hidden byte count;
hidden byte i;
hidden byte j;
hidden byte k;

inline decide(number, block)
{
	assert(decided[number] == 0 || decided[number] == block);
#ifdef NEVER_DECIDES
	assert(number < NUMBERS - 1 || nv_there[VIEWS - 1] == 0);
#endif
	decided[number] = block;
}

/* The liar's view change to @view: each part true as far as others' signatures are in it. */
inline lie(view)
{
	j = 0;
	do
	:: j < NUMBERS ->
		i = 0;
		do
		:: i < view * BLOCKS && base == j && COMMITTED(i / BLOCKS, j, i % BLOCKS + 1) ->
			decide(j, i % BLOCKS + 1);
			base = j + 1;
			break
		:: i < view * BLOCKS && PREPARED(i / BLOCKS, j, i % BLOCKS + 1) ->
			better(j, i + 1);
			break
		:: i < view * BLOCKS -> i++
		:: i == view * BLOCKS -> break
		od;
		j++
	:: else -> break
	od
}

inline better(number, code)
{
	if
#ifdef LOWEST_VIEW
	:: code != 0 && (best[number] == 0 || code < best[number]) -> best[number] = code
#else
	:: code > best[number] -> best[number] = code
#endif
	:: else
	fi
}

/* C13: some quorum of view changes, the selection from them; count below QUORUM: not enough of them there. */
inline choose(view)
{
	base = 0;
	count = 0;
	k = 0;
	do
	:: k < NUMBERS -> best[k] = 0; k++
	:: else -> break
	od;
	k = 0;
	do
	:: k < N && k == LIAR && count < QUORUM -> count++; lie(view); k++
	:: k < N && k != LIAR && count < QUORUM && (left[view] & (1 << k)) ->
		count++;
		if
		:: vc_base[view * N + k] > base -> base = vc_base[view * N + k]
		:: else
		fi;
		j = 0;
		do
		:: j < NUMBERS -> better(j, vc_certificate[VC(view, k, j)]); j++
		:: else -> break
		od;
		k++
	:: k < N -> k++
	:: k == N -> break
	od;
	/* best[] becomes the plan: blocks, contiguous and chained, 0 above */
	k = 0;
	do
	:: k < NUMBERS && k < base -> best[k] = decided[k]; k++
	:: k < NUMBERS && k >= base ->
		if
#ifdef FORGET_PREPARED
		:: true -> best[k] = 0
#else
		:: best[k] == 0
		:: best[k] != 0 -> best[k] = BLOCK(best[k])
#endif
		fi;
		if
		:: k > 0 && best[k] != 0 && PREVIOUS(best[k]) != best[k - 1] -> best[k] = 0
		:: else
		fi;
		k++
	:: else -> break
	od
}

/* C4, C5, C13: @me enters @view bound to best[]; blocks that the new view proves committed it takes over. */
inline enter(me, view)
{
	k = 0;
	do
	:: k < NUMBERS ->
		plan[OF(me, k)] = best[k];
		if
		:: k < base && k >= committed[me] -> decide(k, best[k]); committed[me] = k + 1
		:: else
		fi;
		block_of[OF(me, k)] = (k < committed[me] -> decided[k] : 0);
		k++
	:: else -> break
	od;
	accepted[me] = committed[me];
	away[me] = false
}

inline vote(me, number, block)
{
	block_of[OF(me, number)] = block;
	plan[OF(me, number)] = 0;
	accepted[me] = number + 1;
	voted[AT(in_view[me], number, block)] = voted[AT(in_view[me], number, block)] | (1 << me)
}

proctype replica(byte me)
{
	byte number, block, view;

	do
	/* C3, C5, C7: propose, or accept what is proposed, on top of what was accepted before */
	:: atomic { !away[me] && accepted[me] < NUMBERS ->
		number = accepted[me];
		block = 1;
		do
		:: block < BLOCKS && !(number == 0 && block == 2) -> block++
		:: break
		od;
		if
#ifndef NO_PREVIOUS
		:: number > 0 && PREVIOUS(block) != block_of[OF(me, number - 1)] -> skip
#endif
		:: plan[OF(me, number)] != 0 && plan[OF(me, number)] != block -> skip
		:: PRIMARY(in_view[me]) != LIAR && PRIMARY(in_view[me]) != me &&
		   !(voted[AT(in_view[me], number, block)] & (1 << PRIMARY(in_view[me]))) -> skip
		:: else -> vote(me, number, block)
		fi;
		number = 0; block = 0 }
	/* C8: prepared, in order */
	:: atomic { MAY_VOTE(me) ->
		number = 0;
		do
		:: number < NUMBERS - 1 -> number++
		:: break
		od;
		block = block_of[OF(me, number)];
		view = VOTES_IN(me);
		if
		:: number < accepted[me] && number >= committed[me] && PREPARED(view, number, block) &&
		   IN_ORDER && !(commits[AT(view, number, block)] & (1 << me)) ->
			commits[AT(view, number, block)] = commits[AT(view, number, block)] | (1 << me);
			certificate[OF(me, number)] = view * BLOCKS + block
		:: else
		fi;
		number = 0; block = 0; view = 0 }
	/* C9, C17: committed by votes of any view, or told by certificate */
	:: atomic { committed[me] < NUMBERS ->
		number = committed[me];
		view = 0;
		do
		:: view < VIEWS - 1 -> view++
		:: break
		od;
		block = 1;
		do
		:: block < BLOCKS -> block++
		:: break
		od;
		if
		:: COMMITTED(view, number, block) ->
			decide(number, block);
			committed[me] = number + 1;
			if
			:: !away[me] && accepted[me] <= number -> accepted[me] = number + 1
			:: else
			fi;
			block_of[OF(me, number)] = (away[me] -> 0 : block)
		:: else
		fi;
		number = 0; block = 0; view = 0 }
	/* C12: leaves its view, for whatever reason */
	:: atomic { in_view[me] < VIEWS - 1 ->
		in_view[me]++;
		view = in_view[me];
		away[me] = true;
		vc_base[view * N + me] = committed[me];
		number = 0;
		block = 1;
		do
		:: number < NUMBERS ->
			if
			:: number < committed[me] -> skip
			:: number >= committed[me] && certificate[OF(me, number)] == 0 -> block = 0
			:: else -> skip
			fi;
			vc_certificate[VC(view, me, number)] =
				(block != 0 && number >= committed[me] -> certificate[OF(me, number)] : 0);
#ifndef VOTE_LATE
			block_of[OF(me, number)] = 0;
			plan[OF(me, number)] = 0;
#endif
			number++
		:: else -> break
		od;
		left[view] = left[view] | (1 << me);
#ifndef VOTE_LATE
		accepted[me] = 0;
#endif
		number = 0; block = 0; view = 0 }
	/* C13: a new view */
	:: atomic { away[me] && (PRIMARY(in_view[me]) == me || PRIMARY(in_view[me]) == LIAR) ->
		choose(in_view[me]);
		if
		:: count >= QUORUM ->
			if
			:: PRIMARY(in_view[me]) == me ->
				nv_there[in_view[me]] = true;
				nv_base[in_view[me]] = base;
				k = 0;
				do
				:: k < NUMBERS -> nv_plan[in_view[me] * NUMBERS + k] = best[k]; k++
				:: else -> break
				od
			:: else
			fi;
			enter(me, in_view[me])
		:: else
		fi }
	:: atomic { away[me] && PRIMARY(in_view[me]) != LIAR && nv_there[in_view[me]] ->
		base = nv_base[in_view[me]];
		k = 0;
		do
		:: k < NUMBERS -> best[k] = nv_plan[in_view[me] * NUMBERS + k]; k++
		:: else -> break
		od;
		enter(me, in_view[me]) }
	od
}

init {
	byte r = 0;

	atomic {
		do
		:: r < N ->
			if
			:: r != LIAR -> run replica(r)
			:: else
			fi;
			r++
		:: else -> break
		od;
		r = 0
	}
}
