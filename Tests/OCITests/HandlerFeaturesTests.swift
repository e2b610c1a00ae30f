import Testing

@testable import OCI

@Suite struct HandlerFeaturesTests {
    @Test(arguments: ["", "[]", "{\"mountOptions\": 3}", "no JSON"])
    func whatIsNoAnswerIsNone(_ text: String) {
        #expect(HandlerFeatures(json: Array(text.utf8)) == nil)
    }

    @Test func whatIsNotToldIsLeftOut() {
        #expect(HandlerFeatures(json: Array("{}".utf8)) == HandlerFeatures())
    }
}
