#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Fig. 7's train of packets is what it says and a seed's own; a run's numbers are those of its log; Fig. 4's sentences say who is worse."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(TOP, "tools", "experiments"), os.path.join(TOP, "tools", "testbed")]
sys.dont_write_bytecode = True

import alarm_run  # noqa: E402
import alarm_train as train  # noqa: E402
import alarms  # noqa: E402
import store  # noqa: E402
import throughput  # noqa: E402
from experiment import Trouble  # noqa: E402
from ktap import Points, skip_all  # noqa: E402
from program import BUILD  # noqa: E402

BEGIN = 1790000000.25
points = Points()


def identifier(shot):
    return int.from_bytes(shot.packet[train.ID], "big")


def timeless(shots):
    """What a seed gives: all but the time in the packet and the tag that covers it."""
    return [(round(shot.at, 9), shot.source, shot.kind, shot.packet[:24], shot.packet[32:-16]) for shot in shots]


def forgeries_are_what_they_say(maker, shots):
    known = dict(train.keys(7))
    correct = [shot for shot in shots if shot.kind == "correct"]
    by_kind = {kind: [shot for shot in shots if shot.kind == kind] for kind in train.KINDS}
    points.ok([len(one) for one in by_kind.values()] == [10] * 4, "a quarter of the forgeries is of each kind")
    points.ok(all(identifier(shot) not in known and any((identifier(shot) ^ one).bit_count() == 1 for one in known) for shot in by_kind["flipped"]),
              "a flipped identifier is one bit from a vehicle's and nobody's")
    points.ok(all(identifier(shot) in known for kind in train.KNOWN for shot in by_kind[kind]), "the other forgeries carry a vehicle's identifier")
    points.ok(all(any(shot.packet == other.packet and 0 <= shot.at - other.at <= 1 for other in correct) for shot in by_kind["replay"]),
              "a replay is a packet that was sent within the last second")

    def tagged(shot):
        """The same packet as its vehicle would make it."""
        session = maker.session(identifier(shot), known[identifier(shot)])
        session.next_sequence = int.from_bytes(shot.packet[16:24], "big")
        return maker.packet(session, shot.packet[1], int.from_bytes(shot.packet[24:32], "big"), shot.packet[32:-16])

    points.ok(all(tagged(shot) == shot.packet for shot in correct), "correct packets are as their vehicles make them")
    points.ok(all(tagged(shot)[:-16] == shot.packet[:-16] and tagged(shot) != shot.packet for kind in ("tag", "clone") for shot in by_kind[kind]),
              "clones and wrong tags differ from what their vehicle would make by the tag alone")
    sequences = {(identifier(shot), shot.packet[16:24]) for shot in correct}
    points.ok(len(sequences) == len(correct) == train.VEHICLES * train.SECONDS * train.PER_SECOND, "no vehicle uses a sequence twice")


def judged():
    shots = [train.Shot(0.1 * at, f"2001:db8::{at}", kind, b"") for at, kind in enumerate(("correct", "correct", "flipped", "tag", "replay", "clone"))]
    sent = {shot.source: shot.at for shot in shots if shot.kind != "correct"}
    everyone = [shot.source for shot in shots]
    result = alarm_run.judge(shots, sent, [("2001:db8::2", 0.21), ("2001:db8::3", 0.33), ("2001:db8::3", 0.9)], everyone)
    points.ok((result["alarmed"], result["false"], result["passed"]) == (50, 0, 100) and abs(result["alarmed_known"] - 100 / 3) < 1e-9,
              "a forgery's alarm counts once", result)
    points.ok(abs(result["alarm_ms"] - 20) < 1e-6 and abs(result["alarm_most_ms"] - 30) < 1e-6, "its time is that of its first line", result)
    result = alarm_run.judge(shots, sent, [("2001:db8::1", 0.2), ("2001:db8::77", 0.2)], everyone[:1])
    points.ok(result["false"] == 2 and result["alarmed"] == 0 and "alarm_ms" not in result, "an alarm of a correct packet, or of nobody's, is false", result)
    points.ok(alarm_run.judge(shots, sent, [], everyone[:1])["passed"] == 50, "a correct packet that did not arrive did not pass")


def sentences():
    def row(point, arm, **result):
        return {"point": point, "seed": 0, "arm": arm, "result": result}

    slow, quick = {"per_second": 10, "p50_ms": 9, "p99_ms": 20}, {"per_second": 100, "p50_ms": 1, "p99_ms": 2}
    told = throughput.compare([row(13, "ours", **quick), row(13, "baseline", **slow), row(50, "ours", **quick)], "vehicles")
    points.ok(len(told) == 1 and "10.0 times as many" in told[0], "throughput: a comparison for each point that has both arms", told)
    told = throughput.compare([row(13, "ours", **slow), row(13, "baseline", **quick)], "vehicles")
    points.ok("worse one in: throughput, p50, p99" in told[-1], "throughput: where ours is worse it is said", told)
    good, bad = ({"alarmed": 100, "alarmed_known": 100, "alarm_ms": 1, "passed": 100, "false": 0},
                 {"alarmed": 25, "alarmed_known": 0, "alarm_ms": 5, "passed": 90, "false": 3})
    told = alarms.finding([row(20, "ours", **bad), row(20, "baseline", **good)])
    points.ok("worse one in: alarms, time to the alarm, correct packets passed" in told[1] and "3 of the gate, 0 of the list check" in told[-1],
              "alarms: where ours is worse it is said, and false alarms are", told)


def troubles():
    """What a run that cannot be, is broken or hangs is told as; the program of a run is another one here."""
    with tempfile.TemporaryDirectory(prefix="voltgate-forgeries-") as folder:
        alarms.PROGRAM, alarms.PATIENCE_S = os.path.join(folder, "run.py"), 1
        for what, text, wrong, said in (("cannot be here", "print('needs root'); raise SystemExit(4)", False, "needs root."),
                                        ("is broken", "raise ValueError('odd')", True, "ValueError: odd"),
                                        ("does not end", "import time; time.sleep(60)", True, "did not end within 1 s")):
            with open(alarms.PROGRAM, "w", encoding="ascii") as file:
                file.write(text)
            try:
                result = alarms.run(4, 1, "ours")
            except Trouble as trouble:
                points.ok(isinstance(trouble, store.Wrong) == wrong and said in str(trouble), f"a run that {what} is told as that", trouble)
            else:
                points.ok(False, f"a run that {what} is told as that", result)


if not os.path.exists(os.path.join(BUILD, "libvoltgate-vehicle.so")):
    skip_all(f"{BUILD}/libvoltgate-vehicle.so is not built; run make")
maker = train.Maker(BUILD)
points.ok(train.PER_SECOND * train.SECONDS * train.VEHICLES == 260 and train.VEHICLES == 13, "13 vehicles send 260 packets")
points.ok(timeless(train.train(maker, 7, 40, BEGIN)) == timeless(train.train(maker, 7, 40, BEGIN + 1000)), "a seed gives the same packets at another time")
points.ok(timeless(train.train(maker, 7, 40, BEGIN)) != timeless(train.train(maker, 8, 40, BEGIN)), "another seed gives others")
forgeries_are_what_they_say(maker, train.train(maker, 7, 40, BEGIN))
judged()
sentences()
troubles()
points.end()
