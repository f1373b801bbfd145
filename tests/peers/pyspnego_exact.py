"""Makes pyspnego's NTLM acceptor check a response over the very bytes that came, as Windows does.

pyspnego 0.12 parses the client's part of an NTLMv2 response and computes the proof over what it writes back.  A client
that pads differently is then refused although its response is right.  Import this before using spnego.server().
"""

import hashlib
import hmac
import threading

import spnego._ntlm
from spnego._ntlm_raw.messages import NTClientChallengeV2

_last = threading.local()
_unpack = NTClientChallengeV2.unpack
_compute = spnego._ntlm.compute_response_v2


def _md5_mac(key, data):
    return hmac.new(key, data, hashlib.md5).digest()


def _remember_and_unpack(data):
    _last.blob = bytes(data)
    return _unpack(data)


def _compute_over_what_came(nt_hash, server_challenge, client_challenge, *rest, **named):
    blob = getattr(_last, "blob", None)
    _last.blob = None
    if blob is None:
        return _compute(nt_hash, server_challenge, client_challenge, *rest, **named)
    proof = _md5_mac(nt_hash, server_challenge + blob)
    legacy = _md5_mac(nt_hash, server_challenge + client_challenge) + client_challenge
    return proof + blob, legacy, _md5_mac(nt_hash, proof)


NTClientChallengeV2.unpack = staticmethod(_remember_and_unpack)
spnego._ntlm.compute_response_v2 = _compute_over_what_came
