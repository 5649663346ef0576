package validate

// A charSet is a set of ASCII characters, or several of them joined with |.
type charSet uint8

const (
	charAlpha     charSet = 1 << iota // letters
	charDigit                         // 0 to 9
	charHexAlpha                      // a to f, A to F
	charCrockford                     // the letters of ULIDs
	charMail                          // what RFC 5322, 3.2.3 adds to letters and digits
	charBase64                        // + and /
	charURLSafe                       // - and _
	charURI                           // what RFC 3986 adds to letters and digits: -._~ and sub-delims

	charAlnum = charAlpha | charDigit
	charHex   = charDigit | charHexAlpha
)

const (
	hexLetter = charAlpha | charHexAlpha | charCrockford
	letter    = charAlpha | charCrockford
)

// chars holds the sets that each byte belongs to. One load answers what several
// comparisons would; no byte above 127 is in any set.
var chars = [256]charSet{
	'0': charDigit, '1': charDigit, '2': charDigit, '3': charDigit, '4': charDigit,
	'5': charDigit, '6': charDigit, '7': charDigit, '8': charDigit, '9': charDigit,

	'A': hexLetter, 'B': hexLetter, 'C': hexLetter, 'D': hexLetter, 'E': hexLetter, 'F': hexLetter,
	'G': letter, 'H': letter, 'I': charAlpha, 'J': letter, 'K': letter, 'L': charAlpha, 'M': letter,
	'N': letter, 'O': charAlpha, 'P': letter, 'Q': letter, 'R': letter, 'S': letter, 'T': letter,
	'U': charAlpha, 'V': letter, 'W': letter, 'X': letter, 'Y': letter, 'Z': letter,

	'a': hexLetter, 'b': hexLetter, 'c': hexLetter, 'd': hexLetter, 'e': hexLetter, 'f': hexLetter,
	'g': letter, 'h': letter, 'i': charAlpha, 'j': letter, 'k': letter, 'l': charAlpha, 'm': letter,
	'n': letter, 'o': charAlpha, 'p': letter, 'q': letter, 'r': letter, 's': letter, 't': letter,
	'u': charAlpha, 'v': letter, 'w': letter, 'x': letter, 'y': letter, 'z': letter,

	'!': charMail | charURI, '#': charMail, '$': charMail | charURI, '%': charMail, '&': charMail | charURI,
	'\'': charMail | charURI, '(': charURI, ')': charURI, '*': charMail | charURI, '+': charMail | charURI | charBase64,
	',': charURI, '-': charMail | charURI | charURLSafe, '.': charURI, '/': charMail | charBase64, ';': charURI,
	'=': charMail | charURI, '?': charMail, '^': charMail, '_': charMail | charURI | charURLSafe, '`': charMail,
	'{': charMail, '|': charMail, '}': charMail, '~': charMail | charURI,
}

// isOnly reports whether each byte of s is in set. The empty string is.
func isOnly(s string, set charSet) bool {
	for i := range len(s) {
		if chars[s[i]]&set == 0 {
			return false
		}
	}
	return true
}

// countIn returns how many bytes at the start of s are in set.
func countIn(s string, set charSet) int {
	n := 0
	for n < len(s) && chars[s[n]]&set != 0 {
		n++
	}
	return n
}

// isEscape reports whether s begins with a percent sign and two hexadecimal
// digits (RFC 3986, 2.1).
func isEscape(s string) bool {
	return len(s) >= 3 && s[0] == '%' && isOnly(s[1:3], charHex)
}
