#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What must not reach a contract does not: forged, replayed, foreign, unbound, unadmitted and revoked requests, held
against the ledger's content. What was acknowledged stays: the gateway's agent is killed; the vehicle goes on at another
gateway. KTAP."""
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import VOLTGATE, run, wait_for  # noqa: E402
from vehicle import Vehicle  # noqa: E402
from world import Station, Wallet, World, obstacle  # noqa: E402


class Books:
    """The ledger's charging transactions: nothing may stand there that was not asked for."""

    def __init__(self, world):
        self.world = world
        self.height = 0
        self.known = []

    def charging(self):
        """(function, client, outcome, authority) of all charging transactions that are not by operators."""
        node = self.world.nodes[3]
        self.world.level()
        for number in range(self.height + 1, node.height() + 1):
            for one in node.ask("block", "get", "power", number)[1:]:
                if one["kind"] == "invoke":
                    self.known.append((one["function"], one["client"], one["outcome"], one["authority"]))
        self.height = node.height()
        return self.known

    def by_evidence(self):
        return [entry[:3] for entry in self.charging() if entry[3] == "evidence"]


def refusals(points, world, books, gate, wallet, station):
    """Wrong in every way; after each the ledger holds what it held."""
    car = Vehicle(world, wallet, gate)
    assert car.do("hello")["welcomed"]
    session = car.charge(station)["answer"]["session"]
    before = list(books.by_evidence())

    def same(what, *counts):
        assert books.by_evidence() == before, f"{what}: {books.by_evidence()[len(before):]}"
        for name, at_least in counts:
            assert gate.own("charge")[name] >= at_least, f"{what}: {gate.own('charge')}"

    with points.point("forged: a wrong tag ends in the kernel, nobody hears of it"):
        forged = gate.counters()["packets"]["forged"]
        car.do("twist", "tag")
        said = car.do("send", 18, "session.meter", session, *station.reading(session))
        assert said["stage"] == 0, said
        wait_for(lambda: gate.counters()["packets"]["forged"] == forged + 1, "the kernel counted it")
        same("forged")
    with points.point("an unknown session ends in the kernel"):
        car.do("twist", "session")
        assert car.do("send", 18, "session.meter", session, *station.reading(session, again=True))["stage"] == 0
        same("unknown session")
    with points.point("replayed: the same packet again ends in the kernel, and is charged once"):
        said = car.do("act", 18, "session.meter", session, *station.reading(session, again=True))
        assert said["outcome"] == "valid", said
        before.append(("session.meter", wallet.key, "valid"))
        replayed = gate.counters()["packets"]["replayed"]
        assert car.do("replay")["stage"] == 0
        wait_for(lambda: gate.counters()["packets"]["replayed"] == replayed + 1, "the kernel counted it")
        same("replayed")
    with points.point("repeated: the same proposal in a new packet is answered, and charged once"):
        said = car.do("again")
        assert said["stage"] == 3 and said["outcome"] == "valid", said
        same("repeated", ("repeated", 1))
    with points.point("sealed under another key: admitted by the kernel, opened by nobody"):
        car.do("twist", "sealed")
        assert car.do("send", 18, "session.meter", session, *station.reading(session))["stage"] == 0
        same("sealed", ("unopened", 1))
    with points.point("foreign: another wallet's proposal is refused by the gateway"):
        car.do("twist", "client")
        said = car.do("send", 18, "session.meter", session, *station.reading(session, again=True))
        assert said["stage"] == 1 and "wallet" in said["text"], said
        same("foreign", ("foreign", 1))
    with points.point("another channel's proposal is refused by the gateway"):
        car.do("twist", "channel")
        said = car.do("send", 18, "session.meter", session, *station.reading(session, again=True))
        assert said["stage"] == 1 and "channel" in said["text"], said
        same("channel")
    with points.point("unbound: without the wallet's signature on the mandate no node endorses it"):
        car.do("twist", "mandate")
        said = car.do("act", 18, "session.meter", session, *station.reading(session, again=True))
        assert said["stage"] == 1 and said["outcome"] == "bad-mandate", said
        same("unbound", ("refused", 1))
    with points.point("what a mandate does not cover is refused by the contract"):
        said = car.do("act", 17, "settlement.pay", session)
        assert said["stage"] == 1, said
        same("settlement.pay")
    with points.point("and the honest one is charged as ever"):
        car.meter(station, session, again=True)
    return car, session


def admissions(points, world, gate):
    """Who may not have a session gets no answer."""
    def refused(wallet, reason):
        count = gate.own("handshake")["refused"][reason]
        car = Vehicle(world, wallet, gate)
        assert not car.do("hello", 1)["welcomed"]
        wait_for(lambda: gate.own("handshake")["refused"][reason] > count, f"it was refused as {reason}")
        car.close()

    with points.point("no session for a wallet without an account"):
        stranger = Wallet(world, "stranger", "bolt")
        refused(stranger, "no-account")
    with points.point("none for a key that no block enrolled"):
        lost = Wallet(world, "lost", "bolt", enrol=False)
        refused(lost, "not-enrolled")
    with points.point("none for a suspended account, and one again when it is reinstated"):
        world.ask_as(stranger.folder, "account", "register")
        world.ask_as(world.admin("bolt"), "account", "suspend", stranger.key, "for a test")
        world.level()
        refused(stranger, "suspended")
        world.ask_as(world.admin("bolt"), "account", "reinstate", stranger.key)
        world.level()
        car = Vehicle(world, stranger, gate)
        assert car.do("hello")["welcomed"], gate.own("handshake")
        car.close()


def revocations(points, world, station):
    """A committed word of the organisation ends sessions on every gateway within a second."""
    def drive_up(name):
        wallet = world.open_account(name, "city")
        cars = [Vehicle(world, wallet, gate) for gate in world.gates]
        for car in cars:
            assert car.do("hello")["welcomed"]
            car.do("mandate", station.id, 1, 20000, 100000)
        return wallet, cars

    for what in ("suspended account", "revoked key"):
        with points.point(f"{what}: every gateway ends its sessions when the word is committed, and its kernel refuses its packets"):
            wallet, cars = drive_up(what.split()[0])
            ended = [gate.own("charge")["sessions-revoked"] for gate in world.gates]
            counts = [gate.counters()["packets"]["revoked"] for gate in world.gates]
            if what == "suspended account":
                world.ask_as(world.admin("city"), "account", "suspend", wallet.key, "for a test")
            else:
                path = world.statement("revoke", "gone", "city", wallet.key, None)
                world.up().cli("tx", "submit", "power", path)
            committed = time.monotonic()
            wait_for(lambda: all(gate.own("charge")["sessions-revoked"] > before for gate, before in zip(world.gates, ended)),
                     "both gateways ended its sessions")
            print(f"# {time.monotonic() - committed:.2f} s after the operator was told of the commit")
            for car in cars:
                assert car.do("send", 17, "session.reserve", station.id, 1)["stage"] == 0
            for gate, before in zip(world.gates, counts):
                wait_for(lambda: gate.counters()["packets"]["revoked"] > before, "the kernel refused it as revoked")
            for car in cars:
                assert not car.do("hello", 1)["welcomed"]
                car.close()


def roaming(points, world, car, wallet, session, station):
    """Another gateway: a new handshake, a mandate that goes on with the charging session."""
    there = world.gates[1]
    with points.point("a mandate of the first gateway's session is worth nothing at the second"):
        other = Vehicle(world, wallet, world.gates[0])
        assert other.do("hello")["welcomed"]
        other.do("mandate", station.id, 1, 20000, 100000, session)
        other.do("gateway", there.gate4, there.own("handshake")["key"])
        assert other.do("hello")["welcomed"]
        said = other.do("act", 18, "session.meter", session, *station.reading(session, again=True))
        assert said["stage"] == 1 and said["outcome"] == "bad-mandate", said
        other.close()
    with points.point("roaming: the charging session goes on at the second gateway, by a mandate that says so"):
        car.do("gateway", there.gate6, there.own("handshake")["key"])
        assert car.do("hello")["welcomed"], there.own("handshake")
        car.do("mandate", station.id, 1, 20000, 100000, session)
        last = car.meter(station, session)["answer"]
        assert last["session"] == session and last["state"] == "charging", last
        assert there.own("charge")["committed"] == 1, there.own("charge")
    return there


def waiting(points, world, gate):
    """Two of four nodes stand still: what is endorsed is in no block yet, and the vehicle is told so without asking again."""
    car, station = Vehicle(world, world.open_account("patient"), gate), Station(world, gate, "quiet")
    assert car.do("hello")["welcomed"]
    session = car.charge(station)["answer"]["session"]
    with points.point("without a quorum a vehicle is told that its request is endorsed, and with one that it is on the ledger"):
        answers, repeated = gate.own("handshake")["answers"], gate.own("charge")["repeated"]
        for node in world.nodes[2:]:
            node.process.send_signal(signal.SIGSTOP)
        try:
            said = car.do("send", 18, "session.meter", session, *station.reading(session))
            assert said["stage"] != 3, said
            wait_for(lambda: gate.own("handshake")["answers"] == answers + 1, "an answer")
            assert gate.own("charge")["repeated"] == repeated
        finally:
            for node in world.nodes[2:]:
                node.process.send_signal(signal.SIGCONT)
        said = car.do("again")
        assert said["stage"] == 3 and said["outcome"] == "valid", said
        world.level()
    car.close()


def killed(points, world, books, gate, car, session, station):
    """kill -9 of the gateway's agent: what was acknowledged stands; the vehicle comes back and finishes."""
    with points.point("kill -9 of the gateway's agent in the middle: what was acknowledged is on the ledger"):
        before = books.by_evidence()
        said = car.do("send", 18, "session.meter", session, *station.reading(session))
        gate.kill()
        world.level([node for node in world.nodes if node is not gate])
        after = books.by_evidence()
        if said["stage"] == 3:
            assert len(after) == len(before) + 1, (said, after[len(before):])
        print("#", said)
    with points.point("it starts again under a new epoch, which its organisation enrols; the vehicle comes back"):
        gate.start()
        gate.enrol_attestor()
        world.level()
        assert car.do("hello")["welcomed"], gate.own("handshake")
        car.do("mandate", station.id, 1, 20000, 100000, session)
    with points.point("the request that may have been lost is answered, and counted once"):
        said = car.do("again")
        assert said["stage"] == 3 and said["outcome"] == "valid", said
        meters = [entry for entry in books.by_evidence()[len(before):] if entry[2] == "valid"]
        assert len(meters) == 1, meters
    with points.point("it stops and pays"):
        last = car.meter(station, session, 19, "session.stop", last=True)["answer"]
        assert last["state"] == "paid", last


def main():
    skip_all(obstacle())
    points = Points()
    with World() as world:
        world.start()
        gate = world.gates[0]
        wallet = world.open_account("car1")
        station = Station(world, gate, "corner")
        books = Books(world)
        car, session = refusals(points, world, books, gate, wallet, station)
        admissions(points, world, gate)
        there = roaming(points, world, car, wallet, session, station)
        waiting(points, world, there)
        killed(points, world, books, there, car, session, station)
        revocations(points, world, station)
        with points.point("every ledger is right, block by block"):
            for node in world.nodes:
                node.stop()
            for node in world.nodes:
                run_verify(node)
    points.end()


def run_verify(node):
    run(VOLTGATE, "ledger", "verify", node.ledger())


if __name__ == "__main__":
    sys.exit(main())
