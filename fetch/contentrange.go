package fetch

import (
	"net/http"
	"strconv"
	"strings"
)

// contentRange is the value of a Content-Range header (RFC 9110, section 14.4)
// in bytes. One that names no range, of a 416, has first and last -1.
type contentRange struct{ first, last, total int64 }

// parseContentRange reports false also for a range of unknown total, with which
// nobody could tell when a file is complete.
func parseContentRange(s string) (contentRange, bool) {
	unit, rest, ok := strings.Cut(s, " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return contentRange{}, false
	}
	span, size, _ := strings.Cut(rest, "/")
	total, ok := parseSize(size)
	if !ok {
		return contentRange{}, false
	}
	if span == "*" {
		return contentRange{-1, -1, total}, true
	}
	from, to, _ := strings.Cut(span, "-")
	first, ok1 := parseSize(from)
	last, ok2 := parseSize(to)
	return contentRange{first, last, total}, ok1 && ok2 && first <= last && last < total
}

// parseSize parses digits and nothing else; ParseInt alone takes a sign.
func parseSize(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && isDigits(s)
}

// maxETag is more than any that makes sense.
const maxETag = 1 << 10

// strongETag returns the entity tag of a response if two with the same tag are
// equal byte for byte (RFC 9110, section 8.8.3), which those that start with W/
// need not be, and "" otherwise.
func strongETag(h http.Header) string {
	tag := h.Get("ETag")
	if len(tag) < 2 || len(tag) > maxETag || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return ""
	}
	for _, c := range []byte(tag[1 : len(tag)-1]) {
		if c <= ' ' || c == '"' || c == 0x7f {
			return ""
		}
	}
	return tag
}
