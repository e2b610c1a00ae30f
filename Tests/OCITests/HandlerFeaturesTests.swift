import Model
import Testing

@testable import OCI

@Suite struct HandlerFeaturesTests {
    @Test(arguments: ["", "[]", "{\"mountOptions\": 3}", "no JSON"])
    func whatIsNoAnswerIsAnErrorThatNamesTheRuntime(_ text: String) {
        let error = #expect(throws: GantryError.self) {
            try HandlerFeatures(version: "runc 9", json: Array(text.utf8))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.hasPrefix("runc 9: ") == true)
    }

    @Test func whatIsNotToldIsLeftOut() throws {
        let features = try HandlerFeatures(version: "1", json: Array("{}".utf8))
        #expect(features == HandlerFeatures(version: "1"))
    }
}
