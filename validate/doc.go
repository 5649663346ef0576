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
// # Choosing
//
//   - [Struct] and [Var]: the rules of tags, for any type.
//   - [For]: the same for one type, with [Options], its mistakes at start-up, and
//     without the look-up; [Compile] reports the mistakes of many types.
//   - [JSON] and [Validator.JSON]: decode the body of a request and check it.
//   - [Validator.Partial]: the fields that a PATCH brought along.
//   - [Schema]: rules in code, whose types the compiler checks.
//   - [Tag], [TagCtx], [Regexp]: rules of one's own for tags. [Validatable]: what
//     takes code.
//
// # Tags
//
// A tag is a list of rules, run from left to right until one fails:
//
//	tag   = "-" | rule { "," rule }
//	rule  = name [ "=" param ] { "|" name [ "=" param ] }
//
// Of rules with a bar between them one is to hold. Spaces around a rule, its name
// and its parameter do not count, but for the parameters of contains and its like.
// In a parameter, 0x2C stands for a comma and 0x7C for a bar. Numbers are written in
// base 10; for a time.Duration, n may also be written as in 1m30s. A word of oneof
// that contains spaces is put in single quotes: oneof=red 'light blue'.
//
// Presence and control:
//
//	required                the field has a value (see below)
//	isdefault               it has none
//	omitempty               without a value, the rest is skipped
//	omitzero                with a zero value too, even behind a pointer
//	omitnil                 for nil alone
//	dive                    the rules that follow are for each element
//	keys ... endkeys        after dive, those between are for the keys of a map
//	structonly              the fields inside are not checked
//	nostructlevel           as structonly, and the Validate method is not called
//	required_if=F v ...     required if field F has value v, and so on in pairs;
//	                        required_unless, excluded_if, excluded_unless, skip_unless likewise
//	required_with=F ...     required if one of the fields has a value; with_all, without,
//	                        without_all, and excluded_ in place of required_
//
// Comparisons, for the length of strings in characters (runes), of slices, arrays
// and maps in elements, and for numbers and durations:
//
//	min=n max=n len=n       at least, at most, exactly; gte and lte are min and max
//	gt=n lt=n               more, less; for a time.Time and without n: after, before now,
//	                        as gte and lte
//	eq=v ne=v               equal or not, for strings, numbers and booleans; with
//	                        _ignore_case whatever the case of letters
//	oneof=a b               one of the words; noneof: none of them; with ci whatever the case
//	unique                  no element twice; unique=F: no two with the same field F
//	eqfield=F ...           as field F of the same struct, or of one in it, as in Period.Start:
//	                        eqfield nefield gtfield gtefield ltfield ltefield
//	eqcsfield=F ...         the same with a field of the outermost struct
//	fieldcontains=F         the string contains that of field F; fieldexcludes: does not
//
// Strings:
//
//	alpha alphanum          letters A to Z in both cases, and digits; alphaspace and
//	                        alphanumspace with spaces; alphaunicode and alphanumunicode
//	                        letters and digits of all scripts
//	ascii printascii        bytes below 128; from space to ~
//	number numeric boolean  digits; a decimal number with a sign; what strconv.ParseBool reads
//	lowercase uppercase     no letter in the other case
//	contains=s              excludes, startswith, endswith, startsnotwith, endsnotwith
//	containsany=chars       excludesall
//	notblank                more than white space
//	regexp=@name            a pattern that [Regexp] has put into Options.Tags
//
// Formats, of strings; a few say what they are by their name:
//
//	email                   an e-mail address (see below); email=idn in all scripts
//	url uri                 an absolute URL of any scheme, read loosely; uri also a path or *
//	http_url https_url      a URL with that scheme and a host: the one for links
//	ip ipv4 ipv6            an address without a zone; ::ffff:192.0.2.1 is IPv6
//	cidr cidrv4 cidrv6      an address and a prefix length; bits after the prefix may be set
//	mac                     an EUI-48, EUI-64 or 20-byte address
//	hostname                a name that begins with a letter; hostname_rfc1123 with a digit too
//	fqdn                    two or more labels, the last of which begins with a letter
//	hostname_port           host:port, [IPv6]:port or :port
//	port                    1 to 65535, for numbers too
//	uuid uuid4 uuid7        in either case; with _rfc4122 the same
//	ulid mongodb sha256     as named
//	e164                    6 to 15 digits after a plus or not, the first not 0
//	datetime                RFC 3339; datetime=layout: what time.Parse reads
//	duration timezone       what time.ParseDuration reads; a name of the time zone database
//	json jsonpointer jwt    a JSON text; a pointer of RFC 6901; the shape of a token
//	base64 base64url        with padding; base64rawurl without
//	hexadecimal hexcolor    digits after 0x or not; #rgb, #rgba, #rrggbb, #rrggbbaa
//	semver cron             Semantic Versioning 2.0.0; the shape of five to seven fields, @daily
//	latitude longitude      decimal degrees, for numbers too
//	credit_card             12 to 19 digits with a check digit
//	iso3166_1_alpha2        country codes; iso4217: currencies; in capitals
//	bcp47_language_tag      well-formed, with - or _; subtags are not looked up
//
// Rules see through pointers, interfaces and types such as sql.NullString. A nil one
// fails its first rule, unless that is omitempty or its like. Rules on a field of
// interface type apply to what the interface holds, and fail with the code "type"
// if they do not apply to that.
//
// A field has a value if its slice, map, channel or function is not nil, if
// its pointer or interface leads to a value of any other type, and otherwise
// if it is not the zero value: an empty slice that is not nil has a value, and
// so has a pointer to an empty string.
//
// A field that is a struct, or that leads to one through pointers or an
// interface, is validated with that struct's own tags, after its rules and
// with or without any. The structs in a slice, array or map are validated
// only under dive, or with [Options].AutoDive. The tag "-" leaves a field alone,
// whatever it holds.
//
// An e-mail address has a local part of 1 to 64 letters, digits and
// !#$%&'*+-/=?^_`{|}~, with single dots between them, or of any printable
// characters in quotes; an @; and a domain of two or more labels of 1 to 63
// letters, digits and inner hyphens, the last of which ends in a letter. It is at
// most 254 bytes of ASCII. That is the address syntax of RFC 5321 without address
// literals. With email=idn it may have letters, marks and digits of all scripts, and
// the domain counts as it is written in ASCII. Whether the mailbox exists is not
// checked.
//
// # Errors
//
// A value that breaks its rules is reported as [Errors], with one [FieldError]
// for each wrong field, or one for each broken rule with [Options].AllRules.
// Besides the message, each carries a stable code. For most rules that is their
// name; these have others:
//
//	rule              code for strings      for slices, arrays, maps  for numbers
//	min, gte, gt      min_length            min_items                 min, greater
//	max, lte, lt      max_length            max_items                 max, less
//	len               length                items                     equal
//	gt, lt of times   future, past
//	eq, ne            equal, not_equal                                equal, not_equal
//	oneof, noneof     one_of, none_of                                 one_of, none_of
//	eqfield ...       equal_field, not_equal_field, greater_field, min_field, less_field,
//	                  max_field, contains_field, excludes_field
//	required_... and  required, excluded, empty for isdefault
//	regexp, notblank  pattern, not_blank
//	a|b               any_of
//
// A path consists of the names in the json tags, and of Go names where there
// are none. An embedded struct without a name in its tag adds nothing to it, as
// in JSON.
//
// The code "type" says that an interface holds a value that the rule does not
// apply to; "max_depth" and "max_errors" are explained under Limits; the doc comment
// of [JSON] has those of decoding. Errors hold the names of fields, the keys of maps
// and the parameters of rules, but never the values of fields, so that a password
// does not end up in a log.
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
// before characters are counted, and no format scans more than it has to: addresses
// have 254 bytes at most, hosts 253, URLs and pointers 8,192, json, jwt, base64 and
// hexadecimal 131,072, and the others 128. A map key of more
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
// find out, and once more, from the field with the first error on, to collect
// the errors with their paths. All of them together cost two allocations, and
// three if some are in nested values.
//
// # JSON Schema
//
// [Validator.JSONSchema] describes the bodies that [Validator.JSON] accepts without
// [WithUnknownFields]. A body that it refuses is one that JSON refuses, with four
// exceptions:
//
//   - Names of members are to be written as in the json tags; JSON does not heed
//     the case of letters.
//   - Numbers are compared as they are written, and in Go once they are rounded
//     to a float64 or float32.
//   - A time.Time has the format date-time, where Go takes an hour of one digit, a
//     comma before a fraction, and offsets of 24 hours and of 60 minutes too.
//   - Some validators know less than Go of the formats email (a backslash in
//     quotes), hostname (labels with hyphens in third and fourth place) and uri,
//     which stands for url, http_url and https_url (spaces and letters beyond
//     ASCII, which RFC 3986 wants escaped).
//
// A body that the schema accepts may still be refused by Go. These are not in it,
// and a $comment names those that are rules of the type:
//
//   - the rules that compare fields: eqfield and its like, fieldcontains,
//     fieldexcludes; unique=Field, and unique for maps and for elements with
//     pointers, times or a json.Number in them
//   - required_if and its like on the elements of a list, in an embedded pointer,
//     about nil behind a pointer to a struct, or about a field that is a time, an
//     interface, has the option ",string", or has a method that decodes it;
//     excluded_if and its like after omitempty
//   - what follows omitempty and what is inside, for a type with a time or another
//     in it whose zero value does not show in JSON
//   - gt, gte, lt and lte for times; rules in [Options].Tags and in [Schema],
//     Validate methods, and patterns with flags or named classes
//   - rules for types that decode themselves, such as a UUID, for bytes, for
//     json.Number, sql.Null and its like, fields with ",string", embedded structs,
//     and fields that JSON has no member for
//   - in part, checked by a pattern that accepts more: lowercase, uppercase,
//     bcp47_language_tag, cidr, cidrv6, credit_card, datetime with a layout other
//     than 2006-01-02, duration, email, fqdn, hostname_port, http_url, https_url,
//     json, timezone, uri and url; unique for structs and arrays; and for validators
//     that do not assert formats, ipv6 and the days of months
//   - what is no matter of types: the size of the body, its depth, names that occur
//     twice, half a surrogate pair; whole numbers written with a point or exponent,
//     or as -0 for unsigned ones; numbers beyond float64; keys of maps that do not
//     fit their type
//
// Patterns are those that ECMA-262 and package regexp read alike.
//
// # Differences from go-playground/validator
//
// The rules mean what they mean in go-playground/validator v10 (with its
// option WithRequiredStructEnabled), except for these. A test puts every rule to
// both of them, on values of every kind and on random structs, and fails on what
// is missing here:
//
//	case                                        validator v10                     this package
//	mistake in a tag                            panics on first use               an error, all at once
//	rule that does not fit the type             panics, or says the same of all   a mistake
//	rule on an unexported field                 ignored                           a mistake
//	parameter that a rule ignores               ignored                           a mistake
//	misspelt field in eqfield, required_if      no such value                     a mistake
//	"required, email"                           panics                            spaces do not count
//	min=010, min=0x3                            8, 3                              10, a mistake
//	max=NaN                                     holds for no number               a mistake
//	oneof=1.5 on an int                         never holds                       a mistake
//	min=3, gt=3, gt=0 on a time                 compare with now                  a mistake
//	eq and ne on a list                         compare its length                a mistake
//	eq=1, eq=t on a bool                        true                              a mistake
//	eq_ignore_case= without a word              the empty string                  a mistake
//	oneof=01 on a number                        never holds                       is 1
//	oneof=2s on a time.Duration                 never holds                       two seconds
//	oneof on a float, latitude on a uintptr     panics                            compares numbers
//	latitude or port on a time.Duration         reads nanoseconds                 a mistake
//	a'b' in oneof                               ab                                a'b'
//	port on a string                            panics                            reads the number
//	unique on NaN                               each is another                   all are the same
//	unique on pointers in interfaces            compares the pointers             what they lead to
//	an interface holds another type             panics, or a mere string rule     code "type"
//	sql.Null and the like                       a struct                          null, or the value in it
//	rules for strings on a fmt.Stringer         only uuid and ulid                all
//	json on []byte                              reads the text                    a mistake
//	structonly and nostructlevel on nil         fail                              hold
//	required after structonly                   is not asked                      is asked
//	isdefault|email on nil                      fails                             holds
//	excludes=a after required_if on nil         holds, or panics                  fails
//	eqfield on lists                            compares lengths                  compares arrays, else a mistake
//	eqfield on structs of one type              are the same                      compares them
//	eqfield on an int and an int8               are never the same                compares them
//	gtfield and its like on strings             compare lengths                   compare text
//	eqcsfield in a nested struct                names its own fields              those of the outermost struct
//	required_if=P nil on a pointer              asks what it leads to             asks whether P is nil
//	required_if=D 2s on a time.Duration         panics                            two seconds
//	required_if=N x, where N is a number        panics, or never                  a mistake
//	dive,keys,min=1,endkeys on structs in any   are not checked                   are checked
//	cyclic data                                 overflows the stack               code "max_depth"
//	map keys of 256 bytes and more              wrong field name                  the right path
//	names in errors                             Go names                          JSON names
//	names of embedded structs in errors         are in the path                   only if they are in the JSON
//	letters beyond ASCII in e-mail              accepted                          email=idn
//	e-mail address of any length                accepted                          64, 63 and 254 bytes
//	a~b.co, b-.c.de, ab--c.de in e-mail         accepted                          refused
//	a.1b in e-mail                              refused                           accepted
//	""@a.co in e-mail                           refused                           accepted
//	tabs in e-mail                              accepted, in quotes               refused
//	::ffff:1.2.3.4                              IPv4                              IPv6, as in net/netip
//	1.2.3.0/024                                 accepted                          refused
//	1.2.3.4/24 in cidrv4                        refused                           accepted, as in cidr
//	host name of any length                     accepted                          253 bytes
//	a-.com in fqdn                              accepted                          refused
//	[a]:80, a:+80, a:000080                     accepted                          refused
//	[::1]:80                                    refused                           accepted
//	ports above 65535 and zones in a URL        accepted                          refused
//	< > ] " and controls in a URL               accepted                          refused
//	http://:80 in http_url                      accepted                          refused: there is no host
//	URL, JSON or base64 of any length           accepted                          8 KiB, 128 KiB, 128 KiB
//	semver, cron, datetime, latitude, duration  any length                        128 bytes
//	+123456 in e164                             refused: 8 digits or more         accepted: 6 or more
//	capital letters in uuid4 and uuid7          refused                           accepted
//	the Kelvin sign in ulid                     is a K                            refused
//	datetime without a layout                   the empty string                  RFC 3339
//	datetime=x, a layout without a date         x                                 a mistake
//	timezone                                    asks the file system              the names of IANA
//	language tags with unknown subtags          refused                           accepted: the form is right
//	@every 5μs (Greek mu) in cron               refused                           accepted
//
// The tags of v10 that ask the file system or a name server are left out, since data
// should not make a server look things up, and so are those for cryptocurrencies,
// postcodes and the like; a tag that has none of these names is a mistake that says
// so.
package validate
