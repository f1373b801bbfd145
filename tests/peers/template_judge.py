"""Says what ansible-core makes of templates and conditions.

Arguments: files with `vars` and `cases`. Prints a list with one list for each file: for every case
{"value": ...} or {"error": "..."}.
"""

import datetime
import json
import os
import sys

import ansible.plugins.loader
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.display import Display

# Deprecations and warnings say nothing about values.
Display.deprecated = lambda *_args, **_kwargs: None
Display.warning = lambda *_args, **_kwargs: None
Display.error_as_warning = lambda *_args, **_kwargs: None


def plain(value):
    """The value without what Ansible hangs on it; fails for what is no data."""
    if isinstance(value, dict):
        return {key_word(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (str, datetime.datetime, datetime.timedelta)):
        return str(value)
    raise TypeError(type(value))


def key_word(key):
    if key is None:
        return "null"
    if isinstance(key, bool):
        return str(key).lower()
    return str(key)


def judge(templar, case):
    kind, text = ("is", case) if isinstance(case, str) else next(iter(case.items()))
    if not isinstance(case, str) and "skip" in case:
        return {"value": "not asked: " + case["skip"]}
    try:
        if kind == "when":
            return {"value": templar.evaluate_conditional(text)}
        return {"value": plain(templar.template(text))}
    except Exception as error:  # whatever it is, the template failed
        return {"error": " ".join(str(error).split())}


def main():
    # What our engine is given, too.
    os.environ["RDPFIX_EMPTY"] = ""
    ansible.plugins.loader.init_plugin_loader()
    loader = DataLoader()
    verdicts = []
    for path in sys.argv[1:]:
        data = loader.load_from_file(path, trusted_as_template=True)
        templar = Templar(loader=loader, variables=data.get("vars") or {})
        verdicts.append([judge(templar, case) for case in data["cases"]])
    json.dump(verdicts, sys.stdout, allow_nan=True)


main()
