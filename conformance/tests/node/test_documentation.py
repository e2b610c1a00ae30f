"""docs/fields.md names every field of the two configurations; keys, files and tests that the docs name are there."""

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
    files = {path.name: path.read_text() for path in conformance.rglob("test_*.py")}
    swift = "\n".join(path.read_text() for path in (cri.REPOSITORY / "Tests").rglob("*.swift"))
    missing = []
    for file, name in proofs():
        if file:
            source = files[f"test_{file}.py"]
            found = name == "all" or f"def test_{name.rstrip('…')}" in source
        else:
            suite, _, function = name.partition(".")
            found = f"struct {suite} " in swift and f"func {function}" in swift
        if not found:
            missing.append((file, name))
    assert not missing


def test_every_source_is_there():
    named = re.findall(r"(?<![\w/.`-])((?:[A-Z][a-z]\w*|CRI|OCI)(?:/[A-Z]\w*)*/[A-Z][\w+]+)", TABLE)
    assert len(named) > 50
    sources = cri.REPOSITORY / "Sources"
    assert not [name for name in named if not (sources / f"{name}.swift").exists() and not (sources / name).is_dir()]


ROOT = cri.REPOSITORY
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("*/README.md"))]
#: Names of other programs and libraries.
OTHERS = {"discard_unpacked_layers", "grpc_unsecure"}


def words_of_the_source():
    """All words of the code, the contracts and the scripts."""
    words = set()
    for directory in ("Sources", "Proto", "Tests", "conformance", "bench", "packaging"):
        for path in (ROOT / directory).rglob("*"):
            if path.is_file() and path.suffix in (".swift", ".proto", ".py", ".sh", ".c", ".h", ".toml", ""):
                words.update(re.findall(rb"\w+", path.read_bytes()))
    return {word.decode(errors="replace") for word in words}


def quoted():
    """What the docs quote: (document, words)."""
    for path in DOCS:
        for code in re.findall(r"`([^`\n]+)`", path.read_text()):
            yield path.name, code


def test_every_key_is_there():
    words = words_of_the_source() | OTHERS
    keys = [(name, code) for name, code in quoted() if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", code)]
    assert len(keys) > 100
    assert not [key for key in keys if key[1] not in words
                and not next((ROOT / "conformance/tests").rglob(f"{key[1]}.py"), None)]


def test_every_test_that_is_named_is_there():
    swift = "\n".join(path.read_text() for path in (ROOT / "Tests").rglob("*.swift"))
    named = [(name, match.groups()) for name, code in quoted()
             if (match := re.fullmatch(r"(?:conformance/tests/\w+/)?(test_\w+\.py)(?:::(\w+)…?)?", code))]
    assert len(named) > 50
    for document, (file, function) in named:
        source = next((ROOT / "conformance/tests").rglob(file), None)
        assert source, (document, file)
        assert not function or f"def {function}" in source.read_text(), (document, file, function)
    suites = [(name, code) for name, code in quoted() if re.fullmatch(r"\w+Tests", code)]
    assert not [suite for suite in suites if f"struct {suite[1]} " not in swift]
