"""Memory near registers is recorded where SENSITIVE was granted, and nowhere
else. test_sensitive.py BUILD. Context: tool."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hosts"))
import host  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SECRET = "only in the heap of it"


class Sensitive(unittest.TestCase):
    def crash(self, granted):
        ground = host.Ground(BUILD)
        self.addCleanup(ground.close)
        if granted:
            ground.inquest("consent", "grant", "SENSITIVE")
        status, _, _ = ground.run([BUILD / "zoo/near_register", SECRET], True)
        self.assertEqual(status, -11)
        report, = ground.reports()
        return report

    def test_granted(self):
        near = self.crash(True)["sensitive"]["memoryNear"]
        texts = {one["registerName"]: bytes.fromhex(one["content"])
                 for one in near}
        holders = [name for name, content in texts.items()
                   if SECRET.encode() in content]
        self.assertTrue(holders, texts.keys())
        self.assertTrue(all(len(content) <= 256 for content in texts.values()))
        for one in near:
            self.assertIn("address", one)

    def test_not_granted(self):
        self.assertNotIn("sensitive", self.crash(False))


if __name__ == "__main__":
    unittest.main()
