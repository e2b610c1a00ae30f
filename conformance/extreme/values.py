"""What code stumbles over, by the type of a field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Field

_BITS = {
    Field.TYPE_INT32: (True, 31), Field.TYPE_SINT32: (True, 31), Field.TYPE_SFIXED32: (True, 31),
    Field.TYPE_INT64: (True, 63), Field.TYPE_SINT64: (True, 63), Field.TYPE_SFIXED64: (True, 63),
    Field.TYPE_UINT32: (False, 32), Field.TYPE_FIXED32: (False, 32),
    Field.TYPE_UINT64: (False, 64), Field.TYPE_FIXED64: (False, 64),
}
NUMBERS = sorted({
    0, 1, -1, 9_223_372_036, 9_223_372_037, 2**53 + 1, 2**62, *(
        sign * 2**bits + more for bits in (31, 32, 63) for more in (-1, 0, 1) for sign in (1, -1)),
    2**64 - 1})
TEXTS = {
    "empty": "", "NUL": "\0", "64 KiB": "a" * (64 << 10), "CR LF": "\r\n", "slash and mark": "/\u0301",
    "parent": "..", "far parent": "../../../../etc", "two forms": "\u00e9e\u0301",
    "thirty digits": "9" * 30, "minus one": "-1", "newline": "a\nb", "format": "%s%n{}",
}
#: Stands in a message where bytes are to be that no protobuf library writes.
PLACEHOLDER = "PLACEHOLDER"
INVALID = b"\xff\xfe\xc3\x28\xed\xa0\x80PLAC"
assert len(INVALID) == len(PLACEHOLDER)
MANY = 10_000


@dataclass(frozen=True)
class Value:
    """A value and what it is called; `raw` takes the placeholder's place in the encoding."""

    name: str
    value: Any
    raw: bytes = b""


def scalars(field: Any) -> Iterator[Value]:
    """The extremes of a number, a text, a truth or an enumeration."""
    if field.type in _BITS:
        signed, bits = _BITS[field.type]
        low, high = (-(2**bits) if signed else 0), 2**bits - 1
        for number in NUMBERS:
            if low <= number <= high:
                yield Value(str(number), number)
    elif field.type == Field.TYPE_BOOL:
        yield from (Value("true", True), Value("false", False))
    elif field.type == Field.TYPE_ENUM:
        for number in (0, 1, -1, 99, 2**31 - 1, -(2**31)):
            yield Value(str(number), number)
    elif field.type == Field.TYPE_STRING:
        yield from (Value(name, text) for name, text in TEXTS.items())
        yield Value("not UTF-8", PLACEHOLDER, INVALID)
    elif field.type == Field.TYPE_BYTES:
        yield from (Value(name, text.encode()) for name, text in TEXTS.items())
        yield Value("not UTF-8", INVALID)
    else:
        for number in (0.0, float("inf"), float("nan"), 1e308):
            yield Value(str(number), number)
