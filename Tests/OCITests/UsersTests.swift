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
        #expect(database.account(uid: 0)?.home == "/root")
        let composed = try #require(database.account(named: "\u{e9}"))
        let decomposed = try #require(database.account(named: "e\u{301}"))
        #expect(composed.uid == 7 && decomposed.uid == 8)
        #expect(database.groups(of: decomposed) == [5])
        #expect(database.groups(of: composed).isEmpty)
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

    @Test func aNumberIsAnIDAndNeverAName() throws {
        let hostile = UserDatabase(
            passwd: "1000:x:0:0::/root:/bin/sh\n0:x:5:5::/:\n4294967296:x:0:0::/:\n"
                + "-1:x:0:0::/:\n+7:x:0:0::/:\n",
            group: "2000:x:0:\n-1:x:0:\n4294967296:x:0:\n")
        func user(_ change: (inout UserRequest) -> Void) throws -> ResolvedUser {
            var request = UserRequest()
            change(&request)
            return try request.resolve(in: hostile)
        }
        for (text, uid, gid) in [
            ("1000", 1000, 0), ("1000:2000", 1000, 2000), ("0001000:0002000", 1000, 2000),
            ("000000000000000000000000000001000", 1000, 0), (":33", 0, 33), ("+7", 7, 0),
            ("0", 0, 0), ("00", 0, 0), ("1000:", 1000, 0), (":", 0, 0),
        ] as [(String, UInt32, UInt32)] {
            let fromImage = try user { $0.imageUser = text }
            #expect(fromImage.uid == uid && fromImage.gid == gid, "image \(text)")
            let fromRequest = try user { $0.runAsUsername = text }
            #expect(fromRequest.uid == uid && fromRequest.gid == gid, "request \(text)")
        }
        #expect(try user { $0.runAsUser = 1000 }.uid == 1000)
    }

    @Test(arguments: [
        "4294967296", "4294967295", "-1", "-0001", "99999999999999999999", "18446744073709551616",
        "123456789012345678901234567890", "0000000000004294967296",
    ])
    func numbersThatAreNoIDsAreNeverLookedUp(text: String) throws {
        let hostile = UserDatabase(
            passwd: "\(text):x:0:0::/root:/bin/sh\n", group: "\(text):x:0:\n")
        for subject in [text, "\(text):1", "1:\(text)"] {
            expectError(.invalidArgument, "\(text) is not a user or group ID") {
                var request = UserRequest()
                request.imageUser = subject
                return try request.resolve(in: hostile)
            }
            expectError(.invalidArgument, "\(text) is not a user or group ID") {
                var request = UserRequest()
                request.runAsUsername = subject
                return try request.resolve(in: hostile)
            }
        }
        // The kubelet sees no ID that it could take for a user other than root.
        #expect(AccountName.ofImage(text) == .name(text))
    }

    @Test func whatTheKubeletJudgesByIsWhatRuns() {
        for (text, expected) in [
            ("1000:0", AccountName.id(1000)), ("0001", .id(1)), (":33", .name("")), ("", .name("")),
            ("app:7", .name("app")), ("00", .id(0)), ("1000\r", .name("1000\r")),
            ("\u{301}1000", .name("\u{301}1000")), ("１", .name("１")), ("0x0", .name("0x0")),
        ] {
            #expect(AccountName.ofImage(text) == expected, "\(text)")
        }
    }

    @Test(
        "As shadow-utils reads them",
        arguments: [
            "root:x:0:0:root:/root:/bin/sh\r\napp:x:7:8::/home/app:/bin/sh\r\n",
            "\n\n\r\n\napp:x:7:8::/home/app:/bin/sh\n\n",
            "# app:x:1:1::/:\n#app:x:0:0::/:/bin/sh\napp:x:7:8::/home/app:",
            "app:x:0:0:five\napp:x:0:0\napp:x:0:0::/:/bin/sh:more\napp:x:7:8::/home/app:/bin/sh",
            "app:x::0::/:\napp:x:0:::/:\napp:x:-1:0::/:\napp:x:4294967295:0::/:\n"
                + "app:x:4294967296:0::/:\napp:x:0x0:0::/:\napp:x:7:8::/home/app:/bin/sh\n",
            "app\0:x:0:0::/:\napp:x:0:0::\0/:/bin/sh\napp:x:7:8::/home/app:/bin/sh\n",
            "a\u{301}pp:x:0:0::/:\n\u{301}app:x:0:0::/:\napp:x:007:08::/home/app:/bin/sh\n",
        ])
    func linesOfPasswd(passwd: String) throws {
        var request = UserRequest()
        request.imageUser = "app:video"
        let database = UserDatabase(
            passwd: passwd,
            group: "\r\nvideo:x:44:other,app\r\naudio:x:29\r\nbad:x\nmore:x:1:app:x\n#c:x:0:app\n"
                + "none:x:4294967295:app\nnul:x:0:app\0\nzero:x:50:,app,\n")
        let user = try request.resolve(in: database)
        #expect(user.uid == 7 && user.gid == 44 && user.home == "/home/app")
        #expect(user.groups == [44, 50])
        request.imageUser = "app:audio"
        #expect(try request.resolve(in: database).gid == 29)
    }

    @Test func anEntryOfFiveFieldsIsNone() {
        expectError(.invalidArgument, "no user \"app\"") {
            var request = UserRequest()
            request.imageUser = "app"
            return try request.resolve(in: UserDatabase(passwd: "app:x:7:7:five\n"))
        }
    }

    @Test func soManyGroupsAndNoMore() throws {
        let lines = (1...70_000).map { "g\($0):x:\($0):app\n" }.joined()
        var request = UserRequest()
        request.imageUser = "app"
        let database = UserDatabase(passwd: "app:x:7:7::/:\n", group: lines)
        expectError(.invalidArgument, "are more than 65536") { try request.resolve(in: database) }
        request.isStrict = true
        #expect(try request.resolve(in: database).groups == [7])
    }

    @Test func longFilesAreRefused() async throws {
        let line = "app:x:7:7::/:\n"
        let long = String(repeating: line, count: (4 << 20) / line.utf8.count + 1)
        try await withDirectory(["etc/passwd": long]) { root in
            var request = UserRequest()
            request.imageUser = "app"
            await expectAsyncError(.failedPrecondition, "/etc/passwd cannot be read") {
                try await request.resolve(inRoot: root)
            }
        }
    }

    @Test(arguments: ["passwd", "group"])
    func onlyRegularFilesAreOpened(name: String) async throws {
        try await withDirectory { root in
            try Files.makeDirectories("\(root)/etc")
            // Through a link below the root, as /dev/null cannot be made here.
            try Files.makeDirectories("\(root)/etc/\(name)")
            await expectAsyncError(.failedPrecondition, "/etc/\(name) cannot be read") {
                try await UserRequest().resolve(inRoot: root)
            }
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
