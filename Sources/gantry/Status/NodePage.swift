internal import Kernel
internal import Model
internal import Service

/// The state of a node as one page of HTML.
struct NodePage {
    /// All that is on it, as the daemon and the checks tell it.
    struct Content: Sendable {
        var host = ""
        var status = GetNodeStatusResponse()
        var pods: [PodSandbox] = []
        var containers: [Container] = []
        var images: [Model.Image] = []
        var disk = ImageFsInfoResponse()
        /// The last starts, the newest first.
        var traces: [GetTraceResponse] = []
        var findings: [Finding] = []
    }

    let content: Content
    /// Nanoseconds since 1970.
    let now: Int64

    var text: String {
        let parts = [
            summary, HTML.section("Checks", checks), HTML.section("Pods", pods),
            HTML.section("Containers", containers), HTML.section("Images", images),
            HTML.section("Disk", disk), HTML.section("Pulls under way", pulls),
            HTML.section("Last starts", starts),
        ]
        return HTML.page(
            title: "Gantry on \(content.host)", style: NodePageStyle.text, parts.joined())
    }

    private var summary: String {
        let lines = StatusPage(content.status, now: now).rows.map { name, value in
            let isBad = value.utf8.starts(with: "NOT READY".utf8)
            return "<dt>\(HTML.escaped(name))</dt>"
                + "<dd\(isBad ? " class=\"problem\"" : "")>\(HTML.escaped(value))</dd>\n"
        }
        let up = StatusPage.elapsed(now.minus(content.status.startedAt))
        return "<header><h1>\(HTML.escaped(content.host))</h1>"
            + "<p>gantry \(HTML.escaped(content.status.version)), up \(up)</p></header>\n"
            + "<dl>\n\(lines.joined())</dl>\n"
    }

    private var checks: String {
        let bad = content.findings.filter { $0.level != .ok }
        let items = bad.map { finding in
            "<li class=\"\(finding.level.rawValue)\"><b>\(HTML.escaped(finding.area))</b> "
                + HTML.escaped(finding.text)
                + (finding.advice.map { "<br><small>\(HTML.escaped($0))</small>" } ?? "")
                + "</li>\n"
        }
        let passed = content.findings.count - bad.count
        let well = "<p class=\"ok\">\(passed) checks passed</p>"
        return (items.isEmpty ? "" : "<ul>\n\(items.joined())</ul>\n") + well
    }

    private var pods: String {
        let rows = content.pods.map { pod in
            [
                pod.metadata?.namespace ?? "", pod.metadata?.name ?? "",
                pod.state == .ready ? "ready" : "not ready", age(pod.createdAt),
                pod.runtimeHandler, Self.short(pod.id),
            ]
        }
        return HTML.table(
            ["Namespace", "Name", "State", "Age", "Handler", "ID"], Self.sorted(rows))
    }

    private var containers: String {
        let names = Dictionary(
            content.pods.map { pod in
                (pod.id, "\(pod.metadata?.namespace ?? "")/\(pod.metadata?.name ?? "")")
            }
        ) { first, _ in first }
        let rows = content.containers.map { container in
            [
                names[container.podSandboxId] ?? Self.short(container.podSandboxId),
                container.metadata?.name ?? "", Self.state(container.state),
                age(container.createdAt), container.image?.userSpecifiedImage ?? "",
                Self.short(container.id),
            ]
        }
        return HTML.table(
            ["Pod", "Name", "State", "Age", "Image", "ID"], Self.sorted(rows))
    }

    private static func sorted(_ rows: [[String]]) -> [[String]] {
        rows.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func state(_ state: ContainerState) -> String {
        switch state {
        case .created: "created"
        case .running: "running"
        case .exited: "exited"
        case .unknown: "unknown"
        }
    }

    private var images: String {
        let rows = content.images.map { image in
            let names = image.repoTags.isEmpty ? image.repoDigests : image.repoTags
            return [
                names.isEmpty ? "<none>" : names.joined(separator: ", "),
                ImageTable.size(image.size), image.pinned ? "pinned" : "", Self.short(image.id),
            ]
        }
        return HTML.table(["Name", "Size", "", "ID"], rows.sorted { $0[0] < $1[0] })
    }

    private var disk: String {
        let parts = [
            ("images", content.disk.imageFilesystems),
            ("containers", content.disk.containerFilesystems),
        ]
        let rows = parts.flatMap { name, filesystems in
            filesystems.map { each in
                [
                    name, each.fsId?.mountpoint ?? "",
                    ImageTable.size(each.usedBytes?.value ?? 0),
                    "\(each.inodesUsed?.value ?? 0)",
                ]
            }
        }
        return HTML.table(["What", "Where", "Used", "Inodes"], rows)
    }

    private var pulls: String {
        let rows = content.status.pulls.map { pull in
            [
                pull.image, StatusPage.elapsed(now.minus(pull.startedAt)),
                pull.layers.isEmpty ? "asking the registry" : PullBars(pull).summary,
            ]
        }
        return HTML.table(["Image", "For", "Progress"], rows)
    }

    private var starts: String {
        if content.traces.isEmpty { return "<p class=\"none\">none</p>" }
        return content.traces.map { "<figure>\n\(TraceSVG($0).text)</figure>" }
            .joined(separator: "\n")
    }

    private func age(_ created: Int64) -> String {
        StatusPage.elapsed(now.minus(created))
    }

    private static func short(_ id: String) -> String {
        let hex = id.drop { $0 != ":" }.dropFirst()
        return String((hex.isEmpty ? id[...] : hex).prefix(12))
    }
}
