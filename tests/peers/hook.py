"""A receiver of webhooks: every request is printed as a line of JSON, and the path says how it is answered.

  /ok            200
  /hang          never
  /broken/N      500 to the first N requests of that path, then 200
  /busy/S        429 with Retry-After S to the first request of that path, then 200
  /away          302 to /stolen on another loopback address
  /no            404
  /picky         413 to what begins with `refuse`, 500 to what begins with `stumble`, else 200
  /down          500 until /up was requested, then 200

As a proxy it takes whole addresses for paths, answers itself as above, and opens no tunnel: CONNECT is printed with the
address for a path, and answered by 403.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

lock = threading.Lock()
counts = {}
up = threading.Event()


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length).decode()
        with lock:
            number = counts[self.path] = counts.get(self.path, 0) + 1
            line = {"path": self.path, "headers": dict(self.headers), "body": body}
            print(json.dumps(line), flush=True)
        _, word, *rest = urlsplit(self.path).path.split("/")
        if word == "hang":
            threading.Event().wait()
        if word == "up":
            up.set()
        headers = {}
        code = {"no": 404, "away": 302}.get(word, 200)
        if word == "away":
            headers["Location"] = f"http://127.0.0.2:{self.server.server_port}/stolen"
        if word == "broken" and number <= int(rest[0]):
            code = 500
        if word == "busy" and number == 1:
            code = 429
            headers["Retry-After"] = rest[0]
        if word == "picky":
            code = {"refuse": 413, "stumbl": 500}.get(body[:6], 200)
        if word == "down" and not up.is_set():
            code = 500
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def do_CONNECT(self):
        line = {"path": self.path, "headers": dict(self.headers), "body": ""}
        with lock:
            print(json.dumps(line), flush=True)
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def serve(server):
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


first = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
serve(first)
# A redirect leads to the same port of another loopback address: who followed it would be heard.
serve(ThreadingHTTPServer(("127.0.0.2", first.server_port), Hook))
print(first.server_port, flush=True)
# Ends with whoever started it.
sys.stdin.read()
