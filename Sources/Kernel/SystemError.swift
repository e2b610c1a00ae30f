internal import Glibc

/// A system call that failed: which one, on what, and errno.
public struct SystemError: Error, Equatable, Sendable {
    public let call: String
    public let subject: String
    public let errno: Int32

    public init(_ call: String, _ subject: String = "", errno: Int32) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }
}

extension SystemError {
    /// Whether something is used up, or read-only for the time being: no answer to whether the kernel can do it.
    public var isShortage: Bool {
        [ENOSPC, EDQUOT, ENOMEM, EMFILE, ENFILE, EAGAIN, EROFS].contains(errno)
    }
}

/// Whether something works, found out by doing it.
/// - Throws: `SystemError` for a shortage, from which nothing follows.
public func works(_ body: () throws -> Void) throws -> Bool {
    do {
        try body()
        return true
    } catch let error as SystemError where error.isShortage {
        throw error
    } catch {
        return false
    }
}

extension SystemError: CustomStringConvertible {
    public var description: String {
        let text = String(cString: strerror(errno))
        return subject.isEmpty ? "\(call): \(text)" : "\(call) \(subject): \(text)"
    }
}

/// Runs one system call: again when a signal interrupts it, and as an error when it returns -1.
@discardableResult
public func syscall<Result: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        let number = errno
        if number != EINTR { throw SystemError(call, subject(), errno: number) }
    }
}
