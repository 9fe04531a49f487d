# SPDX-License-Identifier: GPL-2.0
"""The report of tools/demo/day.py: one HTML file with SVG plots that needs nothing else."""
import html

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 240, 64, 30, 14
COLOURS = {"reserve": "#0aa", "start": "#2a7", "meter": "#36c", "stop": "#e80", "rate": "#93c", "hello": "#888", "beacon": "#bbb", "wait": "#ddd"}
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd;text-align:left}
svg{width:100%;height:auto}text{font-size:11px;fill:#333}.good{color:#2a7d2e}.bad{color:#b3261e}li{margin:.15rem 0}"""


def text(value):
    return html.escape(str(value))


def table(head, rows):
    return ("<table><tr>" + "".join(f"<th>{text(one)}</th>" for one in head) + "</tr>" +
            "".join("<tr>" + "".join(f"<td>{text(one)}</td>" for one in row) + "</tr>" for row in rows) + "</table>")


def lay_out(cars):
    """(line, second, step) of all steps. Those of one run were told together at its end: they are laid out backwards from there."""
    laid = []
    for index, car in enumerate(cars):
        runs = {}
        for one in car.told:
            if "us" in one:
                runs.setdefault(round(one["at"], 1), []).append(one)
        for end, ones in runs.items():
            at = end - sum(one["us"] for one in ones) / 1e6
            for one in ones:
                laid.append((index, at, one))
                at += one["us"] / 1e6
    return laid


def gantt(cars):
    """A line for each vehicle: when each of its steps was done, by what it was."""
    laid = lay_out(cars)
    if not laid:
        return "<p>No vehicle did anything.</p>"
    first = min(at for _, at, _ in laid)
    span = max(at + one["us"] / 1e6 for _, at, one in laid) - first + 0.1
    row = 18
    parts = [f'<text x="2" y="{TOP + index * row + 12}">car {car.number}</text>' for index, car in enumerate(cars)]
    for index, at, one in laid:
        x = LEFT + (at - first) / span * (WIDTH - LEFT - 10)
        width = max(2, one["us"] / 1e6 / span * (WIDTH - LEFT - 10))
        parts.append(f'<rect x="{x:.1f}" y="{TOP + index * row + 2}" width="{width:.1f}" height="{row - 5}" '
                     f'fill="{COLOURS.get(one["do"], "#555")}"><title>{text(one["do"])}: {one["us"] / 1000:.0f} ms at {text(one["gateway"])}</title></rect>')
    legend = "".join(f'<tspan fill="{colour}"> &#9632; {name}</tspan>' for name, colour in COLOURS.items())
    height = TOP + len(cars) * row + BOTTOM
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Steps of the vehicles over time">{"".join(parts)}<text x="{LEFT}" y="{height - 8}">{legend}</text></svg>'


def lines(series, unit, names):
    """Series over the periods of the day."""
    top = max(max(one) for one in series) or 1
    parts = []
    colours = ["#2a7", "#c33", "#36c", "#e80", "#93c"]
    for at, values in enumerate(series):
        step = (WIDTH - LEFT - 10) / max(1, len(values))
        points = " ".join(f"{LEFT + i * step:.1f},{HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP):.1f} "
                          f"{LEFT + (i + 1) * step:.1f},{HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP):.1f}" for i, value in enumerate(values))
        parts.append(f'<polyline fill="none" stroke="{colours[at % 5]}" stroke-width="2" points="{points}"/>'
                     f'<text x="{LEFT + 4 + at * 110}" y="{HEIGHT - 6}" style="fill:{colours[at % 5]}">{text(names[at])}</text>')
    parts.append(f'<text x="2" y="{TOP + 8}">{top:.0f} {text(unit)}</text><line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH}" y2="{HEIGHT - BOTTOM}" stroke="#999"/>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(unit)} by period">{"".join(parts)}</svg>'


def verdict_rows(verdict):
    forgeries, transactions, grid = verdict["forgeries"], verdict["transactions"], verdict["grid"]
    return [("forgeries sent / dropped / alarm lines", f"{forgeries['sent']} / {forgeries['dropped']} / {forgeries['alarm_lines']}"),
            ("transactions submitted / committed / lost", f"{transactions['submitted']} / {transactions['committed']} / {transactions['lost']}"),
            ("charging sessions settled", verdict["sessions"]), ("a copied vehicle's second session", "refused" if verdict["cloned_refused"] else "NOT refused"),
            ("ledgers found right by the offline audit", f"{sum(code == 0 for code in verdict['audits'].values())} of {len(verdict['audits'])}"),
            ("money", verdict["money"]), ("overloaded branches before / after", f"{grid['overloads'][0]} / {grid['overloads'][1]}"),
            ("cost of the day before / after, yuan", f"{grid['cost'][0]:.0f} / {grid['cost'][1]:.0f}"),
            ("mean nodal price before / after, yuan per MWh", f"{grid['price'][0]:.1f} / {grid['price'][1]:.1f}")]


def write(path, verdict, events, cars, plan, guide):
    good = verdict["good"]
    body = [f"<h1>A day of a charging network</h1><p class=\"{'good' if good else 'bad'}\"><b>{'All as it must be.' if good else 'Not as it must be.'}</b></p>",
            table(("what", "figure"), verdict_rows(verdict)),
            "<h2>Gateways</h2>",
            table(("gateway", "of", "grade", "where", "sessions settled", "verdict log, checked offline"),
                  [(one["name"], one["organisation"], one["grade"], one["where"], one["sessions"], "right" if one["verdicts_right"] else one["verdicts"])
                   for one in verdict["gateways"]]),
            "<h2>Vehicles</h2>", gantt(cars),
            "<h2>What attackers sent to the gateways in their view</h2>",
            table(("reason", "sent", "counted there (vehicles' own mistakes included)"),
                  [(reason, *numbers) for reason, numbers in verdict["forgeries"]["reasons"].items()]),
            "<h2>Prices of energy that the utility posted</h2>",
            lines([[row[at] / 10 for row in guide["tariff"]] for at in range(len(guide["stations"]))], "yuan per MWh", guide["stations"]),
            "<h2>Congestion</h2>",
            table(("stage", "cost, yuan", "branches over", "worst, MW", "limits added"),
                  [(one["stage"], f"{one['cost']:.0f}" if one["possible"] else "cannot be done: " + one.get("why", ""), one.get("branches_over", "-"),
                    f"{one.get('worst_mw', 0):.1f}", one.get("limits_added", "-")) for one in plan["stages"]]),
            "<h2>What happened</h2><ol>", *(f"<li>{one['at']:.1f} s: {text(one['text'])}</li>" for one in events), "</ol>",
            "<p>Network and loads of the grid are assumptions of this project, named in agent/sched/cases/paper36; time is compressed: a charger's meter runs 600 times "
            "as fast while a vehicle charges.</p>"]
    with open(path, "w") as out:
        out.write("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A day of a charging network</title><style>" + STYLE +
                  "</style></head><body>" + "\n".join(body) + "</body></html>\n")
