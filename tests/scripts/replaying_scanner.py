#!/usr/bin/env python3
"""replaying_scanner.py CAPABILITIES IMAGE…: a network scanner that answers at once with images from memory.

For measuring clients: it costs next to nothing itself. Every feeder job gets all the images; an image that is named
again is kept once. Prints its address."""

import functools
import http.server
import sys

STATUS = """<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerStatus xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm" xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03">
<pwg:Version>2.63</pwg:Version><pwg:State>Idle</pwg:State><scan:AdfState>ScannerAdfLoaded</scan:AdfState>
</scan:ScannerStatus>
"""


@functools.cache
def read(path):
    with open(path, "rb") as file:
        return file.read()


capabilities = read(sys.argv[1])
images = [read(path) for path in sys.argv[2:]]
sent = {}


class Scanner(http.server.BaseHTTPRequestHandler):
    """The few requests every client makes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def reply(self, status, kind="text/xml", body=b"", location=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/eSCL/ScannerCapabilities":
            self.reply(200, body=capabilities)
        elif self.path == "/eSCL/ScannerStatus":
            self.reply(200, body=STATUS.encode())
        elif self.path.endswith("/NextDocument"):
            job = self.path.split("/")[-2]
            number = sent.get(job, len(images))
            if number >= len(images):
                self.reply(404)
                return
            sent[job] = number + 1
            self.reply(200, "image/jpeg", images[number])
        else:
            self.reply(404)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        job = str(len(sent) + 1)
        sent[job] = 0
        host = self.headers.get("Host")
        self.reply(201, location=f"http://{host}/eSCL/ScanJobs/{job}")

    def do_DELETE(self):
        self.reply(200)

    def log_message(self, *_):
        """Nobody reads it."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scanner)
server.daemon_threads = True
print(f"replaying at http://127.0.0.1:{server.server_address[1]}/eSCL", flush=True)
server.serve_forever()
