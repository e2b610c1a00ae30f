import Model

@testable import NRI
@testable import TTRPC

/// What plugins send: frames, and what is in them.
extension FuzzTarget {
    static let frames = FuzzTarget(
        "frames",
        seeds: [
            Multiplexer.encode(
                (try? Frame(.request, stream: 1, data: [0x0a, 1, 0x73]).encoded()) ?? [], for: 2),
            Multiplexer.encode(
                (try? Frame(.response, stream: 1, data: [0x12, 1, 0]).encoded()) ?? [], for: 1),
            Multiplexer.encode(
                (try? Frame(.data, stream: 3, flags: .remoteClosed, data: [1]).encoded()) ?? [],
                for: 2),
        ]
    ) { input in
        var multiplexer = Multiplexer()
        let client = Client(largest: 1 << 16) { _ in }
        let server = Server(["s/m": .unary { $0 }], largest: 1 << 16) { _ in }
        defer { server.close() }
        multiplexer.feed(input)
        while let (connection, bytes) = try multiplexer.next() {
            if connection == Multiplexer.plugin {
                try client.take(bytes)
            } else {
                try server.take(bytes)
            }
        }
    }

    static let adjustments = FuzzTarget(
        "adjustments",
        seeds: [
            Bytes.of(
                NRI.CreateContainerResponse(
                    adjust: NRI.ContainerAdjustment(
                        annotations: ["a": "b"], mounts: [.init(destination: "-/x")],
                        env: [.init(key: "A", value: "1")], args: ["", "x"]),
                    update: [NRI.ContainerUpdate(containerId: "o")]))
        ]
    ) { input in
        let answer: NRI.CreateContainerResponse = try Bytes.decode(input)
        var merge = AdjustmentMerge(NRI.Container(id: "c", env: ["A=1"]))
        try merge.add(answer.adjust ?? .init(), "10-a")
        try merge.updates.add(answer.update, "10-a")
        _ = Bytes.of(merge.owners.message)
        _ = Bytes.of(merge.container)
    }
}
