internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import Shim
internal import System

extension ShimTasks {
    func exec(
        _ id: String, _ process: [UInt8], terminal: Bool, _ choice: StreamChoice
    ) async throws -> AddedProcess {
        let client = try await required(id)
        let exec = Identifier.make()
        let files = ExecFIFOs("\(scratch)/\(exec)", choice, terminal: terminal)
        let ends = try await Blocking.run { try files.make() }
        let streams = OpenedStreams(
            stdin: ends.stdin, stdout: ends.stdout, stderr: ends.stderr,
            resize: { width, height in
                try? await client.resize(id, exec: exec, width: width, height: height)
            },
            endInput: {
                guard shim.hidesProcesses else { return }
                // A task of its own: the client may be gone, and the program is to hear of that.
                await Task { try? await client.closeInput(id, exec: exec) }.value
            })
        do {
            try await client.addProcess(exec, to: id, process, files.streams)
            let pid = try await start(exec, of: id, client)
            // From here on the shim has them open.
            files.remove()
            // runc's holds the input open only until it is told, so that it ends with ours, and with this
            // daemon too. Kata's waits for its end, and does nothing else meanwhile.
            if choice.stdin, !shim.hidesProcesses {
                try? await client.closeInput(id, exec: exec)
            }
            return AddedProcess(
                streams: streams, pid: shim.hidesProcesses ? nil : pid,
                exit: {
                    let end = try await client.wait(id, exec: exec)
                    await forget(exec, of: id, client)
                    return end.code
                }, kill: { try await kill(exec, of: id, client) })
        } catch {
            files.remove()
            throw error
        }
    }

    /// Ends a program that the shim has started, and has it forgotten. One that has ended is no error.
    private func kill(_ exec: String, of id: String, _ client: TaskClient) async throws {
        // Shims tell of one that has ended already in words of their own; its end counts. All of it would
        // be the whole container for Kata's.
        try? await client.kill(id, exec: exec, signal: StopSignal.kill)
        do {
            _ = try await withDeadline(TaskClient.patience, "the end of a command in \(id)") {
                try await client.wait(id, exec: exec)
            }
        } catch let error as GantryError where error.code == .notFound {
            return
        } catch {
            await forget(exec, of: id, client)
            throw error
        }
        await forget(exec, of: id, client)
    }

    /// It returns when all output was passed on, for which what is left in the background may hold it.
    private func forget(_ exec: String, of id: String, _ client: TaskClient) async {
        _ = try? await client.delete(id, exec: exec, within: TaskClient.patience)
    }

    private func start(_ exec: String, of id: String, _ client: TaskClient) async throws -> Int32 {
        do {
            return try await client.start(id, exec: exec)
        } catch {
            await forget(exec, of: id, client)
            throw error
        }
    }
}

/// The FIFOs of a program that is started in a container, and our ends of them.
private struct ExecFIFOs: Sendable {
    typealias Ends = (stdin: Int32?, stdout: Int32?, stderr: Int32?)

    let streams: TaskStreams
    /// For output that nobody asked for: shims refuse one without a path beside one that has it.
    private static let nowhere = "/dev/null"

    init(_ prefix: String, _ choice: StreamChoice, terminal: Bool) {
        streams = TaskStreams(
            stdin: choice.stdin ? "\(prefix)-stdin" : "",
            stdout: choice.stdout ? "\(prefix)-stdout" : Self.nowhere,
            stderr: terminal ? "" : choice.stderr ? "\(prefix)-stderr" : Self.nowhere,
            terminal: terminal)
    }

    func make() throws -> Ends {
        var opened: [Int32] = []
        do {
            func open(_ path: String, _ flags: Int32) throws -> Int32? {
                if path.isEmpty || path == Self.nowhere { return nil }
                try syscall("mkfifo", path) { mkfifo(path, 0o600) }
                let number = try Files.open(path, flags | O_NONBLOCK).release()
                opened.append(number)
                return number
            }
            // The input for reading as well, so that it can be opened before the shim does.
            return (
                try open(streams.stdin, O_RDWR), try open(streams.stdout, O_RDONLY),
                try open(streams.stderr, O_RDONLY)
            )
        } catch {
            for number in opened { close(number) }
            remove()
            throw error
        }
    }

    func remove() {
        for path in [streams.stdin, streams.stdout, streams.stderr]
        where !path.isEmpty && path != Self.nowhere {
            try? Files.remove(path)
        }
    }
}
