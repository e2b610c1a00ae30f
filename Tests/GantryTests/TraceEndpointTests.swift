import Testing

@testable import gantry

struct TraceEndpointTests {
    @Test(arguments: [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://collector/", "http://collector:4318/v1/traces"),
        ("http://collector:80/otlp/v1/traces", "http://collector:80/otlp/v1/traces"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ("https://collector", "https://collector:4318/v1/traces"),
    ])
    func aCollectorIsNamed(_ url: String, _ meaning: String) {
        #expect(TraceEndpoint(url)?.description == meaning)
    }

    @Test(arguments: [
        "", "127.0.0.1:4318", "https://", "grpc://x", "http://", "http:///x", "http://a:b",
        "http://a:70000",
        "http://a b",
    ])
    func whatIsNoneIsRefused(_ url: String) {
        #expect(TraceEndpoint(url) == nil)
    }
}
