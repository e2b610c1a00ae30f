internal import Kernel
internal import Model
internal import MonitorProtocol

extension Monitor {
    /// Connects a client with a container's streams, from now on.
    /// - Parameter endsInput: whether the container's input ends with the client's.
    public func attach(
        _ container: String, _ choice: StreamChoice, endsInput: Bool = false
    ) async throws -> OpenedStreams {
        let stdout = choice.stdout ? try await output(.stdout, of: container) : nil
        let stderr = choice.stderr ? try await output(.stderr, of: container) : nil
        let stdin = choice.stdin ? try await input(of: container, endsInput) : nil
        return OpenedStreams(stdin: stdin, stdout: stdout, stderr: stderr)
    }

    private func input(of container: String, _ endsInput: Bool) async throws -> Descriptor? {
        var pipe = try Pipe()
        let theirs = try pipe.takeReadEnd()
        let stream = AttachedStream(container: container, name: .stdin, endsInput: endsInput)
        _ = try await ask(.attach(stream), passing: theirs.raw)
        return pipe.writeEnd.take()
    }

    private func output(
        _ name: AttachedStream.Name, of container: String
    ) async throws -> Descriptor? {
        var pipe = try Pipe()
        guard let theirs = pipe.writeEnd.take() else { return nil }
        let stream = AttachedStream(container: container, name: name)
        _ = try await ask(.attach(stream), passing: theirs.raw)
        return pipe.readEnd.take()
    }

    /// Sets the size of a container's terminal, in characters.
    public func resize(_ container: String, width: UInt16, height: UInt16) async throws {
        _ = try await ask(.resize(container: container, width: width, height: height))
    }
}
