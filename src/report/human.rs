//! For people: results by host group, folded where they are the same, and a recap.
