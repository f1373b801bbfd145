//! Which requests a change is made of, and whether it succeeded: HTTP 200 alone is not success (wsman-wire 6).

use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::session::fault;
use crate::session::registry;
use crate::session::winrm::Effect;
use crate::session::winrm::WinRmSession;
use crate::wsman::Request;
use crate::wsman::Response;

/// Carries out a change.
pub(super) async fn invoke(session: &WinRmSession, call: &Call) -> Result<(), CimError> {
    let operation = call.to_string();
    match call {
        Call::Method {
            target,
            method,
            arguments,
            accepts,
        } => {
            let request = Request::Invoke {
                target: target.clone(),
                method: (*method).to_owned(),
                arguments: owned(arguments),
            };
            let response = session
                .request(&operation, Effect::Writes, &request)
                .await?;
            judge(session, response, &target.class, accepts, operation)
        }
        Call::Put { target, properties } => {
            let request = Request::Put {
                target: target.clone(),
                properties: owned(properties),
            };
            match session
                .request(&operation, Effect::Writes, &request)
                .await?
            {
                Response::Put(_) => Ok(()),
                _ => Err(session.topic(&operation).not_wsman("no answer to a change")),
            }
        }
        Call::Create {
            namespace,
            class,
            properties,
        } => create(session, &operation, (namespace, class), properties).await,
        Call::Delete { target } => {
            let request = Request::Delete(target.clone());
            match session
                .request(&operation, Effect::Writes, &request)
                .await?
            {
                Response::Deleted => Ok(()),
                _ => Err(session
                    .topic(&operation)
                    .not_wsman("no answer to a removal")),
            }
        }
        Call::SetRegistry { key, name, data } => registry::set(session, key, name, data).await,
        Call::DeleteRegistryValue(path) => registry::delete_value(session, path).await,
        Call::CreateRegistryKey(key) => registry::create_key(session, key).await,
        Call::DeleteRegistryKey(key) => registry::delete_key(session, key).await,
    }
}

async fn create(
    session: &WinRmSession,
    operation: &str,
    (namespace, class): (&Namespace, &str),
    properties: &[(&'static str, Value)],
) -> Result<(), CimError> {
    let request = Request::Create {
        class: ObjectPath::class(namespace.clone(), class),
        properties: owned(properties),
    };
    match session.request(operation, Effect::Writes, &request).await? {
        Response::Created(_) => Ok(()),
        _ => Err(session
            .topic(operation)
            .not_wsman("no name of a new object")),
    }
}

/// A method without a return value has succeeded when it answers at all.
fn judge(
    session: &WinRmSession,
    response: Response,
    class: &str,
    accepts: &[u32],
    operation: String,
) -> Result<(), CimError> {
    let Response::Output { values, .. } = response else {
        return Err(session.topic(&operation).not_wsman("no output of a method"));
    };
    if !values.iter().any(|(name, _)| name == "ReturnValue") {
        return Ok(());
    }
    match registry::code_of(&values) {
        Some(0) => Ok(()),
        Some(code) if accepts.contains(&code) => Ok(()),
        Some(code) => Err(fault::judge_return(class, code, operation)),
        None => Err(CimError::Property {
            class: class.to_owned(),
            property: "ReturnValue".to_owned(),
            wanted: "a number",
        }),
    }
}

fn owned(values: &[(&'static str, Value)]) -> Vec<(String, Value)> {
    let values = values.iter();
    values
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}
