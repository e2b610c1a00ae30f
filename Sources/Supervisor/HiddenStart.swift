internal import Kernel
internal import MonitorProtocol

extension CreateRequest {
    /// Whether its processes are none of the node's.
    var isHidden: Bool { !startArguments.isEmpty }
}

/// A container that is being started by a runtime which hides its processes: the streams of the
/// runtime's `start` become the container's, and then its `wait` stands for the container.
final class HiddenStart {
    let runtime: Int32
    private let container: Container
    private let loop: EventLoop
    private let reply: (Reply) -> Void
    private var input: Descriptor? = nil
    private let outputs: [OutputStream]

    init(
        _ container: Container, _ loop: EventLoop, _ reply: @escaping (Reply) -> Void
    ) throws(SystemError) {
        self.container = container
        self.loop = loop
        self.reply = reply
        var stdin = try Pipe()
        var output = try Pipe()
        var error = try Pipe()
        outputs = [
            try OutputStream(try output.takeReadEnd(), "stdout", loop.buffers),
            try OutputStream(try error.takeReadEnd(), "stderr", loop.buffers),
        ]
        let request = container.request
        runtime = try loop.home.start(
            request.program, request.startArguments,
            input: request.keepsInput ? stdin.readEnd.raw : -1, output: output.writeEnd.raw,
            error: error.writeEnd.raw)
        if request.keepsInput { input = stdin.writeEnd.take() }
    }

    /// The runtime's `start` has exited.
    func finish(_ code: Int32) {
        do {
            guard code == 0 else {
                throw Containers.Refusal(
                    description: "\(container.request.program) exited with code \(code)")
            }
            var verdict = try Pipe()
            let stream = try OutputStream(try verdict.takeReadEnd(), "stdout", loop.buffers)
            let waiter = try loop.home.start(
                container.request.program, container.request.waitArguments,
                output: verdict.writeEnd.raw)
            container.follow(waiter, stream, outputs: outputs, input: input.take())
            for output in outputs + [stream] { loop.add(output) }
            reply(.done)
        } catch {
            reply(.failed("\(error)"))
        }
    }
}
