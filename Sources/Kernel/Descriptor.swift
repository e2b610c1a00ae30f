internal import CLinux
internal import Glibc

/// An open file descriptor with one owner: it is closed when its owner goes.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, valid while this value lives. Never close it.
    public let raw: Int32

    public init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        close(raw)
    }

    /// Gives the number away: the caller closes it.
    public consuming func release() -> Int32 {
        let number = raw
        discard self
        return number
    }

    /// A second descriptor of the same open file.
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try syscall("dup") { gantry_dup_cloexec(raw) })
    }

    public func setNonblocking(_ on: Bool = true) throws(SystemError) {
        try syscall("fcntl") { gantry_set_nonblocking(raw, on ? 1 : 0) }
    }
}

extension Optional where Wrapped == Descriptor {
    /// The number, or -1 where there is no descriptor.
    public var raw: Int32 {
        switch self {
        case .some(let descriptor): descriptor.raw
        case .none: -1
        }
    }
}

/// Both ends of a pipe.
public struct Pipe: ~Copyable, Sendable {
    public var readEnd: Descriptor?
    public var writeEnd: Descriptor?

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try syscall("pipe2") { gantry_pipe(&ends, 0) }
        readEnd = Descriptor(owning: ends[0])
        writeEnd = Descriptor(owning: ends[1])
    }

    /// Gives the reading end away.
    /// - Throws: when it was given away before.
    public mutating func takeReadEnd() throws(SystemError) -> Descriptor {
        guard let end = readEnd.take() else { throw SystemError("pipe", errno: EBADF) }
        return end
    }
}
