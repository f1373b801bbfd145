"""Tells what ansible-core makes of playbooks, as one JSON document.

Standard input: {"extra": {...}, "words": [...], "playbooks": [paths]}. Words are modules of ours that Ansible has to take
for some module. Nothing is run, and no host is needed.
"""

import json
import os
import sys
import tempfile

WINDOWS = ["win_service", "win_regedit", "win_ping", "win_reboot", "win_wait_for"]
COMMUNITY = ["win_firewall_rule"]


def stubs(folder, words):
    """Modules that do nothing, so that their names are known."""
    places = {"library": words}
    for collection, names in (("windows", WINDOWS), ("community", COMMUNITY)):
        space = "ansible" if collection == "windows" else "community"
        places[f"ansible_collections/{space}/windows/plugins/modules"] = names
    for place, names in places.items():
        path = os.path.join(folder, place)
        os.makedirs(path)
        for name in names:
            with open(os.path.join(path, name + ".py"), "w", encoding="utf-8") as file:
                file.write("#!/usr/bin/python\n")
    os.environ["ANSIBLE_LIBRARY"] = os.path.join(folder, "library")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = folder
    os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "0"
    os.environ["ANSIBLE_DEVEL_WARNING"] = "0"


def plain(value):
    """Without the marks that Ansible puts on values."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def listed(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def task(one, section):
    return {
        "section": section,
        "name": plain(one.name),
        "action": plain(one.action),
        "when": plain(listed(one.when)),
        "tags": sorted({str(tag) for tag in one.tags}),
        "vars": plain(one.get_vars()),
        "notify": plain(listed(one.notify)),
        "listen": plain(listed(getattr(one, "listen", None))),
        "register": plain(one.register),
        "changed_when": plain(listed(one.changed_when)),
        "failed_when": plain(listed(one.failed_when)),
        "until": plain(listed(one.until)),
        "retries": plain(one.retries),
        "loops": one.loop is not None,
        "loop_var": plain(one.loop_control.loop_var) if one.loop_control else "item",
        "index_var": plain(one.loop_control.index_var) if one.loop_control else None,
        "ignore_errors": plain(one.ignore_errors),
        "ignore_unreachable": plain(one.ignore_unreachable),
        "no_log": plain(one.no_log),
        "run_once": plain(one.run_once),
        "throttle": plain(one.throttle),
        "timeout": plain(one.timeout),
    }


def tasks(blocks, section, found):
    from ansible.playbook.block import Block

    for one in blocks:
        if isinstance(one, Block):
            tasks(one.block, section, found)
            tasks(one.rescue, section + "/rescue", found)
            tasks(one.always, section + "/always", found)
        else:
            found.append(task(one, section))
    return found


def playbook(path, extra):
    from ansible._internal._templating._engine import TemplateEngine
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.playbook import Playbook
    from ansible.vars.manager import VariableManager

    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=["localhost,"])
    manager = VariableManager(loader=loader, inventory=inventory)
    manager._extra_vars = dict(extra)
    loaded = Playbook.load(path, variable_manager=manager, loader=loader)
    found = []
    for play in loaded.get_plays():
        if play._included_path is not None:
            loader.set_basedir(play._included_path)
        else:
            loader.set_basedir(loaded._basedir)
        variables = manager.get_vars(play=play)
        templar = TemplateEngine(loader=loader, variables=variables)
        found.append(
            {
                "name": plain(play.name),
                "hosts": plain(listed(templar.template(play.hosts))),
                "serial": plain(listed(templar.template(play.serial))),
                "force_handlers": plain(play.force_handlers),
                "vars": plain({name: variables[name] for name in variables if name != "vars"}),
                "prompts": [plain(prompt["name"]) for prompt in play.vars_prompt],
                "pre_tasks": tasks(play.pre_tasks, "", []),
                "tasks": tasks(play.tasks, "", []),
                "post_tasks": tasks(play.post_tasks, "", []),
                "handlers": tasks(play.handlers, "", []),
            }
        )
    return found


def main():
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        stubs(folder, order["words"])
        from ansible.plugins.loader import init_plugin_loader

        init_plugin_loader()
        answers = {}
        for path in order["playbooks"]:
            try:
                answers[path] = {"plays": playbook(path, order["extra"])}
            except Exception as error:  # told to the test, which fails
                answers[path] = {"error": f"{type(error).__name__}: {error}"}
        json.dump(answers, sys.stdout)


main()
