"""What ansible-playbook lists of playbooks, and how it cuts a play's hosts into batches.

Reads {"lists": [[ARGUMENT, ...], ...], "batches": [[SERIAL, HOSTS], ...]} from standard input and prints
{"lists": [TEXT, ...], "batches": [[SIZE, ...], ...]}. SERIAL is what stands behind `serial:`, as a list; HOSTS is how many
hosts the play has.
"""

import contextlib
import io
import json
import multiprocessing
import sys
from types import SimpleNamespace

from ansible.cli.playbook import PlaybookCLI
from ansible.executor.playbook_executor import PlaybookExecutor


def listed(arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        cli = PlaybookCLI(["ansible-playbook", *arguments])
        cli.parse()
        cli.run()
    return out.getvalue()


def batches(serial, hosts):
    inventory = SimpleNamespace(get_hosts=lambda *_, **__: list(range(hosts)))
    executor = SimpleNamespace(_inventory=inventory)
    play = SimpleNamespace(hosts="all", order=None, serial=serial)
    cut = PlaybookExecutor._get_serialized_batches  # pylint: disable=protected-access
    return [len(batch) for batch in cut(executor, play)]


order = json.load(sys.stdin)
# What a command line says is kept as long as its process lives: each list gets a copy of this one.
with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    lists = pool.map(listed, order["lists"], chunksize=1)
told = {
    "lists": lists,
    "batches": [batches(*batch) for batch in order["batches"]],
}
json.dump(told, sys.stdout)
