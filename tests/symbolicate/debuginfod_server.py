"""Debian's debuginfod on a port that the kernel chose. It listens on every
interface, so it is run in a network namespace that has loopback alone."""

import ctypes
import fcntl
import os
import re
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
WAIT_S = 30


def only_loopback():
    """Moves this process into a network of its own, with loopback up."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWNET
    if libc.unshare(flags) != 0:
        print(f"skipped: no network namespace: "
              f"{os.strerror(ctypes.get_errno())}")
        sys.exit(77)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = struct.pack("16sh14x", b"lo", 0)
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, name)
        now = struct.unpack("16sh14x", answer)[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sh14x", b"lo", now | IFF_UP))


def free_port():
    """debuginfod refuses port 0; nobody else is in our network to take it."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        return holder.getsockname()[1]


class Debuginfod:
    """Serves the ELF files below directory; scanned once it is made."""

    def __init__(self, directory, files):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(directory / "debuginfod.log", "w+")
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("DEBUGINFOD_")}
        environment["HOME"] = str(directory)
        self.process = subprocess.Popen(
            ["debuginfod", "-F", "-p", str(self.port), "-d", ":memory:",
             "-vv", files], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, env=environment)
        self.wait(self.listens)
        self.wait(self.scanned)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def scanned(self):
        self.log.seek(0)
        return re.search(r"groomed database", self.log.read())

    def wait(self, what):
        """It has no way to tell, so it is asked until it is ready."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            if what():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.log.seek(0)
        raise RuntimeError(f"debuginfod: {self.log.read()[-2000:]}")

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
