"""`gantry status --html`: one page of the node, as a browser shows it by day and by night."""

import os
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser

import pytest

from harness.command import gantry

pytestmark = pytest.mark.gantry
HANDLERS = ["crun"]
VOID = {"meta", "link", "br", "img"}


class Page(HTMLParser):
    """Its text, and whether every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.tags = "", [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page(node, pods, busybox, tmp_path):
    """The file, of a node with a pod."""
    pods.run(annotations={"x": "y"}).run("sleep 1000", image=busybox, name="page-<i>")
    path = tmp_path / "page.html"
    assert gantry(node.runtime, "status", "--html", str(path)) == ""
    return path


def test_what_is_on_it(page, busybox, pods):
    read = Page(page.read_text())
    assert not read.open
    for words in ("page-<i>", busybox, "running", "ready", "RunPodSandbox", "Pulls under way"):
        assert words in read.text, words
    assert not read.tags & {"script", "link", "img", "iframe", "i"}
    assert oct(page.stat().st_mode)[-3:] == "644"


def test_refused_with_other_forms(node, tmp_path):
    done = subprocess.run([node.runtime.command[0], "status", "--json", "--html", str(tmp_path / "x")],
                          check=False, text=True, capture_output=True)
    assert done.returncode != 0 and "--html" in done.stderr and not (tmp_path / "x").exists()


def pixel(png):
    """The color at the upper left of a PNG of 8 bits without interlacing."""
    data, position, packed = png.read_bytes(), 8, b""
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8:position + 8 + length]
        if kind == b"IHDR":
            assert body[8] == 8 and body[9] in (2, 6) and body[12] == 0
        elif kind == b"IDAT":
            packed += body
        position += length + 12
    # Of the first pixel of the first row every filter leaves the value as it is.
    return tuple(zlib.decompress(packed)[1:4])


@pytest.mark.parametrize("dark, color", [(False, (255, 255, 255)), (True, (0x14, 0x18, 0x1c))],
                         ids=["light", "dark"])
def test_screenshot(page, tmp_path, dark, color):
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                   None)
    if not browser:
        pytest.skip("there is no Chromium on PATH: no screenshot was made")
    picture = tmp_path / "page.png"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={tmp_path}/profile", "--window-size=1200,1600",
         *(["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]),
         f"--screenshot={picture}", page.as_uri()],
        check=True, capture_output=True, timeout=300, env={**os.environ, "HOME": str(tmp_path)})
    assert pixel(picture) == color
