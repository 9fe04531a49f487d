# SPDX-License-Identifier: GPL-2.0
"""Test points of a program in Python, told as KTAP to tests/run. Exit 0: all passed, 1: one failed, 4: all skipped."""
import contextlib
import sys
import traceback


def begin():
    print("KTAP version 1", flush=True)


def skip_all(why):
    """Ends the test, skipped for that reason, aloud; without a reason it goes on."""
    if why:
        begin()
        print(f"1..0 # SKIP {why}")
        sys.exit(4)


class Points:
    """Counted as they come; the plan is told at the end."""

    def __init__(self):
        self.count = self.failed = self.skipped = 0

    def tell(self, word, name):
        if not self.count:
            begin()
        self.count += 1
        print(f"{word} {self.count} {name}", flush=True)

    def note(self, text, most=30):
        """Its last lines, as a diagnosis."""
        for line in str(text).splitlines()[-most:]:
            print(f"# {line[:600]}", flush=True)

    def ok(self, passed, name, why=""):
        """Whether it passed; @why is told when not."""
        self.tell("ok" if passed else "not ok", name)
        self.failed += not passed
        if not passed and why:
            self.note(why)
        return bool(passed)

    def skip(self, name, why):
        self.tell("ok", f"{name} # SKIP {why}")
        self.skipped += 1

    @contextlib.contextmanager
    def point(self, name):
        """A step of a story: whatever goes wrong in it fails the point, and the story goes on."""
        try:
            yield
        except Exception:
            self.ok(False, name, traceback.format_exc())
        else:
            self.ok(True, name)

    def end(self):
        """The plan, and the exit status."""
        if not self.count:
            begin()
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed or not self.count else 4 if self.skipped == self.count else 0)
