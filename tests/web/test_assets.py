"""How the collector hands out its page: policy, caching, compression."""

import gzip
import hashlib
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import job  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1))
FIRST_LOAD_BYTES_MAX = 60_000  # compressed: page, script and style
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
          "form-action 'self'; frame-ancestors 'none'")


class Assets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-web-"))
        cls.collector = job.Collector(BUILD, cls.directory / "reports.db")

    @classmethod
    def tearDownClass(cls):
        cls.collector.stop()
        shutil.rmtree(cls.directory)

    def get(self, path, **headers):
        request = urllib.request.Request(
            self.collector.url + path,
            headers={name.replace("_", "-"): value
                     for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def addresses(self):
        _, _, page = self.get("/")
        found = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.decode())
        self.assertEqual(len(found), 2)
        return found

    def test_policy_allows_no_inline_and_no_other_host(self):
        for path in ["/", *self.addresses()]:
            _, headers, _ = self.get(path)
            self.assertEqual(headers["Content-Security-Policy"], POLICY)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        _, _, page = self.get("/")
        self.assertNotRegex(page.decode(), r"<style|style=|<script>|\son\w+=")

    def test_addresses_hold_the_content_hash_and_last_for_ever(self):
        for path in self.addresses():
            _, headers, body = self.get(path)
            digest = hashlib.sha256(body).hexdigest()
            self.assertIn(digest[:12], path)
            self.assertIn("immutable", headers["Cache-Control"])

    def test_the_page_itself_is_asked_for_anew_and_confirmed(self):
        _, headers, _ = self.get("/")
        self.assertEqual(headers["Cache-Control"], "no-cache")
        status, _, body = self.get("/", If_None_Match=headers["ETag"])
        self.assertEqual((status, body), (304, b""))
        status, _, _ = self.get("/", If_None_Match='"another"')
        self.assertEqual(status, 200)

    def test_compressed_it_is_the_same_and_small(self):
        total = 0
        for path in ["/", *self.addresses()]:
            _, plain_headers, plain = self.get(path)
            _, headers, packed = self.get(path, Accept_Encoding="gzip, br")
            self.assertIsNone(plain_headers["Content-Encoding"])
            self.assertEqual(headers["Content-Encoding"], "gzip")
            self.assertEqual(headers["Vary"], "Accept-Encoding")
            self.assertEqual(gzip.decompress(packed), plain)
            total += len(packed)
        self.assertLess(total, FIRST_LOAD_BYTES_MAX)

    def test_what_is_not_there_is_404(self):
        for path in ("/assets/", "/assets/page.js", "/assets/../main.c"):
            self.assertEqual(self.get(path)[0], 404, path)


unittest.main(verbosity=2)
