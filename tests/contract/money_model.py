#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Random charging operations through the contract and through the slow reference (money_reference.py). KTAP.

Every block: each operation's simulation must say what the reference says on the state before the block, each outcome
must be the one that follows from what operations touch, money must be conserved; results, accounts, stations, bills are
compared as they come. MONEY_OPERATIONS=1000000 for the long form, MONEY_SEED for another run, --write FILE keeps what
went into the driver.
"""
import json
import os
import random
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from money_reference import DAY, EXPIRY, HOUR, MINUTE, SECOND, SESSION_LIFE, Account, Reference, Station  # noqa: E402
from program import BUILD  # noqa: E402

WALLETS, STATIONS, CHARGERS = 60, 6, 8


class Driver:
    def __init__(self, path, keep):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 16)
        self.keep = open(keep, "w") if keep else None

    def put(self, *words):
        line = "\t".join(str(word) for word in words) + "\n"
        self.process.stdin.write(line)
        if self.keep:
            self.keep.write(line)

    def get(self):
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("Bail out! the driver ended")
        return line.rstrip("\n")

    def ask(self, *words):
        self.put(*words)
        return self.get()

    def close(self):
        self.process.stdin.close()
        if self.keep:
            self.keep.close()
        return self.process.wait()


def parse(line):
    """(True, answer) or (False, sentence)"""
    if line.startswith("ok "):
        return True, json.loads(line[3:])
    if line.startswith("no "):
        return False, line[3:]
    raise SystemExit("Bail out! the driver says " + line)


class Model:
    def __init__(self, driver, seed):
        self.driver, self.random = driver, random.Random(seed)
        self.faults = []
        self.counts, self.drawn = {}, set()
        self.wallets = [f"w{i}" for i in range(WALLETS)]
        for i in range(4):
            driver.ask("client", f"a{i}", i, 3)
        for i, wallet in enumerate(self.wallets):
            driver.ask("client", wallet, i % 2, 1)
        # Each enrolment is a block of one second; the stage has eight of its own before.
        self.reference = Reference(int(driver.ask("root").split()[1]))
        self.ids, self.keys = {}, {}
        self.open_accounts()
        self.open_stations()

    def fault(self, text):
        self.faults.append(text)
        if len(self.faults) <= 5:
            print("# " + text)

    def open_accounts(self):
        for wallet in self.wallets:
            self.driver.put("op", wallet, "account.register")
        self.driver.put("block", SECOND)
        for wallet in self.wallets:
            self.keys[wallet] = parse(self.driver.get())[1]["wallet"]
            self.reference.accounts[wallet] = Account()
        self.driver.get()
        self.reference.now += SECOND

    def open_stations(self):
        for i in range(STATIONS):
            periods, powers = self.periods(), [self.random.choice([7000, 60000, 150000]) for _ in range(CHARGERS)]
            self.driver.put("op", "a0", "station.register", f"s{i}", "#0", 39990000, 116320000, self.text(periods),
                            *[f"~s{i}-{c + 1}:{power}:1000" for c, power in enumerate(powers)])
            self.driver.put("block", SECOND)
            answer = parse(self.driver.get())[1]
            self.driver.get()
            self.reference.stations[f"s{i}"] = Station(f"s{i}", periods, powers, self.reference.now)
            self.reference.now += SECOND
            self.ids[f"s{i}"] = answer["station"]

    def periods(self):
        count = self.random.choice([1, 1, 2, 3, 6])
        minutes = [0] + sorted(self.random.sample(range(1, 1440), count - 1))
        return [(minute, self.random.randrange(0, 9000), self.random.randrange(0, 4000)) for minute in minutes]

    @staticmethod
    def text(periods):
        return ",".join(f"{minute}:{energy}+{service}" for minute, energy, service in periods)

    # --- drawing operations ---

    def draw(self):
        kind = self.random.choices(
            ["start", "meter", "stop", "reserve", "cancel", "deposit", "withdraw", "close", "pay", "note", "tariff",
             "status", "suspend", "reinstate", "take"],
            [22, 30, 16, 5, 3, 8, 3, 4, 4, 3, 1, 1, 1, 2, 2])[0]
        op = getattr(self, "draw_" + kind)()
        if op:
            op["do"], op["head"] = kind, self.reference.now
        return op

    def wallet(self):
        return self.random.choice(self.wallets)

    def amount(self):
        return self.random.choice([1, self.random.randrange(1, 300000), self.random.randrange(1, 3000000), 10**15, 0])

    def draw_deposit(self):
        return {"wallet": self.wallet(), "amount": self.random.choice([self.random.randrange(1, 200000), self.amount()])
                % 10**9 or 10**15}

    def draw_withdraw(self):
        wallet = self.wallet()
        balance = self.reference.accounts[wallet].balance
        return {"wallet": wallet, "amount": self.random.choice([balance, balance + 1, balance // 2, self.amount()])}

    def draw_suspend(self):
        return {"wallet": self.wallet()}

    draw_reinstate = draw_suspend

    def place(self):
        return {"wallet": self.wallet(), "station": self.random.choice(list(self.ids)),
                "charger": self.random.choice([self.random.randrange(1, CHARGERS + 1)] * 9 + [CHARGERS + 1])}

    def draw_reserve(self):
        return self.place()

    def draw_cancel(self):
        return {"wallet": self.wallet()}

    def draw_start(self):
        op = self.place()
        account = self.reference.accounts[op["wallet"]]
        if account.doing and account.doing[0] == "reserved" and self.random.random() < 0.7:
            op["station"], op["charger"] = account.doing[1].station, account.doing[1].number
        station = self.reference.stations[op["station"]]
        charger = station.chargers[min(op["charger"], CHARGERS) - 1]
        now = self.reference.now
        highest = max(e + s for _, e, s in station.tariffs[-1])
        op["tariff"] = len(station.tariffs) + self.random.choice([0] * 20 + [-1, 1])
        op["price"] = max(0, highest + self.random.choice([0, 0, 1000, 1000, 1000, 5000, -1]))
        op["energy"] = self.random.choice([1000, 20000, 100000, 100000, 10**8])
        op["register"] = max(0, charger.register + self.random.choice([0] * 20 + [5, 1000, 10**6, -1, -charger.register]))
        op["time"] = max(charger.read, now - self.random.randrange(0, MINUTE)) + self.random.choice([0] * 30 + [-1, DAY])
        return op if op["tariff"] > 0 and op["time"] > 0 else None

    def session(self, states):
        """A session, one that is under way or unpaid if there is one, else any; mostly none drawn in this block."""
        doing = [a.doing[1] for a in self.reference.accounts.values() if a.doing and a.doing[0] == "charging"]
        if self.random.random() < 0.95:
            doing = [session for session in doing if session not in self.drawn]
        if "charging" in states and doing and self.random.random() < 0.97:
            session = self.random.choice(doing)
            self.drawn.add(session)
            return session
        unpaid = [s for a in self.reference.accounts.values() for s in a.bills[-3:]
                  if self.reference.sessions[s].state == "unpaid"]
        if "unpaid" in states and unpaid and self.random.random() < 0.9:
            return self.random.choice(unpaid)
        bills = self.reference.accounts[self.wallet()].bills
        return self.random.choice(bills) if bills else None

    def following(self, session, number, register, begin):
        """A reading that may follow, mostly."""
        most = session.charger.power * 5 // 4
        latest = self.reference.now + (EXPIRY if self.random.random() < 0.2 else 0)
        when = begin + self.random.randrange(1, max(2, latest - begin)) if latest > begin else begin + 1
        energy = self.random.randrange(0, most * (when - begin) // HOUR + 2) if when > begin else 0
        energy += self.random.choice([0] * 12 + [1000, 2000, 900000])
        register += energy
        twist = self.random.random()
        if twist < 0.01:
            number += self.random.choice([-1, 1, 5])
        elif twist < 0.02:
            register -= energy + 1
        elif twist < 0.03:
            when = begin
        return max(1, number), max(0, register), when

    def draw_meter(self):
        session = self.session(["charging"])
        if not session:
            return None
        held = self.reference.sessions[session]
        wallet = held.wallet if self.random.random() < 0.99 else self.wallet()
        return {"session": session, "wallet": wallet,
                "readings": [self.following(held, held.number + 1, held.register, held.time)]}

    draw_stop = draw_meter

    def draw_close(self):
        session = self.session(["charging"])
        if not session:
            return None
        held = self.reference.sessions[session]
        readings, number, register, when = [], held.number, held.register, held.time
        for _ in range(self.random.choice([0, 1, 1, 2, 3])):
            readings.append(self.following(held, number + 1, register, when))
            number, register, when = readings[-1]
        return {"session": session, "readings": readings}

    def draw_pay(self):
        session = self.session(["unpaid"])
        return {"session": session, "wallet": self.reference.sessions[session].wallet} if session else None

    def draw_note(self):
        session = self.session(["unpaid"]) if self.random.random() < 0.3 else self.session([])
        if not session:
            return None
        held = self.reference.sessions[session]
        if not held.bill:
            return None
        left = held.cost - held.noted
        return {"wallet": held.wallet, "number": held.bill + self.random.choice([0] * 30 + [1000]),
                "amount": self.random.choice([left, left + 1, max(1, left // 2), max(1, left // 3)])}

    def draw_tariff(self):
        station = self.random.choice(list(self.ids))
        return {"station": station, "periods": self.periods(),
                "version": len(self.reference.stations[station].tariffs) + self.random.choice([1, 1, 1, 0, 2])}

    def draw_status(self):
        return {"station": self.random.choice(list(self.ids)), "open": self.random.random() < 0.8,
                "charger": self.random.choice([0, self.random.randrange(1, CHARGERS + 1)])}

    def draw_take(self):
        station = self.random.choice(list(self.ids))
        held = self.reference.stations[station].account
        return {"station": station, "amount": self.random.choice([held, held + 1, held // 2, 0])}

    # --- as lines for the driver ---

    def reading(self, station, charger, session, number, register, when):
        return f"!{self.ids[station]},{charger},{station}-{charger},{session},{number},{register},{when}"

    def readings(self, op):
        held = self.reference.sessions[op["session"]]
        words = []
        for number, register, when in op["readings"]:
            words += [number, self.reading(held.station, held.charger.number, op["session"], number, register, when)]
        return words

    def put(self, op):
        do = op["do"]
        wallet = self.keys.get(op.get("wallet"))
        administrator = f"a{self.wallets.index(op['wallet']) % 2}" if wallet else "a0"
        station = self.ids.get(op.get("station"))
        if do in ("deposit", "withdraw"):
            words = [administrator, "account." + do, wallet, op["amount"]]
        elif do == "suspend":
            words = [administrator, "account.suspend", wallet, "drawn"]
        elif do == "reinstate":
            words = [administrator, "account.reinstate", wallet]
        elif do == "tariff":
            words = ["a0", "station.tariff", station, op["version"], self.text(op["periods"])]
        elif do == "status":
            words = ["a0", "station.status", station, "open" if op["open"] else "closed"]
            words += [op["charger"]] if op["charger"] else []
        elif do == "take":
            words = ["a0", "station.withdraw", station, op["amount"]]
        elif do == "reserve":
            words = [op["wallet"], "session.reserve", station, op["charger"]]
        elif do == "cancel":
            words = [op["wallet"], "session.cancel"]
        elif do == "start":
            terms = f"{op['tariff']}/{op['price']}/{op['energy']}"
            words = [op["wallet"], "session.start", station, op["charger"], op["tariff"], op["price"], op["energy"],
                     self.reading(op["station"], op["charger"], terms, 0, op["register"], op["time"])]
        elif do in ("meter", "stop"):
            words = [op["wallet"], "session." + do, op["session"], *self.readings(op)]
        elif do == "close":
            words = ["a0", "session.close", op["session"], *self.readings(op)]
        elif do == "pay":
            words = [op["wallet"], "settlement.pay", op["session"]]
        else:
            words = ["a0", "note.issue", wallet, op["number"], op["amount"], "drawn"]
        self.driver.put("op", *words)

    # --- blocks ---

    def expect(self, op, changed):
        """The outcome of one that simulated well, after those before it in the block changed these things."""
        if op["looked"] & changed:
            return "conflict"
        return "out-of-range" if self.reference.out_of_range(op) else "valid"

    def block(self, ops, later):
        for op in ops:
            op["refusal"] = self.reference.check(op)
            if not op["refusal"]:
                op["looked"], op["changes"] = self.reference.touched(op)
                op["enough"] = op["do"] in ("stop", "close") and self.reference.enough(op)
            self.put(op)
        self.driver.put("block", later)
        good = []
        for op in ops:
            ok, op["answer"] = parse(self.driver.get())
            if ok == bool(op["refusal"]):
                self.fault(f"{op}: the contract and the reference differ")
            elif ok:
                good.append(op)
            self.count(op["do"], "refused" if not ok else "simulated")
        self.outcomes(good, self.driver.get().split()[1:])
        self.reference.now += later

    def outcomes(self, ops, words):
        changed = set()
        if len(words) != len(ops):
            self.fault(f"{len(words)} outcomes for {len(ops)} operations: {words[len(ops):]}")
            return
        for op, word in zip(ops, words):
            wanted = self.expect(op, changed)
            self.count(op["do"], word)
            if word != wanted:
                self.fault(f"{op['do']} is {word}, not {wanted}: {op}")
            if word != "valid":
                continue
            changed |= op["changes"]
            if op["do"] == "start":
                op["session"] = op["answer"]["session"]
                changed.add(("session", op["session"]))
            getattr(self.reference, "do_" + op["do"])(op)
            for member in ("cost", "state"):
                if member in op and op["do"] in ("meter", "stop", "close") and op["answer"][member] != op[member]:
                    self.fault(f"{op['do']}: {member} {op['answer'][member]}, not {op[member]}: {op}")
        if not self.reference.conserved():
            self.fault("the reference itself lost money")

    def count(self, do, word):
        self.counts[(do, word)] = self.counts.get((do, word), 0) + 1

    # --- whole states ---

    def query(self, *words):
        ok, answer = parse(self.driver.ask("query", *words))
        if not ok:
            self.fault(f"query {words}: {answer}")
        return answer if ok else {}

    def compare(self, what, got, wanted):
        for member, value in wanted.items():
            if got.get(member) != value:
                self.fault(f"{what}: {member} is {got.get(member)}, not {value}")

    def compare_all(self):
        now = self.reference.now
        for wallet, account in self.reference.accounts.items():
            doing = account.doing[0] if account.doing else "nothing"
            if doing == "reserved" and account.doing[2] <= now:
                doing = "nothing"
            self.compare(wallet, self.query("account.show", self.keys[wallet]),
                         {"balance": account.balance, "bills": len(account.bills), "doing": doing,
                          "state": "active" if account.active else "suspended"})
            self.compare(wallet + "'s credit", self.query("credit.show", self.keys[wallet]),
                         {"settlements": account.count, "points": account.points})
            if account.bills:
                self.compare_bill(wallet, self.random.randrange(len(account.bills)))
        for organisation in (0, 1):
            self.compare(f"org{organisation}'s totals",
                         self.query("bill.by-organisation", f"org{organisation}").get("totals", {}),
                         self.totals(organisation))
        for name, station in self.reference.stations.items():
            self.compare(name, self.query("station.show", self.ids[name]),
                         {"account": station.account, "tariff": len(station.tariffs)})
        fault = self.driver.ask("audit")
        if not fault.startswith("audit ok"):
            self.fault(fault)

    def totals(self, organisation):
        """Of the bills of an organisation's users and stations; all stations are organisation 0's."""
        bills = [self.reference.sessions[bill] for i, wallet in enumerate(self.wallets)
                 if organisation == 0 or i % 2 == organisation for bill in self.reference.accounts[wallet].bills]
        return {"bills": len(bills), "energy": sum(s.billed for s in bills), "cost": sum(s.cost for s in bills),
                "noted": sum(s.noted for s in bills),
                "unpaid": sum(s.cost - s.noted for s in bills if s.state == "unpaid")}

    def compare_bill(self, wallet, index):
        session = self.reference.sessions[self.reference.accounts[wallet].bills[index]]
        lines = [{"from": begin, "to": end, "energy": energy, "energy_price": turn[2], "service_price": turn[3],
                  "unit_price": turn[2] + turn[3], "cost": cost}
                 for (turn, begin, end, energy), cost in zip(session.lines, session.fees())]
        self.compare(f"{wallet}'s bill {index + 1}", self.query("bill.show", self.keys[wallet], index + 1),
                     {"cost": session.cost, "lines": lines, "state": session.state, "noted": session.noted,
                      "metered": session.register - session.start, "energy": session.billed,
                      "from": session.started, "to": session.time, "station": self.ids[session.station],
                      "user_organisation": f"org{self.wallets.index(wallet) % 2}", "station_organisation": "org0"})

    def run(self, operations):
        done, blocks, began = 0, 0, time.monotonic()
        told = began
        while done < operations and len(self.faults) < 20:
            self.drawn = set()
            ops = [op for op in (self.draw() for _ in range(self.random.choice([1, 2, 5, 12, 30]))) if op]
            later = self.random.choice([SECOND, 10 * SECOND, MINUTE, MINUTE, 10 * MINUTE, HOUR])
            if self.random.random() < 0.002:
                later = SESSION_LIFE
            self.block(ops, later)
            done += len(ops)
            blocks += 1
            if blocks % 100 == 0:
                self.compare_all()
            if time.monotonic() - told > 20:
                told = time.monotonic()
                print(f"# {done} of {operations} operations", flush=True)
        self.compare_all()
        return done, blocks, time.monotonic() - began


def main():
    keep = sys.argv[sys.argv.index("--write") + 1] if "--write" in sys.argv else None
    operations = int(os.environ.get("MONEY_OPERATIONS", "100000"))
    seed = int(os.environ.get("MONEY_SEED", "1"))
    points = Points()
    driver = Driver(os.environ.get("MONEY_DRIVER", f"{BUILD}/tests/contract/money_driver-gcc-O2"), keep)
    model = Model(driver, seed)
    done, blocks, seconds = model.run(operations)
    status = driver.close()
    print(f"# seed {seed}: {done} operations in {blocks} blocks, {seconds:.1f} s")
    kinds = sorted({key[0] for key in model.counts})
    for kind in kinds:
        print("# " + kind + ": " + ", ".join(f"{key[1]} {value}" for key, value in sorted(
            model.counts.items(), key=str) if key[0] == kind))
    words = {key[1] for key in model.counts}
    points.ok(not model.faults and done >= operations, f"{operations} random operations agree with the reference")
    points.ok(status == 0, "the driver ended well")
    points.ok({"valid", "conflict", "out-of-range", "refused"} <= words, "every kind of outcome came up")
    points.ok(all(model.counts.get((kind, "valid")) and model.counts.get((kind, "refused")) for kind in kinds
                  if kind not in ("status",)), "each operation was done and was refused")
    points.end()


if __name__ == "__main__":
    main()
