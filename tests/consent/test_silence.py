"""In a network namespace with a capture running: what must not say a word
says none, not even to a name server; and what may is seen."""

import ctypes
import unittest

import layers
import namespace
import sender
from fault_server import FaultServer, status
from job import PYTHON_CRASH

PR_SET_CHILD_SUBREAPER = 36
SOMEWHERE = "https://collector.inquest.example"
ACCEPT = status(202, body=b"{}")
DNS = 53


class Silence(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.capture = namespace.Capture()
        self.addCleanup(self.capture.close)
        self.environment["INQUEST_SEND_TIMEOUT"] = "3"
        self.environment["https_proxy"] = "http://192.0.2.80:3128"

    def crash(self):
        """A program dies under `inquest run`, which would send at once."""
        done = self.inquest("run", "--wait-upload", "20", "--", *PYTHON_CRASH)
        self.assertLess(done.returncode, 0)
        namespace.wait_for_children()
        self.assertTrue(self.place("new") | self.place("sent"))

    def use_everything(self):
        """Every command that might want to talk."""
        self.crash()
        self.inquest("feedback", "--type", "idea", "--comment", "words")
        for command in (["list"], ["show", "last"], ["preview"], ["status"],
                        ["doctor"], ["privacy"], ["audit"], ["recover"],
                        ["export", "--public"], ["consent"],
                        ["upload"], ["upload", "--now", "--wait"]):
            self.inquest(*command)
        namespace.wait_for_children()

    def assert_silent(self):
        frames = self.capture.frames()
        self.assertEqual(len(frames), 0, [frame.hex() for frame in frames[:3]])

    def test_the_capture_sees_a_name_look_up(self):
        """The control: allowed and configured, so it asks for the name."""
        del self.environment["https_proxy"]
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.crash()
        ports = {namespace.port_of(frame) for frame in self.capture.frames()}
        self.assertIn(DNS, ports)

    def test_the_capture_sees_an_upload(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.crash()
        self.assertTrue(self.place("sent"))
        ports = {namespace.port_of(frame) for frame in self.capture.frames()}
        self.assertIn(server.port, ports)
        self.assertNotIn(DNS, ports)

    def test_a_default_installation_is_silent(self):
        self.use_everything()
        self.inquest("consent", "grant", "OPTIONAL")
        self.inquest("upload")
        self.inquest("consent", "withdraw")
        self.assert_silent()

    def test_do_not_track_is_silent(self):
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.environment["DO_NOT_TRACK"] = "1"
        self.use_everything()
        self.inquest("consent", "grant", "OPTIONAL")
        self.inquest("consent", "grant", "REQUIRED", "--include-past")
        self.inquest("upload", "--now")
        self.inquest("consent", "withdraw")
        self.inquest("upload", "--now")
        self.assert_silent()

    def test_what_died_before_do_not_track_stays_under_it(self):
        self.crash()
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.environment["DO_NOT_TRACK"] = "1"
        self.inquest("upload", "--now")
        self.assert_silent()

    def test_what_died_under_do_not_track_stays_when_it_is_gone(self):
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.environment["DO_NOT_TRACK"] = "1"
        self.crash()
        del self.environment["DO_NOT_TRACK"]
        self.inquest("upload", "--now")
        self.assert_silent()

    def test_a_denial_is_silent(self):
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.inquest("consent", "deny", "REQUIRED")
        self.use_everything()
        self.assert_silent()

    def test_a_local_withdrawal_is_silent(self):
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.inquest("consent", "withdraw", "--local-only")
        self.use_everything()
        self.assert_silent()

    def test_a_policy_that_allows_nothing_is_silent(self):
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        self.write(self.policy, "allow = none\n")
        self.use_everything()
        self.assert_silent()

    def test_files_that_nobody_may_believe_are_silent(self):
        self.environment["INQUEST_ENDPOINT"] = SOMEWHERE
        for path in (self.policy, self.vendor, self.state / "consent",
                     self.directory / "inquest/config"):
            with self.subTest(path=path.name):
                self.write(path, "not a line of ours\n")
                self.crash()
                self.inquest("upload", "--now")
                self.assert_silent()
                path.unlink()


if __name__ == "__main__":
    namespace.enter()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    unittest.main()
