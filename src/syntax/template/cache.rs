//! What was made of texts, kept for all who need it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

/// What was made of a text.
#[derive(Debug)]
pub(super) struct Cache<T>(RwLock<HashMap<Box<str>, Arc<T>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> Cache<T> {
    /// What is known for a text, or what is made of it now. Begins anew when it holds `most`.
    pub(super) fn of<E>(
        &self,
        text: &str,
        most: usize,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(text) {
            return Ok(Arc::clone(known));
        }
        drop(known);
        let made = Arc::new(read()?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= most {
            known.clear();
        }
        known.insert(text.into(), Arc::clone(&made));
        Ok(made)
    }
}
