// SPDX-License-Identifier: GPL-2.0
// page.js - shows /state.json and what /events tells. Text goes into the page as text, never as markup.
"use strict";

const ALARMS_MAX = 100;
const BLOCKS_MAX = 120;
const blocks = [];

const at = (id) => document.getElementById(id);
const count = (value) => Number(value || 0).toLocaleString("en");

function make(name, text, parts = []) {
	const node = document.createElement(name);
	if (text !== undefined && text !== null)
		node.textContent = String(text);
	node.append(...parts);
	return node;
}

function rows(id, list, cells) {
	at(id).tBodies[0].replaceChildren(...(list || []).map((one) => make("tr", null, cells(one))));
}

function pairs(id, list) {
	at(id).replaceChildren(...list.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
}

function state(text, good) {
	const cell = make("td", text);
	cell.className = good ? "good" : "bad";
	return cell;
}

function showGate(gate) {
	if (!gate) {
		pairs("gate", [["gate", "none on this machine"]]);
		at("reasons").replaceChildren();
		return;
	}
	pairs("gate", [["grade", gate.grade], ["sessions", count(gate.sessions)], ["interfaces", (gate.interfaces || []).join(", ") || "none"],
		["verdict batches", count(gate.next_number)], ["test clock", gate.test_clock ? "SET" : "no"]]);
	const reasons = Object.entries(gate.packets || {}).filter(([, packets]) => Number(packets) > 0);
	const most = Math.max(1, ...reasons.map(([, packets]) => Number(packets)));
	at("reasons").replaceChildren(...reasons.map(([word, packets]) => {
		const bar = make("meter");
		bar.max = most;
		bar.value = Number(packets);
		const line = make("div", null, [make("span", word), make("span", count(packets)), bar]);
		line.className = "reason";
		return line;
	}));
}

function price(value) {
	return value === undefined || value === null ? "-" : (Number(value) / 10000).toFixed(4) + " yuan/kWh";
}

function svg(name, attributes, text) {
	const node = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes))
		node.setAttribute(key, value);
	if (text !== undefined)
		node.textContent = text;
	return node;
}

function drawBars(id, values, height, label) {
	const most = Math.max(1, ...values.map((one) => one.value));
	const width = 600 / Math.max(values.length, 24);
	at(id).replaceChildren(...values.map((one, index) => svg("rect", {
		x: index * width, width: Math.max(1, width - 1), y: height - (height - 14) * one.value / most,
		height: (height - 14) * one.value / most, class: one.bad ? "invalid" : "",
	})), svg("text", { x: 2, y: 11 }, label(most)));
}

function showPlan(plan) {
	const periods = plan && plan.periods ? plan.periods : [];
	at("no-plan").hidden = periods.length > 0;
	if (periods.length)
		drawBars("plan", periods.map((one) => ({ value: Number(one.energy || 0) })), 160, (most) => count(most) + " Wh at most a period");
	else
		at("plan").replaceChildren();
}

function show(all) {
	at("name").textContent = "Voltgate " + all.name;
	document.title = all.name + " - Voltgate";
	showGate(all.gate);
	rows("channels", all.channels, (one) => [make("td", one.name), make("td", count(one.height)), make("td", one.view), make("td", one.epoch),
		make("td", count(one.waiting)), state(one.stopped || (one.behind > 0 ? one.behind + " behind" : "runs"), !one.stopped)]);
	rows("peers", all.peers, (one) => [make("td", one.name), make("td", one.address), state(one.state, one.state === "up")]);
	rows("stations", all.stations, (one) => [make("td", one.name), make("td", one.organisation), make("td", one.free + " of " + one.chargers),
		make("td", price(one.price)), make("td", one.rating === undefined ? "-" : (Number(one.rating) / 1e6).toFixed(3)),
		state(one.state, one.state === "open")]);
	showPlan(all.plan);
}

function showAlarm(alarm) {
	at("no-alarms").hidden = true;
	at("alarms").prepend(make("li", (alarm.timestamp || "") + " " + (alarm.sentence || alarm.reason || "alarm")));
	while (at("alarms").children.length > ALARMS_MAX)
		at("alarms").lastChild.remove();
}

function showBlock(block) {
	blocks.push({ value: Number(block.transactions || 0), bad: Number(block.valid) < Number(block.transactions) });
	if (blocks.length > BLOCKS_MAX)
		blocks.shift();
	drawBars("blocks", blocks, 80, (most) => most + " transactions a block at most");
}

const told = (text, good) => {
	at("link").textContent = text;
	at("link").className = good ? "good" : "bad";
};

function follow() {
	const events = new EventSource("/events");
	events.onopen = () => told("live", true);
	events.onerror = () => told("the agent does not answer; trying again", false);
	events.addEventListener("state", (event) => show(JSON.parse(event.data)));
	events.addEventListener("alarm", (event) => showAlarm(JSON.parse(event.data)));
	events.addEventListener("block", (event) => showBlock(JSON.parse(event.data)));
}

// "/?once" shows the state as it is now and no more: for printing.
if (location.search === "?once")
	fetch("/state.json").then((answer) => answer.json()).then((all) => {
		show(all);
		told("as it was at " + new Date().toLocaleTimeString(), true);
	});
else
	follow();
