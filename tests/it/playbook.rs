//! Facts about playbooks and about YAML.

// The attribute is true of all of them; it tells clippy that functions beside the tests belong to tests too.
#[cfg(test)]
pub(crate) mod baselines;
#[cfg(test)]
mod broken;
#[cfg(test)]
pub(crate) mod corpus;
#[cfg(test)]
mod describe;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod prepare;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod translated;
#[cfg(test)]
mod yaml;
