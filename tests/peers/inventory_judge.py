"""What Ansible makes of inventories, many in one process.

Reads a JSON list from standard input; each item has `arguments` as ansible-inventory takes them. Writes a JSON list with,
for each, `exit` (the code that it would end with) or `list`, `yaml`, `graph`, `graph_vars` and, by name, `hosts`.
"""
import contextlib
import io
import json
import os
import sys

for name in list(os.environ):
    if name.startswith("ANSIBLE_"):
        del os.environ[name]
os.environ["ANSIBLE_CONFIG"] = os.path.join(os.path.dirname(__file__), "no-such-file.cfg")
os.environ["ANSIBLE_NOCOLOR"] = "1"
os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "0"

from ansible import context  # noqa: E402
from ansible.cli import inventory as verb  # noqa: E402
from ansible.module_utils.common.collections import ImmutableDict  # noqa: E402
from ansible.parsing.vault import VaultSecretsContext  # noqa: E402
from ansible.plugins.vars import host_group_vars  # noqa: E402
from ansible.utils import vars as variables  # noqa: E402
from ansible.utils.context_objects import GlobalCLIArgs  # noqa: E402

HOSTS = 4


def exit_code(error):
    return int(getattr(error, "_exit_code", 250))


def forget():
    """Empties what Ansible keeps for the life of a process."""
    GlobalCLIArgs._Singleton__instance = None
    for function, name in (("load_extra_vars", "extra_vars"), ("load_options_vars", "options_vars")):
        with contextlib.suppress(AttributeError):
            delattr(getattr(variables, function), name)
    VaultSecretsContext._current = None
    host_group_vars.FOUND.clear()
    host_group_vars.NAK.clear()
    host_group_vars.CANONICAL_PATHS.clear()


def asked(**options):
    context.CLIARGS = ImmutableDict({**context.CLIARGS, **options})


def shown(make):
    try:
        return make()
    except Exception as error:  # whatever Ansible dies of
        return {"exit": exit_code(error), "says": str(error)}


def judge(case):
    forget()
    cli = verb.InventoryCLI(["ansible-inventory", "--list", *case["arguments"]])
    try:
        cli.parse()
        super(verb.InventoryCLI, cli).run()
        cli.loader, cli.inventory, cli.vm = cli._play_prereqs()
    except Exception as error:  # whatever Ansible dies of
        return {"exit": exit_code(error), "says": str(error)}
    names = list(cli.inventory.hosts)[:HOSTS]
    found = {
        "hosts": {
            name: shown(lambda: cli.dump(cli._get_host_variables(cli.inventory.get_hosts(name)[0])))
            for name in names
            if [host.name for host in cli.inventory.get_hosts(name)] == [name]
        },
        "graph": shown(cli.inventory_graph),
    }
    asked(show_vars=True)
    found["graph_vars"] = shown(cli.inventory_graph)
    if context.CLIARGS["subset"]:
        cli.inventory.subset(context.CLIARGS["subset"])
    top = cli._get_group("all")
    found["list"] = shown(lambda: cli.dump(cli.json_inventory(top)))
    asked(yaml=True)
    found["yaml"] = shown(lambda: cli.dump(cli.yaml_inventory(top)))
    return found


def main():
    cases = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = [judge(case) for case in cases]
    json.dump(found, sys.stdout)


main()
