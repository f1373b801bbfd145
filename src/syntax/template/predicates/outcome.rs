//! Tests of what a task gave: `result is changed`.

use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;

type Held = Result<bool, Fault>;

pub(super) const PREDICATES: &[Predicate] = &[
    Predicate::new(
        &["changed", "change"],
        changed,
        "the task changed something",
        ["{'changed': true} is changed", "true"],
    ),
    Predicate::new(
        &["failed", "failure"],
        failed,
        "the task failed",
        ["{'rc': 0} is failed", "false"],
    ),
    Predicate::new(
        &["succeeded", "success", "successful"],
        succeeded,
        "the task did not fail",
        ["{'rc': 0} is succeeded", "true"],
    ),
    Predicate::new(
        &["skipped", "skip"],
        skipped,
        "the task did not run",
        ["{'skipped': true} is skipped", "true"],
    ),
    Predicate::new(
        &["unreachable"],
        unreachable,
        "the host could not be reached",
        ["{'unreachable': true} is unreachable", "true"],
    ),
    Predicate::new(
        &["reachable"],
        reachable,
        "the host could be reached",
        ["{'rc': 0} is reachable", "true"],
    ),
    Predicate::new(
        &["started"],
        started,
        "the task began; true for every task that was not put off",
        ["{'rc': 0} is started", "true"],
    ),
    Predicate::new(
        &["finished"],
        finished,
        "the task ended; true for every task that was not put off",
        ["{'finished': 0} is finished", "false"],
    ),
    Predicate::new(
        &["timedout"],
        timed_out,
        "the task took too long",
        ["{'rc': 0} is timedout", "false"],
    ),
];

/// A key of the result; `None` when it has none.
fn key(call: &Call<'_, '_>, name: &str) -> Result<Option<Value>, Fault> {
    call.done()?;
    if !call.input.is_mapping() {
        return Err(call.wrong_input("what a task gave, a mapping"));
    }
    item(&call.input, &Value::from(name))
}

fn flag(call: &Call<'_, '_>, name: &str) -> Held {
    key(call, name)?.map_or(Ok(false), |value| value.truth())
}

fn changed(call: &mut Call<'_, '_>) -> Held {
    if let Some(changed) = key(call, "changed")? {
        return changed.truth();
    }
    let Some(Value::List(results)) = key(call, "results")? else {
        return Ok(false);
    };
    for result in results.iter().filter(|result| result.is_mapping()) {
        if let Some(changed) = item(result, &Value::from("changed"))?
            && changed.truth()?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn failed(call: &mut Call<'_, '_>) -> Held {
    flag(call, "failed")
}

fn succeeded(call: &mut Call<'_, '_>) -> Held {
    flag(call, "failed").map(|failed| !failed)
}

fn skipped(call: &mut Call<'_, '_>) -> Held {
    flag(call, "skipped")
}

fn unreachable(call: &mut Call<'_, '_>) -> Held {
    flag(call, "unreachable")
}

fn reachable(call: &mut Call<'_, '_>) -> Held {
    flag(call, "unreachable").map(|unreachable| !unreachable)
}

fn started(call: &mut Call<'_, '_>) -> Held {
    key(call, "started")?.map_or(Ok(true), |value| value.truth())
}

fn finished(call: &mut Call<'_, '_>) -> Held {
    key(call, "finished")?.map_or(Ok(true), |value| value.truth())
}

fn timed_out(call: &mut Call<'_, '_>) -> Held {
    let Some(timed_out) = key(call, "timedout")? else {
        return Ok(false);
    };
    if !timed_out.truth()? {
        return Ok(false);
    }
    item(&timed_out, &Value::from("period"))?.map_or(Ok(false), |period| period.truth())
}
