package import CProtobuf

/// From Swift values to the fields of a protobuf-c struct. A repeated field is its count and its
/// first element.
///
/// Loops here go by index: this room's generics are not specialized for those that use them, where an
/// iterator's type has to be looked up at each step.
extension Arena {
    package func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        return text.withUTF8 { utf8 in
            let copy = allocate(utf8.count + 1)
            copy.copyMemory(from: UnsafeRawBufferPointer(utf8), count: utf8.count)
            copy.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
            return copy.bindMemory(to: CChar.self, capacity: utf8.count + 1)
        }
    }

    package func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let (count, first) = numbers(bytes)
        return ProtobufCBinaryData(len: count, data: first)
    }

    package func numbers<Number>(_ numbers: [Number]) -> (Int, UnsafeMutablePointer<Number>) {
        let first = allocate(numbers.count, of: Number.self)
        numbers.withUnsafeBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            first.initialize(from: start, count: numbers.count)
        }
        return (numbers.count, first)
    }

    package func strings(
        _ texts: [String]
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
        let first = allocate(texts.count, of: UnsafeMutablePointer<CChar>?.self)
        for index in texts.indices { (first + index).initialize(to: string(texts[index])) }
        return (texts.count, first)
    }

    package func messages<M: CMessage>(
        _ messages: [M]
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>) {
        let first = allocate(messages.count, of: UnsafeMutablePointer<M.C>?.self)
        for index in messages.indices {
            (first + index).initialize(to: messages[index].make(self))
        }
        return (messages.count, first)
    }

    package func map<Entry: MapEntry>(
        _ map: [String: String], _ initialise: (UnsafeMutablePointer<Entry>?) -> Void
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>) {
        let entries = map.sorted { $0.key < $1.key }
        let first = allocate(entries.count, of: UnsafeMutablePointer<Entry>?.self)
        for index in entries.indices {
            let entry = allocate(1, of: Entry.self)
            initialise(entry)
            entry.pointee.key = string(entries[index].key)
            entry.pointee.value = string(entries[index].value)
            (first + index).initialize(to: entry)
        }
        return (entries.count, first)
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copyMemory(from source: UnsafeRawBufferPointer, count: Int) {
        guard let start = source.baseAddress else { return }
        copyMemory(from: start, byteCount: count)
    }
}
