"""Uploading while something may not leave: whatever cannot be read, what the
person, the administrator or the program's environment does not allow stays.
Context: tool."""

import gzip
import pathlib
import shutil
import subprocess
import tempfile

from injection import BOUND_S
from scene_reporter import WAITING, Command

CANARY = "notToLeaveCanary"
# Kind, epoch and DO_NOT_TRACK of each: one leaves without its canaries, the
# others not at all.
REPORTS = "CRASH 5 track\nUSAGE 5 track\nCRASH 5 do-not-track\n"


class UploadRest(Command):
    """Of three reports one may leave, and not all that it holds."""
    name = "upload the rest"

    def prepare(self, directory):
        for name in ("OPTIONAL", "FEEDBACK"):
            self.inquest(directory, "consent", "deny", name)
        made = subprocess.run(
            [self.build / "bin/make_filled", directory / "state", CANARY],
            input=REPORTS, capture_output=True, text=True, check=True)
        self.allowed = made.stdout.split()[:1]

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "upload"]

    def improper(self, directory):
        """What arrived and should not have."""
        for request in self.received(directory):
            name = request.headers["idempotency-key"]
            if name not in self.allowed:
                yield f"{name} left, which may not"
            elif CANARY.encode() in gzip.decompress(request.body):
                yield f"{name} left with what is denied"

    def follow_up(self, directory, injection, outcome):
        yield from self.improper(directory)
        yield from self.again(directory, "upload", "--now")
        yield from self.improper(directory)
        if self.ids(directory, "sent") != self.allowed:
            yield "what is allowed is not sent in the end"
        if len(self.ids(directory, "new", "busy", "sent")) != WAITING:
            yield "reports are gone"


class UploadDenied(UploadRest):
    """The person denied everything."""
    name = "upload what is denied"
    allowed = []
    weight = 0.4

    def prepare(self, directory):
        self.make(directory, WAITING)
        self.inquest(directory, "consent", "deny", "REQUIRED")


class UploadForbidden(UploadDenied):
    """The administrator allows nothing."""
    name = "upload what is forbidden"

    def prepare(self, directory):
        self.make(directory, WAITING)
        (directory / "policy.conf").write_text("allow = none\n")

    def environment(self, directory):
        return {**super().environment(directory),
                "INQUEST_POLICY_FILE": str(directory / "policy.conf")}


class UploadWithheld(UploadDenied):
    """Who made the installation withholds everything."""
    name = "upload what is withheld"

    def prepare(self, directory):
        self.make(directory, WAITING)
        self.place = tempfile.TemporaryDirectory(prefix="inquest-fault-")
        tree = pathlib.Path(self.place.name)
        (tree / "bin").mkdir()
        (tree / "lib/inquest").mkdir(parents=True)
        self.program_path = tree / "bin/inquest"
        shutil.copy(self.build / "bin/inquest", self.program_path)
        (tree / "lib/inquest/vendor.conf").write_text("allow = none\n")

    def command(self, directory):
        return [str(self.program_path), "upload"]

    def again(self, directory, *arguments):
        subprocess.run([self.program_path, *arguments], check=True,
                       env=self.environment(directory), capture_output=True,
                       timeout=BOUND_S)
        return ()
