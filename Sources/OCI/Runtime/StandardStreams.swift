internal import CLinux
internal import Kernel
internal import Synchronization

/// Which of a process's streams a client wants.
public struct StreamChoice: Sendable {
    public var stdin: Bool
    public var stdout: Bool
    public var stderr: Bool

    public init(stdin: Bool = false, stdout: Bool = false, stderr: Bool = false) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// A client's ends of a process's streams; what nobody takes is closed.
public final class OpenedStreams: Sendable {
    private let ends: Mutex<[Int32?]>
    private let resizing: (@Sendable (UInt16, UInt16) async -> Void)?
    private let endingInput: (@Sendable () async -> Void)?

    init(
        stdin: consuming Descriptor? = nil, stdout: consuming Descriptor? = nil,
        stderr: consuming Descriptor? = nil
    ) {
        let numbers = [Self.release(stdin), Self.release(stdout), Self.release(stderr)]
        ends = Mutex(numbers)
        resizing = nil
        endingInput = nil
    }

    /// Descriptors that become these streams' own.
    /// - Parameters:
    ///   - resize: sets the size of the terminal.
    ///   - endInput: tells that nobody writes to the input any more.
    public init(
        stdin: Int32?, stdout: Int32?, stderr: Int32?,
        resize: (@Sendable (UInt16, UInt16) async -> Void)? = nil,
        endInput: (@Sendable () async -> Void)? = nil
    ) {
        ends = Mutex([stdin, stdout, stderr])
        resizing = resize
        endingInput = endInput
    }

    /// With a terminal, which is input and output in one.
    init(terminal: consuming Descriptor) throws(SystemError) {
        let output = try terminal.duplicate()
        let input = try terminal.duplicate()
        ends = Mutex([input.release(), output.release(), nil, terminal.release()])
        resizing = nil
        endingInput = nil
    }

    private static func release(_ end: consuming Descriptor?) -> Int32? {
        guard let end = end.take() else { return nil }
        return end.release()
    }

    deinit {
        close()
    }

    /// To write to: the caller closes it.
    public func takeInput() -> Int32? { take(0) }
    /// To read from: the caller closes it.
    public func takeOutput() -> Int32? { take(1) }
    /// To read from: the caller closes it.
    public func takeError() -> Int32? { take(2) }

    /// To be called once whoever took the input has closed it.
    public func endInput() async { await endingInput?() }

    /// Sets the size of the terminal, in characters.
    public func resize(width: UInt16, height: UInt16) async {
        if let resizing { return await resizing(width, height) }
        ends.withLock { ends in
            guard ends.count > 3, let terminal = ends[3] else { return }
            _ = gantry_set_window_size(terminal, width, height)
        }
    }

    /// Lets go of the terminal, which hangs up when nobody else has it.
    public func close() {
        ends.withLock { ends in
            for end in ends { if let end { _ = Descriptor(owning: end) } }
            ends = [nil, nil, nil]
        }
    }

    private func take(_ index: Int) -> Int32? {
        ends.withLock { ends in
            defer { ends[index] = nil }
            return ends[index]
        }
    }
}
