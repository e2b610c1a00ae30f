/// The tables of a document while it is read. Which table may still be added to, and by what, is the
/// specification's affair (sections Table, Inline Table and Array of Tables).
struct TOMLTables {
    /// A table under construction.
    final class Node {
        fileprivate enum Member {
            case value(TOMLValue)
            case table(Node)
            case tables([Node])
        }

        private var keys: [String] = []
        private var members: [String: Member] = [:]
        /// Whether its own header, or dotted keys, have said what is in it.
        fileprivate var isDefined = false

        fileprivate subscript(key: String) -> Member? { members[key] }

        fileprivate func set(_ key: String, _ member: Member) {
            if members.updateValue(member, forKey: key) == nil { keys.append(key) }
        }

        fileprivate func addTable(_ key: String) -> Node {
            let table = Node()
            set(key, .table(table))
            return table
        }

        var finished: TOMLTable {
            var table = TOMLTable()
            for key in keys {
                switch members[key] {
                case .value(let value): table.set(key, value)
                case .table(let node): table.set(key, .table(node.finished))
                case .tables(let nodes): table.set(key, .array(nodes.map { .table($0.finished) }))
                case nil: break
                }
            }
            return table
        }
    }

    let root = Node()
    /// Where keys go now.
    private var current: Node
    /// What dotted keys have made below the last header.
    private var dotted: [Node] = []

    init() {
        current = root
    }

    static func parse(_ text: String) throws(TOMLError) -> TOMLTable {
        var scanner = TOMLScanner(text)
        var tables = TOMLTables()
        _ = scanner.take("\u{feff}")
        while true {
            try scanner.skipLines()
            if scanner.isAtEnd { return tables.root.finished }
            if scanner.take("[[") {
                try tables.beginElement(&scanner)
            } else if scanner.take("[") {
                try tables.beginTable(&scanner)
            } else {
                try tables.assign(&scanner)
            }
            try scanner.finishLine()
        }
    }

    /// `[key]`
    private mutating func beginTable(_ scanner: inout TOMLScanner) throws(TOMLError) {
        let (parent, name) = try header(&scanner, "]")
        let node: Node
        switch parent[name] {
        case nil: node = Node()
        case .table(let known)? where !known.isDefined: node = known
        default: throw scanner.error("\(name) is there already")
        }
        node.isDefined = true
        parent.set(name, .table(node))
        current = node
    }

    /// `[[key]]`
    private mutating func beginElement(_ scanner: inout TOMLScanner) throws(TOMLError) {
        let (parent, name) = try header(&scanner, "]]")
        let node = Node()
        node.isDefined = true
        switch parent[name] {
        case nil: parent.set(name, .tables([node]))
        case .tables(let nodes)?: parent.set(name, .tables(nodes + [node]))
        default: throw scanner.error("\(name) is there already, and is no list of tables")
        }
        current = node
    }

    /// The table that a header's last part is in.
    private mutating func header(
        _ scanner: inout TOMLScanner, _ end: StaticString
    ) throws(TOMLError) -> (Node, String) {
        for node in dotted { node.isDefined = true }
        dotted = []
        var path = try scanner.key()
        try scanner.expect(end)
        let name = path.removeLast()
        var node = root
        for part in path {
            switch node[part] {
            case nil: node = node.addTable(part)
            case .table(let known)?: node = known
            case .tables(let nodes)?: node = nodes[nodes.count - 1]
            case .value?: throw scanner.error("\(part) is a value and no table")
            }
        }
        return (node, name)
    }

    /// `key = value`
    mutating func assign(_ scanner: inout TOMLScanner) throws(TOMLError) {
        var path = try scanner.key()
        try scanner.expect("=")
        scanner.skipBlanks()
        let name = path.removeLast()
        var node = current
        for part in path {
            switch node[part] {
            case nil: node = node.addTable(part)
            case .table(let known)? where !known.isDefined: node = known
            default: throw scanner.error("\(part) is there already")
            }
            dotted.append(node)
        }
        guard node[name] == nil else { throw scanner.error("\(name) is there already") }
        node.set(name, .value(try scanner.value()))
    }
}
