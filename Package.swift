// swift-tools-version: 6.1
import PackageDescription

/// Settings of every Swift target: imports say what they use, and are internal unless said otherwise.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// One of the rooms of docs/architecture.md. What it may import is what stands in `uses`.
func room(_ name: String, uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, swiftSettings: strict)
}

/// The commit that `make build` builds, for `gantry --version`.
let commit: [CSetting] =
    Context.environment["GANTRY_COMMIT"].map { [.define("GANTRY_COMMIT", to: $0)] } ?? []

/// The unprivileged tests of one room.
func tests(of name: String, uses: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + uses, swiftSettings: strict)
}

let package = Package(
    name: "gantry",
    products: [
        .executable(name: "gantry", targets: ["gantry"]),
        .executable(name: "gantry-monitor", targets: ["gantry-monitor"]),
        .executable(name: "gantry-images", targets: ["gantry-images"]),
        .executable(name: "gantry-pause", targets: ["gantry-pause"]),
        .executable(name: "gantry-exec", targets: ["gantry-exec"]),
        .executable(name: "gantry-path", targets: ["gantry-path"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        // C libraries: a module map and a shim each, imported by exactly one room.
        .systemLibrary(name: "CGRPC"),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CSHA256"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CYAML"),
        .systemLibrary(name: "CRNP"),
        .systemLibrary(name: "CProtobuf", pkgConfig: "libprotobuf-c"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
        .target(name: "CAbseil", linkerSettings: [.linkedLibrary("absl_synchronization")]),
        .target(name: "CLinux"),
        .target(name: "CRelease", cSettings: commit),
        // What protoc-c makes of the contracts in Proto.
        .target(name: "CCRI", dependencies: ["CProtobuf"]),
        .target(name: "CTTRPC", dependencies: ["CProtobuf"]),
        .target(name: "CNRI", dependencies: ["CProtobuf"]),
        .target(name: "CShim", dependencies: ["CProtobuf"]),

        // Rooms, from the kernel up.
        room("Text"),
        room("Kernel", uses: ["CLinux", "Text"]),
        room("Model", uses: ["Text"]),
        room("System", uses: ["Kernel", "Text", "Model"]),
        room("EROFS", uses: ["Model"]),
        room("ImageTree", uses: ["System", "Kernel", "CLinux", "Text", "Model"]),
        room(
            "Archive",
            uses: [
                "CISAL", "CZlib", "CZstd", "CCrypto", "CLinux", "EROFS", "ImageProtocol",
                "ImageTree",
                "System", "Kernel", "Text", "Model",
            ]),
        room("Store", uses: ["CSQLite", "Kernel", "Text", "Model"]),
        room("GRPC", uses: ["CGRPC", "CAbseil", "CLinux"]),
        room("Protobuf", uses: ["CProtobuf", "Text", "Model"]),
        room("CRI", uses: ["CCRI", "Protobuf", "Text", "Model"]),
        room("TTRPC", uses: ["CTTRPC", "Protobuf", "System", "Kernel", "CLinux", "Model"]),
        room(
            "NRI",
            uses: ["CNRI", "TTRPC", "Protobuf", "System", "Kernel", "CLinux", "Text", "Model"]),
        room(
            "Shim",
            uses: ["CShim", "TTRPC", "Protobuf", "System", "Kernel", "CLinux", "Text", "Model"]),
        room("YAML", uses: ["CYAML", "Text", "Model"]),
        room("TOML", uses: ["Text", "Model"]),
        room("Takeover", uses: ["System", "Kernel", "CLinux", "Text", "Model"]),
        room("OpenPGP", uses: ["CRNP", "Model"]),
        room("ImageProtocol", uses: ["CLinux", "Kernel", "Text", "Model"]),
        room(
            "ImageWorker",
            uses: [
                "Archive", "CCurl", "CLinux", "EROFS", "ImageProtocol", "ImageTree", "OpenPGP",
                "System", "Kernel", "Text", "Model",
            ]),
        room(
            "Image",
            uses: [
                "CSHA256", "CLinux", "EROFS", "ImageProtocol", "TOML", "YAML", "System", "Kernel",
                "Text", "Model",
            ]),
        room("MonitorProtocol", uses: ["Text"]),
        room("Supervisor", uses: ["MonitorProtocol", "Kernel", "CLinux", "Text"]),
        room(
            "OCI",
            uses: ["MonitorProtocol", "System", "Kernel", "CLinux", "YAML", "Text", "Model"]),
        room("Network", uses: ["System", "Kernel", "Text", "Model"]),
        room(
            "Streaming",
            uses: [
                "CZlib", "System", "Kernel", "Text", "Model",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        room(
            "Service",
            uses: [
                "CRI", "Store", "Image", "ImageProtocol", "ImageTree", "OCI", "MonitorProtocol",
                "Network", "NRI", "Shim", "TTRPC", "Streaming", "System", "Kernel", "CLinux",
                "Text",
                "Model", .product(name: "Logging", package: "swift-log"),
            ]),

        // Programs.
        .executableTarget(
            name: "gantry",
            dependencies: [
                "Service", "Streaming", "Image", "GRPC", "CRI", "OCI", "TOML", "Takeover", "System",
                "Kernel",
                "CLinux", "CRelease", "Text", "Model",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "gantry-monitor", dependencies: ["Supervisor"],
            swiftSettings: strict),
        .executableTarget(
            name: "gantry-images", dependencies: ["ImageWorker", "ImageProtocol", "Kernel"],
            swiftSettings: strict),
        // What tests of the real thing run besides Gantry.
        .executableTarget(
            name: "index-layers", dependencies: ["Archive", "EROFS", "Kernel"],
            path: "Tests/IndexLayers", swiftSettings: strict),
        // What tells ThreadSanitizer of a contended Mutex; all tests are one bundle.
        .target(name: "ThreadSanitizer", path: "Tests/ThreadSanitizer"),
        .executableTarget(name: "gantry-pause"),
        .executableTarget(name: "gantry-exec"),
        .executableTarget(name: "gantry-path"),

        .testTarget(
            name: "GantryTests",
            dependencies: [
                "gantry", "Service", "OCI", "TOML", "Model",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        tests(of: "GRPC", uses: ["CGRPC"]),
        tests(of: "MonitorProtocol"),
        tests(of: "Takeover", uses: ["Kernel", "Model"]),
        tests(
            of: "Supervisor",
            uses: [
                "gantry-monitor", "OCI", "MonitorProtocol", "System", "Kernel", "CLinux", "Model",
            ]),
        tests(of: "Model"),
        tests(of: "Text"),
        tests(of: "EROFS", uses: ["Model"]),
        tests(of: "YAML", uses: ["Model"]),
        tests(of: "OpenPGP", uses: ["Model"]),
        tests(of: "TOML", uses: ["Model"]),
        tests(of: "System", uses: ["CLinux", "Kernel", "Model", "ThreadSanitizer"]),
        tests(of: "Store", uses: ["CSQLite", "Kernel", "Model"]),
        tests(of: "OCI", uses: ["Model", "System", "Kernel"]),
        tests(
            of: "Service",
            uses: ["OCI", "Model", .product(name: "Logging", package: "swift-log")]),
        tests(of: "CRI", uses: ["Model"]),
        tests(of: "TTRPC", uses: ["System", "Kernel", "CLinux", "Model"]),
        tests(of: "Shim", uses: ["TTRPC", "Protobuf", "System", "Kernel", "CLinux", "Model"]),
        tests(of: "NRI", uses: ["TTRPC", "System", "Kernel", "Model"]),
        tests(
            of: "Streaming",
            uses: ["Model", "System", .product(name: "NIOCore", package: "swift-nio")]),
        tests(of: "Network", uses: ["Model", "System", "Kernel"]),
        tests(
            of: "Archive",
            uses: [
                "CISAL", "CZstd", "CLinux", "EROFS", "ImageProtocol", "ImageTree", "Kernel",
                "Model",
            ]),
        tests(of: "ImageTree", uses: ["System", "Kernel"]),
        tests(
            of: "Image",
            uses: [
                "Archive", "ImageProtocol", "ImageTree", "ImageWorker", "CLinux", "Kernel",
                "System", "YAML", "Model",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)

// `make fuzz`: the parsers of what comes from outside behind libFuzzer, whose library this names.
if let driver = Context.environment["GANTRY_FUZZER"] {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Archive", "CRI", "Image", "ImageProtocol", "ImageTree", "ImageWorker", "Kernel",
                "Model", "MonitorProtocol", "NRI", "Network", "OCI", "Store", "Streaming",
                "Supervisor", "System", "TOML", "TTRPC", "YAML", "CLinux",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/Fuzz", swiftSettings: strict,
            linkerSettings: [.unsafeFlags([driver, "-lstdc++"])]))
}
