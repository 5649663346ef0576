package validate

import (
	"strings"
	"unicode/utf8"
)

// maxJSONDepth is how deep the arrays and objects of a JSON text may be nested,
// which is as deep as encoding/json decodes them.
const maxJSONDepth = 10_000

// A jsonStack remembers which containers are open: one bit for each, set for an
// object. It is this instead of the stack of the goroutine so that no text can
// make that grow.
type jsonStack struct {
	depth   int
	objects [(maxJSONDepth + 63) / 64]uint64
}

func (st *jsonStack) push(object bool) bool {
	if st.depth == maxJSONDepth {
		return false
	}
	word, bit := &st.objects[st.depth/64], uint64(1)<<(st.depth%64)
	*word &^= bit
	if object {
		*word |= bit
	}
	st.depth++
	return true
}

// end returns the byte that closes the innermost container, of which there must
// be one.
func (st *jsonStack) end() byte {
	if st.objects[(st.depth-1)/64]>>((st.depth-1)%64)&1 != 0 {
		return '}'
	}
	return ']'
}

// member returns where the value of the next member of the innermost container
// begins, after its key if that is an object. Like the functions that skip, it
// returns -1 if there is none.
func (st *jsonStack) member(s string, i int) int {
	i = skipJSONSpace(s, i)
	if st.end() == '}' {
		i = skipJSONKey(s, i)
	}
	return i
}

// after returns where the next value begins after one that ends at i, which may
// be the last in some containers. done says that there is none because the text
// is complete.
func (st *jsonStack) after(s string, i int) (next int, done bool) {
	for {
		i = skipJSONSpace(s, i)
		switch {
		case st.depth == 0:
			return -1, i == len(s)
		case i == len(s):
			return -1, false
		case s[i] == ',':
			return st.member(s, i+1), false
		case s[i] != st.end():
			return -1, false
		}
		st.depth--
		i++
	}
}

// isJSON is json: a JSON text of RFC 8259 of at most maxPayload bytes, nested at
// most maxJSONDepth deep. As in encoding/json, bytes that are not UTF-8 pass in
// strings. v10 copies the text and sets no limit to its length.
func isJSON(s string) bool {
	if len(s) > maxPayload {
		return false
	}
	var open jsonStack
	done := false
	for i := skipJSONSpace(s, 0); 0 <= i && i < len(s); {
		switch c := s[i]; {
		case c == '{' || c == '[':
			if !open.push(c == '{') {
				return false
			}
			i = skipJSONSpace(s, i+1)
			if i == len(s) || s[i] != open.end() {
				i = open.member(s, i)
				continue
			}
			open.depth--
			i++
		case c == '"':
			i = skipJSONString(s, i)
		case c == '-' || chars[c]&charDigit != 0:
			i = skipJSONNumber(s, i)
		default:
			i = skipJSONWord(s, i)
		}
		if i >= 0 {
			i, done = open.after(s, i)
		}
	}
	return done
}

func skipJSONSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skipJSONKey skips a key, its colon and the spaces around that. Like the
// functions below, it returns -1 if there is none at i.
func skipJSONKey(s string, i int) int {
	if i = skipJSONString(s, i); i < 0 {
		return -1
	}
	i = skipJSONSpace(s, i)
	if i == len(s) || s[i] != ':' {
		return -1
	}
	return skipJSONSpace(s, i+1)
}

func skipJSONString(s string, i int) int {
	if i == len(s) || s[i] != '"' {
		return -1
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i++; i == len(s) {
				return -1
			}
			switch s[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if countIn(s[i+1:min(i+5, len(s))], charHex) < 4 {
					return -1
				}
				i += 4
			default:
				return -1
			}
		}
	}
	return -1
}

func skipJSONNumber(s string, i int) int {
	if s[i] == '-' {
		i++
	}
	n := countIn(s[i:], charDigit)
	if n == 0 || n > 1 && s[i] == '0' {
		return -1
	}
	i += n
	if i < len(s) && s[i] == '.' {
		n = countIn(s[i+1:], charDigit)
		if n == 0 {
			return -1
		}
		i += 1 + n
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		n = countIn(s[i:], charDigit)
		if n == 0 {
			return -1
		}
		i += n
	}
	return i
}

func skipJSONWord(s string, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(s[i:], word) {
			return i + len(word)
		}
	}
	return -1
}

// isJSONPointer is jsonpointer: a pointer of RFC 6901, 3, which is empty or
// begins with a slash, and in which a tilde is followed by 0 or 1. It has at
// most maxLine bytes, of UTF-8.
func isJSONPointer(s string) bool {
	if len(s) > maxLine {
		return false
	}
	if s != "" && s[0] != '/' || !utf8.ValidString(s) {
		return false
	}
	for {
		i := strings.IndexByte(s, '~')
		if i < 0 {
			return true
		}
		if i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1' {
			return false
		}
		s = s[i+2:]
	}
}
