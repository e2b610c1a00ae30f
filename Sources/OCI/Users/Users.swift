internal import Model
internal import System

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
        let (name, groupName) = try subject()
        let user = try self.user(name, database)
        var gid = user.gid
        if let runAsGroup {
            gid = try Self.id(runAsGroup, "run_as_group")
        } else if let groupName {
            gid = try group(groupName, database)
        }
        let memberships = isStrict ? [] : user.account.map(database.groups(of:)) ?? []
        let asked = try supplementalGroups.map { try Self.id($0, "supplemental_groups") }
        return ResolvedUser(
            uid: user.uid, gid: gid, groups: try bounded([gid] + memberships + asked),
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

    /// Where names come from.
    private var field: String { runAsUsername.isEmpty ? "the image's USER" : "run_as_username" }

    /// `user[:group]`, where an empty user is root and an empty group the user's own; the image's is
    /// not looked at when the pod names a user.
    private func subject() throws -> (user: AccountName, group: AccountName?) {
        if let runAsUser { return (.id(try Self.id(runAsUser, "run_as_user")), nil) }
        let text = runAsUsername.isEmpty ? imageUser : runAsUsername
        let parts = text.utf8.split(
            separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        let user = parts.first ?? ""
        let group = parts.count == 2 ? parts[1] : ""
        return (
            user.isEmpty ? .id(0) : try AccountName(user, "\(field): user"),
            group.isEmpty ? nil : try AccountName(group, "\(field): group")
        )
    }

    private struct User {
        var uid: UInt32
        var gid: UInt32
        var home: String
        var account: UserDatabase.Account?
    }

    /// An ID need not be in /etc/passwd; it then is in group 0, as with Docker.
    private func user(_ name: AccountName, _ database: UserDatabase) throws -> User {
        switch name {
        case .id(let uid):
            guard let account = database.account(uid: uid) else {
                return User(uid: uid, gid: 0, home: "/")
            }
            return user(account)
        case .name(let text):
            guard let account = database.account(named: text) else {
                throw GantryError(
                    .invalidArgument,
                    "\(field): the image's /etc/passwd has no user \"\(text)\"")
            }
            return user(account)
        }
    }

    private func user(_ account: UserDatabase.Account) -> User {
        User(
            uid: account.uid, gid: account.gid, home: account.home.isEmpty ? "/" : account.home,
            account: account)
    }

    private func group(_ name: AccountName, _ database: UserDatabase) throws -> UInt32 {
        switch name {
        case .id(let gid): return gid
        case .name(let text):
            guard let gid = database.gid(ofGroup: text) else {
                throw GantryError(
                    .invalidArgument,
                    "\(field): the image's /etc/group has no group \"\(text)\"")
            }
            return gid
        }
    }

    private static func id(_ number: Int64, _ field: String) throws -> UInt32 {
        guard let id = UInt32(exactly: number), AccountName.isID(id) else {
            throw GantryError(.invalidArgument, "\(field) \(number) is not a user or group ID")
        }
        return id
    }

    /// setgroups(2): NGROUPS_MAX.
    private static let mostGroups = 65536

    /// Each group once.
    private func bounded(_ groups: [UInt32]) throws -> [UInt32] {
        var seen: Set<UInt32> = []
        let unique = groups.filter { seen.insert($0).inserted }
        guard unique.count <= Self.mostGroups else {
            throw GantryError(
                .invalidArgument,
                "supplemental_groups: \(unique.count) groups are more than \(Self.mostGroups)")
        }
        return unique
    }
}
