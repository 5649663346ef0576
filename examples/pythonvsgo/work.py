"""The Python side of pythonvsgo: python3 -c WORK.PY name args...

Each work prints a line of JSON about what it did. Only the standard library is
used, and orjson by the one work that is about it.
"""

import json
import sys
import time


def memory():
    """The resident memory of this process in KiB: now, and at its greatest."""
    found = {}
    try:
        with open("/proc/self/status") as status:
            for line in status:
                key, _, value = line.partition(":")
                if key in ("VmRSS", "VmHWM"):
                    found[key] = int(value.split()[0])
    except OSError:
        pass
    return found.get("VmRSS", 0), found.get("VmHWM", 0)


def say(**outcome):
    print(json.dumps(outcome), flush=True)


def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def fibonacci_work(n):
    start = time.perf_counter()
    result = fibonacci(int(n))
    say(seconds=time.perf_counter() - start, sum=result, peak_kib=memory()[1])


def parse(path, loads):
    start = time.perf_counter()
    with open(path, "rb") as file:
        records = [loads(line) for line in file]
    seconds = time.perf_counter() - start
    say(
        seconds=seconds,
        count=len(records),
        sum=sum(r["id"] + r["age"] + len(r["tags"]) for r in records),
        peak_kib=memory()[1],
    )


def json_work(path):
    parse(path, json.loads)


def orjson_work(path):
    try:
        import orjson
    except ImportError:
        say(skip="orjson is not installed")
        return
    parse(path, orjson.loads)


def points_work(kind, n):
    from dataclasses import dataclass

    n = int(n)
    if kind == "slots" and sys.version_info < (3, 10):
        say(skip="dataclasses have slots from Python 3.10 on")
        return

    @dataclass
    class Point:
        x: float
        y: float
        z: float

    if kind == "slots":
        Point = dataclass(slots=True)(Point)
    before = memory()[0]
    start = time.perf_counter()
    if kind == "array":
        from array import array

        kept = [array("d"), array("d"), array("d")]
        for i in range(n):
            kept[0].append(i + 0.25)
            kept[1].append(i + 0.5)
            kept[2].append(i + 0.75)
        total = int(kept[0][-1] + kept[1][-1] + kept[2][-1])
    else:
        kept = [Point(i + 0.25, i + 0.5, i + 0.75) for i in range(n)]
        total = int(kept[-1].x + kept[-1].y + kept[-1].z)
    seconds = time.perf_counter() - start
    now, peak = memory()
    say(seconds=seconds, count=n, sum=total, grew_kib=now - before, peak_kib=peak)


def serve_work(port, reuse):
    """An HTTP server on the fastest path that asyncio has: a protocol, no streams.

    It takes every request for a GET of the same page and looks at no header,
    which is less than net/http does.
    """
    import asyncio
    import socket
    import threading

    try:
        import resource

        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    except (ImportError, ValueError, OSError):
        pass  # no such limits, or none that can be raised

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    class Server(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport
            self.rest = b""

        def data_received(self, data):
            requests = (self.rest + data).split(b"\r\n\r\n")
            self.rest = requests.pop()
            for _ in requests:
                body = json.dumps({"id": 7, "message": "hello"}).encode()
                self.transport.write(head % len(body) + body)

    async def main():
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        if reuse == "reuse":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", int(port)))
        await loop.create_server(Server, sock=sock, backlog=4096)
        say(port=sock.getsockname()[1])
        ended = asyncio.Event()

        def watch():
            sys.stdin.buffer.read()
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=watch, daemon=True).start()
        await ended.wait()
        say(peak_kib=memory()[1])

    asyncio.run(main())


work = {
    "fibonacci": fibonacci_work,
    "json": json_work,
    "orjson": orjson_work,
    "points": points_work,
    "serve": serve_work,
}
work[sys.argv[1]](*sys.argv[2:])
