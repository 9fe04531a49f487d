# SPDX-License-Identifier: GPL-2.0
"""The money half of charging, slowly and from the paper: paper 3.3, eqs. (2), (4), (5), PROTOCOL.md M1 to M6.

Exact rationals, one operation after the other, no keys and no deltas. check() says whether an operation may be done;
touched() which things it looks at and changes, from which follows what meets what in a block; apply() does it.
"""
from fractions import Fraction
from math import floor

SECOND = 10**6
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LEAP = 5 * SECOND
ZONE = 8 * HOUR
RESERVATION = 900 * SECOND
IDLE = HOUR
LIFE = 600 * SECOND
SESSION_LIFE = 48 * HOUR
EXPIRY = 100 * SECOND  # of a proposal, after the head
MOST = 10**15


def half_up(value):
    return floor(value + Fraction(1, 2))


def local(time):
    """Microseconds since a midnight in the channel's zone."""
    return time - LEAP + ZONE


def turn_at(periods, time):
    """(from, to, energy price, service price) of the tariff's turn that time lies in."""
    day = local(time) // DAY * DAY
    within = local(time) - day
    index = max(i for i, (minute, _, _) in enumerate(periods) if minute * MINUTE <= within)
    end = periods[index + 1][0] * MINUTE if index + 1 < len(periods) else DAY
    back = LEAP - ZONE
    return (day + periods[index][0] * MINUTE + back, day + end + back, periods[index][1], periods[index][2])


def split(periods, begin, end, energy):
    """[(turn, from, to, Wh)]: in proportion to time, earlier parts rounded down, the last takes the rest."""
    parts, at, left = [], begin, energy
    while at < end:
        turn = turn_at(periods, at)
        stop = min(turn[1], end)
        share = left if stop == end else floor(Fraction(energy) * Fraction(stop - at, end - begin))
        parts.append((turn, at, stop, share))
        left -= share
        at = stop
    return parts


class Session:
    def __init__(self, **fields):
        self.state, self.lines, self.billed, self.noted, self.bill = "charging", [], 0, 0, 0
        self.__dict__.update(fields)

    def add(self, periods, number, register, time):
        for turn, begin, end, energy in split(periods, self.time, time, register - self.register):
            energy = min(energy, self.energy - self.billed)
            if not energy:
                continue
            self.billed += energy
            if self.lines and self.lines[-1][0][0] == turn[0]:
                self.lines[-1][2] = end
                self.lines[-1][3] += energy
            else:
                self.lines.append([turn, begin, end, energy])
        self.number, self.register, self.time = number, register, time

    def fees(self):
        return [half_up(Fraction(energy * (turn[2] + turn[3]), 1000)) for turn, _, _, energy in self.lines]

    def copy(self):
        other = Session(**self.__dict__)
        other.lines = [list(line) for line in self.lines]
        return other


class Account:
    def __init__(self):
        self.active, self.balance, self.points, self.count, self.bills, self.doing = True, 0, 0, 0, [], None

    def credit(self):
        return Fraction(self.points, self.count) if self.count else 0


class Charger:
    def __init__(self, station, number, power, register, time):
        self.station, self.number, self.power, self.register, self.read = station, number, power, register, time
        self.open, self.holder, self.until = True, None, 0

    def free(self, now):
        return self.holder is None or (self.holder[0] == "wallet" and self.until <= now)


class Station:
    def __init__(self, name, periods, powers, now):
        self.name, self.tariffs, self.open, self.account = name, [periods], True, 0
        self.chargers = [Charger(name, i + 1, power, 1000, now) for i, power in enumerate(powers)]

    def periods(self, version):
        return self.tariffs[version - 1]


class Refusal(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refusal(why)


class Reference:
    """Operations are dictionaries: {"do": "stop", "wallet": "w3", ...}; all have the members their method reads."""

    def __init__(self, now):
        self.now = now
        self.accounts, self.stations, self.sessions = {}, {}, {}
        self.deposits = self.withdrawals = 0

    def conserved(self):
        held = sum(a.balance for a in self.accounts.values()) + sum(s.account for s in self.stations.values())
        return held == self.deposits - self.withdrawals and all(a.balance >= 0 for a in self.accounts.values())

    def check(self, op):
        """None, or why not."""
        try:
            getattr(self, "check_" + op["do"])(op)
        except Refusal as refusal:
            return str(refusal)
        return None

    # accounts

    def account(self, op):
        need(op["wallet"] in self.accounts, "no account")
        return self.accounts[op["wallet"]]

    def check_deposit(self, op):
        need(self.account(op).balance + op["amount"] <= MOST and 0 < op["amount"] <= MOST, "amount")

    def do_deposit(self, op):
        self.account(op).balance += op["amount"]
        self.deposits += op["amount"]

    def check_withdraw(self, op):
        need(0 < op["amount"] <= self.account(op).balance, "amount")

    def do_withdraw(self, op):
        self.account(op).balance -= op["amount"]
        self.withdrawals += op["amount"]

    def check_suspend(self, op):
        need(self.account(op).active, "suspended already")

    def do_suspend(self, op):
        self.account(op).active = False

    def check_reinstate(self, op):
        need(not self.account(op).active, "active already")

    def do_reinstate(self, op):
        self.account(op).active = True

    # stations

    def check_tariff(self, op):
        need(op["version"] == len(self.stations[op["station"]].tariffs) + 1, "version")

    def do_tariff(self, op):
        self.stations[op["station"]].tariffs.append(op["periods"])

    def check_status(self, op):
        pass

    def do_status(self, op):
        thing = self.stations[op["station"]]
        if op["charger"]:
            thing = thing.chargers[op["charger"] - 1]
        thing.open = op["open"]

    def check_take(self, op):
        need(0 < op["amount"] <= self.stations[op["station"]].account, "amount")

    def do_take(self, op):
        self.stations[op["station"]].account -= op["amount"]
        self.withdrawals += op["amount"]

    # sessions

    def place(self, op):
        station = self.stations[op["station"]]
        need(1 <= op["charger"] <= len(station.chargers), "no charger")
        charger = station.chargers[op["charger"] - 1]
        need(station.open and charger.open, "closed")
        return station, charger

    def reserved(self, account):
        return account.doing and account.doing[0] == "reserved" and account.doing[2] > self.now

    def idle(self, op):
        account = self.account(op)
        need(account.active, "suspended")
        need(account.credit() >= 0, "credit")
        need(not account.doing or account.doing[0] != "charging", "charges")
        return account

    def check_reserve(self, op):
        _, charger = self.place(op)
        need(not self.reserved(self.idle(op)), "has a reservation")
        need(charger.free(self.now), "taken")

    def do_reserve(self, op):
        _, charger = self.place(op)
        charger.holder, charger.until = ("wallet", op["wallet"]), op["head"] + RESERVATION
        self.account(op).doing = ("reserved", charger, charger.until)

    def check_cancel(self, op):
        account = self.account(op) if op["wallet"] in self.accounts else None
        need(account and account.doing and account.doing[0] == "reserved", "no reservation")

    def do_cancel(self, op):
        charger = self.account(op).doing[1]
        if charger.holder == ("wallet", op["wallet"]):
            charger.holder = None
        self.account(op).doing = None

    def check_start(self, op):
        station, charger = self.place(op)
        account = self.idle(op)
        mine = charger.holder == ("wallet", op["wallet"])
        need(op["tariff"] == len(station.tariffs), "tariff")
        need(max(e + s for _, e, s in station.periods(op["tariff"])) <= op["price"], "price")
        need(0 < op["energy"] <= 10**8 and op["price"] <= 2 * 10**8, "ceilings")
        need(charger.free(self.now) or mine, "taken")
        need(not self.reserved(account) or mine, "reserved another")
        need(op["register"] >= charger.register and op["time"] >= charger.read, "start reading")
        need(self.now - LIFE <= op["time"] <= self.now + EXPIRY, "start time")

    def do_start(self, op):
        _, charger = self.place(op)
        self.sessions[op["session"]] = Session(
            wallet=op["wallet"], station=op["station"], charger=charger, tariff=op["tariff"], energy=op["energy"],
            started=op["time"], start=op["register"], number=0, register=op["register"], time=op["time"],
            touched=op["head"])
        charger.holder = ("session", op["session"])
        self.account(op).doing = ("charging", op["session"])

    def reading(self, op):
        need(op["session"] in self.sessions, "no session")
        session = self.sessions[op["session"]]
        need(session.state == "charging", "settled")
        return session

    def follows(self, session, reading):
        number, register, time = reading
        need(number == session.number + 1, "number")
        need(register >= session.register, "falls")
        need(time > session.time, "time")
        most = floor(Fraction(session.charger.power) * Fraction(5, 4) * Fraction(time - session.time, HOUR)) + 1000
        need(register - session.register <= most, "too much")
        need(time <= self.now + EXPIRY, "future")
        need(time - session.started <= SESSION_LIFE, "too long")

    def check_meter(self, op):
        session = self.reading(op)
        need(op["wallet"] == session.wallet, "another wallet")
        self.follows(session, op["readings"][0])

    check_stop = check_meter

    def do_meter(self, op):
        session = self.reading(op)
        session.add(self.stations[session.station].periods(session.tariff), *op["readings"][0])
        session.touched = op["head"]
        op["cost"] = sum(session.fees())

    def check_close(self, op):
        session = self.reading(op)
        need(self.now > session.touched + IDLE, "heard of")
        session = session.copy()
        for reading in op["readings"]:
            self.follows(session, reading)
            session.add(self.stations[session.station].periods(session.tariff), *reading)

    def settled(self, op):
        """The session as op ends it, and its fee."""
        session = self.sessions[op["session"]].copy()
        for reading in op["readings"]:
            session.add(self.stations[session.station].periods(session.tariff), *reading)
        return session, sum(session.fees())

    def do_stop(self, op):
        session, cost = self.settled(op)
        account, station = self.accounts[session.wallet], self.stations[session.station]
        session.cost = op["cost"] = cost
        session.state = op["state"] = "paid" if account.balance >= cost else "unpaid"
        if session.state == "paid":
            account.balance -= cost
            station.account += cost
        if cost:
            account.count += 1
            account.points += 1 if session.state == "paid" else -1
        account.bills.append(op["session"])
        account.doing = None
        session.bill = len(account.bills)
        session.charger.holder = None
        session.charger.register, session.charger.read = session.register, session.time
        self.sessions[op["session"]] = session

    do_close = do_stop

    def check_pay(self, op):
        need(op["session"] in self.sessions, "no session")
        session = self.sessions[op["session"]]
        need(session.wallet == op["wallet"] and session.state == "unpaid", "not unpaid")
        need(self.account(op).balance >= session.cost - session.noted, "balance")

    def do_pay(self, op):
        session, account = self.sessions[op["session"]], self.account(op)
        due = session.cost - session.noted
        account.balance -= due
        self.stations[session.station].account += due
        account.count += 1
        account.points += 1
        session.state = "paid"

    def check_note(self, op):
        account = self.account(op)
        need(1 <= op["number"] <= len(account.bills), "no bill")
        session = self.sessions[account.bills[op["number"] - 1]]
        need(0 < op["amount"] <= session.cost - session.noted, "amount")
        need(session.state != "paid" or self.stations[session.station].account >= op["amount"], "station's account")
        need(session.state != "paid" or account.balance + op["amount"] <= MOST, "balance")

    def do_note(self, op):
        account = self.account(op)
        session = self.sessions[account.bills[op["number"] - 1]]
        session.noted += op["amount"]
        if session.state == "paid":
            account.balance += op["amount"]
            self.stations[session.station].account -= op["amount"]

    # what meets what

    def touched(self, op):
        """(looked at, changed) as sets of things, and whether it took the balance for too low."""
        do, wallet = op["do"], op.get("wallet")
        own, acts = ("account", wallet), ("doing", wallet)
        if do in ("deposit", "withdraw"):
            return {own}, {("balance", wallet)}
        if do in ("suspend", "reinstate"):
            return {own}, {own}
        station = ("station", op.get("station"))
        charger = ("charger", op.get("station"), op.get("charger"))
        if do == "tariff" or (do == "status" and not op["charger"]):
            return {station}, {station}
        if do == "status":
            return {station, charger}, {charger}
        if do == "take":
            return {station}, {("till", op["station"])}
        if do == "reserve":
            return {station, charger, own, acts}, {charger, acts}
        if do == "cancel":
            kept = self.accounts[wallet].doing[1]
            charger = ("charger", kept.station, kept.number)
            return {acts, charger}, {acts} | ({charger} if kept.holder == ("wallet", wallet) else set())
        session = ("session", op.get("session"))
        if do == "start":
            return {station, charger, own, acts}, {charger, acts, session}
        if do == "meter":
            kept = self.sessions[op["session"]].charger
            return {session, ("charger", kept.station, kept.number)}, {session}
        if do in ("stop", "close"):
            return self.touched_settling(op, session)
        if do == "pay":
            held = self.sessions[op["session"]]
            moved = {("balance", wallet), ("till", held.station)} if held.cost > held.noted else set()
            return {session}, {session} | moved
        held = self.accounts[wallet].bills[op["number"] - 1]
        looked = {("session", held)}
        moved = {("balance", wallet), ("till", self.sessions[held].station)}
        return looked, looked | (moved if self.sessions[held].state == "paid" else set())

    def touched_settling(self, op, session):
        held = self.sessions[op["session"]]
        _, cost = self.settled(op)
        charger, acts = ("charger", held.station, held.charger.number), ("doing", held.wallet)
        looked, changed = {session, charger, acts}, {session, charger, acts}
        if self.accounts[held.wallet].balance < cost:
            looked.add(("balance", held.wallet))
        elif cost:
            changed |= {("balance", held.wallet), ("till", held.station)}
        return looked, changed

    def out_of_range(self, op):
        """Is a sum that was enough when the block began too little now?"""
        do = op["do"]
        if do == "deposit":
            return self.account(op).balance + op["amount"] > MOST
        if do == "withdraw":
            return op["amount"] > self.account(op).balance
        if do == "take":
            return op["amount"] > self.stations[op["station"]].account
        if do == "pay":
            session = self.sessions[op["session"]]
            return session.cost - session.noted > self.account(op).balance
        if do in ("stop", "close") and op["enough"]:
            session, cost = self.settled(op)
            return cost > self.accounts[session.wallet].balance
        if do == "note":
            session = self.sessions[self.account(op).bills[op["number"] - 1]]
            return session.state == "paid" and (op["amount"] > self.stations[session.station].account or
                                                self.account(op).balance + op["amount"] > MOST)
        return False

    def enough(self, op):
        """Would the settlement find enough money, as things stand?"""
        session, cost = self.settled(op)
        return self.accounts[session.wallet].balance >= cost
