import Foundation
import Model
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

struct LookasideTests {
    private func lookaside(_ files: [String: String]) throws -> Lookaside {
        let directory = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
        return try Lookaside(directory: directory)
    }

    private func place(_ lookaside: Lookaside, _ name: String) throws -> String {
        let reference = try Reference.parse(name)
        return "\(lookaside.base(for: reference))/\(reference.path)"
    }

    @Test func theScopeThatCoversMostCounts() throws {
        let lookaside = try lookaside([
            "a.yaml": """
            default-docker:
              lookaside: https://all.example/s/
            docker:
              quay.io:
                sigstore: https://quay.example
              quay.io/team:
                sigstore: https://old.example
                lookaside: file:///team
              quay.io/team/app:
                use-sigstore-attachments: true
            """,
            "b.yaml": "docker: {r.example: {lookaside: 'http://r.example/x'}}", "c.conf": "{",
        ])
        #expect(try place(lookaside, "busybox") == "https://all.example/s/library/busybox")
        #expect(try place(lookaside, "quay.io/a/b:1") == "https://quay.example/a/b")
        #expect(try place(lookaside, "quay.io/team/app:1") == "file:///team/team/app")
        #expect(try place(lookaside, "r.example/a") == "http://r.example/x/a")
    }

    @Test func withoutFilesItIsTheNodesOwn() throws {
        let own = "file:///var/lib/containers/sigstore/library/busybox"
        #expect(try place(Lookaside(directory: "/nonexistent"), "busybox") == own)
        #expect(try place(lookaside(["a.yaml": "docker: {}"]), "busybox") == own)
    }

    @Test(arguments: [
        (["a.yaml": "{"], "a.yaml"),
        (["a.yaml": "default-docker: {lookaside: 'ftp://x'}"], "default-docker: want a URL"),
        (["a.yaml": "docker: {q: {lookaside: 5}}"], "docker.q: want a URL"),
        (
            [
                "a.yaml": "docker: {q: {lookaside: 'http://x'}}",
                "b.yaml": "docker: {q: {lookaside: 'http://y'}}",
            ], "b.yaml: docker.q: is there twice"
        ),
    ])
    func mistakesAreErrors(_ files: [String: String], _ words: String) {
        let error = #expect(throws: GantryError.self) { try lookaside(files) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
