#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes the demo's report: one HTML file with SVG plots that needs nothing else.

    tools/demo/report.py OUT.html DIR...

Each DIR is what tools/demo/demo.sh left of one run.
"""
import html
import os
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 260, 70, 34, 16
COLOURS = ["#2a7", "#c33", "#e80", "#36c", "#93c", "#888", "#0aa", "#a60", "#d6a", "#555"]
PASSED = ("accepted", "its-handed")


def rows(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip()]


class Run:
    def __init__(self, folder):
        self.folder = folder
        self.facts = {row[0]: row[1] for row in rows(os.path.join(folder, "facts.tsv"))}
        self.summary = [(row[0], *map(int, row[1:4])) for row in rows(os.path.join(folder, "summary.tsv"))]
        self.its = [(row[0], *map(int, row[1:3])) for row in rows(os.path.join(folder, "its.tsv"))]
        self.phases = [(row[0], int(row[1]) / 1000) for row in rows(os.path.join(folder, "phases.tsv"))]
        self.samples = {}  # reason -> [(seconds, count)]
        for at, _, reason, count in rows(os.path.join(folder, "samples.tsv")):
            self.samples.setdefault(reason, []).append((int(at) / 1000, int(count)))

    def rates(self, reason):
        points = self.samples.get(reason, [])
        return [((a[0] + b[0]) / 2, (b[1] - a[1]) / (b[0] - a[0])) for a, b in zip(points, points[1:]) if b[0] > a[0]]


def nice(value):
    step = 1
    while step * 5 < value:
        step *= 10 if str(step)[0] == "5" else 5 if str(step)[0] == "2" else 2
        if str(step)[0] not in "125":
            step = int("1" + "0" * (len(str(step)) - 1))
    return step


def plot(run):
    lines = {reason: run.rates(reason) for reason in run.samples}
    lines = {reason: points for reason, points in lines.items() if any(rate for _, rate in points)}
    if not lines:
        return "<p>No samples.</p>"
    top = max(rate for points in lines.values() for _, rate in points) or 1
    end = max(at for points in lines.values() for at, _ in points) or 1
    order = sorted(lines, key=lambda reason: (reason not in PASSED, -max(rate for _, rate in lines[reason])))

    def x(at):
        return LEFT + at / end * (WIDTH - LEFT - 10)

    def y(rate):
        return TOP + (1 - rate / top) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 20 * (len(order) // 5 + 1)}" role="img" '
           'aria-label="packets per second by reason">']
    step, rate = nice(top), 0
    while rate <= top:
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{y(rate):.1f}" y2="{y(rate):.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{y(rate) + 4:.1f}" text-anchor="end">{rate:,}</text>')
        rate += step
    for word, at in run.phases:
        out.append(f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#bbb" '
                   f'stroke-dasharray="3 3"/><text x="{x(at) + 3:.1f}" y="{TOP + 10}">{html.escape(word)}</text>')
    for number, reason in enumerate(order):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x(at):.1f},{y(rate):.1f}" for at, rate in lines[reason])
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        at_x, at_y = LEFT + number % 5 * 155, HEIGHT + 6 + number // 5 * 20
        out.append(f'<rect x="{at_x}" y="{at_y - 9}" width="12" height="10" fill="{colour}"/>'
                   f'<text x="{at_x + 16}" y="{at_y}">{html.escape(reason)}</text>')
    out.append(f'<text x="{WIDTH - 10}" y="{HEIGHT - 14}" text-anchor="end">seconds (0 to {end:.0f})</text></svg>')
    return "\n".join(out)


def table(head, body):
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    lines = [f"<tr>{cells}</tr>"]
    for row in body:
        lines.append("<tr>" + "".join(f"<td>{cell:,}</td>" if isinstance(cell, int) else f"<td>{html.escape(str(cell))}</td>"
                                      for cell in row) + "</tr>")
    return "<table>" + "\n".join(lines) + "</table>"


def section(run):
    body = [(reason, sent, counted if reason in PASSED else 0, 0 if reason in PASSED else counted, alarms,
             "" if sent == counted else "does not add up") for reason, sent, counted, alarms in run.summary if sent or counted]
    out = [f"<h2>{html.escape(run.facts.get('grade', '?'))} grade, kernel {html.escape(run.facts.get('kernel', '?'))}</h2>",
           f"<p><b>Forgeries let in: {html.escape(run.facts.get('forgeries_in', '?'))}</b>. Action packets let in: "
           f"{html.escape(run.facts.get('actions', '?'))}, signed verdict records of them: "
           f"{html.escape(run.facts.get('action_records', '?'))}. Verdict log verifies: "
           f"{html.escape(run.facts.get('verdict_log_verifies', '?'))}.</p>"]
    if "car_frames" in run.facts:
        out.append(f"<p>A real car's signed frames: {html.escape(run.facts['car_frames'])} played, "
                   f"{html.escape(run.facts['car_accepted'])} let in.</p>")
    out += ["<h3>Packets per second, by what the gate said</h3>", plot(run), "<h3>Sent and counted</h3>",
            table(("reason", "sent", "let in", "dropped", "alarm lines", ""), body)]
    its = [(reason, sent, counted, "" if sent == counted else "does not add up") for reason, sent, counted in run.its
           if sent or counted]
    if its:
        out += ["<h3>ITS frames, judged by the agent</h3>", table(("reason", "sent", "judged", ""), its)]
    out.append(f"<p>Logs: <code>{html.escape(os.path.abspath(run.folder))}</code> (alarms.json, state/verdicts, agent.log)</p>")
    return "\n".join(out)


def main():
    target, folders = sys.argv[1], sys.argv[2:]
    runs = [Run(folder) for folder in folders]
    page = ["<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Voltgate demo</title><style>",
            "body{font:15px sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}",
            "table{border-collapse:collapse}td,th{padding:.2em .9em;border-bottom:1px solid #ddd;text-align:right}",
            "td:first-child,th:first-child{text-align:left}svg{width:100%;font:11px sans-serif}code{font-size:13px}",
            "</style><h1>Voltgate demo: the gate at work</h1>",
            "<p>Vehicles and attackers sent real packets to a gateway. What each packet deserved was known before it was "
            "sent; here is what the gate said.</p>"]
    page += [section(run) for run in runs]
    with open(target, "w") as out:
        out.write("\n".join(page) + "</html>\n")


if __name__ == "__main__":
    main()
