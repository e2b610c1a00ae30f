import Foundation
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct AuthFileTests {
    private func file(_ text: String) throws -> AuthFile {
        try AuthFile(Data(text.utf8), "auth.json")
    }

    private static func basic(_ user: String) -> Credentials {
        .basic(user: user, password: "secret")
    }

    /// `auth` of that user with the password "secret".
    private static func auth(_ user: String) -> String {
        Data("\(user):secret".utf8).base64EncodedString()
    }

    @Test func theEntryThatCoversMostCounts() throws {
        let file = try file(
            """
            {"auths": {
              "quay.io": {"auth": "\(Self.auth("host"))"},
              "quay.io/team": {"auth": "\(Self.auth("team"))"},
              "quay.io/team/app": {"auth": "\(Self.auth("app"))"},
              "https://index.docker.io/v1/": {"auth": "\(Self.auth("hub"))"},
              "r.example:5000": {"identitytoken": "t"}}}
            """)
        #expect(file.find("quay.io/team/app")?.credentials == Self.basic("app"))
        #expect(file.find("quay.io/team/apple")?.credentials == Self.basic("team"))
        #expect(file.find("quay.io/other/app")?.credentials == Self.basic("host"))
        #expect(file.find("docker.io/library/busybox")?.credentials == Self.basic("hub"))
        #expect(file.find("r.example:5000/x")?.credentials == .identityToken("t"))
        #expect(file.find("r.example/x") == nil)
        #expect(file.find("quay.io/team/app")?.source == "quay.io/team/app in auth.json")
    }

    @Test(arguments: [
        #"{"credHelpers": {"quay.io": "ecr-login"}}"#, #"{"credsStore": "desktop"}"#,
    ])
    func helpersAreRefused(_ text: String) {
        let error = #expect(throws: GantryError.self) { try file(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("credential helpers") == true)
    }

    @Test(arguments: [
        #"{"auths": {"quay.io": {"auth": "hunter2"}}}"#, #"{"auths": "hunter2"}"#, "hunter2",
    ])
    func mistakesAreToldWithoutSecrets(_ text: String) {
        let error = #expect(throws: GantryError.self) { try file(text) }
        #expect(error?.description.contains("auth.json") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func mirrorsGetTheirOwnAndTheRegistryTheCallers() throws {
        var registries = Registries()
        registries.auth = try file(
            #"{"auths": {"m.example": {"auth": "\#(Self.auth("m"))"}, "#
                + #""quay.io": {"auth": "\#(Self.auth("q"))"}}}"#)
        let own = Endpoint(scheme: .https, host: "quay.io", repository: "a")
        var mirror = Endpoint(scheme: .https, host: "m.example", repository: "a")
        mirror.isMirror = true
        let given = Self.basic("given")
        #expect(registries.credentials(for: own, given: given) == given)
        #expect(registries.credentials(for: own, given: .none) == Self.basic("q"))
        #expect(registries.credentials(for: mirror, given: given) == Self.basic("m"))
    }

    @Test(arguments: [
        ("https://s.example/x?X-Amz-Signature=abc", "https://s.example/x"),
        ("https://user:pass@s.example/x", "https://s.example/x"),
        ("http://s.example:5000", "http://s.example:5000"),
    ])
    func addressesArePrintedWithoutSecrets(_ url: String, _ printed: String) {
        #expect(printable(url) == printed)
    }
}
