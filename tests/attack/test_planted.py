"""Root works on a state directory that belongs to an attacker, who planted
links, pipes and directories where files of ours belong: nothing of root's is
read, changed or given away, and nothing waits for ever."""

import os
import shutil
import subprocess
import unittest

from ground import ATTACKER, BUILD, Ground, PERCENT, SECRET, scaled

# Whatever root may do there.
COMMANDS = (
    ("list",), ("show", "last"), ("show", "last", "--json"),
    ("status",), ("doctor",), ("preview",), ("preview", "--raw"),
    ("recover",), ("audit", "verify"), ("upload", "--now"),
    ("consent", "status"), ("consent", "grant", "OPTIONAL"),
    ("consent", "deny", "OPTIONAL"), ("consent", "withdraw"),
    ("memory",), ("export", "last"), ("rm", "all"),
)
# Everything of ours that lies in a state directory.
NAMES = (
    "queue", "queue/tmp", "queue/new", "queue/busy", "queue/sent",
    "queue/bad", "boxes", "apps", "consent", "consent.page",
    "consent.lock",
    "installation-id", "audit.log", "audit.head", "backoff",
    "deletion-request", "rate-limit", "consent.d",
    "queue/new/{id}.inq", "queue/busy/{id}.inq", "queue/sent/{id}.inq",
    "queue/bad/{id}.inq", "queue/tmp/{id}.inq", "queue/bad/{id}.inq.reason",
    "boxes/4194000-77.box", "boxes/link.box",
)
STEP = 1 if PERCENT >= 100 else 4  # of NAMES
ID = "01a20000-0000-7000-8000-000000000000"


class Planted(Ground):
    def fill_with_report(self):
        self.fill(lambda: self.crash(ATTACKER))
        self.assertEqual(self.reports(ATTACKER), 1)

    def plant(self, name, make):
        path = self.state / name.format(id=ID)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        make(path)
        os.chown(path, ATTACKER, ATTACKER, follow_symlinks=False)

    def everywhere(self, make, first):
        """At a share some of the names, each with some of the commands."""
        share = scaled(len(COMMANDS), 3)
        for index, name in enumerate(NAMES):
            if index % STEP != first:
                continue
            self.fill_with_report()
            self.plant(name, make)
            texts = []
            for step in range(share):
                command = COMMANDS[(index + step * len(COMMANDS) // share)
                                   % len(COMMANDS)]
                with self.subTest(planted=name, command=command):
                    done = self.inquest(0, *command)
                    texts += [done.stdout, done.stderr]
            self.crash(0)
            self.assert_unharmed(*texts)

    def test_links_to_a_secret(self):
        self.everywhere(lambda path: path.symlink_to(self.secret), 0)

    def test_links_to_a_directory(self):
        target = self.roots / "precious"
        target.mkdir()
        (target / f"{ID}.inq").write_bytes(SECRET)
        self.before = self.fingerprint()
        self.everywhere(lambda path: path.symlink_to(target), 1 % STEP)

    def test_pipes_keep_nobody_waiting(self):
        self.everywhere(os.mkfifo, 2 % STEP)

    def test_directories(self):
        self.everywhere(lambda path: path.mkdir(exist_ok=True), 3 % STEP)

    def test_state_directory_of_another_is_refused(self):
        """A user's programs and commands leave another's directory alone."""
        self.state.mkdir(mode=0o777)
        self.state.chmod(0o777)
        os.chown(self.state, 1, 1)
        self.crash(ATTACKER)
        done = self.inquest(ATTACKER, "list")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(list(self.state.iterdir()), [])

    def test_state_directory_that_is_a_link_is_refused(self):
        target = self.make_directory("target", ATTACKER, 0o755)
        self.state.symlink_to(target)
        self.crash(ATTACKER)
        self.assertNotEqual(self.inquest(ATTACKER, "list").returncode, 0)
        self.assertEqual(list(target.iterdir()), [])

    def test_configuration_of_another_is_not_believed(self):
        self.environment["INQUEST_ENDPOINT"] = ""
        self.environment["XDG_CONFIG_HOME"] = str(self.attackers)
        place = self.attackers / "inquest"
        place.mkdir()
        config = place / "config"
        config.write_text(f"endpoint = {self.server.url}\n")
        os.chown(config, 1, 1)
        self.crash(ATTACKER)
        self.inquest(ATTACKER, "upload")
        self.assertEqual(self.server.requests, [])


class Boxes(Ground):
    def killed_box(self, user):
        """A box that a killed program of this user left."""
        self.run_as(user, BUILD / "bin/fault_host", "kill", env={
            **self.environment, "INQUEST_SAMPLER": "0",
            "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
        return next((self.state / "boxes").glob("*.box"))

    def test_root_reads_a_box_as_its_owner(self):
        """What a box says of files is looked at with the owner's rights."""
        box = self.killed_box(ATTACKER)
        data = box.read_bytes()
        exe = str(BUILD / "bin/fault_host").encode()
        self.assertIn(exe, data)
        done = self.inquest(0, "recover")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(box.exists())
        for path in (self.state / "queue/new").iterdir():
            self.assertEqual(path.stat().st_uid, ATTACKER)

    def test_box_of_a_third_is_refused(self):
        box = self.killed_box(ATTACKER)
        os.chown(box, 1, 1)
        box.chmod(0o666)
        self.inquest(ATTACKER, "recover")
        self.assertEqual(self.reports(ATTACKER), 0)


unittest.main(verbosity=2)
