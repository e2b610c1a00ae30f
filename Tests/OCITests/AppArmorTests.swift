import Model
import Testing

@testable import OCI

struct AppArmorTests {
    private func profile(
        _ security: LinuxContainerSecurityContext, loaded: Set<String>? = ["mine"]
    ) throws -> String? {
        var request = plainRequest(security: security)
        request.sandbox.linux?.securityContext?.privileged = security.privileged
        request.host.hasAppArmor = loaded != nil
        request.appArmor.loaded = loaded ?? []
        return try SpecBuilder.container(request).process.apparmorProfile
    }

    private func named(_ name: String) -> LinuxContainerSecurityContext {
        let profile = SecurityProfile(profileType: .localhost, localhostRef: name)
        return LinuxContainerSecurityContext(apparmor: profile)
    }

    @Test func aProfileByName() throws {
        #expect(try profile(named("mine")) == "mine")
        #expect(try profile(named("localhost/mine")) == "mine")
        #expect(
            try profile(LinuxContainerSecurityContext(apparmorProfile: "localhost/mine")) == "mine")
    }

    @Test func theMessageStandsBeforeTheOlderString() throws {
        var security = named("mine")
        security.apparmorProfile = "localhost/other"
        #expect(try profile(security) == "mine")
    }

    @Test func aProfileThatIsNotThere() {
        expectError(.failedPrecondition, "AppArmor profile \"other\" is not loaded") {
            try profile(named("other"))
        }
        expectError(.failedPrecondition, "no AppArmor, which profile \"mine\"") {
            try profile(named("mine"), loaded: nil)
        }
        expectError(.invalidArgument, "no security profile \"mine\"") {
            try profile(LinuxContainerSecurityContext(apparmorProfile: "mine"))
        }
    }

    @Test func theDefault() throws {
        let asked = LinuxContainerSecurityContext(apparmor: SecurityProfile())
        let older = LinuxContainerSecurityContext(apparmorProfile: "runtime/default")
        for security in [asked, older, LinuxContainerSecurityContext()] {
            #expect(try profile(security, loaded: ["gantry-default"]) == "gantry-default")
            #expect(try profile(security, loaded: nil) == nil)
        }
        expectError(.failedPrecondition, "the default AppArmor profile is not loaded") {
            try profile(asked)
        }
        #expect(try profile(LinuxContainerSecurityContext()) == nil)
    }

    @Test func unconfined() throws {
        let security = LinuxContainerSecurityContext(
            apparmor: SecurityProfile(profileType: .unconfined))
        #expect(try profile(security, loaded: ["gantry-default"]) == "unconfined")
        let privileged = LinuxContainerSecurityContext(privileged: true)
        #expect(try profile(privileged, loaded: ["gantry-default"]) == nil)
    }

    @Test func theKernelsList() {
        let listing = "docker-default (enforce)\nmy profile (complain)\n/usr/bin/man (unconfined)\n"
        #expect(AppArmor.names(listing) == ["docker-default", "my profile", "/usr/bin/man"])
        #expect(AppArmor.names("").isEmpty)
    }
}
