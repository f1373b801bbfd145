//! Tells the supervisor that started the program how far it is: the protocol of sd_notify(3), datagrams to a socket that
//! it names.

use std::path::Path;

/// Sends one state, such as `READY=1`. A supervisor that does not hear is its own trouble.
pub fn tell(socket: &Path, state: &str) {
    #[cfg(unix)]
    {
        let _sent = std::os::unix::net::UnixDatagram::unbound()
            .and_then(|datagram| datagram.send_to(state.as_bytes(), socket));
    }
    #[cfg(not(unix))]
    let _ = (socket, state);
}
