//! The beginning of an RDP connection: TPKT, X.224 and negotiation, bytes to values and back, no sockets.
