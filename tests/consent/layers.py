"""The layers of consent as the tests set them, and what they must amount to:
an own statement of DESIGN section 6. Context: tool."""

import dataclasses
import json
import os
import shutil
import subprocess

import sender
import wire

CLASSES = ("REQUIRED", "DETECTION", "OPTIONAL", "FEEDBACK", "SENSITIVE")
NEEDED = {"DETECTION": "DETECTION", "FEEDBACK": "FEEDBACK",
          "USAGE": "OPTIONAL"}  # by kind; else REQUIRED alone
LEAVES = wire.leaves()
SINCE = 5  # epoch of every grant
WORDS = ("unset", "granted", "denied")
NEVER_LEAVES = {"do_not_track"}  # true: no report; false: not on the wire


@dataclasses.dataclass
class Layers:
    """What holds for one run of the command."""
    vendor: frozenset = frozenset(CLASSES)
    policy: frozenset = frozenset(CLASSES)
    do_not_track: bool = False
    privacy_off: bool = True
    user: dict = dataclasses.field(default_factory=dict)  # class: word


@dataclasses.dataclass
class Report:
    """What one report says of itself."""
    kind: str = "CRASH"
    epoch: int = SINCE
    do_not_track: bool = False
    granted: frozenset = frozenset()
    denied: frozenset = frozenset()
    id: str = ""


def allowed(cls, layers, report):
    word = layers.user.get(cls, "unset")
    user = {"denied": False,
            "unset": cls != "OPTIONAL",
            "granted": report.epoch >= SINCE}[word]
    return (user and cls in layers.vendor and cls in layers.policy
            and not layers.do_not_track and not report.do_not_track
            and (cls != "DETECTION" or layers.privacy_off)
            and cls not in report.denied
            and (cls != "SENSITIVE" or cls in report.granted))


def expected(layers, report):
    """The paths that must arrive; None: no request at all."""
    may = {cls for cls in CLASSES if allowed(cls, layers, report)}
    if not {"REQUIRED", NEEDED.get(report.kind, "REQUIRED")} <= may:
        return None
    return {path for path, classes in LEAVES.items()
            if classes <= may} - NEVER_LEAVES


class ConsentTest(sender.DeliveryTest):
    """A sender with a tree of its own, so that it has a vendor too."""

    def setUp(self):
        super().setUp()
        tree = self.directory / "tree"
        (tree / "bin").mkdir(parents=True)
        (tree / "lib/inquest").mkdir(parents=True)
        self.program = tree / "bin/inquest"
        shutil.copy(sender.BUILD / "bin/inquest", self.program)
        for name in ("bin/inquest-dumper", "bin/inquest-symbolicate",
                     "lib/libinquest.so"):
            (tree / name).symlink_to(sender.BUILD / name)
        self.vendor = tree / "lib/inquest/vendor.conf"
        self.policy = self.directory / "policy.conf"
        self.environment["INQUEST_POLICY_FILE"] = str(self.policy)

    def write(self, path, text, mode=0o600):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text)
        os.chmod(path, mode)

    def notices(self):
        """{class: what a grant must name} of this build."""
        notice = json.loads(self.inquest("privacy", "--json").stdout)
        return {name: entry["noticeVersion"]
                for name, entry in notice["classes"].items()}

    def apply(self, layers, notices):
        self.write(self.vendor, f"allow = {' '.join(layers.vendor) or 'none'}")
        self.write(self.policy, f"allow = {' '.join(layers.policy) or 'none'}")
        self.environment["INQUEST_PRIVACY_SETTING"] = \
            "off" if layers.privacy_off else "on"
        self.environment.pop("DO_NOT_TRACK", None)
        if layers.do_not_track:
            self.environment["DO_NOT_TRACK"] = "1"
        lines = [f"epoch = {SINCE + 1}"]
        for cls, word in layers.user.items():
            if word != "unset":
                lines.append(f"{cls} = {word} 2026-11-25T00:00:00.000Z uid:0 "
                             f"command {notices[cls]} {SINCE}")
        self.write(self.state / "consent", "\n".join(lines) + "\n")

    def drop(self, reports, text=None):
        """Drops filled reports; their ids are set."""
        lines = "".join(f"{r.kind} {r.epoch} "
                        f"{'do-not-track' if r.do_not_track else 'track'}\n"
                        for r in reports)
        done = subprocess.run(
            [sender.BUILD / "bin/make_filled", self.state,
             *([text] if text else [])],
            input=lines, capture_output=True, text=True, check=True)
        for report, report_id in zip(reports, done.stdout.split(),
                                     strict=True):
            report.id = report_id
            if report.granted or report.denied:
                self.write(self.state / "per-report" / report_id,
                           f"granted = {' '.join(report.granted)}\n"
                           f"denied = {' '.join(report.denied)}\n")

    def clear(self):
        """No report, no word for one."""
        for path in self.state.glob("queue/*/*"):
            path.unlink()
        for path in self.state.glob("per-report/*"):
            path.unlink()
