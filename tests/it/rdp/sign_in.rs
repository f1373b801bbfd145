//! The challenge and the sign-in as a visitor meets them, against hosts of the lab and against a host that cheats.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use jiff::SignedDuration;
use rdpfix::auth::Account;
use rdpfix::auth::NtlmServer;
use rdpfix::auth::Sealed;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::account::EVERYDAY_USER;
use rdpfix::lab::machine::account::Standing;
use rdpfix::lab::machine::os::Build;
use rdpfix::lab::machine::os::Membership;
use rdpfix::lab::machine::os::SecureChannel;
use rdpfix::lab::scenario;
use rdpfix::probe::surveyor::Credentials;
use rdpfix::probe::surveyor::SurveyOptions;
use rdpfix::probe::surveyor::Surveyor;
use rdpfix::probe::surveyor::Target;
use rdpfix::rdp::credssp;
use rdpfix::rdp::credssp::TsRequest;
use rdpfix::rdp::nego::Answer;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::secret::Secret;
use rdpfix::survey::LoginOutcome;
use rdpfix::survey::NtlmView;
use rdpfix::survey::Survey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::each_client;
use super::served;

/// What a visitor sees who may sign in with this account and password.
pub(crate) async fn visit(address: SocketAddr, account: Option<(&str, &Secret)>) -> Survey {
    let options = SurveyOptions {
        deadline: Duration::from_secs(20),
        repeat: 1,
        login: account.map(|(user, password)| Credentials {
            user: user.to_owned(),
            password: password.clone(),
        }),
        gateway: None,
        roots: Vec::new(),
    };
    let target = Target {
        host: "host".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        gateway: None,
    };
    Surveyor::new(Arc::new(SystemClock), options)
        .survey(&target)
        .await
}

/// How a sign-in ends.
pub(super) async fn sign_in(address: SocketAddr, user: &str, password: &Secret) -> LoginOutcome {
    let survey = visit(address, Some((user, password))).await;
    let shown = format!("{survey:?}");
    assert!(!shown.contains(password.reveal()), "{shown}");
    survey.login.unwrap().outcome
}

async fn lab(name: &str) -> Lab {
    let scenario = scenario::named(name, None).unwrap();
    Lab::start(&scenario, LabOptions::default()).await.unwrap()
}

async fn ends(lab: &Lab, name: &str, user: &str) -> LoginOutcome {
    let rdp = lab.place(name).unwrap().rdp;
    sign_in(rdp, user, lab.password()).await
}

async fn told(lab: &Lab, name: &str) -> NtlmView {
    let rdp = lab.place(name).unwrap().rdp;
    visit(rdp, None).await.ntlm.unwrap()
}

async fn changed(lab: &Lab, change: impl FnOnce(&mut Machine)) {
    lab.update("healthy", change);
    lab.settled("healthy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_is_accepted_however_the_account_is_written() {
    let lab = lab("healthy").await;
    for user in [
        "labadmin",
        r".\LabAdmin",
        "labadmin@corp.test",
        r"ANY\labadmin",
    ] {
        assert_eq!(ends(&lab, "healthy", user).await, LoginOutcome::Accepted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let lab = lab("healthy").await;
    let rdp = lab.place("healthy").unwrap().rdp;
    let wrong = Secret::new("wrong-as-can-be");
    for (user, password) in [("labadmin", &wrong), ("nobody", lab.password())] {
        let refused = LoginOutcome::Refused(0xC000_006D);
        assert_eq!(sign_in(rdp, user, password).await, refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_refusal_comes_out() {
    let lab = lab("healthy").await;
    for standing in Standing::ALL {
        changed(&lab, |machine| {
            machine.directory.set_standing("labadmin", standing);
        })
        .await;
        let expected = standing
            .refusal()
            .map_or(LoginOutcome::Accepted, LoginOutcome::Refused);
        assert_eq!(ends(&lab, "healthy", "labadmin").await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_with_trouble_of_their_accounts_say_so() {
    let refused = |status| LoginOutcome::Refused(status);
    for (scenario, user, expected) in [
        (
            "credentials-rejected",
            "labadmin",
            LoginOutcome::NotAuthorized,
        ),
        ("credentials-rejected", EVERYDAY_USER, refused(0xC000_0234)),
        ("domain-trust", r"CORP\labadmin", refused(0xC000_018D)),
        ("domain-trust", "labadmin@corp.test", refused(0xC000_018D)),
        ("domain-trust", "labadmin", LoginOutcome::Accepted),
        ("time-skew", "labadmin", LoginOutcome::Accepted),
        (
            "security-layer-mismatch",
            "labadmin",
            LoginOutcome::NotOffered,
        ),
    ] {
        let lab = lab(scenario).await;
        assert_eq!(
            ends(&lab, scenario, user).await,
            expected,
            "{scenario} {user}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_nobody_gets_as_far_as_signing_in() {
    let lab = lab("cert-missing").await;
    let outcome = ends(&lab, "cert-missing", "labadmin").await;
    let LoginOutcome::Failed(why) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("SSL_CERT_NOT_ON_SERVER"), "{why}");
    let rdp = lab.place("cert-missing").unwrap().rdp;
    assert_eq!(visit(rdp, None).await.ntlm, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_tells_names_build_and_clock() {
    let lab = lab("healthy").await;
    for (membership, build, domain, dns) in [
        (
            Membership::Workgroup("HOME".to_owned()),
            Build::Server2016,
            "PC-1",
            "PC-1",
        ),
        (
            Membership::Domain("corp.test".to_owned()),
            Build::Windows11,
            "CORP",
            "PC-1.corp.test",
        ),
    ] {
        changed(&lab, |machine| {
            machine.computer_name = "PC-1".to_owned();
            machine.membership = membership;
            machine.os.build = build;
            machine.os.clock_skew = SignedDuration::from_secs(77);
        })
        .await;
        let told = told(&lab, "healthy").await;
        let number = u16::try_from(build.number()).unwrap();
        assert_eq!(told.version, Some((10, 0, number)));
        assert_eq!(told.computer.as_deref(), Some("PC-1"));
        assert_eq!(told.domain.as_deref(), Some(domain));
        assert_eq!(told.dns_computer.as_deref(), Some(dns));
        assert_eq!(told.credssp_version, Some(6));
        let skew = told.skew_seconds.unwrap();
        assert!((75..=79).contains(&skew), "{skew}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_two_hours_behind_shows_in_the_challenge() {
    let lab = lab("time-skew").await;
    let skew = told(&lab, "time-skew").await.skew_seconds.unwrap();
    assert!((-7202..=-7198).contains(&skew), "{skew}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_of_2016_without_the_update_shows_an_older_version_and_still_signs_in() {
    let lab = lab("healthy").await;
    let windows =
        rdpfix::cim::RegistryKey::local_machine(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    changed(&lab, |machine| {
        machine.os.build = Build::Server2016;
        machine.secure_channel = SecureChannel::Broken;
        machine.membership = Membership::Workgroup("WORKGROUP".to_owned());
        let revision = rdpfix::cim::RegistryData::Dword(2097);
        machine.registry.set(&windows, "UBR", revision);
    })
    .await;
    assert_eq!(told(&lab, "healthy").await.credssp_version, Some(4));
    assert_eq!(
        ends(&lab, "healthy", "labadmin").await,
        LoginOutcome::Accepted
    );
}

/// What a host that cheats does when it has to prove that the TLS channel ends at itself.
#[derive(Debug, Clone, Copy)]
enum Cheat {
    /// Sends the client's own proof back.
    Echo,
    /// Proves a key that is not that of its certificate.
    OtherKey,
    /// Sends bytes that nobody sealed.
    Nonsense,
    /// Sends less than a signature.
    Short,
    /// Leaves the proof out.
    Nothing,
}

/// What the host that cheats was sent.
#[derive(Debug, Default)]
struct Loot {
    /// NTLM messages by which a client proves that it knows the password.
    proofs: usize,
    /// Whether credentials came.
    credentials: bool,
}

/// Sits where a host should be; it even knows the password, which makes it as strong as can be.
async fn cheating_host(cheat: Cheat, password: &Secret) -> (SocketAddr, Arc<Mutex<Loot>>) {
    let loot = Arc::new(Mutex::new(Loot::default()));
    let (kept, password) = (Arc::clone(&loot), password.clone());
    let served = served(2025, 2027).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(served.certificate.clone())],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(served.key.clone())),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = each_client(move |stream| {
        let (acceptor, loot) = (acceptor.clone(), Arc::clone(&kept));
        let account = Account {
            user: "anna".to_owned(),
            password: password.clone(),
        };
        async move {
            let _ended = deceive(stream, acceptor, (account, cheat, loot)).await;
        }
    })
    .await;
    (address, loot)
}

async fn deceive(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    (account, cheat, loot): (Account, Cheat, Arc<Mutex<Loot>>),
) -> Option<()> {
    let mut request = [0; 256];
    let asked = stream.read(&mut request).await.ok()?;
    assert!(asked < request.len());
    let answer = Answer::Selected {
        flags: ResponseFlags::default(),
        protocol: Protocols::HYBRID,
    };
    stream.write_all(&answer.encode().ok()?).await.ok()?;
    let mut stream = acceptor.accept(stream).await.ok()?;
    let mut ntlm = NtlmServer::new("EVIL", &[account], None).ok()?;
    let first = message(&mut stream).await?;
    let challenge = TsRequest {
        token: Some(ntlm.step(&first.token?).ok()?.token),
        ..TsRequest::of_version(6)
    };
    stream.write_all(&challenge.encode()).await.ok()?;
    let second = message(&mut stream).await?;
    loot.lock().unwrap().proofs += 1;
    ntlm.step(&second.token?).unwrap();
    let theirs = second.pub_key_auth?;
    let (token, data) = theirs.split_at(16);
    let sealed = Sealed {
        token: token.to_vec(),
        data: data.to_vec(),
    };
    ntlm.unseal(&sealed).unwrap();
    let other = ntlm.seal(&[7; 32]).unwrap();
    let answer = TsRequest {
        pub_key_auth: match cheat {
            Cheat::Echo => Some(theirs),
            Cheat::OtherKey => Some([other.token, other.data].concat()),
            Cheat::Nonsense => Some(vec![7; 48]),
            Cheat::Short => Some(vec![7; 5]),
            Cheat::Nothing => None,
        },
        ..TsRequest::of_version(6)
    };
    stream.write_all(&answer.encode()).await.ok()?;
    let third = message(&mut stream).await?;
    loot.lock().unwrap().credentials |= third.auth_info.is_some();
    Some(())
}

async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Option<TsRequest> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some((whole, _)) = credssp::split(&bytes).unwrap() {
            return Some(TsRequest::decode(whole).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_prove_its_channel_gets_no_credentials_and_one_try() {
    let password = Secret::new("correct-horse");
    for (cheat, says) in [
        (Cheat::Echo, "did not prove"),
        (Cheat::OtherKey, "did not prove"),
        (Cheat::Nonsense, "did not prove"),
        (Cheat::Short, "cut off"),
        (Cheat::Nothing, "expected an encrypted public key"),
    ] {
        let (address, loot) = cheating_host(cheat, &password).await;
        let outcome = sign_in(address, "anna", &password).await;
        let LoginOutcome::Failed(why) = outcome else {
            panic!("{cheat:?} {outcome:?}");
        };
        assert!(why.contains(says), "{cheat:?} {why}");
        let loot = loot.lock().unwrap();
        assert_eq!((loot.proofs, loot.credentials), (1, false), "{cheat:?}");
    }
}
