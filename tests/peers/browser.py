"""A real browser for tests: headless Chromium behind chromedriver, spoken to as the W3C WebDriver specification says.

    from browser import Browser

    with Browser() as browser:                      # Browser(scripts=False): as for readers without JavaScript
        browser.size(390, 844, phone=True)
        browser.scheme("dark")
        browser.open("http://127.0.0.1:8080/")      # or a pathlib.Path
        title = browser.run("return document.title")
        browser.press("Tab", "Enter")
        browser.screenshot("page.png")
        assert browser.console() == [] and browser.csp() == []

Nothing here but the standard library.  The browser has an empty profile, no proxy, and names resolve to nothing but
loopback, so that a page that asks for something outside fails, and `requests()` tells of it.
Only processes that were started here are ended, and their files are removed.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

# The code points that WebDriver gives to keys without a character.
KEYS = {
    "Backspace": "\ue003",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Escape": "\ue00c",
    "Space": " ",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "Left": "\ue012",
    "Up": "\ue013",
    "Right": "\ue014",
    "Down": "\ue015",
}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class WebDriverError(Exception):
    """What chromedriver answers when it cannot do something."""


class Browser:
    """One browser with one tab.  Ends, with everything that it wrote, when the `with` ends."""

    def __init__(self, scripts=True, seconds=60):
        """`scripts`: whether pages may run JavaScript; `run` works either way.  `seconds`: how long one command may take."""
        self.scripts = scripts
        self.seconds = seconds
        self.driver = None
        self.session = None
        self.folder = None
        self.messages = []
        self.traffic = []
        self.media = {"media": "", "features": []}

    # Beginning and end.

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="rdpfix-browser-")
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def _start(self):
        around = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_CACHE_HOME=self.folder)
        self.driver = subprocess.Popen(
            [os.environ.get("CHROMEDRIVER", "chromedriver"), "--port=0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=around,
            start_new_session=True,
            text=True,
        )
        port = None
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                port = found[1]
                break
        if port is None:
            raise WebDriverError("chromedriver did not start")
        self.base = f"http://127.0.0.1:{port}"
        options = {"args": FLAGS + [f"--user-data-dir={self.folder}/profile"]}
        if not self.scripts:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        always = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": always}})
        self.session = answer["sessionId"]
        self.base += f"/session/{self.session}"

    def _stop(self):
        if self.session is not None:
            try:
                self._send("DELETE", "")
            except (WebDriverError, OSError):
                pass
            self.session = None
        if self.driver is not None:
            # chromedriver leads the session that it was started in; whatever it left behind ends with it.
            for way in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self.driver.pid, way)
                    self.driver.wait(5)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass
            self.driver.stdout.close()
            self.driver = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def _send(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": "application/json"}, method=method
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=self.seconds) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            raise WebDriverError(f"{told['error']}: {told['message']}") from None

    def cdp(self, command, **parameters):
        """A command of the Chrome DevTools Protocol, for what WebDriver lacks."""
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    # Pages.

    def open(self, where):
        """Loads a URL or a file, and waits until it is loaded."""
        url = where.resolve().as_uri() if isinstance(where, Path) else where
        self._send("POST", "/url", {"url": url})

    def url(self):
        """The address that is shown."""
        return self._send("GET", "/url")

    def source(self):
        """The page as it is now, as HTML."""
        return self._send("GET", "/source")

    def run(self, script, *arguments):
        """Runs the body of a function in the page and gives what it returns; promises are waited for."""
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script, seconds=10):
        """Waits until the script returns something that counts as true, and gives that; the page's own clock is asked."""
        # Not by `new Function`, which a page's policy may forbid.
        wait = """
            const limit = arguments[0], start = Date.now(), look = () => { %s };
            return new Promise((resolve) => {
                const again = () => {
                    const found = look();
                    if (found) resolve([true, found]);
                    else if (Date.now() - start > limit) resolve([false, null]);
                    else setTimeout(again, 20);
                };
                again();
            });
        """
        came, found = self.run(wait % script, int(seconds * 1000))
        if not came:
            raise WebDriverError(f"waited {seconds} s in vain for: {script}")
        return found

    # Hands.

    def find(self, selector):
        """The first element for a CSS selector."""
        return self._send("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        """Clicks, as a mouse does: it fails when something lies over the element."""
        self._send("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        """Writes a text into a field."""
        self._send("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Presses keys one after the other, each by its name in KEYS or its character; `Shift+Tab` holds one."""
        steps = []
        for chord in keys:
            names = chord.split("+") if len(chord) > 1 else [chord]
            names = [KEYS.get(name, name) for name in names]
            steps += [{"type": "keyDown", "value": name} for name in names]
            steps += [{"type": "keyUp", "value": name} for name in reversed(names)]
        self._send("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": steps}]})

    def focused(self):
        """What has the focus: its tag name, and its text or accessible name."""
        return self.run(
            "const e = document.activeElement;"
            "return [e.tagName.toLowerCase(), (e.getAttribute('aria-label') || e.innerText || '').trim()]"
        )

    # Eyes.

    def size(self, width, height, phone=False):
        """The size of the page's window in CSS pixels, also below what a window on a desk can have."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def scheme(self, scheme, motion="no-preference"):
        """What the reader prefers: `light` or `dark`; `reduce` for `motion`."""
        self.media["features"] = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self.cdp("Emulation.setEmulatedMedia", **self.media)

    def medium(self, medium):
        """`screen`, or `print` to see the page as it is printed."""
        self.media["media"] = medium
        self.cdp("Emulation.setEmulatedMedia", **self.media)

    def screenshot(self, path, whole=False):
        """Writes a PNG of the window, or of the whole page."""
        parameters = {"format": "png"}
        if whole:
            size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1}
            parameters.update(captureBeyondViewport=True, clip=clip)
        Path(path).write_bytes(base64.b64decode(self.cdp("Page.captureScreenshot", **parameters)["data"]))

    def pdf(self, **options):
        """The page as it is printed; options are those of WebDriver's print command."""
        return base64.b64decode(self._send("POST", "/print", options))

    def overflow(self):
        """How many CSS pixels the page is wider than its window; 0 when nothing has to be scrolled sideways."""
        return self.run(
            "const e = document.documentElement; return Math.max(0, e.scrollWidth - e.clientWidth)"
        )

    def _read(self):
        self.messages += self._send("POST", "/se/log", {"type": "browser"})
        for entry in self._send("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                # The browser's own first page, and what a page carries in itself.
                if not url.startswith(("chrome:", "data:")):
                    self.traffic.append(url)

    def console(self):
        """Everything that the console was told since the start, as texts `LEVEL source: text`."""
        self._read()
        return [f"{entry['level']} {entry['source']}: {entry['message']}" for entry in self.messages]

    def csp(self):
        """The violations of the page's Content Security Policy among it."""
        return [text for text in self.console() if "Content Security Policy" in text]

    def requests(self):
        """The URLs of everything that was asked for since the start."""
        self._read()
        return self.traffic
