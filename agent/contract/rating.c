// SPDX-License-Identifier: GPL-2.0
/*
 * rating.c - scores for stations: by whoever charged there, once a session,
 * after it was settled; whose credit is at or below the threshold does not count and is told so (paper eq. (3)).
 */
#include <errno.h>
#include <stdint.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/contract_run.h"
#include "agent/contract/credit.h"
#include "agent/contract/rating.h"
#include "agent/contract/session.h"
#include "ledger/execute.h"
#include "ledger/rating.h"

static int number_get(struct contract_run *run, char space, const u8 station[32], u64 *ret_number)
{
	struct account_key key = account_key(space, station);
	struct reader reader;
	struct span value;
	int result = contract_peek(run, ACCOUNT_SPAN(key), &value);

	*ret_number = 0;
	if (result)
		return result == -ENOENT ? 0 : result;
	reader_init(&reader, value.bytes, value.len);
	*ret_number = reader_u64(&reader);
	return reader_done(&reader) ? 0 : contract_refuse(run, -EIO, "The station's rating is damaged.");
}

int rating_get(struct contract_run *run, const u8 station[32], u64 *ret_micro)
{
	u64 rating = 0;
	int result = number_get(run, 'R', station, &rating);

	*ret_micro = (rating * CREDIT_MICRO + RATING_ONE / 2) / RATING_ONE; /* below 2^35 * 2^20 */
	return result;
}

/* May this run rate @session? Its credit in *ret_credit, into the read set. */
static int judge(struct contract_run *run, const u8 id[32], const struct session *session, struct credit *ret_credit)
{
	int result = session_speaks(run, id, session);

	if (result)
		return result;
	if (session->state == SESSION_CHARGING)
		return contract_refuse(run, -EINVAL, "A session is rated after it has ended.");
	if (session->rated)
		return contract_refuse(run, -EALREADY, "This session was rated already: once is all.");
	result = credit_get(run, session->wallet, true, ret_credit);
	if (!result && credit_against(ret_credit, contract_parameter(run, MEMBERSHIP_CREDIT_THRESHOLD_MILLI)) <= 0)
		result = contract_refuse(run, -EACCES,
					 "The wallet's credit is not above the channel's threshold: its scores do not "
					 "count.");
	return result;
}

static int rating_rate(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct account_key rating, scores;
	struct session session;
	struct station station;
	struct credit credit;
	json_t *object;
	u8 id[32];
	u64 score;
	int result = argument_hex(run, arguments[0], "SESSION", id, sizeof(id));

	(void)count;
	result = result ?: argument_number(run, arguments[1], "SCORE", 1, RATING_SCORE_MOST, &score);
	result = result ?: session_get(run, id, &session);
	result = result ?: judge(run, id, &session, &credit);
	result = result ?: station_get(run, session.station, &station);
	if (result)
		return result;
	rating = account_key('R', session.station);
	scores = account_key('N', session.station);
	session.rated = score;
	result = session_put(run, id, &session);
	result = result ?: contract_rate(run, ACCOUNT_SPAN(rating), station.node, credit_micro(&credit), score);
	result = result ?: contract_delta(run, ACCOUNT_SPAN(scores), 1, 0, INT64_MAX);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", session.station, 32);
	answer_number(object, "score", score);
	answer_signed(object, "credibility", credit_micro(&credit));
	return answer_give(run, object);
}

static int rating_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	u64 micro, scores, experience = 0;
	struct station station;
	json_t *object;
	u8 id[32];
	int result = argument_hex(run, arguments[0], "STATION", id, sizeof(id));

	(void)count;
	result = result ?: station_get(run, id, &station);
	result = result ?: rating_get(run, id, &micro);
	result = result ?: number_get(run, 'N', id, &scores);
	if (!result && contract_membership(run))
		result = execute_experience(run->input->state, contract_membership(run), station.node, &experience);
	if (result)
		return contract_failed(run, result);
	object = json_object();
	answer_hex(object, "station", id, sizeof(id));
	answer_number(object, "rating", micro);
	answer_number(object, "scores", scores);
	answer_number(object, "experience", experience);
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "rate", 2, 2, CHARGING_MANDATED, rating_rate, "SESSION SCORE" },
	{ "show", 1, 1, CHARGING_QUERY, rating_show, "STATION" },
	{ .name = NULL },
};

const struct charging_noun charging_rating = { "rating", functions };
