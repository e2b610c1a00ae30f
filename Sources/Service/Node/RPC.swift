/// One RPC of the CRI: a type and a file, both named after it.
protocol RPC: Sendable {
    associatedtype Request: Sendable
    associatedtype Response: Sendable

    init(node: Node)

    /// - Throws: `GantryError`, whose code becomes the status that the caller sees.
    func respond(to request: Request) async throws -> Response
}
