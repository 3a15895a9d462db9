"""TLS, proxies, credentials: what is verified, what is refused, who sees
what."""

import os
import pathlib
import shutil
import ssl
import subprocess
import unittest
import warnings

from certificates import PAST, Authority
from fault_server import ConnectProxy, FaultServer, status
from sender import (EX_CONFIG, EX_OK, EX_TEMPFAIL, EX_USAGE,
                    DeliveryTest)

ACCEPT = status(202, body=b"{}")
TOKEN = "s3cret-token-of-the-project"


def server_context(pair, **versions):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    for name, version in versions.items():
        setattr(context, name, version)
    return context


class Network(DeliveryTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.directory)
        self.environment["INQUEST_CA_FILE"] = str(self.authority.certificate)

    def serve_tls(self, pair=None, script=(ACCEPT,), **versions):
        pair = pair or self.authority.issue("server")
        return self.serve(FaultServer(
            script, tls=server_context(pair, **versions)))

    def refused(self, server, *words):
        """Nothing left, the report waits, and the reason is told."""
        self.make()
        done = self.upload()
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertEqual(self.places(), {"new": 1})
        self.assertEqual(server.requests, [])
        for word in words:
            self.assertIn(word, done.stderr)

    def sent(self, count=1):
        self.make(count)
        done = self.upload()
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(self.places(), {"sent": count})

    # --- TLS ---

    def test_trusted_server_gets_the_report(self):
        server = self.serve_tls()
        self.sent(10)
        self.assertEqual(len(server.requests), 10)

    def test_certificate_of_a_stranger_is_refused(self):
        stranger = Authority(self.directory, "stranger")
        self.refused(self.serve_tls(stranger.issue("server")), "certificate")

    def trust(self, authority):
        """Puts it where the system keeps those that it trusts, for our
        programs alone."""
        if os.geteuid() != 0:
            self.skipTest("mounts need root")
        system = self.directory / "system"
        system.mkdir()
        shutil.copy(authority.certificate, system / "ca-certificates.crt")
        digest = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in",
             authority.certificate], capture_output=True, text=True,
            check=True).stdout.strip()
        shutil.copy(authority.certificate, system / f"{digest}.0")
        wrapped = self.directory / "wrapped"
        wrapped.write_text(
            "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind \"$0\" "
            f"/etc/ssl/certs && exec {self.program} \"$@\"' {system} \"$@\"\n")
        wrapped.chmod(0o700)
        self.program = wrapped

    def test_ca_file_takes_the_place_of_what_the_system_trusts(self):
        stranger = Authority(self.directory, "stranger")
        self.trust(stranger)
        server = self.serve_tls(stranger.issue("server"))
        self.refused(server, "certificate")
        del self.environment["INQUEST_CA_FILE"]
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertEqual(self.places(), {"sent": 1})

    def test_certificate_for_another_name_is_refused(self):
        pair = self.authority.issue("other", "DNS:other.example,IP:127.0.0.2")
        self.refused(self.serve_tls(pair), "127.0.0.1")

    def test_expired_certificate_is_refused(self):
        pair = self.authority.issue("old", end=PAST)
        self.refused(self.serve_tls(pair), "expired")

    def test_tls_1_1_is_refused(self):
        context = server_context(self.authority.issue("server"))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # as it should
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.refused(self.serve(FaultServer([ACCEPT], tls=context)),
                     "no answer")

    def test_tls_1_2_is_enough(self):
        self.serve_tls(maximum_version=ssl.TLSVersion.TLSv1_2)
        self.sent()

    def test_plain_http_behind_an_https_endpoint_gets_nothing(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.environment["INQUEST_ENDPOINT"] = \
            server.url.replace("http:", "https:")
        self.refused(server, "no answer")

    def test_redirect_from_https_to_http_is_refused(self):
        plain = FaultServer([ACCEPT])
        self.addCleanup(plain.close)
        self.serve_tls(script=[status(308, {"Location": plain.url + "/x"})])
        self.make()
        done = self.upload()
        self.assertEqual(done.returncode, EX_CONFIG)
        self.assertIn("redirects elsewhere, refused", done.stderr)
        self.assertEqual(plain.connections, 0)

    def test_plain_http_to_another_machine_is_refused_unasked(self):
        self.make()
        for endpoint in ("http://collector.example", "http://10.0.0.1:8470",
                         "http://127.0.0.1.example", "http://localhost.evil"):
            self.environment["INQUEST_ENDPOINT"] = endpoint
            done = self.upload()
            self.assertEqual(done.returncode, EX_CONFIG)
            self.assertIn("use https", done.stderr)
        self.assertEqual(self.places(), {"new": 1})

    def test_endpoint_that_is_no_url_is_said(self):
        self.make()
        for endpoint in ("collector", "ftp://127.0.0.1/", "file:///tmp",
                         "https://", "://x"):
            self.environment["INQUEST_ENDPOINT"] = endpoint
            done = self.upload()
            self.assertEqual(done.returncode, EX_CONFIG, endpoint)
            self.assertIn("endpoint", done.stderr)

    # --- who we are ---

    def test_client_certificate_opens_the_door(self):
        context = server_context(self.authority.issue("server"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.certificate)
        server = self.serve(FaultServer([ACCEPT], tls=context))
        self.refused(server, "no answer")  # TLS 1.3 may not get to say why
        certificate, key = self.authority.issue("client", "DNS:client")
        self.environment["INQUEST_CLIENT_CERTIFICATE"] = str(certificate)
        self.environment["INQUEST_CLIENT_KEY"] = str(key)
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertEqual(self.places(), {"sent": 1})

    def test_token_from_a_file_is_sent_as_bearer(self):
        server = self.serve(FaultServer([ACCEPT]))
        path = self.directory / "token"
        path.write_text(TOKEN + "\n")
        self.environment["INQUEST_TOKEN_FILE"] = str(path)
        self.sent()
        self.assertEqual(server.requests[0].headers["authorization"],
                         f"Bearer {TOKEN}")

    def test_token_from_the_credentials_directory(self):
        server = self.serve(FaultServer([ACCEPT]))
        (self.directory / "token").write_text(TOKEN)
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.directory)
        self.sent()
        self.assertEqual(server.requests[0].headers["authorization"],
                         f"Bearer {TOKEN}")

    def test_token_is_in_no_argument_no_output_no_state(self):
        server = FaultServer([ACCEPT])
        server.script = [server.hang]
        self.serve(server)
        path = self.directory / "token"
        path.write_text(TOKEN)
        self.environment["INQUEST_TOKEN_FILE"] = str(path)
        self.make()
        process = self.start("upload", "--verbose")
        self.assertTrue(server.wait_for_requests(1))
        for name in ("cmdline", "environ"):
            text = pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes()
            self.assertNotIn(TOKEN.encode(), text)
        server.close()
        out, err = process.communicate(timeout=30)
        self.assertNotIn(TOKEN, out + err)
        for file in self.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(TOKEN.encode(), file.read_bytes())
        self.assertEqual(self.inquest("upload", "--token=x").returncode,
                         EX_USAGE)

    def test_token_that_cannot_be_read_stops_the_sender(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.make()
        path = self.directory / "token"
        for prepare in (lambda: None, path.mkdir):
            prepare()
            self.environment["INQUEST_TOKEN_FILE"] = str(path)
            done = self.upload()
            self.assertEqual(done.returncode, EX_CONFIG)
            self.assertIn("token file", done.stderr)
        path.rmdir()
        path.write_text("")
        self.assertEqual(self.upload().returncode, EX_CONFIG)
        path.write_text("two\r\nInjected: lines")
        self.assertEqual(self.upload().returncode, EX_CONFIG)
        self.assertEqual(server.requests, [])
        self.assertEqual(self.places(), {"new": 1})

    def test_token_does_not_follow_a_redirect_elsewhere(self):
        other = FaultServer([ACCEPT])
        self.addCleanup(other.close)
        self.serve(FaultServer([status(307, {"Location": other.url})]))
        (self.directory / "token").write_text(TOKEN)
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.directory)
        self.make()
        self.assertEqual(self.upload().returncode, EX_CONFIG)
        self.assertEqual(other.connections, 0)

    # --- proxies ---

    def proxy(self):
        proxy = ConnectProxy()
        self.addCleanup(proxy.close)
        return proxy

    def test_proxy_tunnels_and_sees_nothing(self):
        proxy, server = self.proxy(), self.serve_tls()
        (self.directory / "token").write_text(TOKEN)
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.directory)
        self.environment["INQUEST_PROXY"] = proxy.url
        self.sent()
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(proxy.asked[0][0],
                         f"CONNECT 127.0.0.1:{server.port} HTTP/1.1")
        asked = "\n".join(proxy.asked[0]).lower()
        self.assertNotIn("authorization", asked)
        self.assertNotIn("idempotency-key", asked)
        self.assertNotIn(TOKEN.encode(), proxy.seen)

    def test_https_proxy_of_the_environment_counts(self):
        proxy = self.proxy()
        self.serve_tls()
        self.environment["https_proxy"] = proxy.url
        self.sent()
        self.assertEqual(len(proxy.asked), 1)

    def test_no_proxy_of_the_environment_counts(self):
        proxy = self.proxy()
        self.serve_tls()
        self.environment["https_proxy"] = proxy.url
        self.environment["no_proxy"] = "127.0.0.1"
        self.sent()
        self.assertEqual(proxy.asked, [])

    def test_plain_http_to_this_machine_never_takes_a_proxy(self):
        proxy = self.proxy()
        self.serve(FaultServer([ACCEPT]))
        for name in ("http_proxy", "all_proxy", "INQUEST_PROXY"):
            self.environment[name] = proxy.url
        self.sent()
        self.assertEqual(proxy.asked, [])

    def test_dead_proxy_keeps_the_report(self):
        proxy, server = self.proxy(), self.serve_tls()
        proxy.close()
        self.environment["INQUEST_PROXY"] = proxy.url
        self.refused(server, "no answer")


unittest.main(verbosity=2)
