import Foundation
import Glibc
import Kernel
import Model
import MonitorProtocol
import TOML

@testable import Network
@testable import OCI
@testable import Supervisor
@testable import System

/// What plugins, runtimes, monitors and the kernel say.
extension FuzzTarget {
    static let plugins = FuzzTarget(
        "plugins",
        seeds: [
            #"{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/n"}],"ips":[{"interface":0,"address":"10.0.0.2/24","gateway":"10.0.0.1"}],"dns":{}}"#,
            #"{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24"}}"#,
            #"{"code":11,"msg":"busy","details":"x"}"#,
            #"{"cniVersions":["1.1.0"],"name":"net","plugins":[{"type":"bridge","capabilities":{"portMappings":true}}]}"#,
        ],
        words: json + ["ips", "address", "interface", "interfaces", "sandbox", "eth0", "plugins"]
    ) { input in
        _ = PluginError(plugin: "p", status: 1, output: input, errorText: input.text).description
        if let configuration = try? NetworkConfiguration(parsing: input) {
            for plugin in configuration.plugins {
                _ = try plugin.request(network: "n", version: .v010).bytes()
            }
        }
        do {
            let result = try PluginResult(parsing: input, from: "p")
            for version in SpecVersion.allCases { _ = result.converted(to: version) }
            _ = try result.addresses(of: "eth0")
        } catch is PluginError {}
    }

    static let messages = FuzzTarget(
        "messages",
        seeds: [
            Request.list.encoded(serial: 1),
            Request.resize(container: "a", width: 80, height: 24).encoded(serial: 2),
            Request.attach(AttachedStream(container: "a", name: .stdin)).encoded(serial: 3),
            Request.create(
                CreateRequest(
                    container: "a", program: "/b", arguments: ["c"], pidFile: "/p", logPath: "",
                    exitRecord: "/e")
            ).encoded(serial: 4),
            Request.namespaces(
                NamespaceRequest(
                    pins: [.init(kind: .uts, path: "/n")], hostname: "h", sysctls: ["a.b": "c"])
            ).encoded(serial: 5),
            Reply.containers([
                MonitoredContainer(
                    container: "a", pid: 2,
                    exit: ExitRecord(container: "a", code: 1, outOfMemory: true, finishedAt: 3))
            ]).encoded(serial: 6),
            Reply.created(pid: 7).encoded(serial: 7),
        ], words: ["create", "namespaces", "containers", "exited", "failed", "done"]
    ) { input in
        _ = Request.serial(of: input)
        _ = try? ExitRecord.decode(input)
        if let (serial, request) = try? Request.decode(input) {
            let again = try? Request.decode(request.encoded(serial: serial))
            demand(again?.0 == serial && again?.1 == request, "the request differs")
        }
        if let (serial, reply) = try? Reply.decode(input) {
            let again = try? Reply.decode(reply.encoded(serial: serial))
            demand(again?.0 == serial && again?.1 == reply, "the reply differs")
        }
    }

    static let runtimes = FuzzTarget(
        "runtimes",
        seeds: [
            #"{"ociVersion":"1.0.2","id":"a","status":"running","pid":7,"bundle":"/b"}"#,
            #"{"ociVersionMax":"1.1.0","mountOptions":["rro"],"linux":{"mountExtensions":{"idmap":{"enabled":true}}}}"#,
            #"{"msg":"container does not exist","level":"error"}{"msg":"b","level":"info"}"#,
            "plain words\n{\"msg\":3}",
        ], words: json + ["}{", "msg", "level", "status", "\n"]
    ) { input in
        if let failure = RuntimeFailure(log: input.text) {
            _ = failure.error(doing: "fuzz").description
            _ = failure.shellExitCode
        }
        _ = try? JSONDecoder().decode(RuntimeState.self, from: Data(input))
        _ = HandlerFeatures(json: input)
    }

    static let logs = FuzzTarget(
        "logs",
        seeds: [
            "a line\nand half of one", "\n\n\n",
            String(repeating: "x", count: Buffers.longestPart + 1) + "\n",
        ], words: ["\n", "\r\n"]
    ) { input in
        try input.withUnsafeBytes { bytes in
            var entries = LogEntries(bytes)
            var text: [UInt8] = []
            while let entry = entries.next() {
                demand(entry.text.count <= Buffers.longestPart, "an entry that is too long")
                text += bytes[entry.text] + (entry.isFull ? [UInt8(ascii: "\n")] : [])
            }
            demand(text.elementsEqual(bytes[..<entries.position]), "bytes are lost")
            let log = try LogFile("", buffers)
            demand(log.write(bytes, of: "stdout", atEnd: true) == input.count, "a rest is left")
        }
    }

    nonisolated(unsafe) private static let buffers: Buffers = {
        guard let buffers = try? Buffers() else { fatalError("no memory") }
        return buffers
    }()

    static let configuration = FuzzTarget(
        "configuration",
        seeds: [
            """
            root = "/var/lib/gantry"
            cni_plugin_dirs = ["/opt/cni/bin"]
            largest_layer = 1_000
            [runtimes.runc]
            path = "/usr/bin/runc"
            infra = true
            """
        ], words: toml + ["root", "runtimes", "path", "infra"]
    ) { input in
        let file = try TOMLSection(input.text, "fuzz")
        _ = file.unknown(besides: ["root"])
        for key in file.keys {
            _ = try? file.string(key)
            _ = try? file.strings(key)
            _ = try? file.groups(key)
            _ = try? file.bool(key)
            _ = try? file.positive(key)
            _ = try? file.sections(key).map(\.keys)
            if let section = try? file.section(key) { _ = section.unknown(besides: []) }
        }
    }

    static let cdi = FuzzTarget(
        "cdi",
        seeds: [
            #"{"cdiVersion":"0.6.0","kind":"a.b/c","devices":[{"name":"0","containerEdits":{"env":["A=b"],"deviceNodes":[{"path":"/dev/null"}]}}],"containerEdits":{"mounts":[{"hostPath":"/a","containerPath":"/b"}],"hooks":[{"hookName":"prestart","path":"/h"}]}}"#,
            #"{"version":"1.0.0","hook":{"path":"/h"},"when":{"always":true,"commands":["a.*"]},"stages":["prestart"]}"#,
        ], words: json + ["devices", "containerEdits", "kind", "hookName", "annotations"]
    ) { input in
        if let hook = try? HookFile(json: input) {
            _ = try? hook.when.admits(command: "/bin/sh", ["a": "b"], hasBindMounts: true)
        }
        let path = "/tmp/gantry-fuzz.\(getpid()).json"
        defer { try? Files.remove(path) }
        do { try Files.replace(path, with: input) } catch { return }
        _ = try CDISpec.read(path)
    }
}
