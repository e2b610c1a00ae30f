"""Images made of what layers may say: one theme each, and random ones of all themes together."""

import io
import random
import tarfile
from dataclasses import dataclass, field

from harness.images.tarball import Layer, sha256

FILE, DIRECTORY, SYMLINK, LINK = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
CHARACTER, BLOCK, FIFO = tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE


@dataclass
class Member:
    """One entry of a layer, with all that a tar can say of it."""

    name: str
    type: bytes = FILE
    data: bytes = b""
    target: str = ""
    mode: int = 0o644
    owner: int = 0
    time: float = 1000
    device: tuple[int, int] = (0, 0)
    pax: dict[str, str] = field(default_factory=dict)


def pack(members: list[Member], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of them in their order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.type, info.linkname, info.mode, info.mtime = member.type, member.target, member.mode, member.time
            info.uid = info.gid = member.owner
            info.devmajor, info.devminor = member.device
            info.pax_headers = member.pax
            info.size = len(member.data) if member.type == FILE else 0
            archive.addfile(info, io.BytesIO(member.data))
    return buffer.getvalue()


def as_layer(tar: bytes) -> Layer:
    """As a registry serves it, without compression."""
    return Layer(tar, sha256(tar), "none")


def _directory(name: str, mode: int = 0o755, **rest) -> Member:
    return Member(name, DIRECTORY, mode=mode, **rest)


def _symlink(name: str, target: str) -> Member:
    return Member(name, SYMLINK, target=target)


def _link(name: str, target: str) -> Member:
    return Member(name, LINK, target=target)


def _base() -> list[Member]:
    return [
        _directory("./", 0o711), _directory("a/", 0o1777, owner=33), Member("a/one", data=b"1" * 700),
        Member("a/two", data=b"2" * 5000, pax={"SCHILY.xattr.user.key": "value"}),
        _directory("usr/lib/", 0o700, time=5), Member("usr/lib/libc", data=b"c" * 100_000),
        _symlink("lib", "usr/lib"), _symlink("etc", "/a"), _link("hard", "a/one"),
        _directory("deep/er/still/", 0o750), Member("deep/er/still/file", data=b"x"),
    ]


def _sparse(version: str) -> bytes:
    """A file of 3 MB with two pieces, in one of GNU's pax formats."""
    pieces = [(1_000_000, b"a" * 4096), (2_500_000, b"b" * 777)]
    numbers = [str(number) for offset, data in pieces for number in (offset, len(data))]
    data = b"".join(data for _, data in pieces)
    pax = {"GNU.sparse.name": "holes", "GNU.sparse.realsize": "3000000"}
    if version == "1.0":
        text = "\n".join([str(len(pieces)), *numbers, ""]).encode()
        data = text + bytes(-len(text) % 512) + data
        pax |= {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    else:
        pax |= {"GNU.sparse.size": "3000000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": ",".join(numbers)}
    return pack([Member("GNUSparseFile.0/holes", data=data, pax=pax), Member("after", data=b"after")])


def _cases() -> dict[str, list[list[Member]]]:
    opaque, long = ".wh..wh..opq", "n" * 255
    return {
        "one layer": [_base()],
        "no entry": [[]],
        "an empty layer on top": [_base(), []],
        "a whiteout of a file": [_base(), [Member("a/.wh.one")]],
        "a whiteout of a directory": [_base(), [Member(".wh.a")]],
        "a whiteout of nothing": [_base(), [Member("a/.wh.none"), Member("none/.wh.none")]],
        "a whiteout before its name": [_base(), [Member(".wh.a"), _directory("a/"), Member("a/new")]],
        "a whiteout after its name": [_base(), [_directory("a/"), Member("a/new"), Member(".wh.a")]],
        "a whiteout and an implicit directory": [_base(), [Member(".wh.a"), Member("a/new")]],
        "an opaque directory": [_base(), [_directory("a/", 0o700), Member(f"a/{opaque}"), Member("a/new")]],
        "an implicit opaque directory": [_base(), [Member(f"a/{opaque}"), Member("a/new")]],
        "an opaque directory between": [_base(), [Member(f"a/{opaque}")], [Member("a/x/y")]],
        "a device as a whiteout": [_base(), [Member("hard", CHARACTER)]],
        "aufs's own files": [_base(), [Member(".wh..wh.aufs"), _directory(".wh..wh.plnk/"), Member("x")]],
        "a file over a directory": [_base(), [Member("a", data=b"file")]],
        "a directory over a file": [_base(), [_directory("a/one/"), Member("a/one/x")]],
        "a directory over a link": [_base(), [_directory("lib/"), Member("lib/x")]],
        "a link over a directory": [_base(), [_symlink("a", "usr")], [Member("a/x")]],
        "paths through a link below": [_base(), [Member("lib/new", data=b"n"), Member("lib/sub/new")]],
        "a whiteout through a link below": [_base(), [Member("lib/.wh.libc")]],
        "an absolute link below": [_base(), [Member("etc/new")], [Member("etc/newer")]],
        "links to links": [_base(), [_symlink("x", "lib"), _symlink("y", "x")], [Member("y/new")]],
        "a dangling link": [_base(), [_symlink("x", "not/there")], [Member("x/new")]],
        "a hard link below": [_base(), [_link("new", "a/two"), _link("newer", "/a/two")]],
        "a hard link through a link": [_base(), [_link("new", "lib/libc"), _link("newer", "usr/lib/libc")]],
        "a hard link to a link": [_base(), [_link("new", "lib")]],
        "a hard link of one layer": [_base(), [Member("x", data=b"x"), _link("y", "x"), _link("z", "y")]],
        "a replaced hard link": [_base(), [_link("new", "a/two"), Member("new", data=b"other")]],
        "a hidden name of a file": [_base(), [Member(".wh.hard")]],
        "attributes of directories": [_base(), [Member("a/x"), Member("deep/er/y"), Member("deep/.wh.er")]],
        "a described root": [_base(), [_directory("./", 0o555, owner=7), Member("x")]],
        "an entry twice": [[Member("x", data=b"1"), Member("x", data=b"22"), _directory("d/", 0o700),
                            _directory("d/", 0o711), _symlink("x", "y")]],
        "absolute and odd names": [[Member("/x"), Member("../../y"), Member("a/./b//c"), Member("a/../z")]],
        "names of any bytes": [[Member("\udcff\udc80"), Member("new\nline"), Member(long), Member("e\u0301"),
                                Member("!"), Member("-"), Member("."*3)]],
        "links out of the image": [[_symlink("out", "../../../../etc"), Member("out/x"), _symlink("proc", "/proc/self")]],
        "devices and pipes": [[Member("null", CHARACTER, device=(1, 3)), Member("big", BLOCK, device=(259, 70000)),
                               Member("pipe", FIFO), Member("root-null", CHARACTER, device=(0, 1))]],
        "modes and owners": [[Member("setuid", mode=0o4755, owner=33), Member("setgid", mode=0o2755),
                              Member("none", mode=0, owner=4_000_000_000), _directory("sticky/", 0o1777)]],
        "attributes": [[Member("cap", pax={"SCHILY.xattr.security.capability":
                                          "\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"}),
                        Member("many", pax={f"SCHILY.xattr.user.{n}": "v" * n for n in range(1, 40)}),
                        Member("label", pax={"SCHILY.xattr.security.selinux": "x", "SCHILY.xattr.trusted.overlay.opaque": "y",
                                             "SCHILY.xattr.user.overlay.opaque": "y"})]],
        "times": [[Member("old", time=-1.5), Member("nano", pax={"mtime": "7.123456789"}), Member("late", time=4e9)]],
        "sizes": [[Member(f"{size}", data=bytes([size % 251]) * size)
                   for size in (0, 1, 511, 512, 513, 4095, 4096, 4097, 65536, 1_000_001)]],
        "long links": [[_symlink("x", "y/" * 2000), _symlink("z", "n" * 250)]],
        "many names": [[Member(f"d/{n:x}-{n * 7919 % 1000}") for n in range(5000)]],
        "deep directories": [[Member("/".join(["d"] * 200))], [Member("/".join(["d"] * 199) + "/e")]],
        "many layers": [[Member(f"{n}", data=b"%d" % n), Member(f".wh.{n - 2}")] for n in range(30)],
    }


CASES: dict[str, list[bytes]] = {
    **{name: [pack(members) for members in layers] for name, layers in _cases().items()},
    "holes, format 0.1": [_sparse("0.1")], "holes, format 1.0": [_sparse("1.0")],
    "GNU's headers": [pack([Member("n" * 200, data=b"x"), _symlink("l", "t" * 300)], tarfile.GNU_FORMAT)],
}

#: What every pull refuses.
REFUSED: dict[str, list[bytes]] = {
    name: [pack(members)] for name, members in {
        "a file as a directory": [Member("f"), Member("f/x")],
        "a link to nothing": [_link("l", "nothing")],
        "a link to a directory": [_directory("d/"), _link("l", "d")],
        "a loop of links": [_symlink("l", "l"), Member("l/x")],
        "a whiteout without a name": [Member(".wh.")],
        "a name of 256 bytes": [Member("n" * 256)],
        "the root as a file": [Member("./")],
    }.items()
}


def hostile(count: int, seed: int = 1) -> bytes:
    """A layer of so many entries of every kind, over one another and over `_base`, none of which is
    refused: names beginning with d are directories, and links lead to them or out of the image."""
    chance = random.Random(seed)

    def directory() -> str:
        parts = [chance.choice(("d1", "d2", "d3", "usr/lib", "lib", "..", ".", "etc", "l1", "l2", "l3"))
                 for _ in range(chance.randint(1, 4))]
        return chance.choice(("", "/", "./")) + "/".join(parts)

    members: list[Member] = [_symlink(f"l{n}", target) for n, target in enumerate(("/", "d1", "../../d2", "lib"))]
    known: list[str] = []
    for number in range(count):
        name = f"{directory()}/f{chance.randint(0, count // 4)}"
        common = {"mode": chance.choice((0o644, 0o755, 0o4755, 0o2711, 0)), "owner": chance.choice((0, 33, 1 << 31)),
                  "time": chance.randint(0, 1 << 31)}
        match chance.randint(0, 11):
            case 0 | 1 | 2 | 3:
                pax = {"SCHILY.xattr.user.k": "v" * chance.randint(1, 50)} if number % 5 == 0 else {}
                if number % 3 == 0:
                    # Nothing takes the place of these, so that links find them.
                    name = f"{directory()}/k{number}"
                    known.append(name)
                members.append(Member(name, data=bytes([number % 256]) * chance.choice((0, 1, 600, 4097)), pax=pax,
                                      **common))
            case 4: members.append(_directory(f"{directory()}/d{chance.randint(1, 3)}/"))
            case 5: members.append(_symlink(name, chance.choice((directory(), "/../..", "f1", name[-30:]))))
            case 6 if known: members.append(_link(name, chance.choice(known)))
            case 7: members.append(Member(f"{directory()}/.wh.f{chance.randint(0, count // 4)}"))
            case 8: members.append(Member(name, CHARACTER, device=(chance.randint(0, 300), chance.randint(0, 70000)), **common))
            case 9: members.append(Member(name, chance.choice((BLOCK, FIFO)), device=(7, number % 256), **common))
            case 10: members.append(Member(f"{directory()}/{chance.choice(('.wh..wh..opq', '.wh..wh.x', '.wh.d3'))}"))
            case _: members.append(Member(name, CHARACTER))
    return pack(members)
