"""Every combination of layers and classes, on the wire: which fields arrive
at a server on loopback, as protoc reads them."""

import itertools
import random
import unittest

import layers
import sender
import wire
from fault_server import FaultServer, status
from layers import CLASSES, SINCE, WORDS, Layers, Report

ACCEPT = status(202, body=b"{}")
ALL = frozenset(CLASSES)
OTHERS = ALL - {"REQUIRED"}


def reports_for(classes):
    """Every combination of what a report can say of these classes."""
    words = ((frozenset(), frozenset()), (classes, frozenset()),
             (frozenset(), classes))
    return [Report(epoch=epoch, do_not_track=track, granted=granted,
                   denied=denied)
            for epoch, track, (granted, denied) in itertools.product(
                (SINCE - 1, SINCE), (False, True), words)]


def settings_for(classes):
    """Every combination of what the layers above can say of them; the other
    classes are allowed throughout."""
    rest = ALL - classes
    for vendor, policy, track, off, word in itertools.product(
            (False, True), (False, True), (False, True), (False, True),
            WORDS):
        yield Layers(
            vendor=rest | (classes if vendor else frozenset()),
            policy=rest | (classes if policy else frozenset()),
            do_not_track=track, privacy_off=off,
            user={cls: word if cls in classes else "granted"
                  for cls in CLASSES})


class LayersOnTheWire(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(FaultServer([ACCEPT]))
        self.known = self.notices()

    def send(self, setting, reports):
        """{id: pairs} of what arrived."""
        self.clear()
        self.apply(setting, self.known)
        self.drop(reports)
        return self.upload_all()

    def upload_all(self):
        self.server.requests.clear()
        done = self.upload()
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        requests = self.server.requests
        return {request.headers["idempotency-key"]: pairs for request, pairs
                in zip(requests, wire.messages_of(requests), strict=True)}

    def check(self, setting, reports):
        arrived = self.send(setting, reports)
        for report in reports:
            want = layers.expected(setting, report)
            got = arrived.pop(report.id, None)
            if want is None:
                self.assertIsNone(got, f"{setting} {report}")
            else:
                self.assertIsNotNone(got, f"{setting} {report}")
                self.assertEqual(wire.paths(got), want, f"{setting} {report}")
        self.assertEqual(arrived, {})

    def test_all_is_allowed_and_every_field_of_the_schema_arrives(self):
        setting = Layers(user={cls: "granted" for cls in CLASSES})
        report = Report(granted=ALL)
        arrived = self.send(setting, [report])[report.id]
        self.assertEqual(wire.paths(arrived),
                         set(layers.LEAVES) - layers.NEVER_LEAVES)

    def test_every_combination_for_the_optional_classes(self):
        for setting in settings_for(OTHERS):
            self.check(setting, reports_for(OTHERS))

    def test_every_combination_for_required(self):
        for setting in settings_for(frozenset({"REQUIRED"})):
            self.check(setting, reports_for(frozenset({"REQUIRED"})))

    def test_every_kind_needs_its_class(self):
        kinds = ["CRASH", "DETECTION", "FEEDBACK", "USAGE", "TERMINATION"]
        for denied in (None, *CLASSES):
            setting = Layers(user={
                cls: "denied" if cls == denied else "granted"
                for cls in CLASSES})
            self.check(setting, [Report(kind=kind) for kind in kinds])

    def random_case(self, dice):
        def some():
            return frozenset(c for c in CLASSES if dice.random() < 0.8)
        setting = Layers(
            vendor=some() | {"REQUIRED"}, policy=some() | {"REQUIRED"},
            do_not_track=dice.random() < 0.05, privacy_off=dice.random() < 0.7,
            user={cls: dice.choice(WORDS[:2] + ("granted",))
                  if cls == "REQUIRED" else dice.choice(WORDS)
                  for cls in CLASSES})
        reports = [Report(kind=dice.choice(("CRASH", "FEEDBACK", "USAGE")),
                          epoch=dice.choice((SINCE, SINCE, SINCE - 1)),
                          granted=some(), denied=ALL - some() - {"REQUIRED"})
                   for _ in range(4)]
        return setting, reports

    def test_random_mixes_of_all_layers(self):
        dice = random.Random(5)
        for _ in range(sender.scaled(1000)):
            self.check(*self.random_case(dice))

    def deny_more(self, dice, setting, reports):
        """One denial more, at a layer by chance."""
        cls = dice.choice(CLASSES)
        layer = dice.choice(("vendor", "policy", "user", "report", "track",
                             "privacy"))
        if layer in ("vendor", "policy"):
            setattr(setting, layer, getattr(setting, layer) - {cls})
        elif layer == "user":
            setting.user[cls] = "denied"
        elif layer == "track":
            setting.do_not_track = True
        elif layer == "privacy":
            setting.privacy_off = False
        else:
            for report in reports:
                report.denied |= {cls}
        return f"{layer} {cls}"

    def test_a_denial_never_adds_a_byte(self):
        dice = random.Random(6)
        for _ in range(sender.scaled(1000)):
            setting, reports = self.random_case(dice)
            before = self.send(setting, reports)
            for path in self.state.glob("queue/sent/*.inq"):
                path.rename(self.state / "queue/new" / path.name)
            what = self.deny_more(dice, setting, reports)
            self.apply(setting, self.known)
            for report in reports:
                self.write(self.state / "per-report" / report.id,
                           f"granted = {' '.join(report.granted)}\n"
                           f"denied = {' '.join(report.denied)}\n")
            after = self.upload_all()
            self.assertLessEqual(set(after), set(before), what)
            for report_id, pairs in after.items():
                self.assertLessEqual(sorted_counts(pairs),
                                     sorted_counts(before[report_id]), what)


def sorted_counts(pairs):
    """A set in which the nth equal pair is an element of its own."""
    seen = {}
    elements = set()
    for pair in pairs:
        seen[pair] = seen.get(pair, 0) + 1
        elements.add((*pair, seen[pair]))
    return elements


if __name__ == "__main__":
    unittest.main()
