// SPDX-License-Identifier: GPL-2.0
/*
 * charging_test.c - charging at a site: tiny cases by trying everything, the
 * flow against a linear program, never worse than any baseline, and real days
 * of a site in California ($(SHARED)/data/acn).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/sched/baseline.h"
#include "tests/ktap.h"

static u64 state;

static u32 draw(u32 least, u32 most)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return least + (u32)((state >> 33) % (most - least + 1));
}

struct drawn {
	struct charging_site site;
	struct charging_session session[64];
	u32 limit[96], price[96];
};

static void draw_site(struct drawn *drawn, u32 sessions, u32 periods, u32 power, bool give)
{
	u32 i, t;

	memset(drawn, 0, sizeof(*drawn));
	drawn->site = (struct charging_site){ .period_s = 3600,
					      .periods = periods,
					      .sessions = sessions,
					      .session = drawn->session,
					      .limit_w = drawn->limit,
					      .price = drawn->price };
	for (t = 0; t < periods; t++) {
		drawn->limit[t] = draw(0, power * sessions / 2 + 1);
		drawn->price[t] = draw(1, 9) * 1000;
	}
	for (i = 0; i < sessions; i++) {
		struct charging_session *session = &drawn->session[i];

		session->arrival_s = draw(0, periods - 1) * 3600;
		session->departure_s = session->arrival_s + draw(1, periods) * 3600;
		if (session->departure_s > periods * 3600)
			session->departure_s = periods * 3600;
		session->power_w = draw(1, power);
		session->energy_wh = draw(0, power * 2);
		session->gives_back = give && draw(0, 1);
		session->stock_wh = draw(0, power * 2);
		session->battery_wh = session->stock_wh + session->energy_wh + draw(0, power);
	}
}

/* --- by trying everything --- */

struct tried {
	const struct charging_site *site;
	struct charging_plan plan;
	u64 served;
	s64 money;
	u32 unmet;
};

static void try_cell(struct tried *tried, u32 cell)
{
	const struct charging_site *site = tried->site;
	struct charging_score score;
	u32 wh, most;

	if (cell == site->sessions * site->periods) {
		charging_score(site, &tried->plan, &score);
		if (score.overload_wh || *score.text)
			return;
		if (score.unmet < tried->unmet)
			tried->unmet = score.unmet;
		if (score.served_wh > tried->served ||
		    (score.served_wh == tried->served && score.money < tried->money)) {
			tried->served = score.served_wh;
			tried->money = score.money;
		}
		return;
	}
	most = charging_most_wh(site, cell / site->periods, cell % site->periods);
	for (wh = 0; wh <= most; wh++) {
		tried->plan.wh[cell] = wh;
		try_cell(tried, cell + 1);
	}
	tried->plan.wh[cell] = 0;
}

static void test_tiny(void)
{
	u32 seed, agreed = 0, fewest = 0, short_ones = 0;

	for (seed = 1; seed <= 150; seed++) {
		u32 cells[16] = { 0 };
		struct tried tried = { .plan = { .wh = cells }, .money = 1ll << 60, .unmet = 99 };
		struct charging_plan *plan, *met;
		struct charging_score score, met_score;
		struct drawn drawn;

		state = seed;
		draw_site(&drawn, 3, 3, 2, false);
		tried.site = &drawn.site;
		tried.plan.sessions = tried.plan.periods = 3;
		try_cell(&tried, 0);
		charging_optimum(&drawn.site, CHARGING_ENERGY, &plan);
		charging_optimum(&drawn.site, CHARGING_DEADLINES, &met);
		charging_score(&drawn.site, plan, &score);
		charging_score(&drawn.site, met, &met_score);
		agreed += score.served_wh == tried.served && score.money == tried.money && !score.overload_wh &&
			  !*score.text && plan->proven;
		fewest += met_score.unmet == tried.unmet && !met_score.overload_wh && !*met_score.text && met->proven;
		short_ones += tried.unmet > 0;
		charging_free(plan);
		charging_free(met);
	}
	ktap_ok(agreed == 150, "150 tiny sites as good as trying everything (%u)", agreed);
	ktap_ok(fewest == 150, "as few unmet as trying everything (%u)", fewest);
	ktap_ok(short_ones > 30 && short_ones < 140, "power was short in some (%u)", short_ones);
}

/* --- baselines and the linear program --- */

/* Counts what the optimum is worse in; @goal's plan must win in its own measure. */
static u32 worse_than_baselines(const struct charging_site *site, const struct charging_score *energy,
				const struct charging_score *deadlines)
{
	struct charging_plan *plan;
	struct charging_score score;
	u32 method, worse = 0;

	for (method = 0; method < BASELINES; method++) {
		baseline_charge(site, method, &plan);
		charging_score(site, plan, &score);
		worse += *score.text != 0;
		if (method != BASELINE_UNCONTROLLED) {
			worse += score.overload_wh > 0;
			worse += score.served_wh > energy->served_wh ||
				 (score.served_wh == energy->served_wh && score.money < energy->money);
			worse += score.unmet < deadlines->unmet;
		}
		charging_free(plan);
	}
	return worse;
}

static u32 compare_site(const struct charging_site *site, struct charging_score *ret_energy,
			struct charging_score *ret_deadlines)
{
	struct charging_linear linear;
	struct charging_plan *plan;
	u32 wrong = 0;

	charging_optimum(site, CHARGING_ENERGY, &plan);
	charging_score(site, plan, ret_energy);
	wrong += !plan->proven || ret_energy->overload_wh || *ret_energy->text;
	charging_free(plan);
	charging_optimum(site, CHARGING_DEADLINES, &plan);
	charging_score(site, plan, ret_deadlines);
	wrong += !plan->proven || ret_deadlines->overload_wh || *ret_deadlines->text;
	charging_free(plan);
	if (charging_linear(site, 1, &linear))
		return wrong + 1;
	wrong += fabs(linear.served_kwh - ret_energy->served_wh / 1000.0) > 1e-6 ||
		 fabs(linear.money_yuan - ret_energy->money / 1e7) > 1e-6;
	charging_linear_done(&linear);
	return wrong;
}

static void test_drawn(void)
{
	u32 seed, wrong = 0, worse = 0;

	for (seed = 1; seed <= 40; seed++) {
		struct charging_score energy, deadlines;
		struct drawn drawn;

		state = seed;
		draw_site(&drawn, 12, 24, 7000, false);
		wrong += compare_site(&drawn.site, &energy, &deadlines);
		worse += worse_than_baselines(&drawn.site, &energy, &deadlines);
	}
	ktap_ok(!wrong, "40 drawn sites: the flow and the linear program agree in energy and money (%u do not)", wrong);
	ktap_ok(!worse, "40 drawn sites: no baseline serves more, more cheaply, or more in full (%u do)", worse);
}

static void test_giving_back(void)
{
	u32 seed, worse = 0, both = 0, gain = 0;

	for (seed = 1; seed <= 40; seed++) {
		struct charging_linear with, without;
		struct drawn drawn;
		u32 i;

		state = seed;
		draw_site(&drawn, 8, 12, 7000, true);
		for (i = 0; i < 12; i++)
			drawn.limit[i] += 20000;
		if (charging_linear(&drawn.site, 0.9, &with))
			worse++;
		for (i = 0; i < 8; i++)
			drawn.session[i].gives_back = false;
		if (charging_linear(&drawn.site, 0.9, &without))
			worse++;
		both += with.both;
		gain += with.money_yuan < without.money_yuan - 1e-6;
		charging_linear_done(&with);
		charging_linear_done(&without);
	}
	ktap_ok(!worse && !both, "vehicles that give back never charge at the same time (%u, %u)", worse, both);
	ktap_ok(gain > 10, "giving back saves money in some (%u of 40)", gain);
}

/* --- a real site --- */

struct acn_row {
	time_t arrival, departure;
	u32 delivered_wh;
};

static time_t acn_time(const char *text)
{
	struct tm parts = { 0 };

	return strptime(text, "%Y-%m-%d %H:%M:%S", &parts) ? timegm(&parts) : 0;
}

static u32 acn_load(FILE *in, struct acn_row *ret_row, u32 most)
{
	char line[512];
	u32 count = 0;

	while (count < most && fgets(line, sizeof(line), in)) {
		char *departure = strchr(line, ','), *requested = departure ? strchr(departure + 1, ',') : NULL;
		char *delivered = requested ? strchr(requested + 1, ',') : NULL;
		struct acn_row *row = &ret_row[count];

		if (!delivered)
			continue;
		row->arrival = acn_time(line);
		row->departure = acn_time(departure + 1);
		row->delivered_wh = (u32)(atof(delivered + 1) * 1000);
		count += row->arrival && row->departure > row->arrival && row->delivered_wh > 0;
	}
	return count;
}

#define ACN_POWER_W 6656 /* 32 A at 208 V */

static u32 acn_day(const struct acn_row *row, u32 rows, time_t midnight, struct drawn *drawn)
{
	u32 i, count = 0, t;

	memset(drawn, 0, sizeof(*drawn));
	for (i = 0; i < rows && count < 64; i++) {
		struct charging_session *session = &drawn->session[count];

		if (row[i].arrival < midnight || row[i].departure > midnight + 86400)
			continue;
		session->arrival_s = (u32)(row[i].arrival - midnight);
		session->departure_s = (u32)(row[i].departure - midnight);
		session->energy_wh = row[i].delivered_wh;
		session->power_w = ACN_POWER_W;
		count++;
	}
	for (t = 0; t < 96; t++) {
		drawn->limit[t] = count * ACN_POWER_W / 6; /* tight: a sixth of the chargers at full power */
		drawn->price[t] = t < 32 ? 3000 : t < 48 ? 7000 : t < 72 ? 11000 : 5000;
	}
	drawn->site = (struct charging_site){ .period_s = 900,
					      .periods = 96,
					      .sessions = count,
					      .session = drawn->session,
					      .limit_w = drawn->limit,
					      .price = drawn->price };
	return count;
}

static void show_day(const struct charging_site *site, const struct charging_score *energy,
		     const struct charging_score *deadlines)
{
	struct charging_plan *plan;
	struct charging_score score;
	u32 method;

	printf("#   %-18s %8.1f kWh, %2u unmet, %8.2f yuan\n", "most energy", energy->served_wh / 1000.0, energy->unmet,
	       energy->money / 1e7);
	printf("#   %-18s %8.1f kWh, %2u unmet, %8.2f yuan\n", "fewest unmet", deadlines->served_wh / 1000.0,
	       deadlines->unmet, deadlines->money / 1e7);
	for (method = 0; method < BASELINES; method++) {
		baseline_charge(site, method, &plan);
		charging_score(site, plan, &score);
		printf("#   %-18s %8.1f kWh, %2u unmet, %8.2f yuan, %.1f kWh beyond the limit\n",
		       baseline_names[method], score.served_wh / 1000.0, score.unmet, score.money / 1e7,
		       score.overload_wh / 1000.0);
		charging_free(plan);
	}
}

static void test_acn(void)
{
	static const char *const days[] = { "2019-06-14 00:00:00", "2019-05-07 00:00:00", "2019-06-12 00:00:00" };
	const char *shared = getenv("SHARED");
	static struct acn_row row[4000];
	char command[600];
	u32 rows, i, sessions;
	FILE *in;

	snprintf(command, sizeof(command), "gzip -dc '%s/data/acn/caltech-2019-05_2019-08.csv.gz' 2>/dev/null",
		 shared ? shared : "../shared");
	in = popen(command, "r");
	rows = in ? acn_load(in, row, 4000) : 0;
	if (in)
		pclose(in);
	if (!rows) {
		ktap_skip("real sessions", "no $SHARED/data/acn; set SHARED to the folder with the shared data");
		return;
	}
	for (i = 0; i < 3; i++) {
		struct charging_score energy, deadlines;
		struct drawn drawn;
		u32 wrong, worse;

		sessions = acn_day(row, rows, acn_time(days[i]), &drawn);
		wrong = compare_site(&drawn.site, &energy, &deadlines);
		worse = worse_than_baselines(&drawn.site, &energy, &deadlines);
		show_day(&drawn.site, &energy, &deadlines);
		ktap_ok(sessions > 30 && !wrong && !worse,
			"%.10s, %u sessions: the flow is the linear program's optimum, no baseline is better (%u, %u)",
			days[i], sessions, wrong, worse);
	}
}

/* --- the check --- */

static void test_score(void)
{
	struct drawn drawn;
	struct charging_plan *plan;
	struct charging_score score;

	state = 5;
	draw_site(&drawn, 2, 3, 1000, false);
	drawn.session[0] =
		(struct charging_session){ .arrival_s = 1800, .departure_s = 7200, .energy_wh = 1200, .power_w = 1000 };
	drawn.limit[0] = drawn.limit[1] = drawn.limit[2] = 800;
	plan = charging_plan_new(&drawn.site);
	plan->wh[0] = 500;
	plan->wh[1] = 700;
	charging_score(&drawn.site, plan, &score);
	ktap_ok(!*score.text && score.served_wh == 1200 && !score.overload_wh, "half an hour gives half: %s",
		score.text);
	plan->wh[0] = 501;
	charging_score(&drawn.site, plan, &score);
	ktap_ok(strstr(score.text, "gets 1201") != NULL || strstr(score.text, "takes 501") != NULL,
		"more than half in half an hour is seen: %s", score.text);
	plan->wh[0] = 0;
	plan->wh[1] = 900;
	charging_score(&drawn.site, plan, &score);
	ktap_ok(score.overload_wh == 100 && score.unmet >= 1, "100 Wh beyond the limit are seen");
	charging_free(plan);
}

int main(void)
{
	ktap_plan(0);
	test_score();
	test_tiny();
	test_drawn();
	test_giving_back();
	test_acn();
	return ktap_exit();
}
