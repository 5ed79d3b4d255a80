"""A page in Chromium without a window, driven through its WebDriver.

Needs Debian's chromium and chromium-driver; the tests that look at a page are
skipped with a word about it where these are missing.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

import pytest

from .helpers import DEADLINE, free_port, wait_until

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-dev-shm-usage", "--hide-scrollbars"]
SCHEMES = ("file:", "data:", "about:", "chrome:", "blob:")


class Browser:
    """One window; `with Browser() as browser`."""

    def __init__(self):
        self.chromium = shutil.which("chromium")
        driver = shutil.which("chromedriver")
        if self.chromium is None or driver is None:
            pytest.skip("there is no chromium with chromium-driver")
        self.home = tempfile.mkdtemp(prefix="indelible-browser-")
        port = free_port()
        self.base = "http://127.0.0.1:%d" % port
        self.driver = subprocess.Popen(
            [driver, "--port=%d" % port], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env=dict(os.environ, HOME=self.home))
        self.session = None

    def __enter__(self):
        try:
            wait_until(self._ready, "chromedriver")
            arguments = ARGUMENTS + ["--user-data-dir=%s/profile" % self.home]
            self.session = self.call("POST", "/session", {"capabilities": {
                "alwaysMatch": {
                    "goog:chromeOptions": {"args": arguments,
                                           "binary": self.chromium},
                    "goog:loggingPrefs": {"browser": "ALL",
                                          "performance": "ALL"}}}}
            )["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.call("DELETE", "/session/" + self.session)
        finally:
            os.killpg(self.driver.pid, signal.SIGKILL)
            self.driver.wait()
            shutil.rmtree(self.home, ignore_errors=True)

    def _ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        """One command of WebDriver; its value."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.base + path, data, method=method,
            headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=DEADLINE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as wrong:
            raise AssertionError(wrong.read().decode()) from None

    def do(self, command, **body):
        """A command of this session."""
        return self.call("POST", "/session/%s/%s" % (self.session, command),
                         body)

    def devtools(self, command, **params):
        """A command of Chromium's own protocol."""
        return self.do("goog/cdp/execute", cmd=command, params=params)

    def size(self, width, height, phone=False):
        """The size of what is seen."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width,
                      height=height, deviceScaleFactor=2 if phone else 1,
                      mobile=phone)

    def media(self, kind="", scheme="light"):
        """Screen or print; light or dark."""
        self.devtools("Emulation.setEmulatedMedia", media=kind, features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        """A file."""
        self.do("url", url="file://%s" % path)

    def script(self, text, *arguments):
        """The value of a script's `return`."""
        return self.do("execute/sync", script=text, args=list(arguments))

    def pdf(self):
        """The page on A4, as a PDF."""
        return base64.b64decode(self.do("print", page={
            "width": 21.0, "height": 29.7}))

    def picture(self, path, whole=True):
        """The page (or what is seen of it) as a PNG file."""
        shot = self.devtools("Page.captureScreenshot", format="png",
                             captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def complaints(self):
        """What the console says."""
        return [line["message"] for line in self.do("se/log",
                                                    type="browser")]

    def requests(self):
        """The URLs that were asked for, but for files."""
        out = []
        for line in self.do("se/log", type="performance"):
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                out.append(message["params"]["request"]["url"])
        return [url for url in out if not url.startswith(SCHEMES)]
