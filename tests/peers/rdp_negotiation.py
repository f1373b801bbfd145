#!/usr/bin/env python3
"""rdp_negotiation.py HOST PORT: asks an RDP listener for each protocol and prints the raw answers as JSON.

Standard library only. `answers` maps what was asked for to the confirm in hex, or to the error's name; `direct` is the
SHA-1 of the certificate that TLS without X.224 shows; `ntlm` is what the NTLM challenge says when NLA is asked for.
"""
import hashlib
import json
import socket
import ssl
import struct
import sys

ASKED = {"none": None, "rdp": 0, "ssl": 1, "hybrid": 2, "rdstls": 4, "hybrid_ex": 8, "all": 11}
NAMES = {1: "computer", 2: "domain", 3: "dns_computer", 4: "dns_domain", 7: "timestamp"}
NEGOTIATE = b"NTLMSSP\0" + struct.pack("<II", 1, 0xE2088297) + bytes(16) + bytes([10, 0, 0x63, 0x45, 0, 0, 0, 15])


def receive(stream, count):
    data = b""
    while len(data) < count:
        chunk = stream.recv(count - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def connect():
    return socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)


def negotiate(protocols):
    stream = connect()
    body = b"Cookie: mstshash=peer\r\n"
    if protocols is not None:
        body += struct.pack("<BBHI", 1, 0, 8, protocols)
    stream.sendall(struct.pack(">BBH", 3, 0, 11 + len(body)) + struct.pack(">BBHHB", 6 + len(body), 0xE0, 0, 0, 0) + body)
    head = receive(stream, 4)
    return stream, head + receive(stream, struct.unpack(">H", head[2:])[0] - 4)


def secure(stream):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(stream)


def thumbprint(stream):
    return hashlib.sha1(stream.getpeercert(True)).hexdigest().upper()


def der(tag, content):
    return bytes([tag, len(content)]) + content


def challenge(stream):
    token = der(0x30, der(0x30, der(0xA0, der(4, NEGOTIATE))))
    stream.sendall(der(0x30, der(0xA0, der(2, b"\x06")) + der(0xA1, token)))
    head = receive(stream, 2)
    size = receive(stream, head[1] & 0x7F) if head[1] & 0x80 else head[1:]
    data = receive(stream, int.from_bytes(size, "big"))
    message = data[data.index(b"NTLMSSP\0\2"):]
    told = {"version": "%d.%d.%d" % struct.unpack("<BBH", message[48:52])}
    length, _, at = struct.unpack("<HHI", message[40:48])
    end = at + length
    while at < end:
        key, count = struct.unpack("<HH", message[at:at + 4])
        value = message[at + 4:at + 4 + count]
        at += 4 + count
        if key in NAMES:
            told[NAMES[key]] = struct.unpack("<Q", value)[0] if key == 7 else value.decode("utf-16le")
    return told


def main():
    told = {"answers": {}}
    for name, protocols in ASKED.items():
        try:
            stream, answer = negotiate(protocols)
            stream.close()
            told["answers"][name] = answer.hex()
        except (OSError, EOFError) as error:
            told["answers"][name] = type(error).__name__
    for name, attempt in {
        "direct": lambda: thumbprint(secure(connect())),
        "ntlm": lambda: challenge(secure(negotiate(2)[0])),
    }.items():
        try:
            told[name] = attempt()
        except (OSError, EOFError, ValueError) as error:
            told[name] = type(error).__name__
    json.dump(told, sys.stdout)


main()
