//! Where a host's password comes from. Only names it; who asks is outside.

/// Where the password of a host comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordSource {
    /// From the inventory or the command line: it is known.
    #[default]
    Stated,
    /// `rdpfix_password_command`: what a program prints. The program, then its arguments; no shell reads them. There is at
    /// least the program.
    Command(Vec<String>),
    /// `rdpfix_password_env`: a variable of the environment in which rdpfix runs.
    Environment(String),
    /// `rdpfix_password_file`: a file, by its path.
    File(String),
}
