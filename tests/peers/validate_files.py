"""Which YAML files a JSON Schema finds right: one JSON line for each file, with the first complaint or null.

Arguments: the schema, then the files. A file that PyYAML cannot read counts as complained of.
"""

import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML with Ansible's tags, and with `on` as a key instead of true, as editors (YAML 1.2) see it."""

    def construct_mapping(self, node, deep=False):
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


for tag in ("!vault", "!vault-encrypted", "!unsafe"):
    Loader.add_constructor(tag, lambda loader, node: loader.construct_scalar(node))


def read(text):
    """JSON may have tabs where PyYAML takes none."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader)


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    complaint = None
    try:
        with open(path, encoding="utf-8") as file:
            data = json.loads(json.dumps(read(file.read()), default=str))
        errors = sorted(validator.iter_errors(data), key=lambda error: error.json_path)
        if errors:
            complaint = f"{errors[0].json_path}: {errors[0].message}"[:300]
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        complaint = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps({"path": path, "complaint": complaint}))
