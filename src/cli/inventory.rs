//! Opens what `-i` names: a file, a list of hosts, or a lab that lives as long as the run.

pub mod show;

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::cli::access::Access;
use crate::cli::args::FleetArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Disk;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::run::STACK;
use crate::cli::scenario;
use crate::cli::settings::Settings;
use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::files::Files;
use crate::inventory::Defaults;
use crate::inventory::Host;
use crate::inventory::Inventory;
use crate::inventory::Origin;
use crate::inventory::Reading;
use crate::inventory::SignIns;
use crate::inventory::TlsTrust;
use crate::inventory::parts_of_pattern;
use crate::lab::Lab;
use crate::lab::LabOptions;
use crate::secret::Secret;
use crate::syntax::Node;
use crate::vault::Keyring;

/// The hosts of a run, and the labs behind them when there are any.
pub struct Fleet {
    inventory: Arc<Inventory>,
    /// Passwords that nobody needed yet.
    sign_ins: SignIns,
    defaults: Defaults,
    labs: Vec<Lab>,
}

impl Fleet {
    /// All of it.
    pub fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// All hosts, in the order of the inventory.
    pub fn hosts(&self) -> &[Arc<Host>] {
        &self.inventory.hosts
    }

    /// The hosts that a pattern names. A part `@FILE` stands for the lines of a file, each a part of its own; empty lines
    /// and those that begin with `#` are none.
    pub fn select(&self, pattern: &str) -> anyhow::Result<Vec<Arc<Host>>> {
        let mut parts = Vec::new();
        for part in parts_of_pattern(pattern) {
            match part.strip_prefix('@') {
                Some(path) => parts.extend(lines(Path::new(path))?),
                None => parts.push(part),
            }
        }
        let selected = self.inventory.select_parts(&parts, pattern);
        selected.map_err(|error| {
            let mut refusal = Refusal::new(ExitStatus::NoHosts, error.to_string());
            if let Some(near) = error.suggestion() {
                refusal = refusal.hint(format!("did you mean `{near}`?"));
            }
            refusal.hints.extend(error.help());
            refusal.into()
        })
    }

    /// Opens what signing in to these hosts takes, and nothing of others; gives the hosts as they are then. Mistakes in it
    /// have been shown when this fails.
    pub async fn unlock(
        &mut self,
        hosts: &[Arc<Host>],
        talk: &Talk,
    ) -> anyhow::Result<Vec<Arc<Host>>> {
        let names: HashSet<Arc<str>> = hosts.iter().map(|host| Arc::clone(&host.name)).collect();
        let mut inventory = std::mem::take(&mut self.inventory);
        let mut sign_ins = std::mem::take(&mut self.sign_ins);
        let defaults = self.defaults.clone();
        let opened = aside(move || {
            let takes_part = |host: &Host| names.contains(&host.name);
            let inventory_now = Arc::make_mut(&mut inventory);
            let mistakes = sign_ins.open(inventory_now, &defaults, &takes_part);
            (inventory, sign_ins, mistakes)
        });
        let mistakes;
        (self.inventory, self.sign_ins, mistakes) = opened.await?;
        if talk.diagnostics(&mistakes) == Found::Errors {
            let message = "what the inventory says about signing in cannot be used";
            return Err(Refusal::new(ExitStatus::Invalid, message).into());
        }
        let known = hosts.iter().map(|host| self.inventory.host(&host.name));
        Ok(known.flatten().map(Arc::clone).collect())
    }

    /// The root certificates that hosts name, by path.
    pub fn trust_files(&self) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
        let mut found = BTreeMap::new();
        for host in self.hosts() {
            if let TlsTrust::File(path) = &host.winrm.trust
                && !found.contains_key(path)
            {
                found.insert(path.clone(), files::read(Path::new(path))?);
            }
        }
        Ok(found)
    }

    /// Stops the labs.
    pub async fn close(self) {
        for lab in self.labs {
            lab.stop().await;
        }
    }
}

/// What keeps rdpfix from signing in to some of these hosts, each place once; and whether it is all of them.
pub fn obstacles(hosts: &[&Host]) -> (Vec<Diagnostic>, bool) {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut has_free = false;
    let mut told = HashSet::new();
    for host in hosts {
        let Some(obstacle) = &host.winrm.obstacle else {
            has_free = true;
            continue;
        };
        let place = obstacle.span.as_ref();
        let place = place.map(|span| (Arc::as_ptr(&span.source).addr(), span.start));
        if told.insert((obstacle.id, place, obstacle.message.clone())) {
            found.push(Diagnostic::clone(obstacle));
        }
    }
    let is_all = !has_free && !found.is_empty();
    (found, is_all)
}

/// Shows what keeps rdpfix from signing in to some of these hosts. They count as unreachable then; when it is all of them,
/// nothing is run.
pub fn tell_obstacles(hosts: &[&Host], talk: &Talk) -> anyhow::Result<()> {
    let (found, is_all) = obstacles(hosts);
    talk.diagnostics(&found);
    if is_all {
        let message = "rdpfix cannot sign in to any of the hosts";
        return Err(Refusal::new(ExitStatus::Invalid, message).into());
    }
    Ok(())
}

/// The patterns in a file, of which there must be one: a file of hosts that failed is empty when none did, and would
/// otherwise mean all of them.
fn lines(path: &Path) -> anyhow::Result<Vec<String>> {
    let bytes =
        files::read(path).map_err(|error| Refusal::new(ExitStatus::Usage, format!("{error:#}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim);
    let found: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    if found.is_empty() {
        let message = format!("`{}` names no hosts", path.display());
        return Err(Refusal::new(ExitStatus::NoHosts, message).into());
    }
    Ok(found)
}

/// Opens all that was named as one inventory; mistakes in files have been shown when this fails. The files of variables
/// beside a playbook count when its folder is given. No password is opened, see [`Fleet::unlock`].
pub async fn open(
    arguments: &FleetArguments,
    access: &Access<'_>,
    (extra, playbook_folder): (&BTreeMap<String, Node>, Option<PathBuf>),
    talk: &Talk,
) -> anyhow::Result<Fleet> {
    let names = demanded(arguments, access, talk)?;
    let (origins, labs) = origins(&names, talk).await?;
    let reading = reading(&access.keyring, playbook_folder);
    let defaults = defaults(arguments, access)?;
    let extra = extra.clone();
    let weakest = defaults.clone();
    let read = aside(move || Inventory::read_closed(&origins, &reading, &weakest, &extra));
    let (inventory, diagnostics) = read.await?;
    let found = talk.diagnostics(&diagnostics);
    match inventory {
        Some((inventory, sign_ins)) if found == Found::NoErrors => Ok(Fleet {
            inventory: Arc::new(inventory),
            sign_ins,
            defaults,
            labs,
        }),
        Some(_) | None => Err(unusable(&names.join(", ")).into()),
    }
}

/// Like [`open`] for who only wants to know whether it would go well, on these files: gives the mistakes instead of showing
/// them. Labs are started to know their hosts, and stopped.
pub fn look(
    arguments: &FleetArguments,
    access: &Access<'_>,
    around: (Option<PathBuf>, Arc<dyn Files>),
    talk: &Talk,
) -> anyhow::Result<(Option<Fleet>, Vec<Diagnostic>)> {
    let (playbook_folder, files) = around;
    let origins = origins_to_show(&arguments.inventory, talk)?;
    let reading = Reading {
        files,
        ..reading(&access.keyring, playbook_folder)
    };
    let defaults = defaults(arguments, access)?;
    let (inventory, mistakes) = Inventory::read(&origins, &reading, &defaults, &BTreeMap::new());
    let fleet = inventory.map(|inventory| Fleet {
        inventory: Arc::new(inventory),
        sign_ins: SignIns::default(),
        defaults,
        labs: Vec::new(),
    });
    Ok((fleet, mistakes))
}

/// Does something on a thread of its own, because programs that give hosts may take their time or hang; whoever gives up
/// waiting leaves it behind.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let (done, result) = oneshot::channel();
    std::thread::Builder::new()
        .name("inventory".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            // Nobody may be waiting any more.
            let _taken = done.send(work());
        })?;
    Ok(result.await?)
}

/// The inventories that are typed, else those that are set.
pub fn named(
    arguments: &FleetArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<Vec<String>> {
    let settings = Settings::of(environment, talk)?;
    let typed = &arguments.inventory;
    let names = if typed.is_empty() {
        &settings.inventory
    } else {
        typed
    };
    Ok(names.clone())
}

/// Like [`named`], of which there must be one.
fn demanded(
    arguments: &FleetArguments,
    access: &Access<'_>,
    talk: &Talk,
) -> anyhow::Result<Vec<String>> {
    let names = named(arguments, access.environment, talk)?;
    if names.is_empty() {
        return Err(Refusal::new(ExitStatus::Usage, "no inventory given")
            .hint("name one with `-i FILE`, or try `-i lab` for simulated hosts")
            .into());
    }
    Ok(names)
}

/// What reading inventories needs of this machine.
fn reading(keyring: &Arc<Keyring>, playbook_folder: Option<PathBuf>) -> Reading {
    Reading {
        files: Arc::new(Disk),
        keyring: Arc::clone(keyring),
        playbook_folder,
    }
}

async fn origins(names: &[String], talk: &Talk) -> anyhow::Result<(Vec<Origin>, Vec<Lab>)> {
    let mut origins = Vec::new();
    let mut labs = Vec::new();
    for name in names {
        let lab = match name.strip_prefix("lab") {
            Some("") => Some(("fleet", None)),
            Some(words) if words.starts_with(':') => Some(lab_words(name)?),
            Some(_) | None => None,
        };
        origins.push(match lab {
            Some((scenario, hosts)) => {
                let (source, lab) = from_lab(scenario, hosts, talk).await?;
                labs.push(lab);
                Origin::Text(source)
            }
            None => Origin::of(name, &Disk),
        });
    }
    Ok((origins, labs))
}

/// The same for who only wants to look: labs are started to know their addresses, and stopped.
fn origins_to_show(names: &[String], talk: &Talk) -> anyhow::Result<Vec<Origin>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (origins, labs) = origins(names, talk).await?;
        for lab in labs {
            lab.stop().await;
        }
        Ok(origins)
    })
}

fn unusable(name: &str) -> Refusal {
    Refusal::new(
        ExitStatus::Invalid,
        format!("the inventory `{name}` cannot be used"),
    )
}

fn defaults(arguments: &FleetArguments, access: &Access<'_>) -> anyhow::Result<Defaults> {
    let settings = access.settings;
    let file = arguments.connection_password_file.as_ref();
    let password = match file.or(settings.connection_password_file.as_ref()) {
        Some(path) => {
            let bytes = files::read(path)?;
            let text = String::from_utf8_lossy(&bytes);
            Some(Secret::new(text.trim_end_matches(['\r', '\n'])))
        }
        None => None,
    };
    Ok(Defaults {
        user: arguments.user.clone().or_else(|| settings.user.clone()),
        password,
        keyring: Arc::clone(&access.keyring),
        engine: Some(Arc::clone(&access.engine)),
    })
}

/// The scenario and the number of hosts of `lab:SCENARIO[:N]`.
fn lab_words(text: &str) -> anyhow::Result<(&str, Option<usize>)> {
    let words = text.strip_prefix("lab:").unwrap_or(text);
    // A path may have a colon of its own.
    if scenario::is_file(words) {
        return Ok((words, None));
    }
    let Some((scenario, number)) = words.rsplit_once(':') else {
        return Ok((words, None));
    };
    let hosts = number.parse().map_err(|error| {
        Refusal::new(
            ExitStatus::Usage,
            format!("`{number}` in `-i {text}` is not a number of hosts: {error}"),
        )
    })?;
    Ok((scenario, Some(hosts)))
}

async fn from_lab(
    name: &str,
    hosts: Option<usize>,
    talk: &Talk,
) -> anyhow::Result<(Arc<Source>, Lab)> {
    let scenario = scenario::find(name, hosts, talk)?;
    let lab = Lab::start(&scenario, LabOptions::default()).await?;
    let source = Arc::new(Source {
        name: "<lab>".to_owned(),
        text: lab.inventory_yaml(),
        secret: false,
    });
    Ok((source, lab))
}

#[cfg(test)]
mod tests {
    use super::lab_words;

    #[test]
    fn a_lab_is_a_scenario_or_a_file_with_or_without_a_number() {
        for (text, words) in [
            ("lab:fleet", ("fleet", None)),
            ("lab:fleet:5", ("fleet", Some(5))),
            ("lab:own.yml", ("own.yml", None)),
            ("lab:own.yml:5", ("own.yml", Some(5))),
            ("lab:D:\\own.YAML", ("D:\\own.YAML", None)),
            ("lab:D:\\own.yaml:12", ("D:\\own.yaml", Some(12))),
        ] {
            assert_eq!(lab_words(text).unwrap(), words, "{text}");
        }
        let error = lab_words("lab:fleet:many").unwrap_err().to_string();
        assert!(error.contains("`many` in `-i lab:fleet:many`"), "{error}");
    }
}
