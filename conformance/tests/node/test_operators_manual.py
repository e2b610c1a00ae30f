"""docs/operators.md: the commands, options, keys and steps that it names are there."""

import json
import re
import subprocess

import pytest

from harness import cri
from harness.command import gantry
from harness.images import catalogue

pytestmark = pytest.mark.gantry
TEXT = (cri.REPOSITORY / "docs" / "operators.md").read_text()


def commands():
    """Each `gantry …` of a code block or span: the words before its options and arguments, and the options."""
    spans = re.findall(r"`(gantry [^`]+)`", TEXT)
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", TEXT, re.M | re.S))
    for line in {*spans, *re.findall(r"^gantry [^#\n]+", blocks, re.M)}:
        words = line.split()[1:]
        names = []
        while words and re.fullmatch("[a-z-]+", words[0]) and not words[0].startswith("-") and len(names) < 2:
            names.append(words.pop(0))
        yield tuple(names), tuple(word.partition("=")[0] for word in words if word.startswith("--"))


@pytest.mark.parametrize(("names", "options"), sorted(set(commands())), ids=lambda each: " ".join(each) or "-")
def test_commands(node, names, options):
    if options == ("--version",):
        assert gantry(node.runtime, "--version").startswith("gantry ")
        return
    help = subprocess.run([node.runtime.command[0], *names, "--help"], text=True, check=False, capture_output=True)
    if "Unexpected argument" in help.stderr or f"gantry {' '.join(names)}" not in help.stdout:
        # The last word is an argument, such as a level.
        help = subprocess.run([node.runtime.command[0], *names[:1], "--help"], text=True, check=True, capture_output=True)
        assert "ARGUMENTS" in help.stdout
    for option in options:
        assert option in help.stdout, f"{names} has no {option}"


def test_keys(node):
    defaults = gantry(node.runtime, "config", "--default")
    known = set(re.findall(r"^#?([a-z_]+) = ", defaults, re.M))
    known |= {"allowed_annotations"}
    named = set()
    for heading in ("Tune", "Harden"):
        section = re.search(rf"^## {heading}$(.*?)^##", TEXT, re.M | re.S).group(1)
        for row in re.findall(r"^\| .* \|$", section, re.M):
            named |= set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)[` ]", row.split("|")[2]))
    assert len(named) > 20 and not named - known


def test_steps(node, client, pods, registry, trace_of, handler, nothing_left):
    reference = registry.push("test/steps:1", catalogue.marked("steps"))
    pod = pods.run()
    client.PullImage(image={"image": reference}, sandbox_config=pod.config)
    pod.run("sleep 1000", image=reference)
    found = {span["name"] for operation in trace_of(pod.id) for span in operation["spans"]}
    table = re.search(r"^\| step that.*?\n\n", TEXT, re.M | re.S).group(0)
    named = {step for row in table.strip().splitlines()[2:] for step in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert len(named) > 6
    for step in named - {"plugins"}:
        start = step.replace("crun", handler).removesuffix("…").removesuffix("HOST")
        assert any(name.startswith(start) for name in found), f"{step} is none of {sorted(found)}"
    pods.remove()
    client.RemoveImage(image={"image": reference})


@pytest.fixture
def trace_of(node):
    """The operations of a pod."""
    return lambda what: json.loads(gantry(node.runtime, "trace", "--json", what))["operations"]
