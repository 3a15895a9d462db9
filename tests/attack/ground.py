"""What the attack tests share: an attacker without privileges, a victim, a
secret that must neither leave nor change. Context: tool."""

import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
ATTACKER = 65534  # nobody
BOUND_S = 20
SYSEXITS = (0, *range(64, 79))
SECRET = b"KANARIENVOGEL-" + os.urandom(12).hex().encode()
SANITIZED = b"libasan.so" in (BUILD / "bin/inquest").read_bytes()

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "deliver"))
from fault_server import FaultServer, status  # noqa: E402


def scaled(full, least=1):
    return max(least, round(full * PERCENT / 100))


class Ground(unittest.TestCase):
    """A directory that all may enter, with the attacker's part and root's."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root: two users")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-at-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.directory.chmod(0o755)
        self.attackers = self.make_directory("attackers", ATTACKER, 0o755)
        self.roots = self.make_directory("roots", 0, 0o700)
        self.secret = self.roots / "secret"
        self.secret.write_bytes(SECRET + b"\n")
        self.secret.chmod(0o600)
        self.before = self.fingerprint()
        self.server = FaultServer([status(202, body=b"{}")])
        self.addCleanup(self.server.close)
        self.state = self.attackers / "state"
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("INQUEST_") and name != "DO_NOT_TRACK"
            and not name.lower().endswith("_proxy")}
        self.environment.update({
            "INQUEST_STATE_DIR": str(self.state), "TZ": "UTC",
            "XDG_CONFIG_HOME": str(self.roots),
            "INQUEST_SYMBOL_CACHE": str(self.roots / "cache"),
            "INQUEST_ENDPOINT": self.server.url})

    def make_directory(self, name, owner, mode):
        path = self.directory / name
        path.mkdir()
        os.chown(path, owner, owner)
        path.chmod(mode)
        return path

    def fingerprint(self):
        """All that is root's: names, owners, modes, bytes."""
        told = hashlib.sha256()
        for path in sorted(self.roots.rglob("*")):
            if "cache" in path.parts:
                continue
            status = path.lstat()
            told.update(f"{path} {status.st_uid} {status.st_mode}".encode())
            if path.is_file():
                told.update(path.read_bytes())
        return told.hexdigest()

    def run_as(self, user, *command, **options):
        """A command of root or of the attacker; must end within the bound."""
        options.setdefault("env", self.environment)
        options.setdefault("timeout", BOUND_S)
        prefix = []
        if user != 0:
            environment = dict(options["env"])
            preload = environment.pop("LD_PRELOAD", None)  # not in setpriv
            options["env"] = environment
            prefix = ["setpriv", "--reuid", str(user), "--regid", str(user),
                      "--clear-groups"]
            if preload:
                prefix += ["env", f"LD_PRELOAD={preload}"]
        return subprocess.run(
            [*prefix, *map(str, command)], stdin=subprocess.DEVNULL,
            capture_output=True, **options)

    def inquest(self, user, *arguments, terminal=False, **options):
        command = [BUILD / "bin/inquest", *arguments]
        if terminal:  # of script(1), whose output is the command's
            command = ["script", "-qec", shlex.join(map(str, command)),
                       "/dev/null"]
        done = self.run_as(user, *command, **options)
        self.assertIn(done.returncode, SYSEXITS,
                      f"inquest {arguments}: {done.stderr}")
        if done.returncode:
            self.assertTrue((done.stderr + done.stdout).strip(), arguments)
        return done

    def crash(self, user, *options, **variables):
        """A watched program of that user dies; as it would without us."""
        done = self.run_as(
            user, BUILD / "bin/fault_host", "crash",
            env={**self.environment, "INQUEST_SAMPLER": "0",
                 "LD_PRELOAD": str(BUILD / "lib/libinquest.so"), **variables})
        self.assertEqual(done.returncode, -11)
        self.assertTrue(done.stdout.startswith(b"descriptors: "))
        self.assertEqual(done.stderr, b"")

    def fill(self, make):
        """The attacker's state directory as make leaves it, each time anew."""
        template = self.directory / "template"
        if not template.exists():
            make()
            self.state.rename(template)
        shutil.rmtree(self.state, ignore_errors=True)
        subprocess.run(["cp", "-a", template, self.state], check=True)

    def reports(self, user=0):
        done = self.inquest(user, "list", "--json")
        return done.stdout.count(b'"reportId"')

    def assert_unharmed(self, *texts):
        """Root's part is as it was; the secret went nowhere."""
        self.assertEqual(self.fingerprint(), self.before)
        for text in texts:
            self.assertNotIn(SECRET, text)
        with self.server.changed:
            for request in self.server.requests:
                self.assertNotIn(SECRET, request.body)
        done = subprocess.run(["grep", "-rlF", SECRET.decode(),
                               self.attackers], capture_output=True)
        # grep finds it where another name leads to it, too: no copies.
        for path in done.stdout.decode().split():
            path = pathlib.Path(path)
            self.assertTrue(path.is_symlink() or path.samefile(self.secret),
                            path)
