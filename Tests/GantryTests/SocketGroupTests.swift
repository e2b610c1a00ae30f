import Model
import Testing

@testable import gantry

struct SocketGroupTests {
    @Test func byNameAndNumber() throws {
        #expect(try SocketGroup.number(of: "") == nil)
        #expect(try SocketGroup.number(of: "root") == 0)
        #expect(try SocketGroup.number(of: "4711") == 4711)
    }

    @Test func oneThatIsNotThereIsRefused() {
        #expect(throws: GantryError.self) { try SocketGroup.number(of: "no-such-group") }
    }
}
