"""The build refuses a field whose data class, purpose or retention is missing:
test_schema.py SOURCE_DIR CLASS_GENERATE PROTOBUF_INCLUDE"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE, GENERATE, INCLUDE = sys.argv[1:4]
del sys.argv[1:4]
FULL = "class: REQUIRED, purpose: FIND_CAUSE, retention_days: 90"


def generate(options):
    """Compiles the schema with one more field; the generator's result."""
    with tempfile.TemporaryDirectory() as directory:
        proto = pathlib.Path(directory) / "proto"
        proto.mkdir()
        for name in ("report.proto", "data_class.proto"):
            text = (pathlib.Path(SOURCE) / "proto" / name).read_text()
            (proto / name).write_text(text.replace(
                "message Feature {", "message Feature {\n"
                f"  // A colour.\n  string colour = 99{options};", 1))
        subprocess.run(
            ["protoc", f"-I{directory}", f"-I{INCLUDE}", "--include_imports",
             "--include_source_info",
             f"--descriptor_set_out={directory}/set", "proto/report.proto"],
            check=True)
        return subprocess.run(
            [GENERATE, f"{directory}/set", f"{directory}/table.c"],
            capture_output=True, text=True)


class Schema(unittest.TestCase):
    def test_field_with_all_options_builds(self):
        result = generate(f" [(inquest.data) = {{ {FULL} }}]")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def assert_refused(self, options):
        result = generate(options)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("Feature", result.stderr)
        self.assertIn("colour", result.stderr)

    def test_field_without_options_does_not_build(self):
        self.assert_refused("")

    def test_field_without_one_of_them_does_not_build(self):
        for missing in FULL.split(", "):
            with self.subTest(missing=missing):
                rest = ", ".join(part for part in FULL.split(", ")
                                 if part != missing)
                self.assert_refused(f" [(inquest.data) = {{ {rest} }}]")


if __name__ == "__main__":
    unittest.main()
