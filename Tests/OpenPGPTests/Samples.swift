import Foundation

/// Keys and messages made by GnuPG: three Ed25519 keys of 2020, of which `old` was valid for a year,
/// and what they signed in February of that year.
enum Samples {
    static let goodKey = decoded(
        """
        mDMEXgvhABYJKwYBBAHaRw8BAQdAZBqDAfoKR/Yt1/DeKDFiqW183FtHwogs6pT0upmlMlq0F2dvb2QgPGdv
        b2RAZXhhbXBsZS5jb20+iJAEExYIADgWIQRcM4hXWEul0sitWlsP/KREuQqE2wUCXgvhAAIbAwULCQgHAgYV
        CgkICwIEFgIDAQIeAQIXgAAKCRAP/KREuQqE2xJSAP9vo5NIvsgA+oeKpqC78pb2wEbDg0tg1nU+SKHJTKA/
        sgD/Vndkhr9YBDVbVzf1I0VIoRZgkV8eMKu+iX54emtHcAc=
        """)

    static let oldKey = decoded(
        """
        mDMEXgvhABYJKwYBBAHaRw8BAQdAOx6IJqbM5EDdUD839GnRlVTFU0C/nQ/R8cBBC09J4Dm0FW9sZCA8b2xk
        QGV4YW1wbGUuY29tPoiWBBMWCAA+FiEElgfMMT+1qst7jvwmtrTd1lR4Db0FAl4L4QACGwMFCQHhM4AFCwkI
        BwIGFQoJCAsCBBYCAwECHgECF4AACgkQtrTd1lR4Db150AD+KWQMiplZ0laL96t0Z22wU5KZo2UTpuW7wBb7
        NAmaT7UA/2F67dj9ZXxve3Lo3sasRCesmdXIpED/LBviuigq8R0D
        """)

    static let good = decoded(
        """
        owGbwMvMwCHG/2eJy06ultuMa2SS2AsSK3PyE1PiTPY3VCslF2WWZCYn5ihZVdfWdrSzMIhxMOiLKbLEGHeE
        R3gvvXRibVQ0TDcrE0iPoEx6fn6KQ2pFYm5BTqpecn4uAxenAExNzlNGhqMMG9c1740uWzz/Luctxug33vKZ
        WQ9qWGI7hWa89ftcPIeR4flUzyUK4T4X17h0dbPbt32w31fzrE4pufOM3kU/xyenWAA=
        """)

    static let other = decoded(
        """
        owGbwMvMwCG2LIOl8sOzEiPGNTJJ7AWJlTn5iSlxJvsbqpWSizJLMpMTc5SsqmtrOzpYGMQ4GAzEFFkYbZhM
        uEoab3DlX/4L083KBNIjJJNfkpFa5JBakZhbkJOql5yfy8DFKQBTJLqL4Z8Vw1k15oVNvYJfc5lvmv7bZbms
        74j10rtnv/Ot07o8v4qD4Z+y2eSoFyXPO36v+2S6PpS/RCq6cr/ZEmXFO94lh3qS3zADAA==
        """)

    static let old = decoded(
        """
        owGbwMvMwCG2bcvdayEVvHsZ18gksRckVubkJ6bEmexvqFZKLsosyUxOzFGyqq6t7WhjYRDjYNATU2SZxn7G
        0H7rqtPVfX/UYLpZmUB6BGTyc1IcUisScwtyUvWS83MZuDgFYEqqUxkZWm7oJ6mrRC1d85atKd+7/rFHmtDr
        TSZrpKV5Gf9NfXg+hpFhtdr0LYn3lxeJV50Ir8sJYvPLSFm4vUEsef7FWbxJB7lYAQ==
        """)

    static let both = decoded(
        """
        owGbwMvMwCG2LIOl8sOzEiOGCWAu/58lLju5Wm4zrpFJYi9IrMzJT0yJM9nfUK2UXJRZkpmcmKNkVV1b29HO
        wiDGwaAvpsgSY9wRHuG99NKJtVHRMN2sTCA9gjLp+fkpDqkVibkFOal6yfm5DFycAjA1OU8ZGY4ybFzXvDe6
        bPH8u5y3GKPfeMtnZj2oYYntFJrx1u9z8RxGhudTPZcohPtcXOPS1c1u3/bBfl/Nszql5M4zehf9HJ+cYuno
        ADvEAOgQRhsmE66Sxhtc+Zf/wnwFcYiQTH5JRmoRuktgikR3MfyzYjirxrywqVfway7zTdN/uyyX9R2xXnr3
        7He+dVqX51dxMPxTNpsc9aLkecfvdZ9M14fyl0hFV+43W6KseMe75FBP8htmAA==
        """)

    static let expired = decoded(
        """
        owGbwMvMwCHG/2eJy06ultuMa2SS2AsSK3PyE1PiTPY3VCslF2WWZCYn5ihZVdfWdvSyMIhxMJiKKbLEGHeE
        R3gvvXRibVQ0TDcrE0gPazMDY2CDoEx6fn6KQ2pFYm5BTqpecn4uAxenAExl1j5Ghi9H761POpU22WDedsHn
        tsbOMzLyWq47ha713XG38b83XyIjw8+zXY/PbUxgvsV55+Cx5ZETo+RSeLM2ut9TOVH5dW5tChMA
        """)

    static let unsigned = decoded(
        """
        owFbI5PEXpBYmZOfmJLNtn1ztVJyUWZJZnJijpJVdW0tAA==
        """)

    private static func decoded(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }
}
