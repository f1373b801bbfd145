//! Placeholder until the fleet benchmark stands.
fn main() {}
