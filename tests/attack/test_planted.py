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

    def plant(self, name, make, given=True):
        path = self.state / name.format(id=ID)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        make(path)
        if given:
            os.chown(path, ATTACKER, ATTACKER, follow_symlinks=False)

    def everywhere(self, make, first, given=True):
        """At a share some of the names, each with some of the commands."""
        share = scaled(len(COMMANDS), 3)
        for index, name in enumerate(NAMES):
            if index % STEP != first:
                continue
            self.fill_with_report()
            self.plant(name, make, given)
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

    def test_other_names_of_a_secret(self):
        """As fs.protected_hardlinks = 0 lets the attacker make them."""
        self.secret.write_bytes(SECRET + b"\n" * 8)
        self.before = self.fingerprint()
        self.everywhere(lambda path: os.link(self.secret, path), 2 % STEP,
                        given=False)

    def test_other_names_are_not_written_to(self):
        """What each command that writes in place would have written."""
        for name, commands in {
                "audit.log": [("consent", "deny", "OPTIONAL")],
                "consent.page": [("consent", "deny", "OPTIONAL")],
                "queue/tmp/old": [("recover",), ("upload",)],
                "queue/sent/{id}.inq": [("rm", "all")],
                "rate-limit": [("list",)]}.items():
            with self.subTest(name=name):
                self.fill_with_report()
                self.plant(name, lambda path: os.link(self.secret, path),
                           given=False)
                os.utime(self.secret, (0, 0))  # old enough for the sweep
                for command in commands:
                    self.inquest(0, *command)
                self.crash(0)
                self.assert_unharmed()

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

    def test_way_through_a_link_is_refused_by_root(self):
        """Nothing is made, or given away, where another's link leads."""
        (self.attackers / "way").symlink_to(self.roots)
        for tail in ("new", "new/state", "../roots/new"):
            with self.subTest(tail=tail):
                self.state = self.attackers / "way" / tail
                self.environment["INQUEST_STATE_DIR"] = str(self.state)
                self.assertNotEqual(self.inquest(0, "list").returncode, 0)
                self.crash(0)
                self.assert_unharmed()

    def test_way_through_a_link_of_roots_is_gone(self):
        target = self.make_directory("target", 0, 0o755)
        (self.directory / "way").symlink_to("target")
        self.state = self.directory / "way/new/state"
        self.environment["INQUEST_STATE_DIR"] = str(self.state)
        self.crash(0)
        self.assertEqual(self.reports(0), 1)
        self.assertTrue((target / "new/state/queue").is_dir())

    def test_root_believes_no_configuration_of_another(self):
        """As it is found where HOME stays what it was."""
        self.environment["INQUEST_ENDPOINT"] = ""
        self.environment["XDG_CONFIG_HOME"] = str(self.attackers)
        place = self.attackers / "inquest"
        place.mkdir()
        config = place / "config"
        config.write_text(f"endpoint = {self.server.url}\n"
                          f"token_file = {self.secret}\n")
        os.chown(config, ATTACKER, ATTACKER)
        self.crash(0)
        self.inquest(0, "upload")
        self.assertEqual(self.server.requests, [])

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

    def test_box_of_root_is_nobody_elses(self):
        """Its stacks are not his to read, nor its mapping his to cut short;
        the report is his all the same."""
        self.state.mkdir()
        os.chown(self.state, ATTACKER, ATTACKER)
        box = self.killed_box(0)
        self.assertEqual((box.stat().st_uid, box.stat().st_mode & 0o777),
                         (0, 0o600))
        self.inquest(ATTACKER, "recover")
        self.assertTrue(box.exists())
        self.inquest(0, "recover")
        self.assertFalse(box.exists())
        done = self.run_as(0, BUILD / "bin/inquest", "run", "--",
                           BUILD / "bin/fault_host", "kill", env={
                               **self.environment, "INQUEST_ENDPOINT": ""})
        self.assertEqual(done.returncode, -9)
        self.crash(0)
        self.assertEqual(self.reports(ATTACKER), 2)

    def test_box_of_root_elsewhere_is_not_reported_here(self):
        """One that root keeps elsewhere, by another name of it."""
        self.state.mkdir()
        os.chown(self.state, ATTACKER, ATTACKER)
        here = self.state
        self.state = self.roots / "state"
        self.environment["INQUEST_STATE_DIR"] = str(self.state)
        box = self.killed_box(0)
        self.state = here
        self.environment["INQUEST_STATE_DIR"] = str(here)
        (here / "boxes").mkdir(mode=0o700)
        os.chown(here / "boxes", ATTACKER, ATTACKER)
        os.link(box, here / "boxes" / box.name)
        self.inquest(0, "recover")
        self.assertEqual(self.reports(0), 0)
        self.assertTrue(box.exists())

    def test_box_of_root_is_told_however_its_place_is_spelled(self):
        (self.directory / "way").symlink_to("attackers")
        for place in (f"{self.state}/", self.roots / "../attackers/state",
                      self.directory / "way/state"):
            with self.subTest(place=place):
                shutil.rmtree(self.state, ignore_errors=True)
                self.state.mkdir()
                os.chown(self.state, ATTACKER, ATTACKER)
                self.crash(0, INQUEST_STATE_DIR=str(place), INQUEST_TIER="2")
                self.inquest(0, "recover")
                self.assertEqual(self.reports(0), 1)
                self.assertEqual(list((self.state / "boxes").iterdir()), [])

    def test_box_of_root_comes_here_by_no_link_of_his(self):
        here = self.state
        away = self.make_directory("away", ATTACKER, 0o755)
        self.state = away / "state"
        self.environment["INQUEST_STATE_DIR"] = str(self.state)
        self.crash(0, INQUEST_TIER="2")
        box = next((self.state / "boxes").glob("*.box"))
        (here / "boxes").mkdir(parents=True, mode=0o700)
        for path in (here, here / "boxes"):
            os.chown(path, ATTACKER, ATTACKER)
        os.link(box, here / "boxes" / box.name)
        shutil.rmtree(away)
        away.symlink_to(self.attackers)
        os.chown(away, ATTACKER, ATTACKER, follow_symlinks=False)
        self.environment["INQUEST_STATE_DIR"] = str(here)
        self.inquest(0, "recover")
        self.assertEqual(self.reports(0), 0)
        self.assertTrue((here / "boxes" / box.name).exists())

    def test_box_of_a_third_is_refused(self):
        box = self.killed_box(ATTACKER)
        os.chown(box, 1, 1)
        box.chmod(0o666)
        self.inquest(ATTACKER, "recover")
        self.assertEqual(self.reports(ATTACKER), 0)


unittest.main(verbosity=2)
