//! Limits that minijinja's instructions do not count: how deep lists nest, and how often parts of lists are looked at.

use std::cell::Cell;
use std::thread;

use minijinja::Environment;

use crate::syntax::template::call::Answer;
use crate::syntax::template::fault::Fault;

/// Instructions of minijinja that a template may take which may nest lists as deep as that.
const FUEL: u64 = 300_000;
/// Bytes of stack for such a template: dropping what is nested takes some for each level. Memory is taken only as far as
/// it is used.
const STACK: usize = 512 * 1024 * 1024;
/// How often one evaluation may look at parts of lists and mappings: `x in list` does for each item.
const LOOKS: usize = 20_000_000;

thread_local! {
    /// How often the evaluation under way on this thread may still look.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The same environment with less to spend.
pub(super) fn environment(jinja: &Environment<'static>) -> Environment<'static> {
    let mut nesting = jinja.clone();
    nesting.set_fuel(Some(FUEL));
    nesting
}

/// Does work on a thread that can drop whatever is nested so deep.
pub(super) fn apart(work: impl FnOnce() -> Answer + Send) -> Answer {
    thread::scope(|scope| {
        let begun = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        match begun.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Fault::failed("no thread can evaluate it")),
        }
    })
}

/// Does work that may look so often; what it evaluates on its way spends from the same.
pub(super) fn counted<T>(work: impl FnOnce() -> T) -> T {
    let outer = LEFT.get();
    LEFT.set(outer.or(Some(LOOKS)));
    let done = work();
    if outer.is_none() {
        LEFT.set(None);
    }
    done
}

/// Counts a look.
pub(super) fn look() -> Result<(), Fault> {
    let Some(left) = LEFT.get() else {
        return Ok(());
    };
    let less = left.checked_sub(1).ok_or_else(Fault::too_long)?;
    LEFT.set(Some(less));
    Ok(())
}
