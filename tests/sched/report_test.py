#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The report of a plan: well-formed, complete in itself, with every drawing; names from a file cannot break out of it."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP, VOLTGATE  # noqa: E402

CASE = os.path.join(TOP, "agent", "sched", "cases", "paper36")
CORPUS = os.path.join(TOP, "tests", "fuzz", "corpus")
FLEET = """[settings]
period_s,periods,speed_m_h
900,96,40000
[stations]
name,bus,x_m,y_m,chargers,power_w,rating
N<b>,1,0,2000,1,22000,450
South,2,0,-2000,1,11000,300
[prices]
station,from,price
*,0,9000
[vehicles]
name,x_m,y_m,battery_wh,energy_wh,need_wh,arrival_s,deadline_s,power_w
V1,100,900,60000,9000,16000,0,30000,11000
V2,200,-900,60000,9000,17000,600,31000,11000
V3,300,950,60000,9000,18000,1200,32000,11000
"""
SVG = "{http://www.w3.org/2000/svg}"


def plan(*words):
    done = subprocess.run([VOLTGATE, *words], capture_output=True, text=True, errors="replace", timeout=120)
    return done.returncode, done.stdout, done.stderr


def foreign(page):
    """What a browser would fetch: any address but the names of XML itself."""
    addresses = [a for a in re.findall(r"[a-z]+://[^\"'\s<>]+", page) if not a.startswith("http://www.w3.org/")]
    return addresses + re.findall(r"<(?:script|link|img|iframe|object)\b|\b(?:src|href)=|url\(|@import", page)


def evil_case(folder):
    name = "<script>alert(1)</script>&\""
    tables = {
        "generators.csv": "unit,side,bus,p_min_mw,p_max_mw,a_yuan,b_yuan_per_mw,c_yuan_per_mw2\n"
                          f"{name},x,1,0,100,0,10,0\nB,x,2,0,100,0,30,0\n",
        "branches.csv": "branch,from_node,to_node,limit_mw\n</table>\x01\xff,1,2,40\n",
        "load.csv": "period,bus,load_mw\n1,2,80\n2,2,80\n",
    }
    for file, text in tables.items():
        with open(os.path.join(folder, file), "w", encoding="latin-1") as out:
            out.write(text)


def in_browser(points, path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        points.skip("a browser draws it", "no chromium here; apt-get install chromium")
        return
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "file://" + path],
                          capture_output=True, text=True, timeout=60)
    points.ok(done.stdout.count("<svg") >= 6, "a browser draws it", done.stderr[-500:])


def drawing(path, kind):
    """The page, and those of its elements of a kind."""
    page = open(path, encoding="utf-8").read()
    return page, list(tree.fromstring(page).iter(SVG + kind))


def check_vehicles(points, folder):
    """Bars of a fleet's charging and lines of routes, the same as the plans that were printed."""
    fleet, path = os.path.join(folder, "fleet.csv"), os.path.join(folder, "fleet.html")
    open(fleet, "w").write(FLEET)
    code, out, err = plan("-j", "assign", "--report", path, fleet)
    page, bars = drawing(path, "rect") if not code else ("", [])
    sessions = [one for one in json.loads(out)["sessions"] if "station" in one] if not code else []
    points.ok(not code and len(bars) == len(sessions) == 3 and "<b>" not in page and not foreign(page) and
              sorted(bar.find(SVG + "title").text for bar in bars) == sorted(one["station"] for one in sessions),
              "a bar for each vehicle that charges, with its station", err or out)
    code, out, err = plan("-j", "route", "--time", "0.5", "--report", path, os.path.join(CORPUS, "sched-evrptw", "tiny"))
    page, lines = drawing(path, "polyline") if not code else ("", [])
    routes = json.loads(out)["routes"] if not code else []
    points.ok(not code and len(lines) == len(routes) >= 1 and not foreign(page) and
              sum(len(line.get("points").split()) - 2 for line in lines) == sum(len(route) for route in routes),
              "a line for each route, through each of its stops", err or out[:300])
    code, out, err = plan("plan", "--periods", "24", "--fleet", fleet, "--report", path,
                          os.path.join(CORPUS, "sched-matpower", "three"))
    page, bars = drawing(path, "rect") if not code else ("", [])
    points.ok(not code and "When vehicles charge" in page and "Nodal prices" in page and len(bars) > 3,
              "plan --fleet draws both", err)


def main():
    points = Points()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "page.html")
        code, out, err = plan("plan", "--report", path, CASE)
        page = open(path).read() if os.path.exists(path) else ""
        points.ok(not code and "station EV1/1 charges" in out and page.startswith("<?xml"), "a plan with a report", err)
        root = tree.fromstring(page)
        titles = ["".join(found.itertext()) for found in root.iter("{http://www.w3.org/1999/xhtml}figcaption")]
        points.ok(len(titles) == len(list(root.iter(SVG + "svg"))) == 6 and
                  [title.split(",")[0] for title in titles] == [
                      "Output of units", "Nodal prices", "Loading of branches", "Load of station EV1",
                      "Load of station EV2", "Load of station EV3"], "well-formed, with its six drawings", titles)
        points.ok(not foreign(page), "nothing is fetched from elsewhere", foreign(page)[:5])
        code, out, _ = plan("-j", "plan", CASE)
        answer = json.loads(out)
        prices = [float(cell.find(SVG + "title").text) for cell in list(root.iter(SVG + "svg"))[1].iter(SVG + "rect")]
        wanted = [row[bus] for bus in range(36) for row in answer["price"]]
        points.ok(len(prices) == 36 * 24 and all(abs(a - b) <= 6e-4 * max(1, abs(b)) for a, b in zip(prices, wanted)),
                  "its map holds the plan's nodal prices", prices[:5])
        points.ok(sum(len(row) for row in (list(table) for table in root.iter("{http://www.w3.org/1999/xhtml}table")))
                  and "<td>17</td>" in page, "branch 17 stands among the limits that bind")
        in_browser(points, path)
        check_vehicles(points, folder)
        evil_case(folder)
        code, _, err = plan("plan", "--report", path, folder)
        page = open(path, encoding="utf-8").read()
        tree.fromstring(page)
        points.ok(not code and "<script" not in page and "alert(1)" in page, "names are text, whatever they say", err)
        code, _, err = plan("plan", "--report", os.path.join(folder, "no", "where.html"), CASE)
        points.ok(code == 2 and "where.html" in err, "a page that cannot be written is said", err)
    points.end()


if __name__ == "__main__":
    main()
