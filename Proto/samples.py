#!/usr/bin/python3
"""Writes test data for CRI: each message with every field set, and the bytes that Python's protobuf
makes of it.

Usage: samples.py DESCRIPTOR_SET DIRECTORY
"""

import sys
from pathlib import Path

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as F

from swift import HEADER, Contract

# The ends of each type's range, so that a sign or a width that is lost shows.
EDGES = {
    F.TYPE_INT32: -(2**31),
    F.TYPE_INT64: -(2**63),
    F.TYPE_UINT32: 2**32 - 1,
    F.TYPE_UINT64: 2**64 - 1,
}


class Sample:
    """One message: its Swift expression and its Python value, made in step."""

    def __init__(self, message, python, samples):
        self.python = python
        arguments = [f"{f.name.strip('`')}: {self.fill(f, samples)}" for f in message.fields]
        self.swift = f"{message.swift}({', '.join(arguments)})"

    def fill(self, field, samples):
        name, kind, number = field.wire_name, field.descriptor.type, field.descriptor.number
        if field.is_map:
            pairs = {"a": f"{name} 1", "é": f"{name} 2"}
            getattr(self.python, name).update(pairs)
            return "[" + ", ".join(f'"{k}": "{v}"' for k, v in pairs.items()) + "]"
        if field.is_message:
            return self.fill_message(field, samples(field.target))
        if field.is_enum:
            case, value = field.target.cases[-1]
            setattr(self.python, name, value)
            return "." + case
        values = [scalar(kind, name, number + i) for i in range(2 if field.repeated else 1)]
        if field.repeated:
            getattr(self.python, name).extend(values)
            return "[" + ", ".join(map(literal, values)) + "]"
        setattr(self.python, name, values[0])
        return literal(values[0])

    def fill_message(self, field, sample):
        if not field.repeated:
            getattr(self.python, field.wire_name).CopyFrom(sample.python)
            return f"Samples.{field.element}"
        items = getattr(self.python, field.wire_name)
        items.add().CopyFrom(sample.python)
        items.add()
        return f"[Samples.{field.element}, Model.{field.element}()]"


def scalar(kind, name, number):
    """A value that no other field of the message has."""
    if kind == F.TYPE_STRING:
        return f"{name} {number} ✓"
    if kind == F.TYPE_BYTES:
        return bytes([0, 0xFF, number])
    if kind == F.TYPE_BOOL:
        return True
    if kind == F.TYPE_DOUBLE:
        return number + 0.5
    edge = EDGES[kind]
    return edge + number if edge < 0 else edge - number


def literal(value):
    if isinstance(value, bytes):
        return str(list(value))
    if isinstance(value, bool):
        return "true"
    return f'"{value}"' if isinstance(value, str) else repr(value)


class Samples:
    """Makes each message's sample once, whichever message asks first."""

    def __init__(self, contract):
        self.package, self.made = contract.file.package, {}
        pool = descriptor_pool.DescriptorPool()
        pool.Add(contract.file)
        self.factory, self.pool = message_factory.MessageFactory(pool), pool

    def __call__(self, message):
        if message.swift not in self.made:
            kind = self.pool.FindMessageTypeByName(f"{self.package}.{message.swift}")
            python = self.factory.GetPrototype(kind)()
            self.made[message.swift] = Sample(message, python, self)
        return self.made[message.swift]


def main():
    descriptors, directory = sys.argv[1:]
    contract = Contract(descriptors)
    samples = Samples(contract)
    values, rows = [], []
    for message in contract.messages:
        sample = samples(message)
        encoded = sample.python.SerializeToString(deterministic=True).hex()
        values.append(f"    static let {message.swift} = Model.{sample.swift}")
        rows.append(f'        Sample(Samples.{message.swift}, python: "{encoded}"),')
    lines = [
        "internal import CRI",
        "internal import Model",
        "",
        "/// Each message with every field set.",
        "enum Samples {",
        *values,
        "",
        "    /// With the bytes that Python's protobuf makes of them.",
        "    static let all: [any AnySample] = [",
        *rows,
        "    ]",
        "}",
    ]
    Path(directory, "Samples.swift").write_text(HEADER + "\n".join(lines) + "\n")


main()
