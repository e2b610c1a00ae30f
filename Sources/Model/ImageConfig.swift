/// What an image says of how it wants to be run: the `config` object of the OCI image
/// configuration (image-spec, config.md), with Docker's names for the same things.
public struct ImageConfig: Codable, Hashable, Sendable {
    /// `user`, `uid`, `user:group`, `uid:gid` or any mix; empty is root.
    public var user: String
    /// `NAME=value` each.
    public var environment: [String]
    public var entrypoint: [String]
    public var command: [String]
    public var workingDirectory: String
    /// Paths inside the container that want a volume.
    public var volumes: [String]
    /// `SIGTERM`, `TERM`, `15`, or empty.
    public var stopSignal: String

    public init(
        user: String = "", environment: [String] = [], entrypoint: [String] = [],
        command: [String] = [], workingDirectory: String = "", volumes: [String] = [],
        stopSignal: String = ""
    ) {
        self.user = user
        self.environment = environment
        self.entrypoint = entrypoint
        self.command = command
        self.workingDirectory = workingDirectory
        self.volumes = volumes
        self.stopSignal = stopSignal
    }
}
