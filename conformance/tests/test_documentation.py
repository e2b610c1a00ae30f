"""docs/fields.md names every field of the two configurations, and tests that are there."""

import re

import pytest

from harness import cri

pytestmark = pytest.mark.gantry
TABLE = (cri.REPOSITORY / "docs" / "fields.md").read_text()
#: Messages whose fields the table has under the name of the field that holds them.
WHOLE = {"PodSandboxMetadata", "ContainerMetadata", "DNSConfig", "PortMapping", "SELinuxOption",
         "SecurityProfile", "UserNamespace", "IDMapping", "HugepageLimit", "KeyValue", "Device",
         "CDIDevice", "Int64Value", "WindowsPodSandboxConfig", "WindowsContainerConfig"}


def section(title):
    """The table's part under a heading, with the parts below it."""
    level = re.search(rf"^(#+) {title}$", TABLE, re.M).group(1)
    return re.search(rf"^{level} {title}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", TABLE,
                     re.M | re.S).group(1)


def fields(message, ended=()):
    """All fields of a message and of the messages in it, by name."""
    for field in message.fields:
        yield field.name
        inner = field.message_type
        plain = inner is None or inner.GetOptions().map_entry or inner.name in WHOLE
        if not plain and inner.name not in ended:
            yield from fields(inner, (*ended, inner.name))


#: A pod's resources and overhead are only noted, so their parts need no rows.
@pytest.mark.parametrize("message, noted", [
    ("PodSandboxConfig", ["LinuxContainerResources"]), ("ContainerConfig", [])])
def test_every_field_is_named(message, noted):
    cells = " ".join(re.findall(r"^\| (.*?) \|", section(message), re.M))
    headings = " ".join(re.findall(r"^#+ (.*)$", section(message), re.M))
    words = set(re.findall(r"\w+", cells + " " + headings))
    assert not set(fields(getattr(cri, message).DESCRIPTOR, noted)) - words


def proofs():
    """What the table's last column names: (file, test) of conformance, and names of Swift tests."""
    for row in re.findall(r"^\|.*\|$", TABLE, re.M):
        proof = row.split("|")[-2]
        for part in proof.split(";"):
            if match := re.match(r"\s*(\w+): (.*)", part):
                for name in match.group(2).split(","):
                    yield match.group(1), name.strip()
        yield from (("", name) for name in re.findall(r"`(\w+(?:\.\w+)?)`", proof))


def test_every_test_is_there():
    conformance = cri.REPOSITORY / "conformance" / "tests"
    swift = "\n".join(path.read_text() for path in (cri.REPOSITORY / "Tests").rglob("*.swift"))
    missing = []
    for file, name in proofs():
        if file:
            source = (conformance / f"test_{file}.py").read_text()
            found = name == "all" or f"def test_{name.rstrip('…')}" in source
        else:
            suite, _, function = name.partition(".")
            found = f"struct {suite} " in swift and f"func {function}" in swift
        if not found:
            missing.append((file, name))
    assert not missing
