internal import CRI
internal import Model
internal import Synchronization
internal import Testing

@Suite struct MethodTableTests {
    @Test func theContractHas43Methods() {
        #expect(Set(Methods.paths).count == 43)
        #expect(Methods.version.path == "/runtime.v1.RuntimeService/Version")
        #expect(Methods.imageFsInfo.path == "/runtime.v1.ImageService/ImageFsInfo")
        #expect(
            Methods.getContainerEvents.path == "/runtime.v1.RuntimeService/GetContainerEvents")
    }

    @Test func whatIsNotRegisteredIsAbsent() {
        #expect(MethodTable().unary.isEmpty)
        #expect(MethodTable().streaming.isEmpty)
    }

    @Test func answersInBytes() async throws {
        var table = MethodTable()
        table.answer(Methods.version) { VersionResponse(version: $0.version + "!") }
        let answer = try #require(table.unary["/runtime.v1.RuntimeService/Version"])
        let response = try await answer(VersionRequest(version: "v1").encoded())
        #expect(try VersionResponse.decode(response).version == "v1!")
    }

    @Test func refusesAMalformedRequestBeforeTheBody() async throws {
        var table = MethodTable()
        table.answerEncoded(Methods.listContainers) { _ in
            Issue.record("the body ran")
            return []
        }
        let answer = try #require(table.unary[Methods.listContainers.path])
        await #expect(throws: GantryError.self) { try await answer([0x0a]) }
    }

    @Test func streamsInOrder() async throws {
        var table = MethodTable()
        table.stream(Methods.streamImages) { _, send in
            for id in ["a", "b"] { try await send(StreamImagesResponse(images: [Image(id: id)])) }
        }
        let stream = try #require(table.streaming[Methods.streamImages.path])
        let sent = Mutex<[[UInt8]]>([])
        try await stream([]) { message in sent.withLock { $0.append(message) } }
        let ids = try sent.withLock {
            try $0.map { try StreamImagesResponse.decode($0).images[0].id }
        }
        #expect(ids == ["a", "b"])
    }
}
