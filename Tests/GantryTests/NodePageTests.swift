import Model
import Service
import Testing

@testable import gantry

@Suite struct NodePageTests {
    private var content: NodePage.Content {
        var content = NodePage.Content()
        content.host = "node-1"
        content.status = GetNodeStatusResponse(version: "1.2.3", startedAt: 0)
        content.pods = [
            PodSandbox(
                id: "0123456789abcdef",
                metadata: PodSandboxMetadata(name: "<script>alert(1)</script>", namespace: "a&b"))
        ]
        content.containers = [
            Container(
                id: "fedcba9876543210", podSandboxId: "0123456789abcdef",
                metadata: ContainerMetadata(name: "\u{1}\"'"), state: .running)
        ]
        content.images = [Model.Image(id: "sha256:0123456789abcdef", size: 1_234_567, pinned: true)]
        content.findings = [.ok("kernel", "fine"), .problem("network", "no <cni>", "add one")]
        return content
    }

    @Test func nothingFromElsewhereIsMarkup() {
        let text = NodePage(content: content, now: 60_000_000_000).text
        #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && text.contains("a&amp;b"))
        #expect(!text.contains("<script") && !text.contains("<cni>"))
        #expect(text.contains("<td>\u{fffd}&quot;&#39;</td>"))
        #expect(text.contains("no &lt;cni&gt;") && text.contains("add one"))
        #expect(text.contains("<td>1.2 MB</td><td>pinned</td><td>0123456789ab</td>"))
        #expect(text.contains("a&amp;b/&lt;script"))
    }

    @Test func nothingIsLoaded() {
        let text = NodePage(content: content, now: 0).text
        for word in ["src=", "href=", "url(", "@import", "http://", "https://"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.contains("default-src 'none'"))
        #expect(text.contains("prefers-color-scheme: dark"))
    }

    @Test func anEmptyNode() {
        let text = NodePage(content: NodePage.Content(), now: 0).text
        #expect(text.contains("<h2>Pods</h2>\n<p class=\"none\">none</p>"))
        #expect(text.hasPrefix("<!DOCTYPE html>") && text.hasSuffix("</html>\n"))
    }
}
