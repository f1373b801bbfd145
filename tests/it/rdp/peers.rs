//! Programs that none of us wrote: a Python client against the lab's listener, xrdp and OpenSSL against the prober.
