internal import Glibc
internal import Model

/// The group of the CRI's socket, from the node's group database (getgrnam(3)).
enum SocketGroup {
    /// - Parameter name: a name or a number; empty: no group of its own.
    /// - Throws: `GantryError` (`invalidArgument`) when there is no such group.
    static func number(of name: String) throws -> UInt32? {
        if name.isEmpty { return nil }
        if let number = UInt32(name) { return number }
        guard let number = found(name) else {
            throw GantryError(.invalidArgument, "socket_group: there is no group \"\(name)\"")
        }
        return number
    }

    /// A group may have any number of members, all of which the buffer must hold.
    private static func found(_ name: String) -> UInt32? {
        var buffer = [CChar](repeating: 0, count: 1 << 20)
        var entry = group()
        var result: UnsafeMutablePointer<group>?
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &result) == 0, result != nil else {
            return nil
        }
        return entry.gr_gid
    }
}
