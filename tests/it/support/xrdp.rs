//! xrdp, a server of Remote Desktop that none of us wrote, on a free port. It ends with the test that started it.
#![cfg(test)]

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

/// An xrdp of our own, ended with the test.
pub(crate) struct Xrdp {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its configuration, certificate and key; it reads them for each client anew.
    pub(crate) folder: TempDir,
}

impl Drop for Xrdp {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

const INI: &str = "\
[Globals]
ini_version=1
fork=true
port=tcp://ADDRESS
use_vsock=false
security_layer=LAYER
crypt_level=high
certificate=FOLDER/host.crt
key_file=FOLDER/host.key
ssl_protocols=VERSIONS
autorun=
max_bpp=32
[Logging]
LogFile=FOLDER/xrdp.log
LogLevel=INFO
EnableSyslog=false
EnableConsole=true
ConsoleLevel=INFO
[Channels]
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
code=20
";

/// Lets OpenSSL use keys as short and versions as old as they were twenty years ago.
pub(crate) const WEAK: &str = "\
openssl_conf = libraries
[libraries]
ssl_conf = tls
[tls]
system_default = weak
[weak]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
";

impl Xrdp {
    /// With the certificate of the folder, and with the folder's `openssl.cnf` when there is one.
    pub(crate) async fn start_in(folder: TempDir, layer: &str) -> Option<Self> {
        Self::speaking(folder, layer, "TLSv1.2, TLSv1.3").await
    }

    /// The same, with these TLS versions on.
    pub(crate) async fn speaking(folder: TempDir, layer: &str, versions: &str) -> Option<Self> {
        // The package puts it into a folder that is not on everybody's path.
        let usual = PathBuf::from("/usr/sbin/xrdp");
        let program = if usual.exists() {
            usual
        } else {
            super::peer_program("xrdp")?
        };
        let address = super::free_address();
        let ini = INI
            .replace("ADDRESS", &address.to_string())
            .replace("LAYER", layer)
            .replace("VERSIONS", versions)
            .replace("FOLDER", folder.path().to_str().unwrap());
        put(folder.path(), "xrdp.ini", &ini);
        let child = Command::new(program)
            .arg("--nodaemon")
            .arg("--config")
            .arg(folder.path().join("xrdp.ini"))
            .envs(
                Some(folder.path().join("openssl.cnf"))
                    .filter(|file| file.exists())
                    .map(|file| ("OPENSSL_CONF", file)),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut xrdp = Self {
            child,
            address,
            folder,
        };
        xrdp.listening().await;
        Some(xrdp)
    }

    /// It buffers its log, so only trying tells when it listens.
    async fn listening(&mut self) {
        let mut tries = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..1000 {
            tries.tick().await;
            if TcpStream::connect(self.address).await.is_ok() {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert_eq!(ended, None, "xrdp ended");
        }
        panic!("xrdp does not listen");
    }
}

/// Writes a file that a foreign program reads.
pub(crate) fn put(folder: &Path, name: &str, text: &str) {
    let mut file = File::create(folder.join(name)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
