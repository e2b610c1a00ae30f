import Testing

@testable import System

@Suite struct CgroupMemberTests {
    /// A slash with a combining mark is one Character.
    @Test func eachLevelOfAPath() {
        let levels = CgroupMember.levels(of: "/pods/\u{301}a/b", below: "/cg")
        #expect(levels.map(\.parent) == ["/cg", "/cg/pods", "/cg/pods/\u{301}a"])
        #expect(
            levels.map(\.directory) == ["/cg/pods", "/cg/pods/\u{301}a", "/cg/pods/\u{301}a/b"])
    }
}
