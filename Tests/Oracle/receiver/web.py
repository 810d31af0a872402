"""HTTP and HTTPS receivers whose paths behave as they are told."""

import collections
import http.server
import json
import socket
import ssl
import threading
import time
import urllib.parse

from receiver import robots
from standardwebhooks import Webhook

CHUNK = b"x" * 65536


class WebServers:
    def __init__(self, certificate):
        self.behaviours = {}
        self.received = collections.defaultdict(list)
        self.lock = threading.Lock()
        self.connections = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        first = self._serve(("127.0.0.1", 0))
        # The same port of another address of this machine: where nothing may arrive.
        self._serve(("127.0.0.2", first))
        self.ports = {"http": first, "https": self._serve(("127.0.0.1", 0), context)}

    def _serve(self, address, context=None):
        servers = self

        class Handler(ReceiverHandler):
            owner = servers

        server = http.server.ThreadingHTTPServer(address, Handler)
        # Senders that go away are what is tested.
        server.handle_error = lambda *_: None
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address[1]

    def behave(self, case, behaviour):
        kind = behaviour.get("kind", "status")
        with self.lock:
            self.behaviours[case] = robots.make(kind, behaviour) or behaviour

    def take(self, case):
        with self.lock:
            return self.received.pop(case, [])

    def record(self, case, request):
        with self.lock:
            self.received[case].append(request)
            return self.behaviours.get(case)


class ReceiverHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def setup(self):
        super().setup()
        with self.owner.lock:
            self.owner.connections += 1
            self.connection_number = self.owner.connections

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        case = url.path.split("/")[1]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("utf-8", "surrogateescape"),
            "connection": self.connection_number,
            "host": self.request.getsockname()[0],
        }
        behaviour = self.owner.record(case, request)
        if behaviour is None:
            return self.reply(404, {}, b"no such case")
        if isinstance(behaviour, robots.Robot):
            return self.reply(*behaviour.answer(dict(urllib.parse.parse_qsl(url.query)), body))
        getattr(self, "do_" + behaviour.get("kind", "status"))(behaviour, body)

    do_GET = do_POST

    def do_status(self, behaviour, _):
        self.reply(behaviour["status"], behaviour.get("headers", {}), behaviour.get("body", "").encode())

    def do_standard(self, behaviour, body):
        """The Standard Webhooks library, as the receiver would use it; one secret of several is enough."""
        for secret in behaviour["secrets"]:
            try:
                Webhook(secret).verify(body, dict(self.headers.items()))
                return self.reply(204, {}, b"")
            except Exception as problem:
                reason = str(problem)
        self.reply(401, {}, reason.encode())

    def do_hang(self, behaviour, _):
        time.sleep(behaviour["seconds"])
        self.close_connection = True

    def do_close(self, _, __):
        self.request.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def do_close_early(self, behaviour, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegins")
        self.close_connection = True

    def do_giant(self, behaviour, _):
        self.wfile.write(f"HTTP/1.1 {behaviour.get('status', 200)} x\r\nContent-Length: {1 << 40}\r\n\r\n".encode())
        self.close_connection = True
        sent = 0
        try:
            while True:
                self.wfile.write(CHUNK)
                sent += len(CHUNK)
        except OSError:
            self.owner.record("sent-by-giant", sent)

    def do_giant_headers(self, _, __):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for number in range(100_000):
                self.wfile.write(b"X-%d: %s\r\n" % (number, CHUNK[:1000]))
        except OSError:
            pass

    def do_interim(self, behaviour, _):
        """Two answers, of which the first is for the time being."""
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nRetry-After: 999\r\n\r\n")
        self.reply(behaviour["status"], behaviour.get("headers", {}), b"")

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)
        self.close_connection = headers.get("Connection") == "close"
