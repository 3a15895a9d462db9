"""A scripted HTTP server on loopback: every way an answer can go wrong.

    server = FaultServer([status(503, {"Retry-After": "9"}), status(202)])
    … server.url, server.requests …
    server.close()

A script is a list of steps, one taken for each request; the last one stays.
A step is a function (connection, request) that writes what it likes to the
socket and returns True to keep the connection. on_accept steps get the raw
socket before anything was read. Context: tool.
"""

import dataclasses
import socket
import ssl
import struct
import threading

LINE_BYTES_MAX = 65536


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict
    body: bytes
    connection: int  # which one it came over, from 0


def phrase(code, headers, body):
    lines = [f"HTTP/1.1 {code} Scripted"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status(code, headers=None, body=b"", close=False):
    """An ordinary answer."""
    def step(connection, request):
        fields = {"Content-Length": str(len(body)), **(headers or {})}
        connection.sendall(phrase(code, fields, body))
        return not close
    return step


def raw(data, then=None):
    """These very bytes, then the end; or what then does."""
    def step(connection, request):
        connection.sendall(data)
        return then(connection, request) if then else False
    return step


def reset(connection, request=None):
    """RST instead of FIN (SO_LINGER with no time, socket(7))."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    return False


def flood(code, chunk, count, headers=b""):
    """A huge answer: count times chunk, as long as somebody listens."""
    def step(connection, request):
        connection.sendall(b"HTTP/1.1 %d Scripted\r\n%s\r\n" % (code, headers))
        for _ in range(count):
            connection.sendall(chunk)
        return False
    return step


class FaultServer:
    """Serves until close(). tls: an ssl.SSLContext, or None for plain."""

    def __init__(self, script, tls=None, on_accept=None):
        self.script = list(script)
        self.tls = tls
        self.on_accept = on_accept
        self.requests = []
        self.connections = 0
        self.closing = threading.Event()  # steps that hang wait on it
        self.changed = threading.Condition()
        self.sockets = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            with self.changed:
                number = self.connections
                self.connections += 1
                self.sockets.add(connection)
            thread = threading.Thread(target=self.serve, daemon=True,
                                      args=(connection, number))
            self.threads.append(thread)
            thread.start()

    def serve(self, connection, number):
        plain = connection
        try:
            if self.on_accept and not self.on_accept(connection):
                return
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection.makefile("rb") as stream:
                while self.serve_one(connection, stream, number):
                    pass
        except (OSError, ssl.SSLError, ValueError):
            pass  # the peer went away: its right
        finally:
            connection.close()
            with self.changed:
                self.sockets.discard(plain)

    def serve_one(self, connection, stream, number):
        request = read_request(stream, number)
        if request is None:
            return False
        with self.changed:
            self.requests.append(request)
            step = self.script.pop(0) if len(self.script) > 1 \
                else self.script[0]
            self.changed.notify_all()
        return step(connection, request)

    def hang(self, connection, request=None):
        """No answer, ever."""
        self.closing.wait()
        return False

    def drip(self, data, pause_s=0.2):
        """One byte at a time."""
        def step(connection, request):
            for byte in data:
                connection.sendall(bytes([byte]))
                if self.closing.wait(pause_s):
                    break
            return False
        return step

    def together(self, count, then):
        """Answers only when count requests are waiting at once."""
        barrier = threading.Barrier(count, timeout=20)

        def step(connection, request):
            barrier.wait()
            return then(connection, request)
        return step

    def wait_for_requests(self, count, timeout_s=20):
        with self.changed:
            return self.changed.wait_for(lambda: len(self.requests) >= count,
                                         timeout_s)

    def close(self):
        if self.closing.is_set():
            return
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.changed:
            sockets = list(self.sockets)
        for connection in sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(10)


def read_request(stream, number):
    """One request with its body; None at the end of the connection."""
    line = stream.readline(LINE_BYTES_MAX).decode("latin-1")
    if not line.strip():
        return None
    method, path, _ = line.split(" ", 2)
    headers = {}
    while (line := stream.readline(LINE_BYTES_MAX).decode("latin-1").strip()):
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body, number)


class ConnectProxy:
    """A proxy that knows CONNECT alone and writes down what it was asked."""

    def __init__(self):
        self.asked = []
        self.seen = b""  # all bytes that passed
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,),
                             daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            lines = []
            while (line := stream.readline(LINE_BYTES_MAX).strip()):
                lines.append(line.decode("latin-1"))
            self.asked.append(lines)
            method, target, _ = lines[0].split(" ", 2)
            if method != "CONNECT":
                connection.sendall(b"HTTP/1.1 405 No\r\n\r\n")
                return
            host, port = target.rsplit(":", 1)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            with socket.create_connection((host, int(port))) as further:
                back = threading.Thread(target=self.pass_on, daemon=True,
                                        args=(further, connection))
                back.start()
                self.pass_on(connection, further)
                back.join(10)

    def pass_on(self, source, sink):
        try:
            while (data := source.recv(65536)):
                self.seen += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side went away

    def close(self):
        if self.thread.is_alive():
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.thread.join(10)
