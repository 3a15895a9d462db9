"""The audit log when its file is full: one becomes an older one, the oldest of
those goes. Context: tool."""

import hashlib

from scene_reporter import WAITING, Command

FULL_BYTES = 4 << 20  # AUDIT_BYTES_MAX
OLDER = 15            # AUDIT_OLDER_MAX


class Chain:
    """Lines as reporter/consent/audit_line.h has them."""

    def __init__(self):
        self.sequence = 0
        self.hash = ""

    def line(self, event, detail):
        self.sequence += 1
        text = f"{self.sequence} 2026-11-29T00:00:00.000Z {event} {detail}"
        self.hash = hashlib.blake2b((self.hash + text).encode(),
                                    digest_size=32).hexdigest()
        return f"{text} {self.hash}\n"

    def first(self):
        if self.sequence == 0:
            return self.line("sent", "one")
        return self.line("rotated", f"from=1 after={self.hash}")


class Rotate(Command):
    """No line is lost but those of the file that is said to be given up."""
    name = "audit log full"
    weight = 0.5

    def prepare(self, directory):
        super().prepare(directory)
        state = directory / "state"
        chain = Chain()
        for _ in range(OLDER):
            text = chain.first()
            self.write(state / f"audit.log.{chain.sequence}", text)
        lines = [chain.first()]
        while 960 * len(lines) < FULL_BYTES:
            lines.append(chain.line("sent", "x" * 900))
        self.write(state / "audit.log", "".join(lines))
        self.write(state / "audit.head", chain.hash)

    def write(self, path, text):
        path.write_text(text)
        path.chmod(0o600)

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "consent", "deny", "OPTIONAL"]

    def follow_up(self, directory, injection, outcome):
        yield from self.again(directory, "consent", "deny", "OPTIONAL")
        state = directory / "state"
        if len(self.ids(directory, "new")) != WAITING:
            yield "reports are gone"
        stays = (state / "audit.log.1").exists()
        if stays and not outcome.fired:  # else it goes with the next one
            yield "the oldest file stays"
        lines = self.inquest(directory, "audit").stdout.splitlines()
        numbers = [int(line.split(" ", 1)[0]) for line in lines]
        first = 1 if stays else 2
        if numbers != list(range(first, first + len(numbers))):
            yield "a line is missing"
        if not any(" rotated from=2 " in line for line in lines):
            yield "no line says that the oldest went"
        if "OPTIONAL" not in lines[-1] + lines[-2]:
            yield "the denial is in no line"
