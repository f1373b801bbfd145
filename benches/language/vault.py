"""Opens every vault text of an inventory with Ansible's own library: `vault.py INVENTORY PASSWORD_FILE HOW_MANY`."""

import re
import sys

from ansible.parsing.vault import VaultLib, VaultSecret

inventory, password_file, how_many = sys.argv[1:]
with open(password_file, "rb") as file:
    vault = VaultLib([("default", VaultSecret(file.read().strip()))])
with open(inventory, encoding="utf-8") as file:
    texts = re.findall(r"(\$ANSIBLE_VAULT[^\n]*(?:\n +[0-9a-f]+)+)", file.read())
clear = [vault.decrypt(re.sub(r"\n +", "\n", text).encode()) for text in texts]
assert len(clear) == int(how_many), len(clear)
assert all(value.startswith(b"password of ") for value in clear)
