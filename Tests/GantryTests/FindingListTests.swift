import Service
import Testing

@testable import gantry

@Suite struct FindingListTests {
    @Test func problemsAndWarningsSayWhatToDo() {
        let text = FindingList([
            .ok("storage", "overlay works"),
            .warning("kernel", "no PSI", "boot with psi=1"),
            .problem("network", "no file", "install one"),
        ]).text
        #expect(
            text == """
                ok      storage overlay works
                warning kernel  no PSI
                                -> boot with psi=1
                problem network no file
                                -> install one
                1 problem, 1 warning
                """)
    }

    @Test func withoutAnyAllIsWell() {
        #expect(FindingList([.ok("a", "b")]).text == "ok      a b\nall is well")
    }
}
