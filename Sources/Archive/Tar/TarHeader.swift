/// One member of a tar, all of its headers taken together.
struct TarHeader {
    /// Bytes, which need not be UTF-8.
    var name: [UInt8]
    var link: [UInt8] = []
    var type: UInt8
    /// Of the file as it is read; a sparse one has fewer bytes in the tar.
    var size: UInt64 = 0
    /// Nil for a file without holes.
    var sparse: SparseMap?
    /// How many bytes of it are in the tar.
    var stored: UInt64 = 0
    /// Where its content begins, in bytes from the tar's beginning.
    var start: UInt64 = 0
    var mode: Int64 = 0
    var owner: Int64 = 0
    var group: Int64 = 0
    var modified = TarTime(seconds: 0)
    var major: Int64 = 0
    var minor: Int64 = 0
    var extended: [(name: [UInt8], value: [UInt8])] = []

    init(name: [UInt8], type: UInt8) {
        self.name = name
        self.type = type
    }

    /// Hard and symbolic links, devices, directories and fifos: what stands as their size is of
    /// something else, a link's target for one, and no content follows.
    static func isWithoutContent(_ type: UInt8) -> Bool {
        (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type)
    }
}
