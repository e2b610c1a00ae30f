internal import Glibc
internal import Kernel
internal import Model

/// /etc/passwd and /etc/group of a container's root file system (passwd(5), group(5)), read as
/// shadow-utils reads them: a line that is no entry is passed over.
///
/// Both are a stranger's bytes: nothing is kept of them but the entry that is looked for.
struct UserDatabase: Sendable {
    struct Account: Sendable {
        let name: ArraySlice<UInt8>
        let uid: UInt32
        let gid: UInt32
        let home: String
    }

    private let passwd: [UInt8]
    private let group: [UInt8]

    /// Larger than any real database; an image must not make the daemon read without end.
    private static let sizeLimit = 4 << 20

    init(passwd: String = "", group: String = "") {
        self.init(passwd: Array(passwd.utf8), group: Array(group.utf8))
    }

    init(passwd: [UInt8], group: [UInt8]) {
        self.passwd = passwd
        self.group = group
    }

    /// Reads both from below `root`; a file that is not there is an empty one.
    init(inRoot root: String) throws {
        self.init(
            passwd: try Self.bytes("/etc/passwd", root), group: try Self.bytes("/etc/group", root))
    }

    private static func bytes(_ path: String, _ root: String) throws -> [UInt8] {
        do {
            return try Files.read(path, inRoot: root, limit: sizeLimit)
        } catch let error where error.errno == ENOENT || error.errno == ENOTDIR {
            return []
        } catch {
            throw GantryError(
                .failedPrecondition, "the image's \(path) cannot be read", cause: error)
        }
    }

    func account(uid: UInt32) -> Account? { account { $0.uid == uid } }

    func account(named name: String) -> Account? {
        account { $0.name.elementsEqual(name.utf8) }
    }

    func gid(ofGroup name: String) -> UInt32? {
        for line in DatabaseLines(group) {
            guard let group = Group(line), group.name.elementsEqual(name.utf8) else { continue }
            return group.gid
        }
        return nil
    }

    /// The groups that list the account as a member, in the file's order.
    func groups(of account: Account) -> [UInt32] {
        var found: [UInt32] = []
        for line in DatabaseLines(group) {
            guard let group = Group(line), group.hasMember(account.name) else { continue }
            found.append(group.gid)
        }
        return found
    }

    private func account(_ matches: (Account) -> Bool) -> Account? {
        for line in DatabaseLines(passwd) {
            if let account = Account(line), matches(account) { return account }
        }
        return nil
    }
}

extension UserDatabase.Account {
    /// Seven fields, no more and no less.
    fileprivate init?(_ line: ArraySlice<UInt8>) {
        let fields = line.fields(atMost: 7)
        guard fields.count == 7, let uid = fields[2].id, let gid = fields[3].id else { return nil }
        self.init(
            name: fields[0], uid: uid, gid: gid, home: String(decoding: fields[5], as: UTF8.self))
    }
}

/// An entry of /etc/group.
private struct Group {
    let name: ArraySlice<UInt8>
    let gid: UInt32
    private let members: ArraySlice<UInt8>

    /// Four fields, of which the members may be missing.
    init?(_ line: ArraySlice<UInt8>) {
        let fields = line.fields(atMost: 4)
        guard fields.count == 3 || fields.count == 4, let gid = fields[2].id else { return nil }
        name = fields[0]
        self.gid = gid
        members = fields.count == 4 ? fields[3] : []
    }

    func hasMember(_ name: ArraySlice<UInt8>) -> Bool {
        var rest = members
        while !rest.isEmpty {
            let member = rest.prefix { $0 != UInt8(ascii: ",") }
            if !member.isEmpty && member == name { return true }
            rest = rest[member.endIndex...].dropFirst()
        }
        return false
    }
}
