"""The machine is known by a random id, or by the MAC address where that was
configured; after a withdrawal by a new random id alone. In a network namespace
with an adapter of the test's own."""

import json
import subprocess
import unittest

import find
import layers
import namespace
import sender
from fault_server import FaultServer, status

ACCEPT = status(202, body=b"{}")


class Device(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(FaultServer([ACCEPT]))
        self.environment["INQUEST_DEVICE_IDENTIFIER"] = "mac"
        link = subprocess.run(["ip", "-json", "link", "show", "wire0"],
                              capture_output=True, check=True).stdout
        self.address = json.loads(link)[0]["address"]

    def send(self):
        """A report; whether the address, and whether the id is in it."""
        self.inquest("feedback", "--type", "smile", "--comment", "hello")
        self.server.requests.clear()
        done = self.inquest("upload", "--now")
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        guid = (self.state / "installation-id").read_text().strip()
        body = self.server.requests[-1].body
        return (bool(find.words_in(body, [self.address])),
                bool(find.words_in(body, [guid])))

    def test_the_random_id_is_the_default(self):
        del self.environment["INQUEST_DEVICE_IDENTIFIER"]
        self.assertEqual(self.send(), (False, True))

    def test_the_address_of_the_default_route_in_place_of_the_id(self):
        self.assertEqual(self.send(), (True, False))

    def test_without_a_default_route_the_random_id(self):
        subprocess.run(["ip", "route", "del", "default"], check=True)
        try:
            self.assertEqual(self.send(), (False, True))
        finally:
            subprocess.run("ip route add default via 192.0.2.1".split(),
                           check=True)

    def test_a_withdrawal_gives_the_address_up_and_asks_to_delete_it(self):
        self.assertEqual(self.send(), (True, False))
        old = (self.state / "installation-id").read_text().strip()
        self.inquest("consent", "withdraw")
        self.assertEqual(json.loads(self.server.requests[-1].body),
                         {"installationId": old, "macAddress": self.address})
        self.assertEqual(find.words_below(self.state, [old, self.address]), [])
        for cls in ("REQUIRED", "FEEDBACK"):
            self.inquest("consent", "grant", cls)
        self.assertEqual(self.send(), (False, True))


if __name__ == "__main__":
    namespace.enter()
    unittest.main()
