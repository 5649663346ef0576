package validate

import "strings"

// A urlShape is what scanURL learns about a URL.
type urlShape struct {
	scheme   string // as written
	host     string // without its port, but with brackets
	port     bool   // a colon follows the host
	path     string // undecoded; empty if opaque is not
	opaque   string // what follows the scheme if that is no slash
	fragment bool   // a fragment of one byte or more
}

// scanURL reads an absolute URL. The grammar is that of RFC 3986, 3 with the
// liberties of net/url: characters that should have been escaped are let through
// in paths, and letters of all scripts in hosts.
//
//	url       = scheme ":" ( opaque | [ "//" authority ] path ) [ "?" query ] [ "#" fragment ]
//	scheme    = a letter, then letters, digits, "+", "-" and "."
//	opaque    = anything that does not begin with a slash
//	authority = [ userinfo "@" ] host [ ":" [ port ] ]
//	userinfo  = letters, digits, -._~!$&'()*+,;=:@ and escapes
//	host      = "[" IPv6 "]" | letters, digits, -._~!$&'()*+,;=, bytes above 127 and escapes of these
//	port      = digits, up to 65535
//	path      = "" | "/" and anything, with whole escapes
//	query     = anything
//	fragment  = anything, with whole escapes
//
// "Anything" excludes the control characters of ASCII, which isLine has found
// none of. What scanURL accepts, net/url parses. That also accepts ports beyond
// 65535, control characters in a fragment, and more between brackets.
func scanURL(s string) (u urlShape, ok bool) {
	u.scheme, s, ok = cutScheme(s)
	if !ok {
		return u, false
	}
	s, fragment, _ := strings.Cut(s, "#")
	u.fragment = fragment != ""
	s, _, _ = strings.Cut(s, "?")
	if !strings.HasPrefix(s, "/") {
		u.opaque = s
		return u, hasWholeEscapes(fragment)
	}
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			slash = len(rest)
		}
		if !u.scanAuthority(rest[:slash]) {
			return u, false
		}
		s = rest[slash:]
	}
	u.path = s
	return u, hasWholeEscapes(s) && hasWholeEscapes(fragment)
}

// cutScheme splits the scheme of a URL from what follows its colon.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case chars[c]&charAlpha != 0:
		case i == 0:
			return "", "", false
		case c == ':':
			return s[:i], s[i+1:], true
		case chars[c]&charDigit == 0 && c != '+' && c != '-' && c != '.':
			return "", "", false
		}
	}
	return "", "", false
}

func (u *urlShape) scanAuthority(s string) bool {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		if !isUserinfo(s[:at]) {
			return false
		}
		s = s[at+1:]
	}
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 || !isIPv6(s[1:end]) {
			return false
		}
		u.host, s = s[:end+1], s[end+1:]
		u.port = s != ""
		return s == "" || s[0] == ':' && isURLPort(s[1:])
	}
	// Databases list several hosts with their ports, a:1,b:2. The last colon
	// is the one that counts, but http has a single host.
	u.host = s
	if colon := strings.LastIndexByte(s, ':'); colon >= 0 {
		if !isURLPort(s[colon+1:]) {
			return false
		}
		u.host, u.port = s[:colon], true
	}
	return isRegName(u.host, !u.isHTTP())
}

func (u *urlShape) isHTTP() bool {
	return len(u.scheme) >= 4 && strings.EqualFold(u.scheme[:4], "http") && (len(u.scheme) == 4 || u.isHTTPS())
}

func (u *urlShape) isHTTPS() bool { return len(u.scheme) == 5 && strings.EqualFold(u.scheme, "https") }

// isUserinfo reports whether s may stand before the @ of an authority. A password
// may hold an @ itself.
func isUserinfo(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case chars[c]&(charAlnum|charURI) != 0, c == ':', c == '@':
		case isEscape(s[i:]):
			i += 2
		default:
			return false
		}
	}
	return true
}

// isRegName reports whether s is a host by name. ASCII is not escaped in one, so
// that each host is written in one way.
func isRegName(s string, colons bool) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case chars[c]&(charAlnum|charURI) != 0, c >= 0x80, c == ':' && colons:
		case isEscape(s[i:]) && s[i+1] >= '8':
			i += 2
		default:
			return false
		}
	}
	return true
}

// isURLPort reports whether s is a port of a URL, which may be empty (RFC 3986,
// 3.2.3).
func isURLPort(s string) bool {
	s = strings.TrimLeft(s, "0")
	return s == "" || isPort(s)
}

// isLine reports whether s has at most maxLine bytes, none of which is a control
// character of ASCII.
func isLine(s string) bool {
	if len(s) > maxLine {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// hasWholeEscapes reports whether each percent sign begins an escape.
func hasWholeEscapes(s string) bool {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return true
		}
		if s = s[i:]; !isEscape(s) {
			return false
		}
		s = s[3:]
	}
}

// isURL is url: an absolute URL of at most maxLine bytes that names something: a
// file URL has a path beyond the slash, and any other a host, a fragment or an
// opaque part. So mailto:ann@example.com is one, and javascript:alert(1) too:
// http_url is the rule for links. v10 accepts ports beyond 65535.
func isURL(s string) bool {
	if !isLine(s) {
		return false
	}
	u, ok := scanURL(s)
	if !ok {
		return false
	}
	if strings.EqualFold(u.scheme, "file") {
		return u.path != "" && u.path != "/"
	}
	return u.host != "" || u.port || u.opaque != "" || u.fragment
}

// isHTTPURL is http_url: a URL with the scheme http or https and a host (RFC
// 9110, 4.2.1). v10 accepts one that has a port and no host.
func isHTTPURL(s string) bool {
	if !isLine(s) {
		return false
	}
	u, ok := scanURL(s)
	return ok && u.isHTTP() && u.host != ""
}

// isHTTPSURL is https_url, as http_url with the scheme https.
func isHTTPSURL(s string) bool {
	if !isLine(s) {
		return false
	}
	u, ok := scanURL(s)
	return ok && u.isHTTPS() && u.host != ""
}

// isURI is uri: what may be the target of a request, as url.ParseRequestURI
// reads it after the fragment is cut off: a URL of any shape, a path that begins
// with a slash, or *. It has at most maxLine bytes.
func isURI(s string) bool {
	if !isLine(s) {
		return false
	}
	s, _, _ = strings.Cut(s, "#")
	if s == "*" {
		return true
	}
	if !strings.HasPrefix(s, "/") {
		_, ok := scanURL(s)
		return ok
	}
	path, _, _ := strings.Cut(s, "?")
	return hasWholeEscapes(path)
}
