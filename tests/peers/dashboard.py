"""Looks at the dashboard with a real browser, and prints every trouble as a JSON list.

Reads {"url", "token", "work", "more"} from standard input; `work` is one of the functions below.
"""

import json
import sys
import time

from browser import Browser, WebDriverError

SLOWEST = 2.0
WINDOWS = {"desk": (1280, 900, False), "phone": (360, 740, True)}
READY = "return document.documentElement.dataset.heat === 'ready'"

# How far text is from what is behind it (WCAG 2.2, 1.4.3), for every text that is seen; and what has no name.
ACCESSIBLE = """
const troubles = [];
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
};
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
        const colour = rgba(getComputedStyle(e).backgroundColor);
        if (colour[3] > 0) layers.push(colour);
        if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, over) => under.map((c, at) => over[at] * over[3] + c * (1 - over[3])), [255, 255, 255]);
};
const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const done = new Set();
while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || done.has(e) || !seen(e) || e.closest('svg, .unseen, [disabled], option')) continue;
    done.add(e);
    if (done.size > 600) break;
    const style = getComputedStyle(e);
    const under = behind(e), over = rgba(style.color);
    const [a, b] = [light(over), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const told = `contrast ${ratio.toFixed(2)}: ${e.tagName} ${e.className}`;
    if (ratio < 4.5 && !troubles.includes(told)) troubles.push(told);
}
const name = (e) => (e.getAttribute('aria-label') || e.textContent || e.title || '').trim()
    || (e.labels && e.labels.length && e.labels[0].textContent.trim());
for (const e of document.querySelectorAll('a[href], button, input:not([hidden], [type=hidden]), select')) {
    if (seen(e) && !name(e)) troubles.push(`without a name: ${e.outerHTML.slice(0, 80)}`);
}
for (const e of document.querySelectorAll('svg, img, canvas')) {
    if (!e.closest('[aria-hidden=true]') && !e.getAttribute('aria-label')) troubles.push(`without words: ${e.outerHTML.slice(0, 80)}`);
}
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) troubles.push(`twice the id ${id}`);
const levels = [...document.querySelectorAll('h1, h2, h3')].map((e) => Number(e.tagName[1]));
if (levels.filter((level) => level === 1).length !== 1) troubles.push(`headings ${levels}`);
levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) troubles.push(`a heading is left out: ${levels}`); });
if (!document.documentElement.lang || !document.querySelector('main')) troubles.push('no language or no main part');
return troubles;
"""

# What takes the focus, in order; inside a grid the grid itself does, and arrow keys lead on.
INTERACTIVE = """
return [...document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]), select, [tabindex="0"]')]
    .filter((e) => e.tabIndex >= 0 && e.checkVisibility()).length;
"""
# Where the focus is, and whether that can be seen.
FOCUS = """
const e = document.activeElement;
if (!window.seen) window.seen = new Set();
if (e === document.body || window.seen.has(e)) return [window.seen.size, true];
window.seen.add(e);
const style = getComputedStyle(e);
return [window.seen.size, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
"""


def every_page(more):
    paths = ["", "hosts", "controls", "certificates", "drift", "runs", "jobs", "sign-in"]
    if more["host"]:
        paths += [f"hosts/{more['host']}", "controls/RDP-NLA", "runs/01K00000000000000000000001", "hosts?state=drift"]
    return paths


def opened(browser, url):
    """Opens a page, waits for its map, and tells how long that took."""
    began = time.monotonic()
    browser.open(url)
    if browser.run("return !!document.getElementById('heat')"):
        browser.until(READY)
    return time.monotonic() - began


def pages(url, _token, more):
    troubles = []
    with Browser() as browser:
        for window, (width, height, phone) in WINDOWS.items():
            browser.size(width, height, phone=phone)
            for scheme in ["light", "dark"]:
                browser.scheme(scheme)
                for path in every_page(more):
                    at = f"{window} {scheme} /{path}"
                    took = opened(browser, url + path)
                    # A machine that is busy with other tests is given a second try.
                    if took > SLOWEST and (took := opened(browser, url + path)) > SLOWEST:
                        troubles.append(f"{at}: took {took:.1f} s")
                    if browser.overflow():
                        troubles.append(f"{at}: {browser.overflow()} px too wide")
                    troubles += [f"{at}: {told}" for told in browser.run(ACCESSIBLE)]
        browser.size(1280, 900)
        for path in every_page(more):
            opened(browser, url + path)
            count = browser.run(INTERACTIVE)
            # Long lists are all alike; the first hundred stops tell enough.
            for _ in range(min(count, 100)):
                browser.press("Tab")
                reached, visible = browser.run(FOCUS)
                if not visible:
                    troubles.append(f"/{path}: no visible focus on {browser.focused()}")
            if reached < min(count, 100):
                troubles.append(f"/{path}: {reached} of {count} are reached by Tab")
        troubles += charts(browser, url)
        if not more["host"]:
            troubles += empty(browser, url)
        troubles += browser.console()
        troubles += [f"asked for {asked}" for asked in browser.requests() if not asked.startswith(url)]
    with Browser(scripts=False) as browser:
        for window, (width, height, phone) in WINDOWS.items():
            browser.size(width, height, phone=phone)
            for path in every_page(more):
                browser.open(url + path)
                if browser.overflow():
                    troubles.append(f"without scripts, {window} /{path}: {browser.overflow()} px too wide")
        browser.open(url + "hosts")
        rows = browser.run("return document.querySelectorAll('#still tbody tr').length")
        if more["host"] and rows != 50:
            troubles.append(f"without scripts the table has {rows} rows")
    return troubles


# Letters of charts that are smaller than this cannot be read.
SMALLEST = """
return [...document.querySelectorAll('svg text')].filter((e) => e.checkVisibility())
    .map((e) => [e.textContent, e.getBoundingClientRect()])
    .filter(([, box]) => box.height < 8 || box.right > innerWidth).map(([text]) => text);
"""
# Texts of charts that lie over each other.
CROWDED = """
const boxes = [...document.querySelectorAll('svg text')].filter((e) => e.checkVisibility())
    .map((e) => [e.textContent, e.getBoundingClientRect()]);
return boxes.filter(([, a], at) => boxes.slice(at + 1).some(([, b]) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).map(([text]) => text);
"""


def charts(browser, url):
    """Charts on a phone and on a desk, over a week and over a year."""
    troubles = []
    for window, (width, height, phone) in WINDOWS.items():
        browser.size(width, height, phone=phone)
        for path in ["", "certificates", "drift?days=7", "drift", "drift?days=365"]:
            browser.open(url + path)
            for what, script in [("too small", SMALLEST), ("one over another", CROWDED)]:
                if found := browser.run(script):
                    troubles.append(f"{window} /{path}: {what}: {found}")
    return troubles


def empty(browser, url):
    """Without hosts the map's page says how to begin."""
    opened(browser, url + "hosts")
    shown = browser.run("const e = document.getElementById('still'); return e.checkVisibility() ? e.innerText : ''")
    return [] if "says how to begin" in shown else [f"without hosts: {shown!r}"]


class Spoilt:
    """Pages that see other answers than the server gave: `spoil` is the body of a function of a path and an answer."""

    def __init__(self, browser, spoil):
        self.browser = browser
        wrap = "const ask = window.fetch; let count = 0; window.fetch = async (path, ...more) => {"
        self.source = f"{wrap} const answer = await ask(path, ...more); {spoil} return answer; }};"

    def __enter__(self):
        told = self.browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=self.source)
        self.identifier = told["identifier"]

    def __exit__(self, *_):
        self.browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=self.identifier)


# The second page of the matrix has one control more, as when a run has just brought it.
WIDER = """
    if (String(path).includes('matrix') && (count += 1) === 2) {
        const page = await answer.json(), width = page.controls.length;
        page.controls.push('ZZZ-NEW');
        page.cells = page.hosts.map((_, at) => page.cells.slice(at * width, (at + 1) * width) + '6').join('');
        return new Response(JSON.stringify(page));
    }
"""
# The last host with its cells, as the server tells them and as the map shows them.
LAST_TOLD = """
return (async () => {
    let page = await (await fetch('/api/v1/matrix')).json();
    while (page.next) page = await (await fetch('/api/v1/matrix?after=' + encodeURIComponent(page.next))).json();
    return [page.hosts.at(-1), page.controls.length, page.cells.slice(-page.controls.length)];
})();
"""
LAST_SHOWN = """
const view = document.getElementById('grid'), words = ['none', 'compliant', 'waived', 'unknown', 'drift', 'overridden', 'failed'];
view.scrollTop = 1e9;
return new Promise((done) => setTimeout(() => {
    const row = [...document.querySelectorAll('.heat-row')].sort((a, b) => a.line - b.line).at(-1);
    const cells = [...row.querySelectorAll('.cell > i')].map((i) => words.indexOf(i.className.slice(2))).join('');
    done([row.querySelector('a').textContent, document.querySelectorAll('.heat-column').length, cells]);
}, 300));
"""
REFUSED = """
    if (String(path).includes('controls')) return new Response('{"detail": "the history cannot be read now"}', {status: 503});
"""


def changing(browser, url):
    """What the map makes of answers that do not fit together, and of one that is none."""
    troubles = []
    with Spoilt(browser, WIDER):
        opened(browser, url + "hosts")
        told, shown = browser.run(LAST_TOLD), browser.run(LAST_SHOWN)
        if told != shown:
            troubles.append(f"the last host is {told}, and is shown as {shown}")
    with Spoilt(browser, REFUSED):
        browser.open(url + "hosts")
        browser.until("return !document.getElementById('heat').hidden")
        said = browser.run("return document.getElementById('heat').textContent")
        if "the history cannot be read now" not in said:
            troubles.append(f"a map that cannot be drawn says {said!r}")
    return troubles


def mouse(browser, url):
    """A click in the middle of the map opens what is there; the address keeps what was searched for; paper is saved."""
    troubles = []
    opened(browser, url + "hosts")
    wanted = browser.run(
        "document.getElementById('grid').scrollTop = 50000;"
        "return new Promise((done) => setTimeout(() => {"
        "const rows = [...document.querySelectorAll('.heat-row')].sort((a, b) => a.line - b.line);"
        "const row = rows[Math.floor(rows.length / 2)]; row.querySelector('.cell').id = 'target';"
        "done(new URL(row.querySelector('a').href).pathname); }, 300))"
    )
    browser.click("#target")
    try:
        browser.until("return location.pathname !== '/hosts'", seconds=3)
    except WebDriverError:
        pass
    if not browser.url().endswith(wanted):
        troubles.append(f"a click on {wanted} leads to {browser.url()}")
    opened(browser, url + "hosts")
    browser.type("[name=q]", "name")
    if "q=name" not in browser.url():
        troubles.append(f"the address is {browser.url()}")
    browser.medium("print")
    opened(browser, url + "hosts")
    height = browser.run("return document.documentElement.scrollHeight")
    rows = browser.run("return [...document.querySelectorAll('#still tbody tr')].filter((e) => e.checkVisibility()).length")
    if height > 20_000 or rows != 50:
        troubles.append(f"on paper /hosts is {height} px long and has {rows} rows")
    browser.medium("")
    return troubles


def map(url, _token, more):
    troubles = []

    def check(what, holds):
        if not holds:
            troubles.append(what)

    with Browser() as browser:
        browser.size(1280, 900)
        opened(browser, url + "hosts")
        said = "return document.querySelector('.heat-said').textContent"
        rows = "return document.querySelectorAll('.heat-row').length"
        check(f"it tells {browser.run(said)}", f"{more['hosts']:,} of {more['hosts']:,} hosts" == browser.run(said))
        check(f"{browser.run(rows)} rows are in the page", 10 < browser.run(rows) < 60)
        height = browser.run("return document.querySelector('.heat-rows').offsetHeight")
        check(f"the rows are {height} px high", height == more["hosts"] * 22)
        frame = browser.run(
            "const view = document.getElementById('grid'), start = performance.now(); let count = 0;"
            "return new Promise((done) => { const next = () => { view.scrollTop += 5000;"
            "if (++count < 20) requestAnimationFrame(next); else done((performance.now() - start) / 20); }; next(); })"
        )
        check(f"a frame of scrolling takes {frame:.0f} ms", frame < 400)
        last = browser.run(
            "const view = document.getElementById('grid'); view.scrollTop = 1e9;"
            "return new Promise((done) => setTimeout(() => done([...document.querySelectorAll('.heat-row')]"
            ".some((row) => row.getAttribute('aria-rowindex') === view.getAttribute('aria-rowcount'))), 300))"
        )
        check("the last row is not shown at the end", last)
        took = browser.run(
            "const form = document.getElementById('tools'), start = performance.now();"
            "form.elements.sort.value = 'worst'; form.elements.group.value = 'state';"
            "form.dispatchEvent(new Event('input')); return performance.now() - start"
        )
        check(f"sorting and grouping take {took:.0f} ms", took < 2000)
        first = browser.run("return document.querySelector('.heat-row.group').textContent")
        check(f"the first group is {first}", first.startswith("compliant ("))
        browser.type("[name=q]", more["host"])
        browser.until(f"return document.querySelector('.heat-said').textContent.startsWith('1 of ')")
        check(f"the address is {browser.url()}", f"q={more['host']}" in browser.url() and "sort=worst" in browser.url())
        browser.run("document.getElementById('grid').focus()")
        browser.press("Down", "Right", "Right")
        here = browser.run(
            "const e = document.getElementById(document.getElementById('grid').getAttribute('aria-activedescendant'));"
            "return [e.getAttribute('role'), e.getAttribute('aria-label')]"
        )
        check(f"the keyboard is at {here}", here[0] == "gridcell" and here[1].startswith(more["host"]))
        check(f"it tells {browser.run(said)}", browser.run(said) == here[1])
        browser.press("Enter")
        browser.until("return location.pathname.startsWith('/hosts/')")
        check(f"Enter leads to {browser.url()}", browser.url().endswith(more["host"]))
        opened(browser, url + "hosts?q=no+such+host")
        check("an empty map says nothing", browser.run(said) == "No host fits these filters.")
        troubles += browser.console()
        troubles += mouse(browser, url)
        troubles += changing(browser, url)
    return troubles


def run(url, token, _more):
    troubles = []
    for scripts, job in [(True, "certificates"), (False, "nightly")]:
        with Browser(scripts=scripts) as browser:
            browser.open(url + "jobs")
            browser.click("a[href^='/sign-in?to']")
            browser.type("input[type=password]", "not the token")
            browser.press("Enter")
            wait(browser, "return !!document.querySelector('[role=alert]')")
            browser.type("input[type=password]", token)
            browser.press("Enter")
            wait(browser, "return location.pathname === '/jobs'")
            browser.click(f"form[action='/api/v1/jobs/{job}/run'] button")
            # Only one of the jobs tells that it runs; of the other there is nothing to be seen but the page again.
            if scripts:
                wait(browser, "return document.querySelector('tbody').innerText.includes('running')")
            wait(browser, "return location.pathname === '/jobs' && document.readyState === 'complete'")
            troubles += [told for told in browser.console() if "401" not in told]
    return troubles


def watch(url, token, _more):
    """The page of jobs tells what becomes of them without being asked, and why it cannot."""
    troubles = []
    with Browser() as browser:
        browser.open(url + "jobs")
        browser.type("input[type=password]", token)
        browser.press("Enter")
        browser.until("return location.pathname === '/jobs' && document.readyState === 'complete'")
        # Somebody else asks for a run: nothing ran when the page was loaded.
        asked = "return fetch('/api/v1/jobs/certificates/run', {method: 'POST', headers: {Authorization: 'Bearer %s'}})"
        browser.run((asked + ".then((answer) => answer.status)") % token)
        try:
            wait(browser, "return document.querySelector('tbody').innerText.includes('running')")
        except WebDriverError:
            troubles.append("a run that began elsewhere is not told")
        browser.run("return fetch('/sign-out', {method: 'POST'}).then((answer) => answer.status)")
        try:
            browser.until("return document.getElementById('said').textContent")
        except WebDriverError:
            pass
        said = browser.run("return document.getElementById('said').textContent")
        if "needs the dashboard's token" not in said:
            troubles.append(f"after signing out it says {said!r}")
    return troubles


def wait(browser, script):
    """As `until`, also where pages run no scripts, and while one page replaces another."""
    for _ in range(200):
        try:
            if browser.run(script):
                return
        except WebDriverError:
            pass
        time.sleep(0.05)
    raise WebDriverError(f"waited in vain for: {script}")


def picture(url, _token, more):
    troubles = []
    with Browser() as browser:
        browser.size(1280, 860)
        browser.scheme("light")
        opened(browser, url)
        shown = browser.run("return document.body.innerText")
        for text in ["hosts are as they should be", "Controls that differ most", "Drift, last 30 days", "Certificates"]:
            if text not in shown:
                troubles.append(f"the page has no `{text}`")
        if more["picture"]:
            browser.screenshot(more["picture"])
    return troubles


asked = json.load(sys.stdin)
work = {"pages": pages, "map": map, "run": run, "watch": watch, "picture": picture}[asked["work"]]
print(json.dumps(work(asked["url"], asked["token"], asked["more"])))
