//! Facts about inventories.

// The attribute is true of all of it; it tells clippy that functions beside the tests belong to tests too.
#[cfg(test)]
mod facts;
#[cfg(test)]
mod ini;
