//! A simulated Windows host as a value that can be compared, cloned and asked.

/// A simulated host.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The host's own name.
    pub computer_name: String,
}
