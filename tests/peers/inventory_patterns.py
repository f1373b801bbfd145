"""Which hosts patterns name, by Ansible's own inventory.

Reads [{"inventory": PATH, "patterns": [TEXT, ...], "limits": [PATH, ...]}, ...] from standard input and prints
[{"patterns": [HOSTS, ...], "limits": [HOSTS, ...]}, ...], HOSTS being a sorted list of names or null for an error. A part that
matches nothing is an error. A limit is the path of a file that is given as `@PATH`.
"""

import json
import sys

from ansible import constants
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

constants.HOST_PATTERN_MISMATCH = "error"


def named(inventory, pattern):
    try:
        return sorted(host.name for host in inventory.get_hosts(pattern))
    except Exception:  # pylint: disable=broad-except
        return None


def limited(inventory, path):
    inventory.subset(f"@{path}")
    found = named(inventory, "all")
    inventory.subset(None)
    return found


def answer(order):
    inventory = InventoryManager(loader=DataLoader(), sources=[order["inventory"]])
    return {
        "patterns": [named(inventory, pattern) for pattern in order["patterns"]],
        "limits": [limited(inventory, path) for path in order["limits"]],
    }


json.dump([answer(order) for order in json.load(sys.stdin)], sys.stdout)
