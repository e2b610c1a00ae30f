import Model
import Testing

@testable import gantry

struct StatusPageTests {
    private static let digest = "sha256:" + String(repeating: "0123456789", count: 6) + "abcd"

    private func status(ready: Bool = true) -> GetNodeStatusResponse {
        GetNodeStatusResponse(
            version: "0.1.0", startedAt: 0,
            conditions: [
                NodeCondition(type: "RuntimeReady", isTrue: true),
                NodeCondition(
                    type: "NetworkReady", isTrue: ready, reason: ready ? "" : "NoConfiguration",
                    message: ready ? "" : "nothing in /etc/cni/net.d"),
            ],
            handlers: ["crun", "runc"], cgroupDriver: "systemd",
            pods: [PhaseCount(phase: "ready", count: 3), PhaseCount(phase: "stopped", count: 1)],
            images: 14, layerBytes: 3_200_000_000)
    }

    @Test func aNodeAtRest() {
        #expect(
            StatusPage(status(), now: 90_061_000_000_000).text == """
                gantry 0.1.0, up 1 d 1 h

                runtime     ready: crun (default), runc; cgroups through systemd
                network     ready
                pods        3 ready, 1 stopped
                containers  none
                images      14, 3.2 GB on the disk
                plugins     none
                pulls       none
                """)
    }

    @Test func plugins() {
        var status = status()
        status.plugins = [
            NodePlugin(name: "05-devices", pid: 7, isLaunched: true),
            NodePlugin(name: "90-policy", pid: 8),
        ]
        #expect(
            StatusPage(status, now: 0).text.contains(
                "plugins     05-devices (started, pid 7), 90-policy (pid 8)\n"))
    }

    @Test func whyItIsNotReady() {
        let page = StatusPage(status(ready: false), now: 0).text
        #expect(
            page.contains("network     NOT READY: NoConfiguration: nothing in /etc/cni/net.d\n"))
        #expect(page.hasPrefix("gantry 0.1.0, up 0 s\n"))
    }

    @Test func pullsUnderWay() {
        let layer = { (received: UInt64, state: String) in
            PulledLayer(digest: Self.digest, received: received, size: 1000, state: state)
        }
        var status = status()
        status.pulls = [
            PullUnderWay(image: "quay.io/a:1", startedAt: 5_000_000_000),
            PullUnderWay(
                image: "quay.io/b:1",
                layers: [
                    layer(0, "present"), layer(1000, "done"), layer(500, "fetching"),
                    layer(500, "shared"), layer(0, "waiting"),
                ], startedAt: 0),
        ]
        let page = StatusPage(status, now: 67_000_000_000).text
        #expect(
            page.hasSuffix(
                """
                pulls       2 under way

                quay.io/a:1  1 min 2 s, asking the registry

                quay.io/b:1  1 min 7 s, 2.0 kB of 4.0 kB, 1 of 4 layers; 1 here already
                  012345678901 [##############################] 1.0 kB, done
                  012345678901 [###############...............] 500 B of 1.0 kB
                  012345678901 [###############...............] 500 B of 1.0 kB, by another pull
                  012345678901 [..............................] 1.0 kB, waiting
                """))
    }

    @Test func aScreenLeavesNothingOfThePageBefore() {
        #expect(Screen.text("a\nb") == "\u{1b}[Ha\u{1b}[K\nb\u{1b}[K\u{1b}[J")
    }
}
