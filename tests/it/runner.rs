//! Facts about the runner, on hosts made of a map of numbers.

mod apply;
mod check;
mod ending;
mod fake;
mod fleet;
mod follow_up;
