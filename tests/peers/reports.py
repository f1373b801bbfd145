"""Reads reports with parsers that none of us wrote, and tells as JSON what they read.

    reports.py junit|csv|markdown|openmetrics FILE…
    reports.py sarif SCHEMA FILE…
    reports.py html FILE AXE [PICTURES]

One JSON value for each file, in a list.  What a parser refuses ends the program with its complaint.
"""

import csv
import json
import sys
from pathlib import Path


def junit(path):
    from junitparser import Error, Failure, JUnitXml, Skipped

    suites = []
    for suite in JUnitXml.fromfile(str(path)):
        cases = []
        for case in suite:
            ending = case.result[0] if case.result else None
            kind = {Failure: "failure", Error: "error", Skipped: "skipped", type(None): "passed"}[type(ending)]
            cases.append(
                {
                    "name": case.name,
                    "class": case.classname,
                    "ending": kind,
                    "message": ending.message if ending is not None else None,
                    "type": ending.type if ending is not None else None,
                    "text": ending.text if ending is not None else None,
                    "out": case.system_out,
                }
            )
        told = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        assert told == counted, f"{suite.name}: {told} told, {counted} counted"
        suites.append({"name": suite.name, "cases": cases})
    return suites


def sarif(path, schema):
    import jsonschema

    document = json.loads(path.read_bytes())
    validator = jsonschema.validators.validator_for(schema)(
        schema, format_checker=jsonschema.FormatChecker()
    )
    complaints = [f"{list(error.absolute_path)}: {error.message[:300]}" for error in validator.iter_errors(document)]
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return {
        "complaints": complaints[:20],
        "rules": {rule["id"]: rule for rule in rules},
        "results": run["results"],
    }


def comma_separated(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def markdown(path):
    from markdown_it import MarkdownIt

    text = path.read_text(encoding="utf-8")
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table").parse(text)
    inline = [child for token in tokens if token.type == "inline" for child in token.children]
    rows, row = [], None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            rows.append(row)
            row = None
        elif token.type == "inline" and row is not None:
            row.append("".join("\n" if part.type == "html_inline" else part.content for part in token.children))
    return {
        "length": len(text),
        "html": sorted({part.content for part in inline if part.type == "html_inline"}),
        "blocks": [token.content for token in tokens if token.type == "html_block"],
        "links": [part.attrs for part in inline if part.type in ("link_open", "image")],
        "headings": [
            tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"
        ],
        "rows": rows,
        "text": "\n".join(part.content for part in inline if part.type == "text"),
    }


def openmetrics(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
    from prometheus_client.parser import text_string_to_metric_families as plain

    text = path.read_text(encoding="utf-8")
    # The text file collector reads the older format, to which every line is also true.
    older = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for family in plain(text) for sample in family.samples}
    samples = []
    for family in strict(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert older.pop(key) == sample.value, key
            samples.append([sample.name, sample.labels, sample.value])
    assert not older, older
    return samples


CONTRASTS = """
    const done = arguments[arguments.length - 1];
    return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then(found =>
        found.violations.map(one => one.id + ': ' + one.help + ' at ' +
            one.nodes.slice(0, 3).map(node => node.target.join(' ') + ' (' + (node.any[0] || {}).message + ')').join(', ')));
"""

# What a page may not contain, whatever hosts say.
ACTIVE = "script, img, iframe, object, embed, link, form, base, video, audio, [onerror], [onclick], [onload], [style]"


def html(path, axe, pictures):
    from browser import Browser

    told = {"violations": {}, "overflow": {}}
    judge = Path(axe).read_text(encoding="utf-8")
    with Browser() as browser:
        for scheme in ("light", "dark"):
            for name, width, height in (("desk", 1280, 900), ("phone", 390, 844)):
                # Without smooth scrolling, which tests would have to wait for.
                browser.scheme(scheme, motion="reduce")
                browser.size(width, height, phone=name == "phone")
                browser.open(path)
                told["overflow"][f"{scheme} {name}"] = browser.overflow()
                if pictures:
                    browser.screenshot(Path(pictures) / f"{path.stem}-{scheme}-{name}.png", whole=True)
                browser.run(judge + "; window.axe = axe;")
                told["violations"][f"{scheme} {name}"] = browser.run(CONTRASTS)
        browser.size(1280, 900)
        browser.open(path)
        told["title"] = browser.run("return document.title")
        told["text"] = browser.run("return document.body.textContent")
        told["active"] = browser.run(f"return document.querySelectorAll({json.dumps(ACTIVE)}).length")
        told["hosts"] = browser.run("return [...document.querySelectorAll('.matrix tbody th')].map(e => e.lastChild.textContent)")
        told["columns"] = browser.run("return [...document.querySelectorAll('.matrix .up')].map(e => e.textContent)")
        told["cells"] = browser.run(
            "return [...document.querySelectorAll('.matrix tbody tr')].map(row =>"
            " [...row.querySelectorAll('td:not(.fill)')].map(cell => cell.textContent))"
        )
        # By keyboard alone: the first stop leads past the head, the last card opens and closes.
        stops = []
        for _ in range(40):
            browser.press("Tab")
            tag, text = browser.focused()
            stops.append(f"{tag} {text.splitlines()[0] if text else ''}".strip())
            if tag == "summary":
                shown = "return document.activeElement.parentElement.open"
                before = browser.run(shown)
                browser.press("Enter")
                assert browser.run(shown) is not before, "a card does not open by keyboard"
                break
        told["stops"] = stops
        if browser.run("return !!document.getElementById('only-open')"):
            rows = "return [...document.querySelectorAll('.matrix tbody tr')].filter(e => e.offsetHeight > 0).length"
            before = browser.run(rows)
            browser.run("document.getElementById('only-open').scrollIntoView({block: 'center'})")
            browser.click("#only-open")
            told["rows"] = [before, browser.run(rows)]
        browser.medium("print")
        browser.open(path)
        told["printed"] = browser.run(
            "return [...document.querySelectorAll('details .facts, details .reason')].every(e => e.offsetHeight > 0)"
        )
        if pictures:
            (Path(pictures) / f"{path.stem}.pdf").write_bytes(browser.pdf())
        told["console"] = browser.console()
        told["requests"] = sorted(set(browser.requests()))
    with Browser(scripts=False) as browser:
        browser.open(path)
        told["without_scripts"] = browser.run("return document.body.innerText.length")
    return told


def main(kind, *rest):
    if kind == "html":
        path, axe, *pictures = rest
        return [html(Path(path), axe, pictures[0] if pictures else None)]
    if kind == "sarif":
        schema, *paths = rest
        schema = json.loads(Path(schema).read_bytes())
        return [sarif(Path(path), schema) for path in paths]
    read = {"junit": junit, "csv": comma_separated, "markdown": markdown, "openmetrics": openmetrics}[kind]
    return [read(Path(path)) for path in rest]


json.dump(main(*sys.argv[1:]), sys.stdout)
