//! `rdpfix diagnose`: why nobody can connect to a host, from outside and, where the inventory gives a way in, from inside.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::cim::CimError;
use crate::cli::access::Access;
use crate::cli::args::DiagnoseArguments;
use crate::cli::diagnose::host::Subject;
use crate::cli::diagnose::reporters::Reporters;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::interrupt::Interrupt;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::sign_in;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::connect::Connector;
use crate::diagnosis;
use crate::diagnosis::Account;
use crate::diagnosis::Case;
use crate::diagnosis::Welcome;
use crate::diagnosis::mend::mend;
use crate::diagnosis::timeline::timeline;
use crate::finding::Severity;
use crate::inside;
use crate::inside::Inside;
use crate::inside::LookOptions;
use crate::inside::Unseen;
use crate::inventory::Host;
use crate::probe::own_address;
use crate::probe::surveyor::SurveyOptions;
use crate::probe::surveyor::Surveyor;
use crate::report::diagnosis::Playbook;
use crate::report::diagnosis::Told;
use crate::session::WinRmConnector;
use crate::session::WinRmOptions;
use crate::survey::Survey;
use crate::survey::Tcp;

mod file;
mod host;
mod number;
mod reporters;

/// How often the stages are timed, so that a bad way is told from a bad moment.
const REPEAT: u32 = 5;

/// Looks from both sides, ranks causes, prints the playbook that would mend the host.
pub fn diagnose(
    arguments: &DiagnoseArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let codes = number::pair(arguments.code.as_deref(), arguments.extended.as_deref())?;
    let reporters = Reporters::named(&arguments.reporter, arguments.verbose, talk)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let inventory = inventory::named(&arguments.fleet, environment, talk)?;
        let mut fleet = if inventory.is_empty() {
            None
        } else {
            let extra = std::collections::BTreeMap::new();
            let access = Access::of(&arguments.fleet.keys, environment, talk)?;
            Some(inventory::open(&arguments.fleet, &access, (&extra, None), talk).await?)
        };
        let order = Order {
            arguments,
            codes,
            inventory,
        };
        let status = order
            .carry_out(fleet.as_mut(), (&reporters, talk), &interrupt)
            .await;
        if let Some(fleet) = fleet {
            fleet.close().await;
        }
        status
    })
}

/// What is to be done.
struct Order<'a> {
    arguments: &'a DiagnoseArguments,
    codes: Option<(u32, Option<u32>)>,
    inventory: Vec<String>,
}

/// Both views.
struct Views {
    survey: Survey,
    inside: Result<Inside, Unseen>,
    welcome: Welcome,
}

impl Order<'_> {
    async fn carry_out(
        &self,
        mut fleet: Option<&mut Fleet>,
        (reporters, talk): (&Reporters, &Talk),
        interrupt: &Interrupt,
    ) -> anyhow::Result<ExitStatus> {
        let mut subject = Subject::find(self.arguments, fleet.as_deref())?;
        if let (Some(fleet), Some(host)) = (&mut fleet, &mut subject.host) {
            let unlocked = fleet.unlock(std::slice::from_ref(host), talk).await?;
            if let Some(now) = unlocked.into_iter().next() {
                *host = now;
            }
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = self.session_options(fleet.as_deref())?;
        let views = tokio::select! {
            views = self.look(&subject, options, &clock, interrupt.flag()) => views,
            () = interrupt.insisted() => None,
        };
        match (views, interrupt.status()) {
            (Some(views), None) => self.tell(&subject, &views, clock.now(), reporters),
            (_, status) => Ok(status.unwrap_or(ExitStatus::Interrupted)),
        }
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.arguments.timeout.max(1))
    }

    fn session_options(&self, fleet: Option<&Fleet>) -> anyhow::Result<WinRmOptions> {
        let trust_files = match fleet {
            Some(fleet) => fleet.trust_files()?,
            None => std::collections::BTreeMap::new(),
        };
        Ok(sign_in::options(self.timeout(), trust_files))
    }

    /// Both views side by side; `None` when somebody interrupts.
    async fn look(
        &self,
        subject: &Subject,
        options: WinRmOptions,
        clock: &Arc<dyn Clock>,
        flag: Flag,
    ) -> Option<Views> {
        let surveyor = Surveyor::new(
            Arc::clone(clock),
            SurveyOptions {
                deadline: self.timeout(),
                repeat: REPEAT,
                login: None,
                gateway: None,
                roots: Vec::new(),
            },
        );
        let within = async {
            match &subject.host {
                Some(host) => self.look_inside(host, options, clock, flag.clone()).await,
                None => Some((Err(no_way_in()), Welcome::Unasked)),
            }
        };
        let visit = unless(flag.clone(), surveyor.survey(&subject.target));
        let (survey, seen) = tokio::join!(visit, within);
        let (inside, welcome) = seen?;
        Some(Views {
            survey: survey?,
            inside,
            welcome,
        })
    }

    /// The view from inside; what fails on the way in is what was not seen. The session is closed on every way out.
    async fn look_inside(
        &self,
        host: &Host,
        options: WinRmOptions,
        clock: &Arc<dyn Clock>,
        flag: Flag,
    ) -> Option<(Result<Inside, Unseen>, Welcome)> {
        let connector = WinRmConnector::new(options, Arc::clone(clock));
        let session = match unless(flag.clone(), connector.connect(host)).await? {
            Ok(session) => session,
            Err(error) => return Some(refused(&error)),
        };
        let look = LookOptions {
            events_back: Duration::from_secs(self.arguments.events.saturating_mul(3_600)),
            our_address: own_address::towards(&host.address, host.winrm.port).await,
        };
        let looking = async {
            tokio::select! {
                inside = inside::look(session.as_ref(), clock.as_ref(), &look) => Ok(inside),
                () = clock.sleep(self.timeout()) => Err(too_slow(self.timeout())),
            }
        };
        let seen = unless(flag, looking).await;
        session.close().await;
        Some((seen?, Welcome::Accepted))
    }

    fn tell(
        &self,
        subject: &Subject,
        views: &Views,
        now: Timestamp,
        reporters: &Reporters,
    ) -> anyhow::Result<ExitStatus> {
        let user = subject.host.as_ref().map(|host| host.winrm.user.as_str());
        let case = Case {
            survey: Some(&views.survey),
            inside: views.inside.as_ref(),
            account: user.map(|user| Account {
                user,
                welcome: views.welcome,
            }),
            told: self.codes,
            now,
        };
        let causes = diagnosis::diagnose(&case);
        let mending = mend(&case, &causes, &subject.target.host);
        let timeline = timeline(&case);
        let inside = diagnosis::is_seen_inside(&case);
        let wanted = self.arguments.write_playbook.as_deref();
        let written = file::write(wanted, mending.playbook.as_deref());
        let outside = matches!(views.survey.tcp_outcome(), Some(Tcp::Open | Tcp::Refused));
        let told = Told {
            host: &subject.target.host,
            at: now,
            causes: &causes,
            outside,
            inside,
            unseen: &diagnosis::not_seen(&case),
            timeline: &timeline,
            mending: &mending,
            playbook: written
                .as_ref()
                .map_or(Playbook::Shown, file::Written::told),
            inventory: &self.inventory,
            codes: self.codes,
        };
        // Whatever became of the file, the diagnosis is told.
        reporters.tell(&told)?;
        written?;
        let errors = causes.iter().any(|one| one.severity == Severity::Error);
        Ok(if !outside && !inside {
            ExitStatus::Unreachable
        } else if errors {
            ExitStatus::Drift
        } else {
            ExitStatus::Success
        })
    }
}

/// Becomes true when somebody interrupts.
type Flag = watch::Receiver<bool>;

/// What comes of it, unless somebody interrupts before.
async fn unless<T>(mut flag: Flag, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        _ = flag.wait_for(|interrupted| *interrupted) => None,
    }
}

fn too_slow(given: Duration) -> Unseen {
    Unseen {
        why: format!("looking took longer than {} s", given.as_secs()),
        remedy: "raise `--timeout`, or ask for fewer hours of events with `--events`".to_owned(),
    }
}

fn no_way_in() -> Unseen {
    Unseen {
        why: "no inventory gives a way in".to_owned(),
        remedy: "name one with `-i INVENTORY`".to_owned(),
    }
}

fn refused(error: &CimError) -> (Result<Inside, Unseen>, Welcome) {
    let welcome = match error {
        CimError::SignInRefused { .. } => Welcome::Refused,
        _ => Welcome::Unasked,
    };
    let unseen = Unseen {
        why: error.to_string(),
        remedy: error.hint().unwrap_or_default(),
    };
    (Err(unseen), welcome)
}

/// A mistake on the command line.
fn usage(message: impl Into<String>) -> Refusal {
    Refusal::new(ExitStatus::Usage, message)
}
