internal import Kernel
internal import Model
internal import Glibc
internal import Text

/// /etc/passwd and /etc/group of a container's root file system (passwd(5), group(5)).
struct UserDatabase: Sendable {
    struct Account: Sendable {
        let name: String
        let uid: UInt32
        let gid: UInt32
        let home: String
    }

    struct Group: Sendable {
        let name: String
        let gid: UInt32
        let members: [String]
    }

    let accounts: [Account]
    let groups: [Group]

    /// Larger than any real database; an image must not make the daemon read without end.
    private static let sizeLimit = 4 << 20

    init(passwd: String = "", group: String = "") {
        accounts = Self.records(passwd).compactMap(Self.account)
        groups = Self.records(group).compactMap(Self.group)
    }

    /// Reads both from below `root`; a file that is not there is an empty one.
    init(inRoot root: String) throws {
        self.init(
            passwd: try Self.text("/etc/passwd", root), group: try Self.text("/etc/group", root))
    }

    private static func text(_ path: String, _ root: String) throws -> String {
        do {
            let bytes = try Files.read(path, inRoot: root, limit: sizeLimit)
            return String(decoding: bytes, as: UTF8.self)
        } catch let error where error.errno == ENOENT || error.errno == ENOTDIR {
            return ""
        } catch {
            throw GantryError(
                .failedPrecondition, "the image's \(path) cannot be read", cause: error)
        }
    }

    private static func records(_ text: String) -> [[Substring]] {
        text.lines.map {
            $0.split(at: ":", omittingEmptySubsequences: false)
        }
    }

    private static func account(_ fields: [Substring]) -> Account? {
        guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else {
            return nil
        }
        let home = fields.count > 5 ? String(fields[5]) : ""
        return Account(name: String(fields[0]), uid: uid, gid: gid, home: home)
    }

    private static func group(_ fields: [Substring]) -> Group? {
        guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
        let members = fields.count > 3 ? fields[3].split(at: ",").map(String.init) : []
        return Group(name: String(fields[0]), gid: gid, members: members)
    }

    func account(uid: UInt32) -> Account? { accounts.first { $0.uid == uid } }
    func account(named name: String) -> Account? { accounts.first { $0.name.isSame(as: name) } }
    func group(named name: String) -> Group? { groups.first { $0.name.isSame(as: name) } }

    /// The groups that list `name` as a member, in the file's order.
    func groups(of name: String) -> [UInt32] {
        groups.filter { $0.members.has(same: name) }.map(\.gid)
    }
}
