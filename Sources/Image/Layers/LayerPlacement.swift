internal import Kernel
internal import System

/// What a pull has made of a layer, in a directory of its own.
struct StagedForms: Sendable {
    let chain: String
    /// `ROOT/staging/NAME`.
    let home: String
    let forms: LayerForms

    /// The name of what is needed only while it is made.
    static let notes = "notes"

    /// Once all is written.
    func writeInfo() throws {
        try Files.remove("\(home)/\(Self.notes)")
        try forms.tree?.write(to: home)
        if let tar = forms.tar {
            _ = Verity.enable("\(home)/\(TarInfo.name)")
            try StoredInfo.write(tar, TarInfo.name, in: home)
        }
        if let index = forms.index {
            _ = Verity.enable("\(home)/\(IndexInfo.name)")
            try StoredInfo.write(index, IndexInfo.name, in: home)
        }
    }
}

/// Puts what a pull has made of a layer in its place, beside what is there in another format.
struct LayerPlacement {
    private let new: StagedForms
    private let target: String
    private let damaged: String

    init(_ new: StagedForms, to target: String, _ damaged: String) {
        self.new = new
        self.target = target
        self.damaged = damaged
    }

    /// - Parameter known: what is there.
    /// - Returns: what is there then.
    func run(beside known: LayerForms) throws -> LayerForms {
        var all = known
        if known.isEmpty {
            // A directory that is there and not known is damaged.
            try setAside(target)
            try renameLayer(new.home, to: target)
            all = new.forms
        } else {
            // Else another pull was first, with the same content.
            if let tree = new.forms.tree, known.tree == nil {
                try setAside("\(target)/diff")
                try move("diff", "info")
                all.tree = tree
            }
            if let tar = new.forms.tar, known.tar == nil {
                try move(TarInfo.name, TarInfo.name)
                all.tar = tar
            }
            if let index = new.forms.index, known.index == nil {
                try move(IndexInfo.name, IndexInfo.name)
                all.index = index
            }
        }
        failpoint("PullImage/layer committed")
        return all
    }

    /// Containers may stand on it; see `Layers.removeDamaged`.
    private func setAside(_ path: String) throws {
        guard Files.exists(path) else { return }
        let hex = Path.lastComponent(of: target)
        try renameLayer(path, to: "\(damaged)/\(hex).\(StagedLayer.freshName())")
    }

    /// What says that it is whole comes last.
    private func move(_ name: String, _ info: String) throws {
        try renameLayer("\(new.home)/\(name)", to: "\(target)/\(name)")
        try renameLayer("\(new.home)/\(info).json", to: "\(target)/\(info).json")
    }
}
