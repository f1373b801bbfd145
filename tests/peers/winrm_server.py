"""A WinRM server that none of us wrote: sign-in by pyspnego, sealing by pypsrp, answers recorded from real Windows hosts.

    winrm_server.py RECORDINGS [--tls CERTIFICATE KEY] [--bad-cbt] [--time SECONDS]

Listens on a free port of 127.0.0.1 and prints `port N`, then one line for each thing that happens: `401`, `signed in
USER`, `sealed Enumerate`, `plain Get`.  Ends when its standard input closes, and after --time seconds at the latest.
The one account is USER with PASSWORD below.
"""

import argparse
import base64
import hashlib
import os
import re
import ssl
import sys
import tempfile
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pyspnego_exact  # noqa: F401  (changes pyspnego)
import spnego
from pypsrp.encryption import WinRMEncryption
from spnego.channel_bindings import GssChannelBindings

USER = "labadmin"
PASSWORD = "Passw0rd!"
PLAIN = "application/soap+xml;charset=UTF-8"
BOUNDARY = "Encrypted Boundary"

arguments = argparse.ArgumentParser()
arguments.add_argument("recordings", type=Path)
arguments.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
arguments.add_argument("--bad-cbt", action="store_true", help="expect the channel binding of another certificate")
arguments.add_argument("--time", type=float, default=60)
options = arguments.parse_args()


def say(text):
    print(text, flush=True)


class Host:
    """Answers envelopes with what real hosts once answered."""

    def __init__(self, recordings):
        self.cim = recordings / "cim"
        self.faults = recordings / "faults"
        self.next_page = {}  # enumeration context -> the file that goes on

    def answer(self, envelope):
        """HTTP status, operation and answer to a request."""
        root = ElementTree.fromstring(envelope)
        header = {child.tag.rsplit("}")[-1]: (child.text or "").strip() for child in root[0]}
        body = root[1]
        if "Action" not in header:
            return 200, "Identify", self.identify()
        operation = header["Action"].rsplit("/")[-1]
        status, path = self.find(operation, header["ResourceURI"], body)
        if path is None:
            return 200, operation, self.empty(operation, header["MessageID"])
        return status, operation, self.recording(path, header["MessageID"])

    def find(self, operation, resource, body):
        if operation == "Enumerate":
            name = re.search(r"FROM\s+(\w+)", "".join(body.itertext())).group(1)
            return 200, self.cim / "server2012" / f"{name}_star_000.xml"
        if operation == "Pull":
            context = next(item.text for item in body.iter() if item.tag.endswith("}EnumerationContext"))
            return 200, self.next_page.pop(context)
        if operation == "Release":
            return 200, None
        if operation == "Get" and resource.lower().endswith("/win32_logicaldisk"):
            return 200, self.cim / "get" / "Win32_LogicalDisk_get_response.xml"
        if operation == "EnumKey":
            return 200, self.cim / "invoke" / "StdRegProv_EnumKey_response_2003.xml"
        return 500, self.faults / "omi_windows_get_missing_instance.xml"

    def recording(self, path, message_id):
        text = path.read_text(encoding="utf-8")
        context = re.search(r"EnumerationContext>([^<]+)<", text)
        if context:
            number = int(path.stem[-3:]) + 1
            self.next_page[context.group(1)] = path.with_name(f"{path.stem[:-3]}{number:03}.xml")
        return re.sub(r"(RelatesTo>)[^<]*(<)", rf"\g<1>{message_id}\g<2>", text).encode()

    @staticmethod
    def identify():
        return (
            b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>'
            b'<i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
            b"<i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion>"
            b"<i:ProductVendor>Microsoft Corporation</i:ProductVendor>"
            b"<i:ProductVersion>OS: 10.0.20348 SP: 0.0 Stack: 3.0</i:ProductVersion>"
            b"</i:IdentifyResponse></s:Body></s:Envelope>"
        )

    @staticmethod
    def empty(operation, message_id):
        return (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>'
            f"<a:Action>http://schemas.xmlsoap.org/ws/2004/09/enumeration/{operation}Response</a:Action>"
            f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID><a:RelatesTo>{message_id}</a:RelatesTo>"
            "</s:Header><s:Body></s:Body></s:Envelope>"
        ).encode()


class Connection(BaseHTTPRequestHandler):
    """One TCP connection: the security context belongs to it."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    host = Host(options.recordings)
    context = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        authorization = self.headers.get("Authorization", "")
        if authorization.startswith("Basic "):
            expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if authorization != f"Basic {expected}":
                return self.refuse()
            return self.answer_plain(body)
        if authorization:
            return self.sign_in(authorization)
        if self.context is None or not self.context.complete:
            return self.refuse()
        if options.tls:
            return self.answer_plain(body)
        return self.answer_sealed(body)

    def sign_in(self, authorization):
        scheme, _, token = authorization.partition(" ")
        token = base64.b64decode(token)
        if scheme != "Negotiate":
            return self.refuse()
        if self.context is None:
            protocol = "ntlm" if token.startswith(b"NTLMSSP\0") else "negotiate"
            self.context = spnego.server(protocol=protocol, channel_bindings=channel_bindings())
        try:
            answer = self.context.step(token)
        except Exception as error:  # whatever pyspnego dislikes, Windows answers with 401
            say(f"refused: {str(error).splitlines()[0]}")
            self.context = None
            return self.refuse()
        headers = [("WWW-Authenticate", "Negotiate " + base64.b64encode(answer).decode())] if answer else []
        if not self.context.complete:
            return self.reply(401, headers)
        say(f"signed in {self.context.client_principal}")
        return self.reply(200, headers)

    def refuse(self):
        say("401")
        self.reply(401, [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "Kerberos")])

    def answer_plain(self, body):
        status, operation, answer = self.host.answer(body)
        say(f"plain {operation}")
        self.reply(status, [("Content-Type", PLAIN)], answer)

    def answer_sealed(self, body):
        if not self.headers.get("Content-Type", "").startswith("multipart/encrypted"):
            return self.reply(500, [])
        # pypsrp wants a tab before the headers of the parts, which Windows' clients do not send.
        for name in (b"Content-Type:", b"OriginalContent:"):
            body = body.replace(b"\r\n" + name, b"\r\n\t" + name)
        seal = WinRMEncryption(self.context, WinRMEncryption.SPNEGO)
        status, operation, answer = self.host.answer(seal.unwrap_message(body, BOUNDARY))
        say(f"sealed {operation}")
        kind, sealed = seal.wrap_message(answer)
        kind = f'{kind};protocol="{WinRMEncryption.SPNEGO}";boundary="{BOUNDARY}"'
        self.reply(status, [("Content-Type", kind)], sealed)

    def reply(self, status, headers, body=b""):
        self.send_response_only(status, " ")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up in the middle of a handshake is no news."""
        if not isinstance(sys.exc_info()[1], (ssl.SSLError, ConnectionError)):
            super().handle_error(request, client_address)


def channel_bindings():
    if not options.tls:
        return None
    pem = Path(options.tls[0]).read_text(encoding="ascii")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
    if options.bad_cbt:
        digest = bytes(32)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


def end_with_input():
    sys.stdin.read()
    os._exit(0)


with tempfile.NamedTemporaryFile("w", suffix=".ntlm") as accounts:
    accounts.write(f":{USER}:{PASSWORD}\n")
    accounts.flush()
    os.environ["NTLM_USER_FILE"] = accounts.name
    server = Server(("127.0.0.1", 0), Connection)
    if options.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*options.tls)
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Timer(options.time, os._exit, [0]).start()
    threading.Thread(target=end_with_input, daemon=True).start()
    say(f"port {server.server_address[1]}")
    server.serve_forever()
