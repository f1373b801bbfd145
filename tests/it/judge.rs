//! Facts about what surveys amount to: fabricated visits, and the findings that they must and must not give.

// The attribute is true of all of them; it tells clippy that functions beside the tests belong to tests too.
#[cfg(test)]
mod advice;
#[cfg(test)]
mod certificate;
#[cfg(test)]
pub(crate) mod fabricate;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod negotiation;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod tls;
