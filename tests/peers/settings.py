"""What Ansible makes of variables of the environment and of ansible.cfg.

Reads [{"folder": PATH, "home": PATH, "variables": {NAME: TEXT}}, ...] from standard input and prints for each what is
set, by the name of Ansible's setting, with null for what is not, "file" for the file that was read, "warned" for whether
one was ignored, and "error" where the file or a value cannot be used.
"""

import json
import os
import sys

from ansible.config.manager import ConfigManager, find_ini_config_file

SETTINGS = [
    "DEFAULT_HOST_LIST",
    "DEFAULT_FORKS",
    "DEFAULT_TIMEOUT",
    "DEFAULT_REMOTE_USER",
    "CONNECTION_PASSWORD_FILE",
    "DEFAULT_VAULT_IDENTITY_LIST",
    "DEFAULT_VAULT_PASSWORD_FILE",
    "DEFAULT_ASK_VAULT_PASS",
    "DEFAULT_VAULT_ENCRYPT_IDENTITY",
    "DEFAULT_VAULT_ID_MATCH",
    "DEFAULT_STDOUT_CALLBACK",
    "RETRY_FILES_ENABLED",
    "RETRY_FILES_SAVE_PATH",
]


def plain(value):
    if isinstance(value, list):
        return [str(item) for item in value]
    return value if isinstance(value, (bool, int)) else str(value)


def told(manager, case):
    os.chdir(case["folder"])
    for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
        del os.environ[name]
    os.environ["HOME"] = case["home"]
    os.environ.update(case["variables"])
    warnings = set()
    path = find_ini_config_file(warnings)
    answer = {"file": path, "warned": bool(warnings)}
    manager._config_file = path
    try:
        if path:
            manager._parse_config_file()
        for name in SETTINGS:
            value, origin = manager.get_config_value_and_origin(name)
            answer[name] = None if origin == "default" else plain(value)
    except Exception as error:  # pylint: disable=broad-except
        return {"file": path, "warned": bool(warnings), "error": str(error)}
    return answer


manager = ConfigManager()
json.dump([told(manager, case) for case in json.load(sys.stdin)], sys.stdout)
