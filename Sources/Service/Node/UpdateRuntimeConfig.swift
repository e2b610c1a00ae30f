internal import Logging
internal import Model
internal import Text

/// Takes note of the pod CIDR. CNI configuration is what networks here are made of, so nothing
/// follows from it; a CIDR that is none is still refused.
struct UpdateRuntimeConfig: RPC {
    let node: Node

    func respond(to request: UpdateRuntimeConfigRequest) async throws
        -> UpdateRuntimeConfigResponse
    {
        let cidrs = request.runtimeConfig?.networkConfig?.podCidr ?? ""
        for cidr in cidrs.split(at: ",") where !cidr.has("/") {
            throw GantryError(.invalidArgument, "pod_cidr \"\(cidr)\" is no CIDR")
        }
        if !cidrs.isEmpty { node.log.info("the kubelet says that the pod CIDR is \(cidrs)") }
        return UpdateRuntimeConfigResponse()
    }
}
