internal import Model
internal import System
internal import Text

/// Whom a container's processes run as.
public struct ResolvedUser: Codable, Hashable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// Supplementary groups, the primary one first.
    ///
    /// The primary one is among them, or a file whose mode denies that group would be open to a
    /// process that drops it (CVE-2022-36109).
    public var groups: [UInt32]
    public var home: String

    public init(uid: UInt32 = 0, gid: UInt32 = 0, groups: [UInt32] = [0], home: String = "/root") {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }
}

/// Who is asked for: the CRI security context's fields over the image's `USER`.
public struct UserRequest: Hashable, Sendable {
    public var imageUser = ""
    public var runAsUser: Int64?
    public var runAsUsername = ""
    public var runAsGroup: Int64?
    public var supplementalGroups: [Int64] = []
    /// `Strict`: only `supplementalGroups`, not what the image's /etc/group says besides.
    public var isStrict = false

    public init() {}

    /// Looks names up in the root file system at `root`.
    /// - Throws: `invalidArgument` for a combination that CRI forbids, for IDs out of range, and for
    ///   names that the image does not know.
    public func resolve(inRoot root: String) async throws -> ResolvedUser {
        try await Blocking.run { try resolve(in: UserDatabase(inRoot: root)) }
    }

    func resolve(in database: UserDatabase) throws -> ResolvedUser {
        try validate()
        let parts = subject.split(at: ":", maxSplits: 1).map(String.init)
        var user = try self.user(parts.first ?? "0", database)
        if let runAsGroup {
            user.gid = try Self.id(runAsGroup, "run_as_group")
        } else if parts.count == 2 {
            user.gid = try group(parts[1], database)
        }
        let memberships = isStrict ? [] : user.name.map(database.groups(of:)) ?? []
        let asked = try supplementalGroups.map { try Self.id($0, "supplemental_groups") }
        return ResolvedUser(
            uid: user.uid, gid: user.gid, groups: unique([user.gid] + memberships + asked),
            home: user.home)
    }

    /// LinuxContainerSecurityContext: "Only one of run_as_user and run_as_username can be
    /// specified"; "run_as_group should only be specified when [one of them] is".
    private func validate() throws {
        if runAsUser != nil && !runAsUsername.isEmpty {
            throw GantryError(.invalidArgument, "run_as_user and run_as_username are both set")
        }
        if runAsGroup != nil && runAsUser == nil && runAsUsername.isEmpty {
            throw GantryError(
                .invalidArgument, "run_as_group is set without run_as_user or run_as_username")
        }
    }

    /// `user[:group]`; the image's is not looked at when the pod names a user.
    private var subject: String {
        if let runAsUser { return String(runAsUser) }
        return runAsUsername.isEmpty ? imageUser : runAsUsername
    }

    private struct User {
        var uid: UInt32
        var gid: UInt32
        var home: String
        var name: String?
    }

    /// A number need not be in /etc/passwd; it then is in group 0, as with Docker.
    private func user(_ text: String, _ database: UserDatabase) throws -> User {
        var account = database.account(named: text)
        if account == nil, let number = Int64(text) {
            let uid = try Self.id(number, "user")
            account = database.account(uid: uid)
            if account == nil { return User(uid: uid, gid: 0, home: "/") }
        }
        guard let account else {
            throw GantryError(.invalidArgument, "the image's /etc/passwd has no user \"\(text)\"")
        }
        return User(
            uid: account.uid, gid: account.gid, home: account.home.isEmpty ? "/" : account.home,
            name: account.name)
    }

    private func group(_ text: String, _ database: UserDatabase) throws -> UInt32 {
        if let group = database.group(named: text) { return group.gid }
        if let number = Int64(text) { return try Self.id(number, "group") }
        throw GantryError(.invalidArgument, "the image's /etc/group has no group \"\(text)\"")
    }

    /// All but the highest, which setuid(2) takes for "unchanged".
    private static func id(_ number: Int64, _ field: String) throws -> UInt32 {
        guard let id = UInt32(exactly: number), id != .max else {
            throw GantryError(.invalidArgument, "\(field) \(number) is not a user or group ID")
        }
        return id
    }

    private func unique(_ groups: [UInt32]) -> [UInt32] {
        var seen: Set<UInt32> = []
        return groups.filter { seen.insert($0).inserted }
    }
}
