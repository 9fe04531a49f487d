# SPDX-License-Identifier: GPL-2.0
"""
What an experiment of the paper is: arms that run at points, seed by seed, and what the page says of them.

A module NAME.py of this folder that holds some has them in EXPERIMENTS, a tuple. Programs are those below $B, started in the
repository's folder.
"""
import dataclasses
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Measure:
    """One number of a run's result: its key there, its name and unit for people, and whether less is better (None: neither is)."""
    key: str
    name: str
    unit: str
    less_is_better: bool | None


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is run: the values of what is varied, and the seeds of each. @seconds: real time expected for all of it."""
    points: tuple
    seeds: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Experiment:
    """
    @name     of its files: NAME.jsonl (a run a line, what resuming reads), NAME.csv, NAME-MEASURE.svg
    @title    the paper's figure or table, and what it shows
    @varied   name and unit of what the points are
    @claim    what the paper says, in our words, with the place
    @caveat   what our measurement is not, and what was chosen where the paper is silent
    @time     "real" (a clock measured), "simulated" (a clock in the model), or what of it is which
    @arms     {"ours": title, "baseline": title, ...}; what each is, built and run how, stands in the title
    @measures of each run's result
    @full, @quick  sizes: `make experiments`, `make experiments-quick`
    @run      run(point, seed, arm) -> {key: number}, without those that this arm does not have; both arms of a point and seed get the same input.
              Raises Trouble with a sentence where the machine cannot do it
    @finding  finding(rows) -> sentences about what was measured; rows as in the store
    @begin, @end  once around all runs of a session (programs started, namespaces made), or None
    """
    name: str
    title: str
    varied: str
    claim: str
    caveat: str
    time: str
    arms: dict
    measures: tuple
    full: Size
    quick: Size
    run: Callable
    finding: Callable
    begin: Callable = None
    end: Callable = None


class Trouble(Exception):
    """Why an experiment cannot be run here, as a sentence."""
