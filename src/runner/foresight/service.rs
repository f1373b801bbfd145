//! Services as they would be: started, stopped, with another start mode.

use crate::cim::Answer;
use crate::cim::Association;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Filter;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::runner::foresight::Foreseen;
use crate::runner::foresight::effect::Effect;
use crate::runner::foresight::effect::Extent;

const CLASS: &str = "Win32_Service";
const LINK: &str = "Win32_DependentService";
/// Services that make the listener's certificate when there is none that will do.
const MAKERS: [&str; 2] = ["SessionEnv", "TermService"];
/// More services than this are not needed by one; a bound against a host that answers in circles.
const MOST_NEEDED: usize = 64;

/// What a service was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Order {
    Start,
    Stop,
    Pause,
    Resume,
    /// `ChangeStartMode`, in the property's word.
    Mode(&'static str),
}

/// Start modes: the method's word, the property's, the registry's number (windows-facts 7.1).
const MODES: [(&str, &str, u32); 3] = [
    ("Automatic", "Auto", 2),
    ("Manual", "Manual", 3),
    ("Disabled", "Disabled", 4),
];

/// Whether it is the class of services.
pub(super) fn is_class(class: &str) -> bool {
    class.eq_ignore_ascii_case(CLASS)
}

/// What a method of a service would do; `None` when this is no service.
pub(super) fn method(
    target: &ObjectPath,
    method: &str,
    arguments: &[(&'static str, Value)],
) -> Option<Vec<Effect>> {
    if !is_class(&target.class) {
        return None;
    }
    let name = target.keys.get("Name")?.clone();
    let order = match method {
        "StartService" => Order::Start,
        "StopService" => Order::Stop,
        "PauseService" => Order::Pause,
        "ResumeService" => Order::Resume,
        "ChangeStartMode" => return change_mode(&name, arguments),
        _ => return None,
    };
    let mut effects = Vec::new();
    if order == Order::Start && MAKERS.iter().any(|maker| maker.eq_ignore_ascii_case(&name)) {
        effects.push(Effect::Unclear(Extent::MadeCertificate));
    }
    effects.push(Effect::Service { name, order });
    Some(effects)
}

fn change_mode(name: &str, arguments: &[(&'static str, Value)]) -> Option<Vec<Effect>> {
    let (_, wanted) = arguments.iter().find(|(name, _)| *name == "StartMode")?;
    let (_, word, number) = MODES
        .iter()
        .find(|(word, _, _)| wanted.as_text() == Some(word))?;
    let key = RegistryKey::local_machine(format!(r"SYSTEM\CurrentControlSet\Services\{name}"));
    Some(vec![
        Effect::Service {
            name: name.to_owned(),
            order: Order::Mode(word),
        },
        Effect::Value {
            key,
            name: "Start".to_owned(),
            data: Some(RegistryData::Dword(*number)),
        },
    ])
}

/// Whether a question is about services.
pub(super) fn is_about(read: &Read) -> bool {
    match read {
        Read::Get(path) => is_class(&path.class),
        Read::Query(query) => is_class(&query.class),
        Read::Associated(association) => association.result_class.as_deref().is_some_and(is_class),
        Read::Registry(_)
        | Read::SubKeys(_)
        | Read::ValueTypes(_)
        | Read::Ask(_)
        | Read::Events(_) => false,
    }
}

/// Whether a question may be about this service.
pub(super) fn asks_for(read: &Read, name: &str) -> bool {
    match read {
        Read::Get(path) => {
            let asked = path.keys.get("Name");
            is_about(read) && asked.is_some_and(|asked| asked.eq_ignore_ascii_case(name))
        }
        _ => is_about(read),
    }
}

/// The answer to a question about services.
pub(super) async fn read(eyes: &Foreseen<'_>, read: &Read) -> Result<Answer, CimError> {
    let answer = eyes.host.read(read).await?;
    if let Read::Query(query) = read
        && !is_by_name(&query.filter)
        && let Some(unmade) = eyes.unmade.iter().find(|one| is_order(&one.effect))
    {
        eyes.doubt_whole(&unmade.task, read);
    }
    Ok(match answer {
        Answer::Instance(Some(mut instance)) => {
            foresee(eyes, &mut instance).await?;
            Answer::Instance(Some(instance))
        }
        Answer::Instances(mut instances) => {
            for instance in &mut instances {
                foresee(eyes, instance).await?;
            }
            Answer::Instances(instances)
        }
        answer => answer,
    })
}

fn is_order(effect: &Effect) -> bool {
    matches!(effect, Effect::Service { .. })
}

/// Whether which services are found does not depend on what they do.
fn is_by_name(filter: &Filter) -> bool {
    match filter {
        Filter::All => true,
        Filter::Equals { property, .. } | Filter::OneOf { property, .. } => property == "Name",
        Filter::Every(conditions) => conditions.is_empty(),
    }
}

async fn foresee(eyes: &Foreseen<'_>, instance: &mut Instance) -> Result<(), CimError> {
    let Some(name) = instance.get("Name").and_then(Value::as_text) else {
        return Ok(());
    };
    let name = name.to_owned();
    for unmade in eyes.unmade {
        let Effect::Service { name: told, order } = &unmade.effect else {
            continue;
        };
        if told.eq_ignore_ascii_case(&name) {
            obey(instance, *order);
        } else if *order == Order::Start
            && !is_running(instance)
            && is_needed(eyes.host, told, &name).await?
        {
            // What a service needs is started with it.
            obey(instance, Order::Start);
        }
    }
    Ok(())
}

fn is_running(instance: &Instance) -> bool {
    let state = instance.get("State").and_then(Value::as_text);
    state.is_some_and(|state| state.eq_ignore_ascii_case("Running"))
}

fn obey(instance: &mut Instance, order: Order) {
    let state = match order {
        Order::Mode(word) => {
            set(instance, "StartMode", word.into());
            return;
        }
        Order::Start | Order::Resume if is_running(instance) => return,
        Order::Start | Order::Resume => "Running",
        Order::Stop => "Stopped",
        Order::Pause => "Paused",
    };
    set(instance, "State", state.into());
    set(instance, "Started", (order != Order::Stop).into());
    match order {
        Order::Stop => {
            set(instance, "ProcessId", 0_u32.into());
            set(instance, "AcceptStop", false.into());
        }
        // Which process it will be, and what it will accept, shows only then.
        Order::Start | Order::Pause | Order::Resume | Order::Mode(_) => {
            instance.properties.remove("ProcessId");
            instance.properties.remove("AcceptStop");
        }
    }
}

fn set(instance: &mut Instance, name: &str, value: Value) {
    instance.properties.insert(name.to_owned(), value);
}

/// Whether a service needs another one, directly or by way of others.
async fn is_needed(host: &dyn CimReader, by: &str, name: &str) -> Result<bool, CimError> {
    let mut open = vec![by.to_owned()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(next) = open.pop() {
        if seen.len() > MOST_NEEDED || seen.iter().any(|one| one.eq_ignore_ascii_case(&next)) {
            continue;
        }
        let needs = Association {
            of: ObjectPath::class(Namespace::CIMV2, CLASS).key("Name", next.as_str()),
            association_class: Some(LINK.to_owned()),
            result_class: Some(CLASS.to_owned()),
            role: Some("Dependent".to_owned()),
        };
        seen.push(next);
        for instance in host.associated(needs).await? {
            let needed = instance.text("Name")?;
            if needed.eq_ignore_ascii_case(name) {
                return Ok(true);
            }
            open.push(needed.to_owned());
        }
    }
    Ok(false)
}
