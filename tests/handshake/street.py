#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A vehicle at the gates of a consortium's two gateways, with real XDP programs in network namespaces: hello to rating by
voltgate-vehicle, cookies, rekey, roaming, who is not admitted, new addresses. KTAP."""
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "charge"))
from world import BUILD, VOLTGATE, Points, Station, Trouble, Wallet, World, needs, run, wait_for  # noqa: E402

TERMS = ["--tariff", "1", "--price", "20000", "--energy", "50000"]


def handshake(gate):
    return gate.ask("status")[0]["agent"]["handshake"]


def drive(world, wallet, gate, *words, v6=False, check=True, netns=None):
    """voltgate-vehicle's lines; its exit code in @check's place where that is False."""
    done = subprocess.run(["ip", "netns", "exec", netns or world.street, os.path.join(BUILD, "voltgate-vehicle"), "-j", "--gateway",
                           gate.gate6 if v6 else gate.gate4, "--key", handshake(gate)["key"], "--wallet", wallet.folder, *TERMS, *words],
                          capture_output=True, text=True, timeout=90)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if check and done.returncode:
        raise Trouble(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}{handshake(gate)}")
    return lines if check else (done.returncode, lines, done.stderr)


def sessions(gate):
    return gate.ask("session", "list")


_ask = World.ask_as


def ask_as(self, *words, **more):
    told = _ask(self, *words, **more)
    return told.get("result", told)


World.ask_as = ask_as


def main():
    needs()
    points = Points()
    with World() as world:
        with points.point("two gateways with a gate"):
            world.start()
            one, two = world.gates
            wallet = world.open_account("car")
            station = Station(world, one, "corner")
            world.level()
        with points.point("hello to rating"):
            lines = drive(world, wallet, one, "--station", station.id, "--cable", station.cable, "hello", "reserve", "start", "meter",
                          "meter", "stop", "rate=5", check=False)
            for line in lines[1]:
                print("#", line)
            print("#", lines[2], lines[0])
            print("#", one.ask("status")[0]["agent"]["handshake"], one.ask("status")[0]["agent"].get("charge"))
            assert not lines[0]
    return points.finish()


if __name__ == "__main__":
    sys.exit(main())
