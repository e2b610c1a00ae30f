internal import Kernel
internal import Service
internal import Streaming

extension Settings {
    /// What the streaming server is told.
    var streaming: StreamingSettings {
        var result = StreamingSettings()
        result.address = streamingAddress
        result.port = UInt16(clamping: streamingPort)
        result.certificate = streamingCertificate.isEmpty ? nil : streamingCertificate
        result.key = streamingKey.isEmpty ? nil : streamingKey
        result.clientCA = streamingClientCA.isEmpty ? nil : streamingClientCA
        result.idleTimeout = .clamped(seconds: Int64(streamingIdleTimeout))
        result.connections = streamingConnections
        result.needsTLS13 = tlsMinimum == "1.3"
        return result
    }

    /// The certificate of the metrics, in the same terms.
    var metricsTLS: StreamingSettings {
        var result = StreamingSettings()
        result.certificate = metricsCertificate.isEmpty ? nil : metricsCertificate
        result.key = metricsKey.isEmpty ? nil : metricsKey
        result.clientCA = metricsClientCA.isEmpty ? nil : metricsClientCA
        result.needsTLS13 = tlsMinimum == "1.3"
        return result
    }
}
