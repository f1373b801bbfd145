"""Does with ansible-core what the lines of JSON on standard input ask for, and answers each with a line.

`open`, `seal`: texts through `ansible.parsing.vault`. `yaml`: every variable of a text as a template sees it. `run`: a command
of `ansible-vault`, in a child of this process, because importing Ansible takes longer than everything else. Bytes are in
base64."""

import base64
import json
import os
import sys
import tempfile

from ansible.cli.vault import VaultCLI
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible.template import Templar, trust_as_template

import ansible.constants as constants
import ansible.release

# Read from the environment anew for each command.
SETTINGS = [
    "DEFAULT_VAULT_IDENTITY_LIST",
    "DEFAULT_VAULT_PASSWORD_FILE",
    "DEFAULT_VAULT_ENCRYPT_IDENTITY",
    "DEFAULT_VAULT_ID_MATCH",
]


def plain(text):
    return base64.b64decode(text)


def packed(data):
    return base64.b64encode(data).decode()


def secrets(ask):
    return [(name, VaultSecret(plain(password))) for name, password in ask["passwords"]]


def do_open(ask):
    try:
        return {"clear": packed(VaultLib(secrets(ask)).decrypt(plain(ask["text"])))}
    except Exception as error:
        return {"error": str(error)}


def do_seal(ask):
    [(name, secret)] = secrets(ask)
    text = VaultLib([(name, secret)]).encrypt(plain(ask["clear"]), secret, vault_id=name)
    return {"text": packed(text)}


def do_yaml(ask):
    VaultSecretsContext._current = None
    VaultSecretsContext.initialize(VaultSecretsContext(secrets(ask)))
    loader = DataLoader()
    loader.set_vault_secrets(secrets(ask))
    text = trust_as_template(plain(ask["text"]).decode())
    variables = loader.load(text, file_name="/nowhere/vars.yml")
    templar = Templar(loader, variables=variables)
    values = {}
    for name in variables:
        values[name] = templar.template(trust_as_template("{{ %s }}" % name))
    return {"values": json.loads(json.dumps(values, default=str))}


def do_run(ask):
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(plain(ask["stdin"]))
        given.flush()
        given.seek(0)
        child = os.fork()
        if child == 0:
            os.dup2(given.fileno(), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.setsid()
            VaultSecretsContext._current = None
            os.chdir(ask["folder"])
            os.environ.update(ask["settings"])
            for name in SETTINGS:
                setattr(constants, name, constants.config.get_config_value(name))
            code = 250
            try:
                VaultCLI.cli_executor(["ansible-vault"] + ask["arguments"])
                code = 0
            except SystemExit as ended:
                code = ended.code or 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "stdout": packed(out.read()),
            "stderr": err.read().decode(errors="replace"),
        }


def main():
    print(json.dumps({"version": ansible.release.__version__}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        print(json.dumps(globals()["do_" + ask["do"]](ask)), flush=True)


main()
