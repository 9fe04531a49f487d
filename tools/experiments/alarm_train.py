# SPDX-License-Identifier: GPL-2.0
"""
The packets of Fig. 7: those of admitted vehicles, mixed with forgeries made from them, drawn by a seed.

Each forgery comes from an address of its own, by which its alarm is known again. Of the four kinds there are equally many:
  flipped  a vehicle's packet with one bit of its identifier turned over: nobody's identifier
  tag      a vehicle's identifier and next sequence under a tag of random bytes
  clone    the same under the tag that another key makes
  replay   a packet that a vehicle sent within the last second, unaltered
"""
import ctypes
import dataclasses
import os
import random

KINDS = ("flipped", "tag", "clone", "replay")
KNOWN = KINDS[1:] # what carries an identifier of the list
VEHICLES, SECONDS, PER_SECOND = 13, 2, 10 # the paper's vehicles; each sends so many packets a second
FIRST_FORGERY = 0.2 # by then every vehicle has sent a packet to make one from
TYPES = (16, 17, 18, 19, 20) # of vid.h: beacon and the actions
TAG, ID = slice(-16, None), slice(8, 16)


class Session(ctypes.Structure):
    """struct voltgate_session, of which the first three are the caller's to see."""
    _fields_ = [("id", ctypes.c_uint64), ("key", ctypes.c_uint8 * 16), ("next_sequence", ctypes.c_uint64),
                ("rest", ctypes.c_uint8 * 512)]


@dataclasses.dataclass(frozen=True)
class Shot:
    at: float     # seconds from the beginning
    source: str   # IPv6
    kind: str     # "correct" or one of KINDS
    packet: bytes


class Maker:
    """Packets by the library that vehicles link."""

    def __init__(self, build):
        self.library = ctypes.CDLL(os.path.join(build, "libvoltgate-vehicle.so"))
        self.library.voltgate_vid_make.argtypes = [ctypes.POINTER(Session), ctypes.c_int, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_size_t,
                                                   ctypes.c_char_p, ctypes.c_size_t]
        self.library.voltgate_time64.restype = ctypes.c_uint64
        self.library.voltgate_time64.argtypes = [ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint]

    def time64(self, unix):
        return self.library.voltgate_time64(int(unix), int(unix % 1 * 1000000), 5)

    def session(self, number, key):
        session = Session()
        if self.library.voltgate_session_init(ctypes.byref(session), ctypes.c_uint64(number), key):
            raise ValueError("a session needs an identifier that is not 0")
        return session

    def packet(self, session, kind, generated, payload):
        out = ctypes.create_string_buffer(48 + len(payload))
        made = self.library.voltgate_vid_make(ctypes.byref(session), kind, generated, payload, len(payload), out, len(out))
        if made != len(out):
            raise ValueError(f"the library makes no packet: {made}")
        return out.raw


def copy(session):
    other = Session()
    ctypes.pointer(other)[0] = session
    return other


def keys(seed):
    """(identifier, key) of each vehicle."""
    dice = random.Random(f"vehicles {seed}")
    return [(dice.getrandbits(64) | 1, dice.randbytes(16)) for _ in range(VEHICLES)]


def plan(seed, forgeries):
    """(time, kind, vehicle) in order of time; a forgery's vehicle is whose packets it is made from."""
    dice = random.Random(f"train {seed}")
    shots = []
    for vehicle in range(VEHICLES):
        phase = dice.random() / PER_SECOND
        shots += [(phase + turn / PER_SECOND, "correct", vehicle) for turn in range(SECONDS * PER_SECOND)]
    kinds = [KINDS[number % len(KINDS)] for number in range(forgeries)]
    dice.shuffle(kinds)
    shots += [(dice.uniform(FIRST_FORGERY, SECONDS), kind, dice.randrange(VEHICLES)) for kind in kinds]
    return sorted(shots)


def flip(packet, dice, known):
    """@packet under an identifier that differs in one bit and is nobody's."""
    own = int.from_bytes(packet[ID], "big")
    other = dice.choice([own ^ 1 << bit for bit in range(64) if own ^ 1 << bit not in known | {0}])
    return packet[:8] + other.to_bytes(8, "big") + packet[16:]


def forge(maker, dice, kind, session, sent, fresh):
    """@sent: what the vehicle sent so far, (time, packet); @fresh: (type, generated, payload) of what it could send now."""
    if kind == "replay":
        return dice.choice([packet for at, packet in sent if at >= sent[-1][0] - 0.5])
    alike = copy(session)
    if kind == "clone":
        ctypes.memmove(alike.key, dice.randbytes(16), 16)
    packet = maker.packet(alike, *fresh)
    return packet[:-16] + dice.randbytes(16) if kind == "tag" else packet


def train(maker, seed, forgeries, begin):
    """All shots; the first is generated at @begin (Unix seconds). The same seed gives the same ones but for their times."""
    dice = random.Random(f"packets {seed}")
    vehicles = [maker.session(number, key) for number, key in keys(seed)]
    known = {session.id for session in vehicles}
    sent = [[] for _ in vehicles]
    shots = []
    for at, kind, vehicle in plan(seed, forgeries):
        session = vehicles[vehicle]
        fresh = dice.choice(TYPES), maker.time64(begin + at), dice.randbytes(dice.randrange(24, 65))
        if kind == "correct":
            packet, source = maker.packet(session, *fresh), f"2001:db8:a1::1:{vehicle + 1:x}"
            sent[vehicle].append((at, packet))
        else:
            packet, source = forge(maker, dice, kind, session, sent[vehicle], fresh), f"2001:db8:a1::2:{len(shots) + 1:x}"
            packet = flip(packet, dice, known) if kind == "flipped" else packet
        shots.append(Shot(at, source, kind, packet))
    return shots
