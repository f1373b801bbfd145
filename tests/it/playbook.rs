//! Facts about playbook.
