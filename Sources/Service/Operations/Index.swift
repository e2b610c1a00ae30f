internal import Model
internal import Synchronization
internal import Text

/// Something with an ID.
protocol Identified: AnyObject, Sendable {
    var id: String { get }
    /// From now on it tells `list` of each of its changes.
    func join(_ list: KeptEncoding)
}

/// The pods or the containers by ID. Readers get the objects of one instant and wait for nobody.
final class Index<Element: Identified>: Sendable {
    private let kind: String
    /// All elements, as the RPC that lists them answers without a filter.
    let list = KeptEncoding()
    private let elements = Mutex<[String: Element]>([:])

    init(_ kind: String) {
        self.kind = kind
    }

    /// The requests' field that names one.
    private var field: String { kind == "sandbox" ? "pod_sandbox_id" : "\(kind)_id" }

    func insert(_ element: Element) {
        element.join(list)
        elements.withLock { $0[element.id] = element }
        list.changed()
    }

    func remove(_ id: String) {
        elements.withLock { _ = $0.removeValue(forKey: id) }
        list.changed()
    }

    var all: [Element] {
        elements.withLock { Array($0.values) }
    }

    /// The element whose ID is `id` or begins with it.
    /// - Returns: nil when there is none.
    /// - Throws: `invalidArgument` when the prefix is empty or fits several.
    func find(_ id: String) throws -> Element? {
        guard !id.isEmpty else {
            throw GantryError(.invalidArgument, "\(field): the \(kind) ID is empty")
        }
        return try elements.withLock { elements in
            if let exact = elements[id] { return exact }
            let matches = elements.values.filter { $0.id.begins(with: id) }
            guard matches.count < 2 else {
                throw GantryError(.invalidArgument, "\(field): the \(kind) ID \(id) is ambiguous")
            }
            return matches.first
        }
    }

    /// The element with this ID, whole.
    func exactly(_ id: String) -> Element? {
        elements.withLock { $0[id] }
    }

    /// - Throws: `notFound` when there is none; see `find`.
    func get(_ id: String) throws -> Element {
        guard let element = try find(id) else {
            throw GantryError(.notFound, "there is no \(kind) \(id)")
        }
        return element
    }
}
