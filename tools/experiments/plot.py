# SPDX-License-Identifier: GPL-2.0
"""One drawing of one measure: all arms over the points, means with their spread, as SVG that needs nothing else."""
import html
import math

import store

WIDTH, HEIGHT = 640, 330
LEFT, RIGHT, TOP, BOTTOM = 78, 14, 34, 62
COLOURS = ("#1b7a3d", "#c23b22", "#3366cc", "#d98200", "#8833bb", "#555555")
SHIFT = 9  # pixels between arms at the same point
SIDES = {True: " less is better", False: " more is better", None: ""}
LABELS = 12  # points named on the axis, at most


def text(value):
    return html.escape(str(value))


def nice_step(span):
    """Of an axis of about five marks: 1, 2 or 5 times a power of ten."""
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)


def scale(found):
    """(least, most, step) of the axis; zero is always on it, so that a small difference looks small."""
    least = min(0.0, min(one["least"] for one in found))
    most = max(0.0, max(one["most"] for one in found))
    if most == least:
        most = least + 1
    step = nice_step(most - least)
    return math.floor(least / step) * step, math.ceil(most / step) * step, step


def axes(measure, varied, points, where, low, high, step):
    parts = [f'<text x="{LEFT}" y="16" font-weight="bold">{text(measure.name)} [{text(measure.unit)}]'
             f'<tspan font-weight="normal" fill="#666">{SIDES[measure.less_is_better]}</tspan></text>']
    mark = low
    while mark <= high + step / 2:
        y = where(None, mark)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{"#888" if abs(mark) < step / 2 else "#ddd"}"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text(f"{round(mark / step) * step:g}")}</text>')
        mark += step
    every = math.ceil(len(points) / LABELS)
    for at, point in enumerate(points):
        if at % every == 0:
            parts.append(f'<text x="{where(at, low)[0]:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{text(point)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - BOTTOM + 32}" text-anchor="middle">{text(varied)}</text>')
    return parts


def arm_marks(found, points, where, colour, shift):
    """Thin line: least to most; thick: one standard deviation to either side; dot: mean."""
    parts, line = [], []
    for one in found:
        at = points.index(one["point"])
        x = where(at, 0)[0] + shift
        ends = [where(at, value)[1] for value in (one["least"], one["most"], max(one["least"], one["mean"] - one["deviation"]),
                                                  min(one["most"], one["mean"] + one["deviation"]), one["mean"])]
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}" stroke="{colour}" stroke-width="1"/>'
                     f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{ends[2]:.1f}" y2="{ends[3]:.1f}" stroke="{colour}" stroke-width="5" stroke-opacity=".35"/>'
                     f'<circle cx="{x:.1f}" cy="{ends[4]:.1f}" r="3.5" fill="{colour}"><title>{text(store.figure(one["mean"]))}, '
                     f'{one["runs"]} runs</title></circle>')
        line.append(f"{x:.1f},{ends[4]:.1f}")
    if len(line) > 1:
        parts.insert(0, f'<polyline fill="none" stroke="{colour}" stroke-opacity=".6" points="{" ".join(line)}"/>')
    return parts


def draw(experiment, measure, found, points):
    """An SVG of the figures of @measure; "" where there are none."""
    found = [one for one in found if one["measure"] is measure]
    if not found:
        return ""
    low, high, step = scale(found)
    slot = (WIDTH - LEFT - RIGHT) / len(points)

    def where(at, value):
        return (LEFT + ((at or 0) + 0.5) * slot, TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM))

    parts = axes(measure, experiment.varied, points, where, low, high, step)
    arms = [arm for arm in experiment.arms if any(one["arm"] == arm for one in found)]
    shift = min(SHIFT, slot / (len(arms) + 1))
    for at, arm in enumerate(arms):
        colour = COLOURS[list(experiment.arms).index(arm) % len(COLOURS)]
        parts += arm_marks([one for one in found if one["arm"] == arm], points, where, colour, (at - (len(arms) - 1) / 2) * shift)
        parts.append(f'<circle cx="{LEFT + 6 + at * 140}" cy="{HEIGHT - 14}" r="4" fill="{colour}"/>'
                     f'<text x="{LEFT + 16 + at * 140}" y="{HEIGHT - 10}">{text(arm)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="system-ui,sans-serif" font-size="12" '
            f'fill="#222" aria-label="{text(measure.name)} by {text(experiment.varied)}">{"".join(parts)}</svg>')
