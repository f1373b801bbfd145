//! Facts about the runner, on hosts made of a map of numbers.

// The attribute is true of all of them; it tells clippy that functions beside the tests belong to tests too.
#[cfg(test)]
mod apply;
#[cfg(test)]
mod blocks;
#[cfg(test)]
mod boot;
#[cfg(test)]
mod check;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fleet;
#[cfg(test)]
mod follow_up;
#[cfg(test)]
mod foresight;
#[cfg(test)]
mod honest;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod results;
#[cfg(test)]
mod sections;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod waivers;
#[cfg(test)]
mod waves;
#[cfg(test)]
mod wire;
