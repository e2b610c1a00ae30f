internal import CRI
internal import Model

/// Streams events as they happen, from the call on.
struct GetContainerEvents {
    let node: Node

    /// - Throws: `resourceExhausted` when the client reads too slowly; it has missed events then.
    func respond(
        to request: GetEventsRequest, _ send: MethodTable.Send<ContainerEventResponse>
    ) async throws {
        for await event in node.events.listen() { try await send(event) }
        if Task.isCancelled || node.isShuttingDown { return }
        throw GantryError(.resourceExhausted, "events came faster than they were read")
    }
}
