"""Every place of a request message that can be set, and how it is set to an extreme."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import seeds
from .values import MANY, PLACEHOLDER, Value, scalars

#: Two keys of one length: the second is written over the first in the encoding.
_KEY, _OTHER = "duplicate-a", PLACEHOLDER


@dataclass(frozen=True)
class Change:
    """One field of a request and the extreme that it is set to."""

    path: tuple[str, ...]
    value: Value
    #: What is done there: `set`, `many`, `key`, `value`, `duplicate` or `present`.
    kind: str = "set"

    @property
    def name(self) -> str:
        """`config.linux.resources.cpu_period = -1`."""
        return f"{'.'.join(self.path)} = {self.value.name}"

    def encoded(self, request: Any) -> bytes:
        """The request's encoding with the field changed; `request` is changed too."""
        self._apply(request)
        raw = request.SerializeToString()
        return raw.replace(PLACEHOLDER.encode(), self.value.raw) if self.value.raw else raw

    def _apply(self, message: Any) -> None:
        for index, name in enumerate(self.path[:-1]):
            message = _descend(message, self.path[:index + 1], name)
        name = self.path[-1]
        field = message.DESCRIPTOR.fields_by_name[name]
        if self.kind == "present":
            _element(message, self.path, field)
        elif _is_map(field):
            self._apply_map(getattr(message, name))
        elif field.is_repeated:
            self._apply_list(getattr(message, name), field)
        else:
            setattr(message, name, self.value.value)

    def _apply_map(self, entries: Any) -> None:
        if self.kind == "many":
            entries.update({f"key-{number}": "value" for number in range(MANY)})
        elif self.kind == "key":
            entries[self.value.value] = "value"
        elif self.kind == "duplicate":
            entries.update({_KEY: "one", _OTHER: "other"})
        else:
            entries["key"] = self.value.value

    def _apply_list(self, elements: Any, field: Any) -> None:
        seed = _seed(self.path, field)
        if self.kind == "many" and seed is None and field.message_type:
            for _ in range(MANY):
                elements.add()
        elif self.kind == "many":
            elements.extend([seed if seed is not None else self.value.value] * MANY)
        elif self.kind == "set":
            elements.append(self.value.value)


def changes(descriptor: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """All of a request message, the messages in it included."""
    for field in descriptor.fields:
        here = (*path, field.name)
        if _is_map(field):
            yield from _of_map(field, here)
            continue
        if field.is_repeated:
            yield Change(here, Value(f"{MANY} times", _sample(field)), "many")
        if field.message_type:
            yield Change(here, Value("present", None), "present")
            yield from changes(field.message_type, here)
        else:
            yield from (Change(here, value) for value in scalars(field))


def _of_map(field: Any, path: tuple[str, ...]) -> Iterator[Change]:
    yield Change(path, Value(f"{MANY} entries", None), "many")
    yield Change(path, Value("twice the same key", None, _KEY.encode()), "duplicate")
    entry = field.message_type.fields_by_name
    for kind in ("key", "value"):
        for value in scalars(entry[kind]):
            yield Change(path, Value(f"{kind} {value.name}", value.value, value.raw), kind)


def _descend(message: Any, path: tuple[str, ...], name: str) -> Any:
    return _element(message, path, message.DESCRIPTOR.fields_by_name[name])


def _element(message: Any, path: tuple[str, ...], field: Any) -> Any:
    """The message in that field, made from its seed where there is none yet."""
    place = getattr(message, field.name)
    if field.is_repeated:
        element = place[0] if len(place) else place.add()
    else:
        element = place
        element.SetInParent()
    seed = _seed(path, field)
    if seed is not None and not element.ByteSize():
        element.MergeFrom(seed)
    return element


def _seed(path: tuple[str, ...], field: Any) -> Any:
    """Seeds are the CRI's messages: others that are called the same have none."""
    seed = seeds.element(path)
    kind = field.message_type
    return seed if kind and seed is not None and seed.DESCRIPTOR.full_name == kind.full_name else None


def _sample(field: Any) -> Any:
    return None if field.message_type else {field.CPPTYPE_STRING: "x"}.get(field.cpp_type, 1)


def _is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
