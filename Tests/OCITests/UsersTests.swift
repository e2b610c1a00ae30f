internal import Kernel
internal import Model
internal import Testing

@testable import OCI

@Suite struct UsersTests {
    private let database = UserDatabase(
        passwd: "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:\nbad:x:no:0::/:\n",
        group: "wheel:x:10:root,app\napp:x:1000:\nvideo:x:44:app\n")

    private func resolve(_ change: (inout UserRequest) -> Void) throws -> ResolvedUser {
        var request = UserRequest()
        change(&request)
        return try request.resolve(in: database)
    }

    @Test func nothingIsRoot() throws {
        #expect(try resolve { _ in } == ResolvedUser(groups: [0, 10], home: "/root"))
    }

    @Test(arguments: [
        ("app", 1000, 1000, "/home/app"), ("1000", 1000, 1000, "/home/app"),
        ("app:video", 1000, 44, "/home/app"), ("app:7", 1000, 7, "/home/app"), ("9", 9, 0, "/"),
        ("9:9", 9, 9, "/"),
    ])
    func usersOfImages(text: String, uid: UInt32, gid: UInt32, home: String) throws {
        let user = try resolve { $0.imageUser = text }
        #expect(user.uid == uid)
        #expect(user.gid == gid)
        #expect(user.home == home)
        #expect(user.groups.first == gid)
    }

    /// The kernel and the C library compare bytes; files of other systems end lines with CR LF.
    @Test func filesAreBytes() throws {
        let database = UserDatabase(
            passwd: "\u{e9}:x:7:7::/:\r\nroot:x:0:0::/root:/bin/sh\r\ne\u{301}:x:8:8::/:\r\n",
            group: "a:x:5:e\u{301}\r\n")
        #expect(database.accounts.map(\.uid) == [7, 0, 8])
        #expect(database.account(named: "e\u{301}")?.uid == 8)
        #expect(database.account(named: "\u{e9}")?.uid == 7)
        #expect(database.groups(of: "e\u{301}") == [5] && database.groups(of: "\u{e9}").isEmpty)
    }

    @Test func mergeAndStrict() throws {
        let merged = try resolve {
            $0.runAsUser = 1000
            $0.runAsGroup = 3000
            $0.supplementalGroups = [4000, 44]
        }
        #expect(merged.groups == [3000, 10, 44, 4000])
        let strict = try resolve {
            $0.runAsUsername = "app"
            $0.supplementalGroups = [4000]
            $0.isStrict = true
        }
        #expect(strict.groups == [1000, 4000])
    }

    @Test func thePodsChoiceHidesTheImages() throws {
        let user = try resolve {
            $0.imageUser = "app:video"
            $0.runAsUser = 0
        }
        #expect(user.uid == 0)
        #expect(user.gid == 0)
    }

    @Test func combinationsThatCRIForbids() {
        expectError(.invalidArgument, "run_as_group is set without") {
            try resolve { $0.runAsGroup = 1 }
        }
        expectError(.invalidArgument, "both set") {
            try resolve {
                $0.runAsUser = 1
                $0.runAsUsername = "app"
            }
        }
    }

    @Test func whatIsNotThere() {
        expectError(.invalidArgument, "no user \"bad\"") { try resolve { $0.imageUser = "bad" } }
        expectError(.invalidArgument, "no group \"g\"") { try resolve { $0.imageUser = "app:g" } }
        expectError(.invalidArgument, "-1 is not") { try resolve { $0.runAsUser = -1 } }
        expectError(.invalidArgument, "4294967295 is not") {
            try resolve { $0.supplementalGroups = [4_294_967_295] }
        }
    }

    @Test func readsBelowTheRootOnly() async throws {
        let line = "app:x:7:7::/:\n"
        try await withDirectory(["in/real": line, "out": line, "root/real": line]) { base in
            let root = "\(base)/root"
            try Files.makeDirectories("\(root)/etc")
            try makeSymlink("/real", "\(root)/etc/passwd")
            var request = UserRequest()
            request.imageUser = "app"
            #expect(try await request.resolve(inRoot: root).uid == 7)
            try Files.remove("\(root)/etc/passwd")
            try makeSymlink("../../out", "\(root)/etc/passwd")
            await #expect(throws: GantryError.self) { try await request.resolve(inRoot: root) }
        }
    }

    @Test func aFifoHoldsNobody() async throws {
        try await withDirectory { root in
            try Files.makeDirectories("\(root)/etc")
            try makeFifo("\(root)/etc/passwd")
            let request = UserRequest()
            await #expect(throws: GantryError.self) { try await request.resolve(inRoot: root) }
        }
    }
}
