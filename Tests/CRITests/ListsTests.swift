internal import CRI
internal import Model
internal import Testing

/// A list put together from its elements' encodings is the encoding of the list.
@Suite struct ListsTests {
    @Test(arguments: [0, 1, 2, 1000])
    func equalsTheNormalEncoding(_ count: Int) throws {
        let containers = (0..<count).map { Container(id: "\($0)", labels: ["app": "a\($0)"]) }
        let elements = try containers.map { try $0.encoded() }
        #expect(
            try Lists.repeated(field: 1, elements)
                == ListContainersResponse(containers: containers).encoded())
    }

    /// Lengths around the borders of one, two and three bytes of varint.
    @Test(arguments: [0, 1, 124, 125, 126, 16_379, 16_380, 16_381])
    func takesElementsOfAnyLength(_ length: Int) throws {
        let image = Image(id: String(repeating: "i", count: length))
        #expect(
            try Lists.repeated(field: 1, [image.encoded()])
                == ListImagesResponse(images: [image]).encoded())
    }

    /// A tag of two bytes: field 17 of ContainerConfig.
    @Test func takesAnyFieldNumber() throws {
        let devices = [
            CDIDevice(name: "vendor.com/class=a"), CDIDevice(name: "vendor.com/class=b"),
        ]
        #expect(
            try Lists.repeated(field: 17, devices.map { try $0.encoded() })
                == ContainerConfig(cdiDevices: devices).encoded())
    }
}
