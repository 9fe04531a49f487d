#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The users' pages (tools/pages): every ```sh block is run as it stands, in a machine of the reader's: installed programs,
folders of the system of its own. A block marked `sh elsewhere` is run where the vehicles are. KTAP, a point a block.

    pages.py [PAGE...]"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed"), os.path.join(HERE, "..", "charge")]
from ktap import Points, skip_all  # noqa: E402
from program import Trouble, run, wait_for  # noqa: E402
from vehicle import Vehicle  # noqa: E402
from world import Station, World, obstacle  # noqa: E402

FOLDERS = ("usr/local", "usr/src", "etc", "run", "var/lib", "var/log", "var/cache")  # what a desk has of its own
BLOCK_SECONDS = 40


def blocks(page):
    """(where, text) of each block."""
    with open(os.path.join(TOP, "tools", "pages", f"{page}.md")) as text:
        return re.findall(r"^```sh( elsewhere)?\n(.*?)^```$", text.read(), re.M | re.S)


def install(root):
    """What make install leaves: one for all desks, which they do not change (the administrator's installs its own)."""
    run("make", "-s", "install", f"DESTDIR={root}", cwd=TOP, timeout=300)


class Desk:
    """A shell in a network namespace that sees its own FOLDERS; it ends with everything it started."""

    def __init__(self, folder, netns, name="desk", root=None):
        self.root = root or os.path.join(folder, f"root-{name}")
        self.home = os.path.join(folder, "home")
        self.steps = 0
        for path in FOLDERS:
            os.makedirs(os.path.join(self.root, path), 0o755, exist_ok=True)
        if not os.path.exists(os.path.join(self.root, "etc/passwd")):
            subprocess.run(["cp", "-a", "/etc/.", os.path.join(self.root, "etc")], check=True)
        os.makedirs(self.home, exist_ok=True)
        self.path = os.path.join(self.root, name)
        room = "set -e; for folder in " + " ".join(FOLDERS) + f'; do mount --bind "{self.root}/$folder" "/$folder"; done; ' \
            f'cd "{self.home}"; exec bash --norc -Eeu -o pipefail'
        surroundings = {**os.environ, "PATH": f"{HERE}/machine:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "LD_LIBRARY_PATH": "/usr/local/lib", "B": os.environ.get("B", "build"), "SOURCES": TOP, "HOME": self.home}
        self.shell = subprocess.Popen(["ip", "netns", "exec", netns, "unshare", "--mount", "--propagation", "private", "bash", "-c", room],
                                      stdin=subprocess.PIPE, text=True, env=surroundings, start_new_session=True)

    def do(self, text):
        """Runs it in the shell, which keeps variables and functions; Trouble with what it printed when a command fails."""
        self.steps += 1
        path = f"{self.path}-{self.steps}"
        with open(path, "w") as out:
            out.write("trap 'echo \"failed: $BASH_COMMAND\"' ERR\n" + text)
        self.shell.stdin.write(f". {path} </dev/null >{path}.out 2>&1; echo >{path}.done\n")
        self.shell.stdin.flush()
        try:
            wait_for(lambda: os.path.exists(f"{path}.done") or self.shell.poll() is not None, text, BLOCK_SECONDS)
        finally:
            with open(f"{path}.out") as out:
                said = out.read()
        if not os.path.exists(f"{path}.done"):
            raise Trouble(f"the shell ended with {self.shell.returncode}:\n{said[-3000:]}")
        return said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.shell.pid, number)
            except ProcessLookupError:
                break
            try:
                self.shell.wait(5)
            except subprocess.TimeoutExpired:
                continue


def walk(points, page, here, elsewhere=None):
    """Every block of the page in turn; what they printed, all together."""
    said = []
    told = blocks(page)
    for where, text in told:
        with points.point(f"{page}.md: {text.splitlines()[0][:90]}"):
            said.append((elsewhere if where else here).do(text))
            continue
        break  # what follows builds on it
    with points.point(f"{page}.md: all {len(told)} blocks were run"):
        assert 4 <= len(told) == len(said), len(said)
    return "".join(said)


def expect(points, what, said, *words):
    with points.point(what):
        missing = [word for word in words if word not in said]
        assert not missing, f"{missing} not in:\n{said[-2500:]}"


class Namespaces:
    """Two of them with a wire between: eth1 here, car0 elsewhere."""

    def __init__(self):
        self.names = [f"vg-docs-{os.getpid()}-{part}" for part in ("here", "there")]

    def __enter__(self):
        here, there = self.names
        for name in self.names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", here, "link", "add", "eth1", "type", "veth", "peer", "name", "car0", "netns", there)
        for name, device, address in ((here, "eth1", "10.7.0.1/16"), (there, "car0", "10.7.0.2/16")):
            run("ip", "-n", name, "addr", "add", address, "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
        return self

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def admin(points, folder, root):
    """Installs for itself, from the sources, into folders of its own."""
    del root
    with Namespaces() as wires, Desk(folder, wires.names[0]) as here, Desk(folder, wires.names[1], "car") as elsewhere:
        here.do('cd "$SOURCES"\nmake() { command make -s "$@"; }\n')
        said = walk(points, "admin", here, elsewhere)
    expect(points, "admin.md: the gate runs in the plain grade, the alarm is told", said, "plain", "malformed", "10.7.0.2")


def operator(points, folder, root):
    with Namespaces() as wires, Desk(folder, wires.names[0], root=root) as here:
        here.do('CASE=$SOURCES/agent/sched/cases/paper36\n')
        said = walk(points, "operator", here)
    expect(points, "operator.md: a bill is shown with units, the audit is made", said, "Harbour", "state             paid",
           "deposits less withdrawals")


class Machine:
    """A gateway of a consortium as its administrator's machine: the desk finds its agent, logs and folders where an installed
    one has them."""

    def __init__(self, world, folder, root):
        self.world, self.gate = world, world.gates[0]
        home = os.path.join(folder, "home")
        os.makedirs(home, exist_ok=True)
        gate = self.gate
        self.here = Desk(folder, gate.netns, "gate", root)
        self.elsewhere = Desk(folder, world.street, "street", root)
        for name, target in (("grid.genesis", world.genesis), ("north", world.org(gate.organisation)),
                             ("north-admin", world.admin(gate.organisation)), ("auditor", world.client("auditor", "dyno"))):
            os.symlink(target, os.path.join(home, name))
        self.here.do(f"mkdir -p /run/voltgate /var/log/voltgate\nln -s {gate.folder}/state /var/lib/voltgate\n"
                     f"ln -s {gate.socket} /run/voltgate/control.sock\nln -s {gate.folder}/alarms.json /var/log/voltgate/alarms.json\n"
                     f"echo {gate.process.pid} >/run/voltgated.pid\nGRID={world.channel_id()}\n")

    def __enter__(self):
        return self

    def __exit__(self, *words):
        self.here.__exit__(*words)
        self.elsewhere.__exit__(*words)


def vehicle_maker(points, machine, station):
    given = f"GATEWAY={machine.gate.gate4}\nGATEWAY_KEY={machine.gate.own('handshake')['key']}\nSTATION={station.id}\n"
    os.symlink(station.cable(1), os.path.join(machine.here.home, "cable"))
    machine.here.do(given)
    machine.elsewhere.do(given)
    said = walk(points, "vehicle-maker", machine.here, machine.elsewhere)
    expect(points, "vehicle-maker.md: the example reserved, the tool charged and was billed", said, "reserved: {", '"charger":1', '"bill":1')


def security(points, machine):
    world, gate = machine.world, machine.gate
    with points.point("a vehicle's packets are forged; the gateway tells it on the ledger"):
        wallet = world.open_account("car8")
        car = Vehicle(world, wallet, gate)
        assert car.do("hello")["welcomed"], gate.own("admission")
        for _ in range(3):
            car.do("twist", "tag")
            car.do("send", 18, "session.meter", "00" * 32, "1", "1", "1", "00" * 64)
        car.close()
        wait_for(lambda: gate.own("charge")["reported"] and gate.own("charge")["anchored"], "an alarm and an anchor on the ledger")
    machine.here.do(f"CAR7={wallet.key}\n")
    said = walk(points, "security", machine.here)
    expect(points, "security.md: the log is whole, one altered byte is named, the ledger agrees", said, "forged", "altered/0000000000.vgl", "alarm")


def on_street(points, folder, root):
    with World(options=("heartbeat-s=1", "transaction-life-s=86400")) as world:
        world.start()
        station = Station(world, world.gates[0], "corner")
        with Machine(world, folder, root) as machine:
            vehicle_maker(points, machine, station)
            security(points, machine)


PAGES = {"admin": admin, "operator": operator, "vehicle-maker and security": on_street}


def main():
    skip_all(obstacle())
    points = Points()
    folder = tempfile.mkdtemp(prefix="vg-docs-")
    os.chmod(folder, 0o755)
    try:
        root = os.path.join(folder, "root")
        with points.point("make install, for the readers' machines"):
            install(root)
        for name, read in PAGES.items():
            if not sys.argv[1:] or any(word in name for word in sys.argv[1:]):
                own = os.path.join(folder, name.split()[0])
                os.mkdir(own, 0o755)
                try:
                    read(points, own, root)
                except Exception:  # what the pages stand on is told as a point too
                    with points.point(f"{name}: namespaces, shells and daemons"):
                        raise
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    points.end()


if __name__ == "__main__":
    sys.exit(main())
