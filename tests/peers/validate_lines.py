"""Validates JSON lines on standard input against a JSON Schema; prints how many there were of each type."""

import collections
import json
import sys

import jsonschema


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    counts = collections.Counter()
    for number, line in enumerate(sys.stdin, 1):
        record = json.loads(line)
        kind = record["type"]
        # The record's own part first: its message says more than "none of nine fits".
        own = {"$ref": f"#/$defs/{kind}", "$defs": definitions}
        for part in (own, schema):
            validator = jsonschema.Draft202012Validator(part, format_checker=jsonschema.FormatChecker())
            for error in validator.iter_errors(record):
                sys.exit(f"line {number}: {error.json_path}: {error.message}\n{line}")
        counts[kind] += 1
    json.dump(counts, sys.stdout)


main()
