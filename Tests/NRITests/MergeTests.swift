internal import Model
internal import Testing

@testable import NRI

/// What several plugins want of one container.
@Suite struct MergeTests {
    private static let container = NRI.Container(
        id: "c", annotations: ["a": "1"], args: ["sleep"], env: ["A=1", "B=x=y"],
        mounts: [.init(destination: "/proc"), .init(destination: "/data", source: "/old")])

    private func merged(
        _ adjustments: (String, ContainerAdjustment)...
    ) throws -> AdjustmentMerge {
        var merge = AdjustmentMerge(Self.container)
        for (plugin, adjustment) in adjustments { try merge.add(adjustment, plugin) }
        return merge
    }

    @Test func eachSeesWhatThoseBeforeItDid() throws {
        let merge = try merged(
            ("1-a", ContainerAdjustment(env: [.init(key: "B", value: "2")])),
            ("2-b", ContainerAdjustment(mounts: [.init(destination: "/data", source: "/new")])))
        #expect(merge.container.env == ["A=1", "B=2"])
        #expect(merge.container.mounts.map(\.source) == ["", "/new"])
        #expect(merge.adjustment.env == [.init(key: "B", value: "2")])
    }

    @Test func theSameEntryTwiceNamesBothPlugins() {
        let adjustment = ContainerAdjustment(annotations: ["x": "1"])
        #expect {
            try merged(("1-a", adjustment), ("2-b", adjustment))
        } throws: { error in
            let text = "\(error)"
            return text.contains("1-a") && text.contains("2-b") && text.contains("\"x\"")
        }
    }

    @Test func aRemovalTakesAwayAndLetsTheRemoverSet() throws {
        let merge = try merged(
            ("1-a", ContainerAdjustment(env: [.init(key: "N", value: "1")])),
            ("2-b", ContainerAdjustment(env: [.init(key: "-N"), .init(key: "N", value: "2")])))
        #expect(merge.adjustment.env == [.init(key: "N", value: "2")])
        #expect(throws: GantryError.self) {
            var merge = merge
            try merge.add(ContainerAdjustment(env: [.init(key: "N", value: "3")]), "3-c")
        }
    }

    @Test func aRemovalAloneStays() throws {
        let merge = try merged(("1-a", ContainerAdjustment(env: [.init(key: "-A")])))
        #expect(merge.adjustment.env == [.init(key: "-A")])
        #expect(merge.container.env == ["B=x=y"])
    }

    /// A dash and a combining character are one Character, and two bytes of a key's beginning.
    @Test func keysAreBytes() throws {
        #expect("-\u{301}a".removedKey?.utf8.elementsEqual("\u{301}a".utf8) == true)
        let merge = try merged(
            ("1-a", ContainerAdjustment(env: [.init(key: "\u{e9}", value: "1")])),
            ("2-b", ContainerAdjustment(env: [.init(key: "e\u{301}", value: "2")])))
        #expect(merge.adjustment.env.count == 2)
    }

    @Test func hooksOfAllPluginsAreKeptAndOwnedByAll() throws {
        let hooks = ContainerAdjustment(hooks: .init(poststop: [.init(path: "/bin/true")]))
        let merge = try merged(("1-a", hooks), ("2-b", hooks))
        #expect(merge.adjustment.hooks?.poststop.count == 2)
        let fields = merge.owners.message.owners.first?.value?.simple
        #expect(fields == [.init(key: Field.ociHooks.rawValue, value: "1-a,2-b")])
    }

    @Test func argumentsAreReplacedWhenTheFirstIsEmpty() throws {
        let merge = try merged(
            ("1-a", ContainerAdjustment(args: ["a"])),
            ("2-b", ContainerAdjustment(args: ["", "b"])))
        #expect(merge.adjustment.args == ["b"])
        #expect(throws: GantryError.self) {
            try merged(
                ("1-a", ContainerAdjustment(args: ["a"])), ("2-b", ContainerAdjustment(args: ["b"]))
            )
        }
    }

    @Test func limitsAreMergedFieldByField() throws {
        let shares = ContainerAdjustment(
            linux: .init(resources: .init(cpu: .init(shares: .init(value: 5)))))
        let quota = ContainerAdjustment(
            linux: .init(resources: .init(cpu: .init(quota: .init(value: 7)))))
        let merge = try merged(("1-a", shares), ("2-b", quota))
        let cpu = merge.adjustment.linux?.resources?.cpu
        #expect(cpu == .init(shares: .init(value: 5), quota: .init(value: 7)))
        #expect(throws: GantryError.self) { try merged(("1-a", shares), ("2-b", shares)) }
    }

    @Test func rdtGoesAndComes() throws {
        let set = ContainerAdjustment(linux: .init(rdt: .init(closId: .init(value: "gold"))))
        let clear = ContainerAdjustment(
            linux: .init(rdt: .init(schemata: .init(value: ["L3:0=f"]), remove: true)))
        let rdt = try merged(("1-a", set), ("2-b", clear)).adjustment.linux?.rdt
        #expect(rdt == .init(schemata: .init(value: ["L3:0=f"]), remove: true))
    }

    @Test func anUpdateThatMayFailIsLeftOut() throws {
        let update = { (shares: UInt64, mayFail: Bool) in
            ContainerUpdate(
                containerId: "o",
                linux: .init(resources: .init(cpu: .init(shares: .init(value: shares)))),
                ignoreFailure: mayFail)
        }
        var merge = UpdateMerge()
        try merge.add([update(1, false)], "1-a")
        try merge.add([update(2, true)], "2-b")
        #expect(merge.updates.map { $0.linux?.resources?.cpu?.shares?.value } == [1])
        #expect(throws: GantryError.self) { try merge.add([update(3, false)], "3-c") }
    }

    @Test func nobodyUpdatesWhatIsBeingCreated() {
        var merge = AdjustmentMerge(Self.container)
        #expect(throws: GantryError.self) {
            try merge.updates.add([ContainerUpdate(containerId: "c")], "1-a")
        }
    }
}
