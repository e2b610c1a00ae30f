internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

extension Container {
    /// Gives a client copies of one of its outputs from now on.
    func attachOutput(
        _ name: AttachedStream.Name, _ pipe: consuming Descriptor, _ loop: EventLoop
    ) throws {
        guard let output = outputs.first(where: { "\($0.name)" == name.rawValue }) else {
            // Nothing more will come: the pipe is closed, which tells the client.
            return
        }
        let copies = output.copies ?? OutputCopies(output, loop)
        output.copies = copies
        try copies.add(pipe)
    }

    /// - Throws: when it has no terminal.
    func resize(width: UInt16, height: UInt16) throws {
        guard !request.consoleSocket.isEmpty, let terminal = outputs.first else {
            throw Containers.Refusal(description: "container \(id) has no terminal")
        }
        try syscall("resize the terminal of", id) {
            gantry_set_window_size(terminal.descriptor, width, height)
        }
    }
}

extension Containers {
    func attach(_ stream: AttachedStream, _ pipe: consuming Descriptor?) -> Reply {
        do {
            guard let pipe = pipe.take() else { throw Refusal(description: "no pipe was passed") }
            let container = try get(stream.container)
            switch stream.name {
            case .stdin: try container.attachInput(pipe, loop, endsInput: stream.endsInput)
            case .stdout, .stderr: try container.attachOutput(stream.name, pipe, loop)
            }
            return .done
        } catch {
            return .failed("\(error)")
        }
    }

    func resize(_ id: String, width: UInt16, height: UInt16) throws {
        try get(id).resize(width: width, height: height)
    }
}
