"""Damage to what Gantry keeps on disk."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from harness.client import Client

ROOT = Path("/var/lib/gantry")
DATABASE = ROOT / "gantry.db"
LOG = ROOT / "gantry.db-wal"
RECORDS = [ROOT / "records", Path("/run/gantry/records")]


def _overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def _checkpoint() -> None:
    """Everything is in the database itself, and nothing in its log, by which SQLite would mend it."""
    with closing(sqlite3.connect(DATABASE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _torn() -> None:
    _checkpoint()
    _overwrite(DATABASE, 4096, b"\xa5" * 16384)


def _garbage() -> None:
    _checkpoint()
    DATABASE.write_bytes(b"\x55" * 65536)


def _truncated() -> None:
    _checkpoint()
    with DATABASE.open("r+b") as file:
        file.truncate(6000)


#: By name; each wants the daemon not to run.
DATABASE_DAMAGE: dict[str, Callable[[], object]] = {
    "garbage": _garbage,
    "empty": lambda: DATABASE.write_bytes(b""),
    "truncated": _truncated,
    "torn": _torn,
    "garbage-log": lambda: LOG.write_bytes(b"\x55" * 40000),
}


def set_aside() -> list[Path]:
    """Databases that were found damaged."""
    return sorted(ROOT.glob("gantry.db.damaged-*"))


def lose_records() -> None:
    """The rows' records go."""
    for directory in RECORDS:
        shutil.rmtree(directory)


@contextmanager
def rows() -> Iterator[sqlite3.Connection]:
    """The database, to be changed behind the daemon's back."""
    with closing(sqlite3.connect(DATABASE)) as database:
        yield database
        database.commit()


def layer_of(client: Client, image: str) -> Path:
    """The directory of an image's topmost layer."""
    info = client.ImageStatus(image={"image": image}, verbose=True).info["info"]
    chain = info.split('"chainID":"')[1].split('"')[0]
    return ROOT / "layers" / chain.removeprefix("sha256:")


#: By name, given the layer's directory.
LAYER_DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": shutil.rmtree,
    "no-files": lambda layer: shutil.rmtree(layer / "diff"),
    "empty": lambda layer: [shutil.rmtree(layer / "diff"), (layer / "diff").mkdir()],
    "no-info": lambda layer: (layer / "info.json").unlink(),
    "torn-info": lambda layer: (layer / "info.json").write_bytes(b"{\"diffID\":"),
}
