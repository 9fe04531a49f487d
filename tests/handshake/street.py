#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate-vehicle at the gates of a consortium's two gateways, with real XDP programs in network namespaces: hello to
rating, the same asked again when nobody answers, rekeying, roaming, who gets no answer, cookies, a flood of hellos at
fifty times what the gateway judges, new addresses for each session. KTAP."""
import json
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import BUILD, Trouble, run, wait_for  # noqa: E402
from world import Station, Wallet, World, obstacle  # noqa: E402

VEHICLE = os.path.join(BUILD, "voltgate-vehicle")
CAPACITY = 40  # hellos a second that the second gateway judges
FLOOD, FLOOD_S = 50 * CAPACITY, 15  # at most: no address of 10.78.128.0/17 twice; ended when all is seen


def handshake(gate):
    return gate.own("handshake")


def drive(world, wallet, gate, *words, v6=False, check=True, key=None, netns=None, before=None, between=None):
    """What voltgate-vehicle says, line by line; with @check False its exit code and the lines. @before is called once it runs,
    @between, (step, function), once it has told that step."""
    process = subprocess.Popen(["ip", "netns", "exec", netns or world.street, VEHICLE, "-j", "--gateway", gate.gate6 if v6 else gate.gate4,
                                "--key", key or handshake(gate)["key"], "--wallet", wallet.folder, *words],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    world.processes.append(process)
    if before:
        before()
    lines = []
    for line in process.stdout:
        lines.append(json.loads(line))
        if between and lines[-1]["do"] == between[0]:
            between[1]()
    _, err = process.communicate(timeout=90)
    if check and process.returncode:
        raise Trouble(f"{words}: exit {process.returncode}: {lines}{err}{handshake(gate)}")
    return lines if check else (process.returncode, lines)


def sessions(gate):
    return {line["id"]: line for line in gate.ask("session", "list")}


def told(lines, what):
    return next(line for line in lines if line["do"] == what)


class Air:
    """Every frame that vehicles and gateways exchange, at the street's end of its wire, while the block lasts."""

    def __init__(self, netns, device):
        self.netns, self.device, self.frames = netns, device, []

    def __enter__(self):
        ready = threading.Event()
        self.stop = False

        def listen():
            with open(f"/run/netns/{self.netns}") as namespace:
                if setns(namespace.fileno()):
                    return
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as air:
                air.bind((self.device, 0))
                air.settimeout(0.1)
                ready.set()
                while not self.stop:
                    try:
                        self.frames.append(air.recv(2048))
                    except socket.timeout:
                        pass

        self.thread = threading.Thread(target=listen)
        self.thread.start()
        ready.wait(5)
        return self

    def __exit__(self, *words):
        self.stop = True
        self.thread.join()

    def vehicle(self, port=47800):
        """(MAC, IPv6 source, UDP source port, VID) of what was sent to a gateway."""
        for frame in self.frames:
            if frame[12:14] == b"\x86\xdd" and frame[20] == 17 and struct.unpack("!H", frame[56:58])[0] == port:
                yield frame[6:12], frame[22:38], frame[54:56], frame[62:]


def setns(fd):
    import ctypes
    return ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000)


def whole_way(points, world, wallet, gate, station):
    words = ["--station", station.id, "--cable", station.cable(1)]
    with points.point("a vehicle goes the whole way by packets: hello, reserve, start, meter, stop, rate"):
        lines = drive(world, wallet, gate, *words, "hello", "reserve", "start", "meter", "meter", "stop", "rate=5")
        assert all(line["outcome"] == "valid" and line["stage"] == "committed" for line in lines[1:]), lines
        assert told(lines, "stop")["result"]["state"] == "paid", lines
        assert told(lines, "hello")["cookies"] == 0 and told(lines, "hello")["hellos"] == 1, lines
        mandate = told(lines, "start")["charging"]
        assert all(line["charging"] == mandate for line in lines[1:]), lines
    with points.point("its session was proved by the first packet and stands in the gate with a commitment"):
        session = sessions(gate)[told(lines, "hello")["session"]]
        assert session["accepted"] == 7 and session["commitment"] != "00" * 32, session  # a beacon, six actions
        assert handshake(gate)["proven"] == 1, handshake(gate)
    with points.point("with nobody to answer it asks the same again in new packets, and is answered once"):
        gate.process.send_signal(signal.SIGSTOP)
        resume = threading.Timer(2.5, lambda: gate.process.send_signal(signal.SIGCONT))
        try:
            lines = drive(world, wallet, gate, *words, "--retry", "600", "hello", "reserve", "cancel", key=world.key_of_one, before=resume.start)
        finally:
            resume.join()
        assert told(lines, "hello")["hellos"] > 1, lines
        assert told(lines, "reserve")["outcome"] == "valid", lines


def silent_gateway(points, world, wallet, gate, station):
    with points.point("an action whose verdict is late is sent again; the proposal is committed once"):
        peers = [node for node in world.nodes if node is not gate]
        for node in peers:
            node.process.send_signal(signal.SIGSTOP)
        resume = threading.Timer(2.5, lambda: [node.process.send_signal(signal.SIGCONT) for node in peers])
        try:
            lines = drive(world, wallet, gate, "--station", station.id, "--cable", station.cable(1), "--retry", "500", "--patience", "40000",
                          "reserve", "cancel", before=resume.start)
        finally:
            resume.join()
        assert told(lines, "reserve")["outcome"] == "valid" and told(lines, "reserve")["packets"] > 1, lines
        world.level()


def metrics(world, gate):
    """/metrics of a gateway, as Prometheus would read it."""
    ask = f"import urllib.request; print(urllib.request.urlopen('http://{gate.host}:{gate.metrics}/metrics', timeout=5).read().decode())"
    text = run("ip", "netns", "exec", world.hub, sys.executable, "-c", ask).stdout
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and not line.startswith("#")}


def counted(points, world, gate):
    with points.point("status and /metrics say the same of hellos, refusals and packets"):
        found, said = metrics(world, gate), handshake(gate)
        for name in ("received", "judged", "welcomed", "proven"):
            assert found[f"voltgate_handshake_{name}_total"] == said[name] > 0, (name, found, said)
        assert found["voltgate_handshake_refused_total{reason=\"no-account\"}"] == said["refused"]["no-account"] > 0, said
        assert found["voltgate_gate_packets_total{reason=\"bad-cookie\"}"] == reason(gate.counters(), "bad-cookie"), found
        assert found["voltgate_handshake_sessions"] == said["sessions"] and found["voltgate_charge_actions_total{what=\"taken\"}"] > 0


def refused(points, world, gate):
    def silence(wallet, word, **more):
        before = handshake(gate)["refused"][word]
        code, lines = drive(world, wallet, gate, "--patience", "1500", "--retry", "400", "hello", check=False, **more)
        assert code == 3 and not lines, (code, lines)
        wait_for(lambda: handshake(gate)["refused"][word] > before, f"{word} is counted", 5)

    with points.point("a wallet that no block enrolled hears nothing; the gateway counts why"):
        silence(Wallet(world, "nobody", "acme", enrol=False), "not-enrolled")
    with points.point("nor does one without an account"):
        silence(Wallet(world, "pauper", "acme"), "no-account")
    with points.point("nor one that knows another key of the gateway: the XDP program drops its hellos"):
        before = gate.counters()
        stranger = Wallet(world, "stranger", "acme")
        code, lines = drive(world, stranger, gate, "--patience", "1200", "--retry", "400", "hello", check=False, key="12" * 32)
        assert code == 3 and not lines
        after = gate.counters()
        assert reason(after, "bad-cookie") > reason(before, "bad-cookie"), (before, after)


def reason(counters, word):
    return counters["packets"][word] if "packets" in counters else counters[word]


def rekeyed(points, world, wallet, gate):
    with points.point("before its session ends a vehicle takes the next; the gate forgets the old one at the new one's first packet"):
        before = set(sessions(gate))
        lines = drive(world, wallet, gate, "hello", "wait=3300", "reserve", "cancel", "--station", world.station.id)
        first = told(lines, "hello")["session"]
        assert told(lines, "hello")["life_s"] == 4, lines
        now = set(sessions(gate)) - before
        assert first not in now and len(now) == 1, (first, now, lines)
    with points.point("a session that nobody used gives way to the next, and what expired is forgotten"):
        drive(world, wallet, gate, "hello", "hello", "hello")
        wait_for(lambda: not set(sessions(gate)) - before and not handshake(gate)["sessions"], "no session is left", 12)


def roamed(points, world, wallet, station):
    with points.point("a charging session goes on at another gateway after a new handshake"):
        one, two = world.gates
        words = ["--station", station.id, "--cable", station.cable(1)]
        lines = drive(world, wallet, one, *words, "start", "meter")
        charging = told(lines, "start")["charging"]
        lines = drive(world, wallet, two, *words, "--charging", charging, "meter", "stop", "rate=4")
        assert told(lines, "stop")["result"]["state"] == "paid" and told(lines, "stop")["charging"] == charging, lines


def cookies(points, world, wallet, gate):
    with points.point("under load a hello must prove its address: the vehicle gets a cookie and comes in"):
        gate.cli("policy", "set", "under-load", "1")
        before = reason(gate.counters(), "bad-cookie")
        hello = told(drive(world, wallet, gate, "hello"), "hello")
        assert hello["hellos"] == 2 and hello["cookies"] == 1, hello
        assert reason(gate.counters(), "bad-cookie") == before + 1 and handshake(gate)["cookies"] >= 1
    with points.point("over IPv6 too"):
        hello = told(drive(world, wallet, gate, "hello", v6=True), "hello")
        assert hello["hellos"] == 2 and hello["cookies"] == 1, hello
        gate.cli("policy", "set", "under-load", "0")


def flood(world, gate):
    """Hellos with a right mac1 and nothing behind it, each from another address, made by voltgate-sim."""
    mac = json.loads(run("ip", "-j", "-n", gate.netns, "link", "show", "street0").stdout)[0]["address"]
    process = subprocess.Popen(["ip", "netns", "exec", world.street, os.path.join(BUILD, "voltgate-sim"), "-i", "br0", "-m", "hello", "--to",
                                gate.gate4, "--to-mac", mac, "--from", "10.78.128.0/17", "--vehicles", "1", "--gateway-key",
                                handshake(gate)["key"], "-r", str(FLOOD), "-c", str(FLOOD * FLOOD_S), "-d", str(FLOOD_S)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    world.processes.append(process)
    return process


def flooded(points, world, wallet, gate, station):
    before, began, running = handshake(gate), time.monotonic(), []
    refusals = reason(gate.counters(), "bad-cookie")

    def after_hello():
        wait_for(lambda: handshake(gate)["welcomed"] > before["welcomed"], "the vehicle is in", 10)
        running.append(flood(world, gate))
        wait_for(lambda: reason(gate.counters(), "bad-cookie") > FLOOD / 2, "the flood is there", 10)

    with points.point(f"{FLOOD} hellos a second, fifty times what is judged: an admitted vehicle loses no packet and waits for none"):
        lines = drive(world, wallet, gate, "--station", station.id, "--cable", station.cable(1), "--retry", "12000",
                      "--patience", "40000", "hello", "wait=1800", "beacon=100", "reserve", "start", "meter", "meter", "stop",
                      before=after_hello)
        assert running[0].poll() is None, "the flood ended too early to tell"
        assert all(line.get("packets", 1) == 1 for line in lines), lines
        session = sessions(gate)[told(lines, "hello")["session"]]
        assert session["accepted"] == 106, session  # the first beacon, 100 more, five actions
    with points.point("who is new gets a cookie and comes in"):
        hello = told(drive(world, wallet, gate, "--patience", "30000", "hello"), "hello")
        assert hello["cookies"] >= 1, hello
    with points.point("meanwhile it judged no more than it is told to, and the XDP program dropped the rest"):
        after, dropped = handshake(gate), reason(gate.counters(), "bad-cookie") - refusals
        running[0].terminate()
        running[0].wait(10)
        more = {name: after[name] - before[name] for name in ("received", "judged", "cookies", "overflowed", "unproven", "loads")}
        print(f"# dropped {dropped}, agent {more}, the new one {hello}")
        assert more["loads"] and after["under_load"], after
        assert more["judged"] <= CAPACITY * (time.monotonic() - began) + CAPACITY, (before, after)
        assert dropped > 20 * more["received"], (dropped, more)
    with points.point("when the flood is over, so is the load"):
        wait_for(lambda: not handshake(gate)["under_load"], "cookies are no longer demanded", 20)
        hello = told(drive(world, wallet, gate, "hello"), "hello")
        assert hello["cookies"] == 0, hello


def unlinkable(points, world, wallet, gate):
    """A namespace of the vehicle's own, whose interface it may change."""
    netns = f"{world.prefix}-car"
    run("ip", "netns", "add", netns)
    try:
        run("ip", "-n", world.street, "link", "add", "car0", "type", "veth", "peer", "name", "radio0", "netns", netns)
        run("ip", "-n", world.street, "link", "set", "car0", "master", "br0", "up")
        run("ip", "netns", "exec", netns, "sysctl", "-qw", "net.ipv6.conf.radio0.accept_dad=0")
        run("ip", "-n", netns, "link", "set", "radio0", "up")
        with points.point("each session comes from a new MAC address, IPv6 address and port"):
            with Air(world.street, "car0") as air:
                lines = drive(world, wallet, gate, "--device", "radio0", "--prefix", "fd00:78::", "hello", "beacon=3", "hello", "beacon=3",
                              "hello", "beacon", v6=True, netns=netns)
            assert len(lines) == 6, lines
            sent = list(air.vehicle())
            hellos = [one for one in sent if one[3][1] == 1]
            assert len(hellos) >= 3 and len(sent) >= 10, sent
            for what in range(3):
                assert len({one[what] for one in hellos}) == 3, (what, hellos)
            assert len({(one[0], one[1], one[2]) for one in sent}) == 3, sent
        with points.point("and no eight bytes of one session stand in another"):
            windows = {}
            for mac, address, port, vid in sent:
                for at in range(32, len(vid) - 7):
                    if vid[at:at + 8].count(0) < 4:  # zeros: no cookie, no payload; a byte or two beside them may be alike by chance
                        windows.setdefault(vid[at:at + 8], set()).add((mac, port))
            shared = {window.hex(): whose for window, whose in windows.items() if len(whose) > 1}
            assert len(windows) > 100 and not shared, (len(windows), shared)
    finally:
        subprocess.run(["ip", "netns", "del", netns], capture_output=True)


def key_file(points, world, wallet, gate):
    with points.point("the gateway's key is a file of its own that nobody else may read, and outlives a restart"):
        before = handshake(gate)["key"]
        path = os.path.join(gate.folder, "handshake.key")
        found = [os.path.join(root, name) for root, _, names in os.walk(gate.folder) for name in names if name == "handshake.key"]
        assert len(found) == 1 and stat.S_IMODE(os.stat(found[0]).st_mode) == 0o600 and os.path.getsize(found[0]) == 32, (path, found)
        gate.stop()
        gate.start()
        wait_for(lambda: gate.ask("status"), "the gateway is back")
        assert handshake(gate)["key"] == before
        gate.enrol_attestor()
        lines = drive(world, wallet, gate, "hello")
        assert told(lines, "hello")["session"], lines


def restarted(points, world, wallet, gate, station):
    """The gateway's daemon is killed while a vehicle charges: its sessions are gone, the ledger's are not."""
    def kill_and_start():
        gate.kill()
        gate.start()
        wait_for(lambda: gate.ask("status"), "the gateway is back")
        gate.enrol_attestor()

    with points.point("a gateway that was killed has forgotten its sessions: the vehicle shakes hands again and goes on charging"):
        lines = drive(world, wallet, gate, "--station", station.id, "--cable", station.cable(1), "--patience", "40000", "--retry", "500",
                      "start", "wait=200", "meter", "stop", between=("start", kill_and_start))
        assert told(lines, "stop")["result"]["state"] == "paid", lines
        assert told(lines, "meter")["packets"] > 4 and told(lines, "meter")["charging"] == told(lines, "start")["charging"], lines


def interrupted(points, world, wallet, gate, station):
    """The gateway is killed when a start is committed and its answer did not reach the vehicle: its port lets nothing out."""
    port = f"s{gate.index}"
    committed = gate.own("charge")["committed"]

    def kill_and_start():
        wait_for(lambda: gate.own("charge")["committed"] > committed, "the start is committed", 20)
        gate.kill()
        gate.start()
        wait_for(lambda: gate.ask("status"), "the gateway is back")
        gate.enrol_attestor()
        world.on_street("bridge", "link", "set", "dev", port, "locked", "off", "learning", "on")

    def cut():
        world.on_street("bridge", "link", "set", "dev", port, "locked", "on", "learning", "off")
        world.on_street("ip", "link", "set", "dev", port, "type", "bridge_slave", "fdb_flush")
        killer.start()

    killer = threading.Thread(target=kill_and_start)
    with points.point("a gateway that is killed before it could tell of a start: the vehicle finds that it charges, and goes on"):
        lines = drive(world, wallet, gate, "--station", station.id, "--cable", station.cable(1), "--patience", "40000", "--retry", "500",
                      "hello", "start", "meter", "stop", between=("hello", cut))
        killer.join()
        assert told(lines, "start")["regained"] and not told(lines, "stop")["regained"], lines
        assert told(lines, "stop")["result"]["state"] == "paid", lines


def unheard(points, world, wallet, gate, station):
    """The gateway is killed before it hears of a start."""
    def kill_and_start():
        gate.kill()
        gate.start()
        wait_for(lambda: gate.ask("status"), "the gateway is back")
        gate.enrol_attestor()

    words = ("--station", station.id, "--cable", station.cable(1), "--retry", "500")
    with points.point("and one that is killed before it heard of it: the vehicle says that it does not charge"):
        code, lines = drive(world, wallet, gate, *words, "--patience", "8000", "hello", "start", check=False, between=("hello", kill_and_start))
        assert code == 3 and [line["do"] for line in lines] == ["hello"], (code, lines)
    with points.point("it leaves the charger, and begins anew"):
        station.unplug(1)
        lines = drive(world, wallet, gate, *words, "--patience", "40000", "hello", "start", "stop")
        assert told(lines, "stop")["result"]["state"] == "paid" and not told(lines, "start")["regained"], lines


def main():
    skip_all(obstacle())
    points = Points()
    with World() as world:
        one, two = world.gates
        two.sections["handshake"] = {"session-life-s": 4}
        with points.point("two gateways with a gate, an account, a station"):
            world.start()
            wallet = world.open_account("car")
            station = world.station = Station(world, one, "corner")
            world.level()
            world.key_of_one = handshake(one)["key"]
        whole_way(points, world, wallet, one, station)
        silent_gateway(points, world, wallet, one, station)
        refused(points, world, one)
        counted(points, world, one)
        rekeyed(points, world, wallet, two)
        roamed(points, world, wallet, station)
        restarted(points, world, wallet, one, station)
        interrupted(points, world, wallet, one, station)
        unheard(points, world, wallet, one, station)
        cookies(points, world, wallet, one)
        unlinkable(points, world, wallet, one)
        two.sections["handshake"] = {"hellos": CAPACITY, "queue": 32}
        key_file(points, world, wallet, two)
        flooded(points, world, wallet, two, station)
    points.end()


if __name__ == "__main__":
    sys.exit(main())
