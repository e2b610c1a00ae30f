import Model
import Testing

@testable import Service

@Suite struct DifferenceTests {
    @Test func theFirstFieldIsNamedByItsPath() {
        let old: JSONValue = ["linux": ["cgroup_parent": "/a", "sysctls": [:]], "hostname": "one"]
        let new: JSONValue = ["linux": ["cgroup_parent": "/b", "sysctls": [:]], "hostname": "one"]
        #expect(Difference.text(old, new) == "its linux.cgroup_parent is another")
    }

    @Test func aFieldThatOnlyOneHasIsADifference() {
        #expect(Difference.text([:], ["labels": ["app": "a"]]) == "its labels is another")
    }

    @Test func whatHasNoFieldsIsJustAnother() {
        #expect(Difference.text("a", "b") == "the request is another")
    }
}
