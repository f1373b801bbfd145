//! Live links to hosts: carriers that move codec bytes. Knows sockets and HTTP; must not know resources or playbooks.
