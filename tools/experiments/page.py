# SPDX-License-Identifier: GPL-2.0
"""The page of all experiments: the paper's claim, our measurement and our caveat side by side; drawings and tables below. One file."""
import html
import os
import platform

import plot
import store

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#222}
h2{margin-top:3rem;border-top:2px solid #222;padding-top:.6rem}.three{display:grid;grid-template-columns:repeat(3,1fr);gap:1.2rem}
.three>div{background:#f5f5f2;padding:.2rem 1rem 1rem}.three h3{margin:.6rem 0}.short{color:#b3261e;font-weight:bold}
.drawings{display:grid;grid-template-columns:repeat(auto-fit,minmax(30rem,1fr));gap:1rem}svg{width:100%;height:auto}
table{border-collapse:collapse;font-size:13px}td,th{padding:.1rem .8rem .1rem 0;border-bottom:1px solid #ddd;text-align:left}td.n{text-align:right}
@media(max-width:50rem){.three{grid-template-columns:1fr}}"""


def text(value):
    return html.escape(str(value))


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def table(found):
    rows = [[text(one["measure"].name), *(text(cell) for cell in store.cells(one))] for one in found]
    head = ("measure", "point", "arm", "key", "unit", "runs", "mean", "standard deviation", "least", "most")
    return ("<table><tr>" + "".join(f"<th>{name}</th>" for name in head) + "</tr>" +
            "".join("<tr>" + "".join(f'<td{" class=n" if at > 4 else ""}>{cell}</td>' for at, cell in enumerate(row)) + "</tr>" for row in rows) +
            "</table>")


def finding(outcome):
    """What was measured, in sentences; or why nothing was."""
    sentences = []
    if outcome.trouble:
        sentences.append(f'<p class="short">It could not be run to its end here: {text(outcome.trouble.rstrip("."))}.</p>')
    if outcome.done < outcome.wanted:
        sentences.append(f'<p class="short">{outcome.done} of {outcome.wanted} runs are done; what stands here is of those.</p>')
    if outcome.rows:
        sentences += [f"<p>{text(one)}</p>" for one in outcome.findings]
    return "".join(sentences)


def section(outcome):
    experiment = outcome.experiment
    found = outcome.figures
    drawings = [plot.draw(experiment, measure, found, outcome.points) for measure in experiment.measures]
    return "\n".join((
        f'<h2 id="{text(experiment.name)}">{text(experiment.title)}</h2>',
        f'<div class="three"><div><h3>What the paper says</h3><p>{text(experiment.claim)}</p></div>'
        f'<div><h3>What we measured</h3>{finding(outcome)}</div><div><h3>What this is not</h3><p>{text(experiment.caveat)}</p></div></div>',
        f"<p>Time: {text(experiment.time)}. Each point is the mean of {outcome.seeds} seeded runs an arm, the same inputs for all arms; thick "
        "bars are one standard deviation to either side, thin lines go from the least to the most.</p>",
        "<ul>" + "".join(f"<li><b>{text(arm)}</b>: {text(title)}</li>" for arm, title in experiment.arms.items()) + "</ul>",
        '<div class="drawings">' + "".join(one for one in drawings if one) + "</div>",
        f"<details><summary>Numbers ({text(experiment.name)}.csv; every run: {text(experiment.name)}.jsonl)</summary>{table(found)}</details>"))


def write(path, outcomes, quick):
    """@outcomes: of run.py, one an experiment. The file is whole at all times: it is written beside and moved."""
    form = "in their quick form: fewer points and seeds, for a check that all of it works; the figures to cite are those of make experiments" if quick \
        else "whole"
    body = ["<h1>The paper's experiments, run by Voltgate</h1>",
            "<p>Xu et al., 2021: each of its figures and tables with a number to check, beside what this program and a stated baseline gave on this "
            f"machine ({text(processor())}, {os.cpu_count()} processors, Linux {text(platform.release())}). The experiments were run {form}.</p>",
            "<ul>" + "".join(f'<li><a href="#{text(one.experiment.name)}">{text(one.experiment.title)}</a></li>' for one in outcomes) + "</ul>",
            *(section(one) for one in outcomes)]
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
                  "<title>The paper's experiments</title><style>" + STYLE + "</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n")
    os.replace(path + ".new", path)
