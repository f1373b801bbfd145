//! What can be set outside of the command line, and by which names. `docs/reference/settings.md` shows the same table.

/// One thing that can be set. The option of the command line wins, then our own variable, then Ansible's, then the key
/// of section `[defaults]` of `ansible.cfg`.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The option of the command line; empty when there is none.
    pub option: &'static str,
    /// Our variable of the environment; empty when there is none.
    pub own: &'static str,
    /// Ansible's variable of the environment.
    pub ansible: &'static str,
    /// The key in `[defaults]`; empty when there is none.
    pub key: &'static str,
}

/// Which `ansible.cfg` is read.
pub const CONFIG: Setting = Setting {
    option: "",
    own: "RDPFIX_CONFIG",
    ansible: "ANSIBLE_CONFIG",
    key: "",
};
/// Inventories.
pub const INVENTORY: Setting = Setting {
    option: "-i",
    own: "RDPFIX_INVENTORY",
    ansible: "ANSIBLE_INVENTORY",
    key: "inventory",
};
/// Hosts in flight at once.
pub const FORKS: Setting = Setting {
    option: "-f",
    own: "RDPFIX_FORKS",
    ansible: "ANSIBLE_FORKS",
    key: "forks",
};
/// Seconds that an operation may take.
pub const TIMEOUT: Setting = Setting {
    option: "-T",
    own: "RDPFIX_TIMEOUT",
    ansible: "ANSIBLE_TIMEOUT",
    key: "timeout",
};
/// The user where the inventory names none.
pub const USER: Setting = Setting {
    option: "-u",
    own: "RDPFIX_REMOTE_USER",
    ansible: "ANSIBLE_REMOTE_USER",
    key: "remote_user",
};
/// The file with the password where the inventory has none.
pub const CONNECTION_PASSWORD_FILE: Setting = Setting {
    option: "--connection-password-file",
    own: "RDPFIX_CONNECTION_PASSWORD_FILE",
    ansible: "ANSIBLE_CONNECTION_PASSWORD_FILE",
    key: "connection_password_file",
};
/// Vault passwords with their ids.
pub const VAULT_IDENTITY_LIST: Setting = Setting {
    option: "--vault-id",
    own: "RDPFIX_VAULT_IDENTITY_LIST",
    ansible: "ANSIBLE_VAULT_IDENTITY_LIST",
    key: "vault_identity_list",
};
/// The vault password without an id.
pub const VAULT_PASSWORD_FILE: Setting = Setting {
    option: "--vault-password-file",
    own: "RDPFIX_VAULT_PASSWORD_FILE",
    ansible: "ANSIBLE_VAULT_PASSWORD_FILE",
    key: "vault_password_file",
};
/// Whether the vault password is asked for.
pub const ASK_VAULT_PASSWORD: Setting = Setting {
    option: "-J",
    own: "RDPFIX_ASK_VAULT_PASS",
    ansible: "ANSIBLE_ASK_VAULT_PASS",
    key: "ask_vault_pass",
};
/// The vault id with which texts are encrypted.
pub const VAULT_ENCRYPT_IDENTITY: Setting = Setting {
    option: "--encrypt-vault-id",
    own: "RDPFIX_VAULT_ENCRYPT_IDENTITY",
    ansible: "ANSIBLE_VAULT_ENCRYPT_IDENTITY",
    key: "vault_encrypt_identity",
};
/// Whether only the password of the same vault id is tried.
pub const VAULT_ID_MATCH: Setting = Setting {
    option: "",
    own: "RDPFIX_VAULT_ID_MATCH",
    ansible: "ANSIBLE_VAULT_ID_MATCH",
    key: "vault_id_match",
};
/// How results are told.
pub const REPORTER: Setting = Setting {
    option: "--reporter",
    own: "RDPFIX_REPORTER",
    ansible: "ANSIBLE_STDOUT_CALLBACK",
    key: "stdout_callback",
};
/// Whether the names of hosts that failed are written to a file.
pub const RETRY_FILES: Setting = Setting {
    option: "--retry-file",
    own: "RDPFIX_RETRY_FILES_ENABLED",
    ansible: "ANSIBLE_RETRY_FILES_ENABLED",
    key: "retry_files_enabled",
};
/// The folder of that file.
pub const RETRY_FOLDER: Setting = Setting {
    option: "",
    own: "RDPFIX_RETRY_FILES_SAVE_PATH",
    ansible: "ANSIBLE_RETRY_FILES_SAVE_PATH",
    key: "retry_files_save_path",
};
/// Whether there are no colours. It counts as soon as anything is said, so each verb that may show colours looks for it.
pub const NO_COLOUR: Setting = Setting {
    option: "--color",
    own: "RDPFIX_NOCOLOR",
    ansible: "ANSIBLE_NOCOLOR",
    key: "nocolor",
};
/// Whether keys of SSH hosts are checked: understood, without effect as long as no host is worked on over SSH.
pub const HOST_KEY_CHECKING: Setting = Setting {
    option: "",
    own: "",
    ansible: "ANSIBLE_HOST_KEY_CHECKING",
    key: "host_key_checking",
};

/// Everything that can be set.
pub const TABLE: [&Setting; 16] = [
    &CONFIG,
    &INVENTORY,
    &FORKS,
    &TIMEOUT,
    &USER,
    &CONNECTION_PASSWORD_FILE,
    &VAULT_IDENTITY_LIST,
    &VAULT_PASSWORD_FILE,
    &ASK_VAULT_PASSWORD,
    &VAULT_ENCRYPT_IDENTITY,
    &VAULT_ID_MATCH,
    &REPORTER,
    &RETRY_FILES,
    &RETRY_FOLDER,
    &NO_COLOUR,
    &HOST_KEY_CHECKING,
];
