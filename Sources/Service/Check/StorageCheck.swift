internal import Image
internal import Kernel
internal import Model
internal import System

extension NodeCheck {
    private static let area = "storage"

    /// The directories, what is free there, and whether overlay can be mounted.
    func storage() -> [Finding] {
        guard Files.exists(paths.root) else {
            return [
                .warning(
                    Self.area, "\(paths.root) is not there yet", "the daemon makes it at its start")
            ]
        }
        return [overlay(), format()] + quota() + space(paths.root) + runDirectory()
    }

    private func overlay() -> Finding {
        let probe = StorageProbe(below: paths.root)
        if let failure = probe.failure {
            return .problem(
                Self.area, "\(paths.root): \(failure)",
                "put it on ext4, xfs (ftype=1) or btrfs, in a kernel that has overlay")
        }
        if let shortage = probe.shortage {
            return .warning(
                Self.area,
                "whether overlay works on \(paths.root) cannot be found out: \(shortage)",
                "make room, and check again")
        }
        guard probe.mapsIDs else {
            return .warning(
                Self.area, "overlay works on \(paths.root), but not with mapped IDs",
                "pods with user namespaces need Linux 5.19 and a file system with mapped mounts")
        }
        return .ok(
            Self.area,
            "overlay works on \(paths.root), with mapped IDs too"
                + (probe.hasUserAttributes ? ", and user.* attributes are kept" : ""))
    }

    /// Whether what `writable_layer_limit` wants is there.
    private func quota() -> [Finding] {
        let limit = settings.writableLayerLimit
        if limit == 0 { return [] }
        do {
            _ = try ProjectQuota(at: paths.root, limit: UInt64(limit))
            return [.ok(Self.area, "a container may write \(limit) bytes, by project quota")]
        } catch {
            return [
                .problem(
                    Self.area, "\(error)",
                    "set writable_layer_limit to 0: the daemon does not start so")
            ]
        }
    }

    /// Which format of layers counts, and why.
    private func format() -> Finding {
        let choice = settings.layerFormat
        do {
            let formats = try LayerFormats(below: paths.root).preferring(choice)
            let because = choice == nil ? "" : ", as layer_format says"
            switch formats.preferred {
            case .erofs: return .ok(Self.area, "layers are kept as tars with an index\(because)")
            case .tree:
                return .ok(Self.area, "layers are unpacked\(because); \(Self.indexes(formats))")
            }
        } catch {
            return .problem(
                Self.area, error.message, "set layer_format to auto: the daemon does not start so")
        }
    }

    private static func indexes(_ formats: LayerFormats) -> String {
        if let reason = formats.reason { return "indexes (EROFS) cannot be used here: \(reason)" }
        let caution = formats.caution.map { ", but auto does not choose them: \($0)" } ?? ""
        return "indexes (EROFS) can be used here\(caution)"
    }

    /// The kubelet's own thresholds for eviction are 15 % for images and 5 % for inodes.
    private func space(_ path: String) -> [Finding] {
        guard let free = FreeShare(path) else {
            return [.problem(Self.area, "\(path) cannot be looked at", "see whether it is mounted")]
        }
        return [
            rate(free.bytes, "of the space", path, enough: 10),
            rate(free.inodes, "of the inodes", path, enough: 5),
        ].compactMap { $0 }
    }

    private func rate(_ percent: Int?, _ what: String, _ path: String, enough: Int) -> Finding? {
        guard let percent else { return nil }
        let text = "\(percent) % \(what) on \(path) is free"
        if percent >= enough { return .ok(Self.area, text) }
        let advice = "remove images (gantry image prune), or make it larger"
        return percent > 1
            ? .warning(Self.area, text, advice) : .problem(Self.area, text, advice)
    }

    private func runDirectory() -> [Finding] {
        guard Files.exists(paths.runRoot) else { return [] }
        if FreeShare(paths.runRoot)?.isMemory == true {
            return [.ok(Self.area, "\(paths.runRoot) is in memory")]
        }
        return [
            .warning(
                Self.area, "\(paths.runRoot) is not in memory, so a reboot leaves it as it was",
                "set run_root to a directory on a tmpfs, as /run is")
        ]
    }
}
