"""Certificates for the fault server, made by openssl in a directory: an
authority, and servers and clients that it signed. Context: tool."""

import subprocess

PAST = "20200101000000Z"
FUTURE = "20990101000000Z"
LONG_AGO = "20190101000000Z"

CA_CONFIG = """
[ca]
default_ca = ours
[ours]
database = {directory}/index.txt
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


class Authority:
    def __init__(self, directory, name="ca"):
        self.directory = directory / name
        self.directory.mkdir()
        (self.directory / "index.txt").write_text("")
        (self.directory / "serial").write_text("01")
        self.config = self.directory / "ca.conf"
        self.config.write_text(CA_CONFIG.format(directory=self.directory))
        self.certificate = self.directory / "ca.pem"
        self.key = self.directory / "ca.key"
        self.openssl("req", "-x509", *self.new_key(self.key), "-days", "3650",
                     "-subj", f"/CN=test authority {name}", "-out",
                     self.certificate)

    @staticmethod
    def new_key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", path)

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True,
                       capture_output=True, stdin=subprocess.DEVNULL)

    def issue(self, name, alternative="IP:127.0.0.1", start=LONG_AGO,
              end=FUTURE):
        """Signs a certificate; returns the paths of it and of its key."""
        request = self.directory / f"{name}.csr"
        certificate = self.directory / f"{name}.pem"
        key = self.directory / f"{name}.key"
        self.openssl("req", *self.new_key(key), "-subj", f"/CN={name}",
                     "-addext", f"subjectAltName={alternative}", "-out",
                     request)
        self.openssl("ca", "-batch", "-config", self.config, "-cert",
                     self.certificate, "-keyfile", self.key, "-in", request,
                     "-startdate", start, "-enddate", end, "-notext", "-out",
                     certificate)
        return certificate, key
