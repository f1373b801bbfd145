"""What ansible-playbook tells of runs: who ends which task how, and what is said.

Reads [[ARGUMENT, ...], ...] from standard input and prints for each [{"host": NAME, "task": NAME, "status": WORD, "said":
TEXT}, ...], status being ok, failed or skipped. Nothing but what Ansible does by itself, without a connection, is run.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import sys
import tempfile

# Shown on standard output is nothing: the lines are written to the file that TOLD names.
PLUGIN = '''
import json
import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "told"

    def tell(self, result, status):
        values = result.result if hasattr(result, "result") else result._result
        task = result.task if hasattr(result, "task") else result._task
        host = result.host if hasattr(result, "host") else result._host
        line = {
            "host": str(host.get_name()),
            "task": str(task.get_name()),
            "status": status,
            "said": str(values.get("msg", "")),
        }
        with open(os.environ["TOLD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\\n")

    def v2_runner_on_ok(self, result):
        self.tell(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.tell(result, "failed")

    def v2_runner_on_skipped(self, result):
        self.tell(result, "skipped")

    def v2_runner_item_on_ok(self, result):
        self.tell(result, "item")
'''


def run(job):
    arguments, told = job
    os.environ["TOLD"] = told
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            cli = sys.modules["ansible.cli.playbook"].PlaybookCLI(["ansible-playbook", *arguments])
            cli.parse()
            cli.run()
    with open(told, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    order = json.load(sys.stdin)
    told = []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "told.py"), "w", encoding="utf-8") as file:
            file.write(PLUGIN)
        # Read when ansible is imported, which takes longest and is done once.
        os.environ["ANSIBLE_CALLBACK_PLUGINS"] = folder
        os.environ["ANSIBLE_STDOUT_CALLBACK"] = "told"
        importlib.import_module("ansible.cli.playbook")
        for number, arguments in enumerate(order):
            job = (arguments, os.path.join(folder, f"{number}.jsonl"))
            # What a command line says is kept as long as its process lives.
            process = Run(job)
            told.append(process.answer())
    json.dump(told, sys.stdout)


class Run:
    """One run in a process of its own, which may have children."""

    def __init__(self, job):
        context = multiprocessing.get_context("fork")
        self.receiver, sender = context.Pipe(duplex=False)
        self.process = context.Process(target=lambda: sender.send(run(job)))
        self.process.start()
        sender.close()

    def answer(self):
        answer = self.receiver.recv()
        self.process.join()
        return answer


main()
