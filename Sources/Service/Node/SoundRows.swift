internal import Logging
internal import Model
internal import Store

/// The rows of pods and containers that can be read. Others are removed: of what they stood for
/// nothing is known but the ID, so it is ended like anything that has no row.
struct SoundRows: Sendable {
    private let node: Node
    private(set) var sandboxes: [SandboxRow] = []
    private(set) var containers: [ContainerRow] = []

    init(_ node: Node) {
        self.node = node
    }

    func load() async throws -> SoundRows {
        var rows = self
        let all = Dictionary(grouping: try await node.store.containers(), by: \.sandbox)
        for row in try await node.store.sandboxes() {
            await rows.add(row, all[row.id] ?? [])
        }
        return rows
    }

    private mutating func add(_ row: SandboxRow, _ own: [ContainerRow]) async {
        do {
            let sandbox = try Sandbox(row)
            sandboxes.append(row)
            for container in own { await add(container, sandbox) }
        } catch {
            node.log.error("what is stored of pod \(row.id) is damaged, so it is removed: \(error)")
            await node.attempt("remove what is stored of pod \(row.id)") { [node] in
                for container in own { try await node.store.removeContainer(container.id) }
                try await node.store.removeSandbox(row.id)
            }
        }
    }

    private mutating func add(_ row: ContainerRow, _ sandbox: Sandbox) async {
        do {
            _ = try SandboxContainer(row, in: sandbox)
            containers.append(row)
        } catch {
            node.log.error(
                "what is stored of container \(row.id) is damaged, so it is removed: \(error)")
            await node.attempt("remove what is stored of container \(row.id)") { [node] in
                try await node.store.removeContainer(row.id)
            }
        }
    }
}
