package validate

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonKind is the kind of a JSON value, or a set of kinds.
type jsonKind uint8

const (
	kindString jsonKind = 1 << iota
	kindNumber
	kindBool
	kindNull
	kindList
	kindObject
	kindAny = kindString | kindNumber | kindBool | kindNull | kindList | kindObject
)

// peek returns the kind of the value that begins here, and 0 if none does.
func (d *jsonDecoder) peek() jsonKind {
	if d.atEnd() {
		return 0
	}
	switch c := d.data[d.pos]; c {
	case '"':
		return kindString
	case '{':
		return kindObject
	case '[':
		return kindList
	case 't', 'f':
		return kindBool
	case 'n':
		return kindNull
	default:
		if c == '-' || isDigit(c) {
			return kindNumber
		}
		return 0
	}
}

func (d *jsonDecoder) atEnd() bool { return d.pos == len(d.data) }

func (d *jsonDecoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

// accept goes past c, if that is next.
func (d *jsonDecoder) accept(c byte) bool {
	if d.pos < len(d.data) && d.data[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

// enter goes past the bracket that opens an array or object.
func (d *jsonDecoder) enter() bool {
	if d.depth == d.limits.depth {
		d.fail(tooDeepFor(d.limits.depth))
		return false
	}
	d.depth++
	d.pos++
	return true
}

// next goes to the next element or member, of which there were n, and reports
// whether there is to be one. If not, leave follows.
func (d *jsonDecoder) next(end byte, n int) bool {
	d.space()
	if n == 0 {
		return d.atEnd() || d.data[d.pos] != end
	}
	if !d.accept(',') {
		return false
	}
	d.space()
	return true
}

// leave goes past the bracket that closes an array or object.
func (d *jsonDecoder) leave(end byte) bool {
	if !d.accept(end) {
		return d.syntax("a comma or " + string(end) + " is missing")
	}
	d.depth--
	return true
}

// literal reads true, false or null.
func (d *jsonDecoder) literal() bool {
	word := "null"
	switch d.data[d.pos] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	if end := d.pos + len(word); end > len(d.data) || string(d.data[d.pos:end]) != word {
		return d.syntax("a value is missing; text stands in quotes")
	}
	d.pos += len(word)
	return true
}

// name reads the name of a member and the colon after it. If it is not valid
// Unicode, name reads its value as well and returns nil.
func (d *jsonDecoder) name() (name []byte, ok bool) {
	if d.peek() != kindString {
		return nil, d.syntax("the name of a member is missing; it stands in quotes")
	}
	name, broken, ok := d.quoted()
	if !ok {
		return nil, false
	}
	d.space()
	if !d.accept(':') {
		return nil, d.syntax("a colon is missing after the name of a member")
	}
	if broken {
		return nil, d.refuse(brokenName) && d.skip()
	}
	return name, true
}

// isPlain reports whether c may stand in a string and means itself.
func isPlain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' }

// quoted reads a string and returns what it stands for, which may be a part of
// the body. Broken text is not valid Unicode.
func (d *jsonDecoder) quoted() (text []byte, broken, ok bool) {
	data, from := d.data, d.pos+1
	i := from
	var bits byte // of all bytes
	escaped := false
	for {
		for i < len(data) && isPlain(data[i]) {
			bits |= data[i]
			i++
		}
		if i == len(data) {
			d.pos = i
			return nil, false, d.syntax("a string has no closing quote")
		}
		switch data[i] {
		case '"':
			d.pos = i + 1
			text = data[from:i]
			broken = broken || bits >= utf8.RuneSelf && !utf8.Valid(text)
			if escaped && !broken {
				text = unescape(text)
			}
			return text, broken, true
		case '\\':
			r, size := escape(data[i:])
			if size == 0 {
				d.pos = i
				return nil, false, d.syntax("a backslash starts no escape; to stand for itself it is written twice")
			}
			escaped = true
			broken = broken || utf16.IsSurrogate(r)
			i += size
		default:
			d.pos = i
			return nil, false, d.syntax("a control character stands in a string; it is to be escaped")
		}
	}
}

// unescape returns what text stands for, the escapes in which are known to be
// valid.
func unescape(text []byte) []byte {
	plain := make([]byte, 0, len(text))
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(plain, text...)
		}
		r, size := escape(text[i:])
		plain = utf8.AppendRune(append(plain, text[:i]...), r)
		text = text[i+size:]
	}
	return plain
}

// escape returns the character that the escape at the start of text stands for,
// which may be half of a surrogate pair, and the length of the escape. That is 0
// if it is none.
func escape(text []byte) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch c := text[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := hex4(text)
		if !ok {
			return 0, 0
		}
		if low, ok := hex4(text[6:]); ok && utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return r, 6
	}
	return 0, 0
}

// hex4 returns the number in an escape such as \u00e9.
func hex4(text []byte) (r rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// digits reads a number, and says whether it has neither a point nor an
// exponent.
func (d *jsonDecoder) digits() (whole, ok bool) {
	whole = true
	d.accept('-')
	if !d.accept('0') && !d.run() {
		return false, d.syntax("a number has no digits where they are needed")
	}
	if d.accept('.') {
		whole = false
		if !d.run() {
			return false, d.syntax("a number has no digits after its point")
		}
	}
	if d.accept('e') || d.accept('E') {
		whole = false
		_ = d.accept('+') || d.accept('-')
		if !d.run() {
			return false, d.syntax("a number has no digits in its exponent")
		}
	}
	return whole, true
}

// run reads digits, of which there must be one.
func (d *jsonDecoder) run() bool {
	from := d.pos
	for d.pos < len(d.data) && isDigit(d.data[d.pos]) {
		d.pos++
	}
	return d.pos > from
}

func isJSONNumber(text []byte) bool {
	d := jsonDecoder{data: text}
	if d.peek() != kindNumber {
		return false
	}
	_, ok := d.digits()
	return ok && d.atEnd()
}
