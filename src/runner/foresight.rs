//! What check mode knows of changes that were not made: what a later look would see if they had been.

pub(super) mod touch;
