//! Visits a host's Remote Desktop port as a client would, up to the sign-in. Drives `rdp` over TCP and TLS.
