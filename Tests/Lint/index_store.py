"""Which symbols are used where, from the index that a debug build of Swift leaves (indexstore.h)."""

import ctypes
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Use:
    """One use of a symbol; `usr` is its mangled name."""

    file: Path
    line: int
    column: int
    usr: str


class _Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    def __str__(self) -> str:
        return ctypes.string_at(self.data, self.length).decode() if self.length else ""


_POINTER = ctypes.c_void_p
_EACH_TEXT = ctypes.CFUNCTYPE(ctypes.c_bool, _POINTER, _Text)
_EACH = ctypes.CFUNCTYPE(ctypes.c_bool, _POINTER, _POINTER)
#: INDEXSTORE_UNIT_DEPENDENCY_RECORD
_RECORD = 2
_FUNCTIONS = {
    "store_create": (_POINTER, ctypes.c_char_p, _POINTER),
    "store_units_apply_f": (ctypes.c_bool, _POINTER, ctypes.c_uint, _POINTER, _EACH_TEXT),
    "unit_reader_create": (_POINTER, _POINTER, ctypes.c_char_p, _POINTER),
    "unit_reader_dispose": (None, _POINTER),
    "unit_reader_get_main_file": (_Text, _POINTER),
    "unit_reader_dependencies_apply_f": (ctypes.c_bool, _POINTER, _POINTER, _EACH),
    "unit_dependency_get_kind": (ctypes.c_int, _POINTER),
    "unit_dependency_get_name": (_Text, _POINTER),
    "unit_dependency_get_filepath": (_Text, _POINTER),
    "record_reader_create": (_POINTER, _POINTER, ctypes.c_char_p, _POINTER),
    "record_reader_dispose": (None, _POINTER),
    "record_reader_occurrences_apply_f": (ctypes.c_bool, _POINTER, _POINTER, _EACH),
    "occurrence_get_symbol": (_POINTER, _POINTER),
    "occurrence_get_line_col": (None, _POINTER, ctypes.POINTER(ctypes.c_uint),
                                ctypes.POINTER(ctypes.c_uint)),
    "symbol_get_usr": (_Text, _POINTER),
}


class IndexStore:
    """The index below a build's directory; the toolchain on PATH has the library that reads it."""

    def __init__(self, directory: Path) -> None:
        swift = shutil.which("swift")
        if not swift:
            raise FileNotFoundError("no swift on PATH")
        library = Path(swift).resolve().parents[1] / "lib" / "libIndexStore.so"
        self._library = ctypes.CDLL(str(library))
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(self._library, f"indexstore_{name}")
            function.restype, function.argtypes = result, arguments
        self._store = self._call("store_create", str(directory).encode(), None)
        if not self._store:
            raise FileNotFoundError(f"{directory}: no index; make a debug build first")

    def uses(self, below: Path) -> Iterator[Use]:
        """All uses in the source files below a directory, as they were when they were built."""
        units: list[str] = []
        self._call("store_units_apply_f", self._store, 0, None,
                   _EACH_TEXT(lambda _, name: not units.append(str(name))))
        seen: set[str] = set()
        for unit in units:
            for file, record in self._records(unit, below):
                if record not in seen:
                    seen.add(record)
                    yield from self._uses(file, record)

    def _call(self, name: str, *arguments):
        return getattr(self._library, f"indexstore_{name}")(*arguments)

    def _records(self, unit: str, below: Path) -> list[tuple[Path, str]]:
        reader = self._call("unit_reader_create", self._store, unit.encode(), None)
        if not reader:
            return []
        found: list[tuple[Path, str]] = []

        def each(_: int, dependency: int) -> bool:
            path = Path(str(self._call("unit_dependency_get_filepath", dependency)))
            if (self._call("unit_dependency_get_kind", dependency) == _RECORD
                    and path.is_relative_to(below)):
                found.append((path, str(self._call("unit_dependency_get_name", dependency))))
            return True

        main = Path(str(self._call("unit_reader_get_main_file", reader)))
        if main.is_relative_to(below) and main.exists():
            self._call("unit_reader_dependencies_apply_f", reader, None, _EACH(each))
        self._call("unit_reader_dispose", reader)
        return [(path, record) for path, record in found if path == main]

    def _uses(self, file: Path, record: str) -> list[Use]:
        reader = self._call("record_reader_create", self._store, record.encode(), None)
        if not reader:
            return []
        found: list[Use] = []
        line, column = ctypes.c_uint(), ctypes.c_uint()

        def each(_: int, occurrence: int) -> bool:
            symbol = self._call("occurrence_get_symbol", occurrence)
            usr = str(self._call("symbol_get_usr", symbol))
            self._call("occurrence_get_line_col", occurrence, ctypes.byref(line),
                       ctypes.byref(column))
            found.append(Use(file, line.value, column.value, usr))
            return True

        self._call("record_reader_occurrences_apply_f", reader, None, _EACH(each))
        self._call("record_reader_dispose", reader)
        return found
