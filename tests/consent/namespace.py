"""A network namespace of the test's own, in which every packet is seen: one
adapter with the default route, a name server that nobody answers for, and a
socket that gets a copy of all frames (packet(7)). Context: tool."""

import os
import pathlib
import socket
import subprocess
import sys
import time

SKIPPED = 77
MARK = "INQUEST_TEST_NAMESPACE"
ETH_P_ALL = 3
FRAME_HEADER_BYTES = 14
LINES = """
ip link set lo up
ip link add wire0 type veth peer name wire1
ip addr add 192.0.2.2/24 dev wire0
ip link set wire1 up
ip link set wire0 up
ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev wire0
ip route add default via 192.0.2.1
"""


def enter():
    """Runs this program again inside new namespaces; returns inside."""
    if os.environ.get(MARK):
        prepare()
        return
    root = ["--net", "--mount"] if os.geteuid() == 0 else \
        ["--user", "--map-root-user", "--net", "--mount"]
    probe = subprocess.run(["unshare", *root, "ip", "link", "add", "probe0",
                            "type", "veth", "peer", "name", "probe1"],
                           capture_output=True, text=True)
    if probe.returncode != 0:
        print(f"skipped: no network namespace with an adapter can be had: "
              f"{probe.stderr.strip()}")
        sys.exit(SKIPPED)
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", *root, "--", sys.executable, "-B",
                          *sys.orig_argv[sys.orig_argv.index(sys.argv[0]):]])


def prepare():
    for path in pathlib.Path("/proc/sys/net/ipv6/conf").glob("*"):
        (path / "disable_ipv6").write_text("1")  # it talks by itself
    for line in LINES.strip().splitlines():
        subprocess.run(line.split(), check=True)
    resolver = pathlib.Path("/run/inquest-test-resolv.conf")
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    resolver.write_text("nameserver 198.51.100.53\noptions timeout:1 attempts:1\n")
    target = os.path.realpath("/etc/resolv.conf")
    if os.path.exists(target):
        subprocess.run(["mount", "--bind", resolver, target], check=True)


class Capture:
    """Every frame on every adapter, loopback too."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                    socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.setblocking(False)

    def frames(self):
        """What was seen since the last call. A frame is queued to us before
        the call that sends it returns, so there is nothing to wait for."""
        seen = []
        while True:
            try:
                seen.append(self.socket.recv(65536))
            except BlockingIOError:
                return seen

    def close(self):
        self.socket.close()


def port_of(frame):
    """The destination port of an IPv4 datagram or segment, or None."""
    packet = frame[FRAME_HEADER_BYTES:]
    if len(packet) < 24 or packet[0] >> 4 != 4:
        return None
    header = (packet[0] & 15) * 4
    return int.from_bytes(packet[header + 2:header + 4], "big")


def wait_for_children(timeout_s=30):
    """Until nothing that the commands left behind (uploaders) runs: they are
    children of ours (PR_SET_CHILD_SUBREAPER)."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, 0)
        except ChildProcessError:
            return
    raise TimeoutError("a process did not end")
