"""What a person says: feedback, and a grant that reaches back. Context: tool."""

import re

from scene_reporter import WAITING, Command


class Feedback(Command):
    """When it says so, it is kept; and never half."""
    name = "feedback"

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "feedback", "--type", "smile",
                "--comment", "it works"]

    def follow_up(self, directory, injection, outcome):
        count = len(self.ids(directory, "new", "busy", "sent"))
        if count not in (WAITING, WAITING + 1):
            yield f"{count} reports of {WAITING + 1}"
        if outcome.status == 0 and count == WAITING:
            yield "said to be kept, and is not"
        yield from self.again(directory, "feedback", "--type", "idea")
        if len(self.ids(directory, "new", "busy", "sent")) != count + 1:
            yield "a second one is not kept"


class GrantPast(Command):
    """Reports from before the grant leave when it was given, and not until
    then."""
    name = "grant the past"

    def prepare(self, directory):
        self.inquest(directory, "consent", "deny", "REQUIRED")
        self.make(directory, WAITING)

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "consent", "grant",
                "REQUIRED", "--include-past"]

    def follow_up(self, directory, injection, outcome):
        granted = "REQUIRED = granted" in \
            (directory / "state/consent").read_text()
        if outcome.status == 0 and not granted:
            yield "said to be granted, and is not"
        yield from self.again(directory, "upload", "--now")
        sent = len(self.ids(directory, "sent"))
        if sent and not granted:
            yield "sent without a grant"
        # A report that could not be read was not shown, and stays.
        told = re.search(r"reaches back to (\d+) report", outcome.err)
        if outcome.status == 0 and told and sent != int(told[1]):
            yield f"reaches back to {told[1]}, and {sent} were sent"
        yield from self.again(directory, *self.command(directory)[1:])
        yield from self.again(directory, "upload", "--now")
        if len(self.ids(directory, "sent")) != WAITING:
            yield "not all are sent in the end"
