// Package validate checks structs against the rules in their tags and says
// which fields are wrong, under the names that the sender of the data knows.
//
//	type SignUp struct {
//		Email string `json:"email" validate:"required,email"`
//		Age   int    `json:"age" validate:"min=18"`
//	}
//
//	err := validate.Struct(&SignUp{Email: "ann", Age: 7})
//	// validate: email: must be an e-mail address; age: must be at least 18
//
// [Struct] takes any struct. [For] makes a [Validator] for one type, which
// reports the mistakes in its tags when the program starts and takes
// [Options]; [Compile] reports those mistakes for many types at once.
//
// # Tags
//
// A tag is a list of rules, run from left to right until one fails:
//
//	tag   = "-" | rule { "," rule }
//	rule  = name [ "=" param ]
//
//	rule       applies to                  holds if
//	required   any type                    the field has a value (see below)
//	omitempty  any type                    always; without a value, the rest is skipped
//	email      strings                     it is an e-mail address (see below)
//	min=n      strings                     it has at least n characters (runes)
//	           slices, arrays, maps        it has at least n elements
//	           numbers                     it is n or more
//	max=n      as min                      at most n
//	len=n      as min                      exactly n
//	oneof=a b  strings, numbers            it is one of the words
//	dive       slices, arrays, maps        the rules that follow hold for each element
//
// Spaces around a rule, its name and its parameter do not count. Numbers are
// written in base 10; for a time.Duration, n may also be written as in 1m30s. A
// word of oneof that contains spaces is put in single quotes: oneof=red 'light
// blue'. In a parameter, 0x2C stands for a comma and 0x7C for a vertical bar.
//
// Rules see through pointers and interfaces. A nil one fails its first rule,
// unless that is omitempty. Rules on a field of interface type apply to what
// the interface holds, and fail with the code "type" if they do not apply to
// that.
//
// A field has a value if its slice, map, channel or function is not nil, if
// its pointer or interface leads to a value of any other type, and otherwise
// if it is not the zero value: an empty slice that is not nil has a value, and
// so has a pointer to an empty string.
//
// A field that is a struct, or that leads to one through pointers or an
// interface, is validated with that struct's own tags, after its rules and
// with or without any. The structs in a slice, array or map are validated
// only under dive. The tag "-" leaves a field alone, whatever it holds.
//
// An e-mail address has a local part of 1 to 64 letters, digits and
// !#$%&'*+-/=?^_`{|}~, with single dots between them; an @; and a domain of
// two or more labels of 1 to 63 letters, digits and inner hyphens, the last of
// which is not a number. It is at most 254 bytes of ASCII. That is the address
// syntax of RFC 5321 without quoted local parts and address literals. Whether
// the mailbox exists is not checked.
//
// # Errors
//
// A value that breaks its rules is reported as [Errors], with one [FieldError]
// for each wrong field. Besides the message, each carries a stable code:
//
//	rule      code for strings  for slices, arrays, maps  for numbers
//	required  required          required                  required
//	email     email
//	min       min_length        min_items                 min
//	max       max_length        max_items                 max
//	len       length            items                     equal
//	oneof     one_of                                      one_of
//
// A path consists of the names in the json tags, and of Go names where there
// are none. An embedded struct without a name in its tag adds nothing to it, as
// in JSON.
//
// The code "type" says that an interface holds a value that the rule does not
// apply to; "max_depth" and "max_errors" are explained under Limits. Errors
// hold the names of fields, the keys of maps and the parameters of rules, but
// never the values of fields, so that a password does not end up in a log.
//
// A mistake in a tag is a [*TagError], and all of them are reported, joined,
// before any value of the type is looked at. The types behind interfaces are
// known only when a value is validated; the mistakes in their tags are
// reported then.
//
// # Limits
//
// No value can make this package panic, overflow the stack or scan a long
// string. Structs nested deeper than [Options].MaxDepth, as in a list that
// points to itself, end in an error with the code "max_depth". At most
// [Options].MaxErrors errors are reported; if there are more, the last of them
// has the code "max_errors" and an empty path. Lengths are compared in bytes
// before characters are counted or an address is scanned. A map key of more
// than 1,024 bytes is cut short in a path.
//
// A struct that several pointers lead to is validated once for each of them.
//
// # Concurrency
//
// Everything in this package may be used from any number of goroutines. The
// value must not change while it is validated.
//
// A valid value costs no allocation. An invalid one is walked twice: once to
// find out, and once more to collect the errors with their paths.
//
// # Differences from go-playground/validator
//
// The rules mean what they mean in go-playground/validator v10 (with its
// option WithRequiredStructEnabled), except for these:
//
//	case                               validator v10           this package
//	mistake in a tag                   panics on first use     an error, all at once
//	rule on an unexported field        ignored                 a mistake
//	parameter that a rule ignores      ignored                 a mistake
//	"required, email"                  panics                  spaces do not count
//	min, max, len on time.Time         compare with now        a mistake
//	min=010, min=0x3                   8, 3                    10, a mistake
//	min=-1 on a string or slice        accepted                a mistake
//	oneof on floats                    panics                  compares numbers
//	an interface holds another type    panics                  code "type"
//	cyclic data                        overflows the stack     code "max_depth"
//	quoted or non-ASCII e-mail parts   accepted                refused
//	e-mail domain such as 192.0.2.1    refused                accepted
//	e-mail address of any length       accepted                64, 63 and 254 bytes
//	names in errors                    Go names                JSON names
//	or-groups, a|b                     supported               a mistake
package validate
