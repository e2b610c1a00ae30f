import MonitorProtocol
import Testing

@Suite struct SysctlTests {
    @Test(arguments: [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
    ])
    func paths(name: String, path: String) {
        #expect(Sysctl(name).path == path)
    }

    @Test(arguments: [
        ("net.core.somaxconn", NamespaceRequest.Kind.network), ("kernel.shmmax", .ipc),
        ("kernel.msgmax", .ipc), ("kernel.sem", .ipc), ("fs.mqueue.msg_max", .ipc),
        ("kernel.domainname", .uts), ("kernel.panic", nil), ("vm.swappiness", nil),
        ("fs.file-max", nil), ("net/../kernel/panic", nil),
    ])
    func owners(name: String, owner: NamespaceRequest.Kind?) {
        #expect(Sysctl(name).owner == owner)
    }
}
