"""The man pages and completions, as they are made from the program's own tables."""

import json
import subprocess

import pytest

from harness import cri
from harness.command import gantry

pytestmark = pytest.mark.gantry
MANUALS = cri.REPOSITORY / "packaging" / "manuals"
#: mandoc looks for the other pages among those that are installed.
NOT_INSTALLED = "referenced manual not found"


@pytest.fixture
def pages(node, tmp_path):
    """All pages by name."""
    subprocess.run([MANUALS, node.runtime.command[0], tmp_path], check=True)
    return {path.name: path for path in tmp_path.rglob("*.[58]")}


def test_a_page_for_each_command(node, pages):
    root = json.loads(gantry(node.runtime, "--experimental-dump-help"))["command"]
    names = {each["commandName"] for each in root["subcommands"]} - {"help"}
    assert {f"gantry-{name}.8" for name in names} | {"gantry.8", "gantry.toml.5"} == set(pages)


def test_every_key_is_in_its_page(node, pages):
    text = pages["gantry.toml.5"].read_text()
    table = json.loads(gantry(node.runtime, "config", "--keys"))
    for key in table["keys"] + table["handlerKeys"]:
        assert f".It Ic {key['name']} " in text


def test_mandoc_finds_nothing(pages):
    said = subprocess.run(["mandoc", "-Tlint", *pages.values()], text=True, check=False,
                          stdout=subprocess.PIPE).stdout
    assert not [line for line in said.splitlines() if NOT_INSTALLED not in line]


@pytest.mark.parametrize("shell, check", [
    ("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_completions(node, tmp_path, shell, check):
    script = tmp_path / shell
    script.write_text(gantry(node.runtime, "--generate-completion-script", shell))
    assert "registry" in script.read_text()
    subprocess.run([*check, script], check=True)
