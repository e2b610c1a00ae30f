package import CProtobuf

/// From Swift values to the fields of a protobuf-c struct. A repeated field is its count and its
/// first element.
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
        list(texts) { string($0) }
    }

    package func messages<M: CMessage>(
        _ messages: [M]
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>) {
        list(messages) { $0.make(self) }
    }

    package func map<Entry: MapEntry>(
        _ map: [String: String], _ initialise: (UnsafeMutablePointer<Entry>?) -> Void
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>) {
        list(map.sorted { $0.key < $1.key }) { key, value in
            let entry = allocate(1, of: Entry.self)
            initialise(entry)
            entry.pointee.key = string(key)
            entry.pointee.value = string(value)
            return entry
        }
    }

    private func list<Element, Made>(
        _ elements: [Element], _ make: (Element) -> Made
    ) -> (Int, UnsafeMutablePointer<Made>) {
        let first = allocate(elements.count, of: Made.self)
        for (index, element) in elements.enumerated() {
            (first + index).initialize(to: make(element))
        }
        return (elements.count, first)
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copyMemory(from source: UnsafeRawBufferPointer, count: Int) {
        guard let start = source.baseAddress else { return }
        copyMemory(from: start, byteCount: count)
    }
}
