internal import Text

/// The bytes with which both ends prime zlib for header blocks (SPDY/3, section 2.6.10.1).
enum SPDYDictionary {
    /// Words, each behind its length in four bytes.
    private static let words = """
        options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|accept-lang\
        uage|accept-ranges|age|allow|authorization|cache-control|connection|content-base|con\
        tent-encoding|content-language|content-length|content-location|content-md5|content-r\
        ange|content-type|date|etag|expect|expires|from|host|if-match|if-modified-since|if-n\
        one-match|if-range|if-unmodified-since|last-modified|location|max-forwards|pragma|pr\
        oxy-authenticate|proxy-authorization|range|referer|retry-after|server|te|trailer|tra\
        nsfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|method|get|statu\
        s|200 OK|version|HTTP/1.1|url|public|set-cookie|keep-alive|origin
        """

    /// What follows them as it stands.
    private static let text = """
        100101201202205206300302303304305306307402405406407408409410411412413414415416417502\
        504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Re\
        quest401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Impl\
        emented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00\
        :00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,imag\
        e/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivate\
        max-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.
        """

    static let bytes: [UInt8] = {
        let prefixed = words.split(at: "|").flatMap { word -> [UInt8] in
            [0, 0, 0, UInt8(word.utf8.count)] + Array(word.utf8)
        }
        return prefixed + Array(text.utf8)
    }()
}
