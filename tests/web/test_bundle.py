"""The committed bundle is what its sources and the lock file make."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import node

BUILD = pathlib.Path(sys.argv.pop(1))
BUNDLE_BYTES_MAX = 200_000


class Bundle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = node.prepare(BUILD)
        node.copy_page(cls.directory / "page")

    def run_node(self, *command):
        result = subprocess.run(command, cwd=self.directory / "page",
                                capture_output=True, text=True, timeout=100)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_built_again_it_has_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as out:
            self.run_node("node", "build.mjs", out)
            for name in ("page.js", "page.css"):
                self.assertEqual(
                    pathlib.Path(out, name).read_bytes(),
                    (node.PAGE / "dist" / name).read_bytes(),
                    f"collector/page/dist/{name} is old: npm ci && "
                    "npm run build in collector/page")

    def test_types_hold(self):
        self.run_node(self.directory / "node_modules/.bin/tsc", "--noEmit")

    def test_it_is_small_and_names_its_licences(self):
        text = (node.PAGE / "dist/page.js").read_text()
        self.assertLess(len(text), BUNDLE_BYTES_MAX)
        self.assertIn("Leon Sorokin", text[:600])

    def test_no_source_parses_markup_or_code(self):
        for path in node.PAGE.glob("src/**/*.ts"):
            text = path.read_text()
            for word in ("innerHTML", "outerHTML", "insertAdjacentHTML",
                         "document.write", "DOMParser", "eval(",
                         "new Function", "cssText"):
                self.assertNotIn(word, text, path)
            self.assertLessEqual(text.count("\n"), 300, path)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, f"{path}: {line}")


unittest.main(verbosity=2)
