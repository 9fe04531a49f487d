#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""All experiments of the paper in their quick form, and their page: claims, caveats, figures that are those of the runs."""
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import results
from results import BUILD

from ktap import Points  # noqa: E402, isort: skip

NEEDS_ROOT = ("alarms",)  # the others run on any machine: there, not to run is to fail
FIGURES = ("Fig. 4", "Fig. 5", "Fig. 6", "Fig. 7", "Fig. 8", "Table 2", "Table 3")  # what the paper's experiments show


def near(told, value):
    return math.isclose(float(told), value, rel_tol=1e-5, abs_tol=1e-12)


def wrong_figures(folder, name, arms, measures, size):
    """What the table says that the runs do not, worked out anew by Python's statistics."""
    runs, told, wrong = results.rows(folder, name), results.table(folder, name), []
    if len(runs) != len(size.points) * size.seeds * len(arms):
        wrong.append(f"{len(runs)} runs in the store")
    for row in told:
        values = [run["result"][row["measure"]] for run in runs
                  if str(run["point"]) == row["point"] and run["arm"] == row["arm"] and row["measure"] in run["result"]]
        right = (int(row["runs"]) == len(values) and near(row["mean"], statistics.fmean(values)) and near(row["least"], min(values)) and
                 near(row["most"], max(values)) and near(row["standard_deviation"], statistics.stdev(values) if len(values) > 1 else 0))
        if not right:
            wrong.append(str(row))
    measured = {(str(run["point"]), run["arm"], key) for run in runs for key in run["result"]}
    if {(row["point"], row["arm"], row["measure"]) for row in told} != measured:
        wrong.append("table and runs do not hold the same points, arms and measures")
    return wrong + [f"no figure of {one.key}" for one in measures if not any(row["measure"] == one.key for row in told)]


def check_experiment(points, folder, page, experiment):
    name, size = experiment.name, experiment.quick
    section = page.sections.get(name, {"said": [], "rows": []})
    failed = [said for said in section["said"] if said.startswith("It could not be run")]
    if failed and name in NEEDS_ROOT and os.geteuid():
        points.skip(f"{name} runs", failed[0][:300])
        return
    wrong = failed + wrong_figures(folder, name, experiment.arms, experiment.measures, size)
    points.ok(not wrong, f"{name}: the table's figures are those of the runs", "\n".join(wrong))
    cells = [tuple(row.values()) for row in results.table(folder, name)]
    points.ok([tuple(row[1:]) for row in section["rows"][1:]] == cells and cells, f"{name}: the page's figures are those of the table")
    said = section["said"]
    points.ok(experiment.claim in said and experiment.caveat in said and all(any(arm + ": " + title == one for one in said)
                                                                            for arm, title in experiment.arms.items()),
              f"{name}: the page says the paper's claim, our caveat, and what the arms are", said)
    found = experiment.finding(results.rows(folder, name))
    points.ok(not failed and found and all(one in said for one in found) and not any("nan" in one for one in found),
              f"{name}: the page says what was found", found)
    drawn = {one.key for one in experiment.measures if os.path.exists(os.path.join(folder, f"{name}-{one.key}.svg"))}
    for key in drawn:
        xml.etree.ElementTree.parse(os.path.join(folder, f"{name}-{key}.svg"))
    points.ok(len(drawn) == len(experiment.measures) == page.drawings[name], f"{name}: each measure is drawn, on the page and beside it")


def browser_shows(points, folder, count):
    browser = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    if not browser:
        points.skip("a browser draws the page", "no Chromium here: apt install chromium")
        return
    with tempfile.TemporaryDirectory(prefix="voltgate-browser-") as profile:
        picture = os.path.join(profile, "page.png")
        done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}/profile", "--window-size=1200,2000",
                               f"--screenshot={picture}", "file://" + os.path.join(os.path.abspath(folder), "index.html")],
                              capture_output=True, text=True, timeout=120, check=False)
        points.ok(os.path.exists(picture) and os.path.getsize(picture) > 20000 * min(2, count), "a browser draws the page", done.stderr)


def main():
    points = Points()
    os.makedirs(BUILD, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="experiments-", dir=BUILD) as folder:
        status, out, err = results.run("--quick", "--out", folder)
        points.ok(status in (0, 4), "the quick form of all experiments runs to its end", out + err)
        points.ok("about" in out.splitlines()[0] and "All together about" in out, "it says how long it will take before it begins", out)
        page = results.Page(results.text(folder, "index.html"))
        import run  # the experiments themselves, for what they claim
        experiments = [one for one, _, _ in run.load([])]
        points.ok(list(page.sections) == [one.name for one in experiments], "the page holds every experiment", list(page.sections))
        told = " ".join(one.title for one in experiments)
        points.ok(all(one in told for one in FIGURES), "they are all that the paper has a figure or table for", told)
        points.ok(not page.elsewhere, "the page needs nothing from elsewhere", page.elsewhere)
        for experiment in experiments:
            check_experiment(points, folder, page, experiment)
        browser_shows(points, folder, len(experiments))
    points.end()


if __name__ == "__main__":
    sys.exit(main())
