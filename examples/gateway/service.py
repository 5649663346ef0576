"""What both services in Python have in common. The text of ml.py or reports.py
follows it, in the same program: python3 -c TEXT.

A service prints its port and its process as a line of JSON and serves until its
standard input ends, which it does when the gateway ends, however suddenly.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

calls = {}
calls_lock = threading.Lock()


def count(key):
    """The number of calls with this key so far, this one included."""
    with calls_lock:
        calls[key] = calls.get(key, 0) + 1
        return calls[key]


def health(query, body):
    return 200, {}, {"status": "ok"}


def flaky(query, body):
    n = count("flaky " + query.get("key", ""))
    return 503 if n == 1 else 200, {}, {"calls": n}


def sleep(query, body):
    time.sleep(min(int(query.get("ms", 0)), 10_000) / 1000)
    return 200, {}, {"slept": True}


def crash(query, body):
    return 500, {}, {"error": "crash"}


routes = {
    ("GET", "/health"): health,
    ("GET", "/flaky"): flaky,
    ("POST", "/flaky"): flaky,
    ("GET", "/sleep"): sleep,
    ("POST", "/crash"): crash,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def answer(self):
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True  # http.server reads no chunks
            return self.reply(411, {}, {"error": "want a Content-Length"})
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        route = routes.get((self.command, url.path))
        if route is None:
            return self.reply(404, {}, {"error": "not found"})
        try:
            self.reply(*route(dict(parse_qsl(url.query)), body))
        except (ValueError, KeyError, TypeError) as problem:
            self.reply(400, {}, {"error": type(problem).__name__})

    do_GET = do_POST = answer

    def reply(self, status, headers, value):
        text = json.dumps(value, separators=(",", ":")).encode()
        self.send_response(status)
        for name, header in headers.items():
            self.send_header(name, header)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Seen-Trace", self.headers.get("traceparent", "")[3:35])
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve():
    # Ctrl-C reaches every process of the terminal, and the gateway has requests
    # to end first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = Server(("127.0.0.1", 0), Handler)
    print(json.dumps({"port": server.server_address[1], "pid": os.getpid()}), flush=True)

    def watch():
        sys.stdin.buffer.read()
        os._exit(0)  # the gateway has no more requests, or is no more

    threading.Thread(target=watch, daemon=True).start()
    server.serve_forever()
