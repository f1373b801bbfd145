"""A Remote Desktop port that none of us wrote, up to the end of network level authentication: CredSSP by pyspnego.

    nla_server.py CERTIFICATE KEY [--version N] [--status NTSTATUS] [--early RESULT] [--offer MASK] [--time SECONDS]

Listens on a free port of 127.0.0.1 and prints `port N`, then one line for each thing that happens: `proof USER`,
`refused NTSTATUS`, `delegated USER`, `told RESULT`.  Ends when its standard input closes, and after --time seconds.
The one account is USER with PASSWORD below; with --status it is refused with that code although its password is right.
--offer: 1 TLS, 2 HYBRID, 8 HYBRID_EX; --version: of CredSSP, which below 5 has no nonce and below 3 no codes.
"""

import argparse
import os
import socketserver
import ssl
import struct
import sys
import tempfile
import threading
from pathlib import Path

import pyspnego_exact  # noqa: F401  (changes pyspnego)
import spnego
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from spnego._credssp import _get_pub_key_auth
from spnego._credssp_structures import NegoData, TSCredentials, TSRequest

USER = "labadmin"
PASSWORD = "Passw0rd!"
LOGON_FAILURE = 0xC000006D
WITH_STATUS = 3
WITH_NONCE = 5

arguments = argparse.ArgumentParser()
arguments.add_argument("certificate", type=Path)
arguments.add_argument("key", type=Path)
arguments.add_argument("--version", type=int, default=6)
arguments.add_argument("--status", type=lambda text: int(text, 0))
arguments.add_argument("--early", type=int, default=0)
arguments.add_argument("--offer", type=int, default=2)
arguments.add_argument("--time", type=float, default=60)
options = arguments.parse_args()


def say(text):
    print(text, flush=True)


class Refused(Exception):
    """The account is not let in, for this reason."""


def bare_key():
    """The public key without the algorithm around it, as CredSSP binds to it."""
    key = x509.load_pem_x509_certificate(options.certificate.read_bytes()).public_key()
    if hasattr(key, "curve"):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


class Connection(socketserver.BaseRequestHandler):
    """One client."""

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key = b""
    timeout = 20

    def handle(self):
        self.request.settimeout(self.timeout)
        try:
            selected = self.negotiate()
            if selected not in (2, 8):
                return
            with self.tls.wrap_socket(self.request, server_side=True) as self.channel:
                self.sign_in(selected)
        except (OSError, EOFError):
            pass  # A client that hangs up is no news.

    def receive(self, stream, count):
        data = b""
        while len(data) < count:
            chunk = stream.recv(count - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def negotiate(self):
        head = self.receive(self.request, 4)
        body = self.receive(self.request, struct.unpack(">H", head[2:])[0] - 4)
        wanted = struct.unpack("<I", body[-4:])[0] if body[-8:-4] == b"\1\0\x08\0" else 0
        selected = next((each for each in (8, 2, 1) if wanted & options.offer & each), None)
        answer = struct.pack("<BBHI", 2, 0, 8, selected) if selected else struct.pack("<BBHI", 3, 0, 8, 5)
        self.request.sendall(bytes.fromhex("030000130ed00000123400") + answer)
        return selected

    def message(self):
        head = self.receive(self.channel, 2)
        length = head[1]
        if length & 0x80:
            more = self.receive(self.channel, length & 0x7F)
            head, length = head + more, int.from_bytes(more, "big")
        return TSRequest.unpack(head + self.receive(self.channel, length))

    def answer(self, **fields):
        self.channel.sendall(TSRequest(options.version, **fields).pack())

    def sign_in(self, selected):
        version = options.version
        try:
            context, version = self.prove()
        except (Refused, spnego.exceptions.SpnegoError) as refused:
            status = refused.args[0] if isinstance(refused, Refused) else LOGON_FAILURE
            say(f"refused {status:#010x}")
            if version >= WITH_STATUS:
                self.answer(error_code=status - (1 << 32))
            return
        sealed = self.message().auth_info
        credentials = TSCredentials.unpack(context.unwrap(sealed).data).credentials
        assert credentials.password == PASSWORD
        say(f"delegated {credentials.username}")
        if selected == 8:
            say(f"told {options.early}")
            self.channel.sendall(struct.pack("<I", options.early))
        # What a real host waits for here is the beginning of a session.
        self.channel.recv(1)

    def prove(self):
        """Both sides prove that they know the password and see the same channel."""
        context = None
        while True:
            message = self.message()
            version = min(message.version, options.version)
            token = message.nego_tokens[0].nego_token
            if context is None:
                context = spnego.server(protocol="ntlm" if token.startswith(b"NTLMSSP\0") else "negotiate")
            elif message.pub_key_auth:
                say("proof")
            answer = context.step(token)
            if message.pub_key_auth:
                break
            self.answer(nego_tokens=NegoData(answer))
        nonce = message.client_nonce if version >= WITH_NONCE else None
        if version >= WITH_NONCE and not nonce:
            raise EOFError
        assert context.unwrap(message.pub_key_auth).data == _get_pub_key_auth(self.key, "initiate", nonce)
        if options.status:
            raise Refused(options.status)
        proof = context.wrap(_get_pub_key_auth(self.key, "accept", nonce)).data
        self.answer(nego_tokens=NegoData(answer) if answer else None, pub_key_auth=proof)
        return context, version


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def end_with_input():
    sys.stdin.read()
    os._exit(0)


with tempfile.NamedTemporaryFile("w", suffix=".ntlm") as accounts:
    accounts.write(f":{USER}:{PASSWORD}\n")
    accounts.flush()
    os.environ["NTLM_USER_FILE"] = accounts.name
    Connection.key = bare_key()
    Connection.tls.load_cert_chain(options.certificate, options.key)
    server = Server(("127.0.0.1", 0), Connection)
    threading.Timer(options.time, os._exit, [0]).start()
    threading.Thread(target=end_with_input, daemon=True).start()
    say(f"port {server.server_address[1]}")
    server.serve_forever()
