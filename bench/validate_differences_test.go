package bench

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/goplinth/plinth/validate"
)

// A disagreement is one between this module and go-playground/validator about
// a rule and a value.
type disagreement struct {
	rule, param string
	typ         reflect.Type  // of the field, or of what it leads to
	value       reflect.Value // behind pointers and interfaces; invalid for nil
	refused     bool          // this module says that value breaks rule
	mistake     bool          // this module calls the rule on the type a mistake
	same        bool          // then, the peer panics on every value, or says the same of them all
	panics      bool          // the peer panics on value
	loose       bool          // the field is an interface
	nested      bool          // the struct with the field is in another
	before      []string      // the rules in front of this one
	other       reflect.Type  // of the field that the rule names, as typ is
	indirect    bool          // that field is a pointer or an interface
}

// text returns the value if it is a string, and so does not spare a nil one.
func (d *disagreement) text() (string, bool) {
	if !d.value.IsValid() || d.value.Kind() != reflect.String {
		return "", false
	}
	return d.value.String(), true
}

func (d *disagreement) is(rules string) bool { return slices.Contains(strings.Fields(rules), d.rule) }

func (d *disagreement) kindIs(kinds ...reflect.Kind) bool {
	return slices.Contains(kinds, d.typ.Kind())
}

// A difference is a row of the table in the documentation of package validate.
type difference struct {
	what, playground, plinth string

	// tag and value are a witness, so that no row outlives its truth; the value
	// is the struct itself if there is no tag. There is none where it would end
	// the process.
	tag   string
	value any

	// explains reports whether the row is about d. It is nil for rows about
	// what rules and values do not show.
	explains func(d *disagreement) bool
}

// onText is for rows about formats: the rules differ on strings that test holds
// for, and only in one direction.
func onText(rules string, refused bool, test func(s string) bool) func(*disagreement) bool {
	return func(d *disagreement) bool {
		s, ok := d.text()
		return ok && d.is(rules) && !d.mistake && !d.panics && d.refused == refused && test(s)
	}
}

func matches(expr string) func(string) bool { return regexp.MustCompile(expr).MatchString }

func longer(n int) func(string) bool { return func(s string) bool { return len(s) > n } }

const (
	lengthRules    = "len min max lt lte gt gte"
	compareRules   = lengthRules + " eq ne"
	conditionals   = "required_if required_unless excluded_if excluded_unless skip_unless"
	presenceRules  = conditionals + " required_with required_with_all required_without required_without_all excluded_with excluded_with_all excluded_without excluded_without_all"
	sameFieldRules = "eqfield nefield gtfield gtefield ltfield ltefield"
	topFieldRules  = "eqcsfield necsfield gtcsfield gtecsfield ltcsfield ltecsfield"
	controlRules   = "required omitempty omitnil omitzero isdefault structonly nostructlevel unique"
)

func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map
}

func isTime(t reflect.Type) bool { return t.ConvertibleTo(reflect.TypeFor[time.Time]()) }

var (
	longText  = strings.Repeat("0", 130) + "1"
	longHost  = strings.Repeat("a.", 130) + "a"
	otherBase = matches(`(^| )[-+]?0[0-9xXoObB_]+$`)
)

// differences is the table, in the order of the documentation.
var differences = []difference{
	{what: "mistake in a tag", playground: "panics on first use", plinth: "an error, all at once", tag: "min=abc", value: "a"},
	{
		"rule that does not fit the type", "panics, or says the same of all", "a mistake", "alpha", 1,
		func(d *disagreement) bool { return d.mistake && d.same },
	},
	{what: "rule on an unexported field", playground: "ignored", plinth: "a mistake"},
	{what: "parameter that a rule ignores", playground: "ignored", plinth: "a mistake", tag: "required=1", value: "a"},
	{what: "misspelt field in eqfield, required_if", playground: "no such value", plinth: "a mistake", tag: "required_if=Missing 1", value: ""},
	{what: `"required, email"`, playground: "panics", plinth: "spaces do not count", tag: "required, email", value: "a@b.co"},
	{
		"min=010, min=0x3", "8, 3", "10, a mistake", "min=010", 9,
		func(d *disagreement) bool { return d.is(compareRules+" "+conditionals) && otherBase(d.param) },
	},
	{
		"max=NaN", "holds for no number", "a mistake", "max=NaN", 1.5,
		func(d *disagreement) bool { return d.mistake && d.is(compareRules) && d.param == "NaN" },
	},
	{
		"oneof=1.5 on an int", "never holds", "a mistake", "oneof=1.5", 1,
		func(d *disagreement) bool {
			return d.mistake && d.is("oneof noneof") && (reflect.Zero(d.typ).CanInt() || reflect.Zero(d.typ).CanUint())
		},
	},
	{
		"min=3, gt=3, gt=0 on a time", "compare with now", "a mistake", "min=0", time.Now().Add(time.Hour),
		func(d *disagreement) bool {
			return d.mistake && isTime(d.typ) && d.is(lengthRules) && (d.param != "" || d.is("min max"))
		},
	},
	{
		"eq and ne on a list", "compare its length", "a mistake", "eq=1", []int{7},
		func(d *disagreement) bool { return d.mistake && d.is("eq ne") && isList(d.typ) },
	},
	{
		"eq=1, eq=t on a bool", "true", "a mistake", "eq=1", true,
		func(d *disagreement) bool {
			return d.is("eq ne") && d.kindIs(reflect.Bool) && d.param != "true" && d.param != "false"
		},
	},
	{
		"eq_ignore_case= without a word", "the empty string", "a mistake", "eq_ignore_case=", "",
		func(d *disagreement) bool { return d.mistake && d.is("eq_ignore_case ne_ignore_case") && d.param == "" },
	},
	{
		"oneof=01 on a number", "never holds", "is 1", "oneof=01", 1,
		func(d *disagreement) bool {
			return !d.mistake && d.is("oneof noneof") && d.kindIs(reflect.Int, reflect.Int8, reflect.Int64, reflect.Uint8, reflect.Uint, reflect.Uint64) && !isTimeSpan(d.typ) && d.param == "01"
		},
	},
	{
		"oneof=2s on a time.Duration", "never holds", "two seconds", "oneof=2s 3", 2 * time.Second,
		func(d *disagreement) bool { return !d.mistake && d.is("oneof noneof") && isTimeSpan(d.typ) },
	},
	{
		"oneof on a float, latitude on a uintptr", "panics", "compares numbers", "oneof=1.5", 1.5,
		func(d *disagreement) bool {
			return d.panics && d.is("oneof noneof latitude longitude") && d.kindIs(reflect.Float32, reflect.Float64, reflect.Uintptr)
		},
	},
	{
		"latitude or port on a time.Duration", "reads nanoseconds", "a mistake", "port", 80 * time.Nanosecond,
		func(d *disagreement) bool {
			return d.mistake && d.is("port latitude longitude") && isTimeSpan(d.typ)
		},
	},
	{
		"a'b' in oneof", "ab", "a'b'", "oneof=a'b'", "ab",
		func(d *disagreement) bool {
			return d.is("oneof noneof oneofci noneofci") && strings.Contains(d.param, "b'")
		},
	},
	{
		"port on a string", "panics", "reads the number", "port", "80",
		func(d *disagreement) bool { return d.panics && d.is("port") && d.kindIs(reflect.String) },
	},
	{
		"unique on NaN", "each is another", "all are the same", "unique", []float64{nan, nan},
		func(d *disagreement) bool {
			return d.refused && d.is("unique") && strings.Contains(fmt.Sprint(d.value), "NaN")
		},
	},
	{
		"unique on pointers in interfaces", "compares the pointers", "what they lead to", "unique", []any{new(1), new(1)},
		func(d *disagreement) bool {
			return d.refused && d.is("unique") && isList(d.typ) && d.typ.Elem().Kind() == reflect.Interface
		},
	},
	{
		"an interface holds another type", "panics, or a mere string rule", `code "type"`, "min=1", holder{true},
		func(d *disagreement) bool {
			if d.is("fieldcontains fieldexcludes") {
				return d.loose && !d.kindIs(reflect.String)
			}
			return d.loose && d.refused && misfits(d.rule, d.param, d.typ)
		},
	},
	{
		"sql.Null and the like", "a struct", "null, or the value in it", "alpha", sqlString("a"),
		func(d *disagreement) bool { return d.typ.Implements(reflect.TypeFor[driver.Valuer]()) },
	},
	{
		"rules for strings on a fmt.Stringer", "only uuid and ulid", "all", "ip", loopback,
		func(d *disagreement) bool {
			return !d.is(controlRules) && d.typ.Implements(reflect.TypeFor[fmt.Stringer]()) && d.kindIs(reflect.Struct) && !isTime(d.typ)
		},
	},
	{
		"json on []byte", "reads the text", "a mistake", "json", []byte("{}"),
		func(d *disagreement) bool { return d.is("json") && d.typ == reflect.TypeFor[[]byte]() },
	},
	{
		"structonly and nostructlevel on nil", "fail", "hold", "structonly", (*point)(nil),
		func(d *disagreement) bool {
			return !d.value.IsValid() && !d.refused && d.is("structonly nostructlevel")
		},
	},
	{
		"required after structonly", "is not asked", "is asked", "structonly,required", point{},
		func(d *disagreement) bool {
			return slices.Contains(d.before, "structonly") || slices.Contains(d.before, "nostructlevel")
		},
	},
	{
		"isdefault|email on nil", "fails", "holds", "isdefault|email", (*string)(nil),
		func(d *disagreement) bool { return !d.value.IsValid() && !d.refused && d.is("isdefault") },
	},
	{
		"excludes=a after required_if on nil", "holds, or panics", "fails", "required_if=V x,excludes=z", (*string)(nil),
		func(d *disagreement) bool { return !d.value.IsValid() && d.refused && len(d.before) > 0 },
	},
	{
		"eqfield on lists", "compares lengths", "compares arrays, else a mistake", "", struct {
			V []int `validate:"eqfield=W"`
			W []int
		}{[]int{1}, []int{2}},
		func(d *disagreement) bool { return d.is(sameFieldRules+" "+topFieldRules) && isList(d.typ) },
	},
	{
		"eqfield on structs of one type", "are the same", "compares them", "", struct {
			V point `validate:"eqfield=W"`
			W point
		}{point{X: 1}, point{X: 2}},
		func(d *disagreement) bool {
			return d.is(sameFieldRules+" "+topFieldRules) && d.kindIs(reflect.Struct, reflect.Complex128, reflect.Chan) && !isTime(d.typ)
		},
	},
	{
		"eqfield on an int and an int8", "are never the same", "compares them", "", struct {
			V int `validate:"eqfield=W"`
			W int8
		}{1, 1},
		func(d *disagreement) bool {
			return d.is(sameFieldRules+" "+topFieldRules) && !d.mistake && d.typ != d.other && (reflect.Zero(d.typ).CanInt() || reflect.Zero(d.typ).CanFloat() || reflect.Zero(d.typ).CanUint())
		},
	},
	{
		"gtfield and its like on strings", "compare lengths", "compare text", "", struct {
			V string `validate:"gtfield=W"`
			W string
		}{"2024-02-29", "2023-02-28"},
		func(d *disagreement) bool {
			return d.is("gtfield gtefield ltfield ltefield") && d.kindIs(reflect.String)
		},
	},
	{
		"eqcsfield in a nested struct", "names its own fields", "those of the outermost struct", "", struct {
			V int
			W struct {
				V int
				X int `validate:"eqcsfield=V"`
			}
		}{V: 1},
		func(d *disagreement) bool { return d.is(topFieldRules) && d.nested },
	},
	{
		"required_if=P nil on a pointer", "asks what it leads to", "asks whether P is nil", "", struct {
			V int `validate:"required_if=W nil"`
			W *bool
		}{W: new(bool)},
		func(d *disagreement) bool {
			return !d.mistake && d.is(conditionals) && strings.HasSuffix(d.param, " nil") && d.indirect
		},
	},
	{
		"required_if=D 2s on a time.Duration", "panics", "two seconds", "", struct {
			V int `validate:"required_if=W 2s"`
			W time.Duration
		}{},
		func(d *disagreement) bool { return d.panics && d.is(conditionals) && strings.HasSuffix(d.param, " 2s") },
	},
	{
		"required_if=N x, where N is a number", "panics, or never", "a mistake", "", struct {
			V int `validate:"required_if=W x"`
			W int
		}{},
		func(d *disagreement) bool { return d.is(conditionals) && (d.mistake || d.panics) },
	},
	{
		what: "dive,keys,min=1,endkeys on structs in any", playground: "are not checked", plinth: "are checked",
		tag: "dive,keys,min=1,endkeys", value: map[int]any{1: point{9, ""}},
	},
	{what: "cyclic data", playground: "overflows the stack", plinth: `code "max_depth"`},
	{what: "map keys of 256 bytes and more", playground: "wrong field name", plinth: "the right path"},
	{what: "names in errors", playground: "Go names", plinth: "JSON names"},
	{what: "names of embedded structs in errors", playground: "are in the path", plinth: "only if they are in the JSON"},

	{
		"letters beyond ASCII in e-mail", "accepted", "email=idn", "email", "é@b.co",
		onText("email", true, matches(`[^\x00-\x7f]`)),
	},
	{
		"e-mail address of any length", "accepted", "64, 63 and 254 bytes", "email", strings.Repeat("a", 65) + "@b.co",
		onText("email", true, matches(`^.{255}|^.{65,}@|[^.@]{64}`)),
	},
	{
		"a~b.co, b-.c.de, ab--c.de in e-mail", "accepted", "refused", "email", "a@b~c.de",
		onText("email", true, matches(`@.*(~|[-.][-.]|^-|-$|(^|[@.])..--)`)),
	},
	{
		"a.1b in e-mail", "refused", "accepted", "email", "a@a.1b",
		onText("email", false, matches(`\.[0-9][A-Za-z0-9-]*[A-Za-z]$`)),
	},
	{
		`""@a.co in e-mail`, "refused", "accepted", "email", `""@a.co`,
		onText("email", false, matches(`^""@`)),
	},
	{
		"tabs in e-mail", "accepted, in quotes", "refused", "email", "\"a\tb\"@c.de",
		onText("email", true, matches("^\".*\t.*\"@")),
	},
	{
		"::ffff:1.2.3.4", "IPv4", "IPv6, as in net/netip", "ipv4", "::ffff:1.2.3.4",
		func(d *disagreement) bool {
			s, ok := d.text()
			return ok && d.is("ipv4 ipv6 cidrv4 cidrv6") && strings.Contains(s, ":")
		},
	},
	{
		"1.2.3.0/024", "accepted", "refused", "cidr", "1.2.3.0/024",
		onText("cidr cidrv4 cidrv6", true, matches(`/0[0-9]`)),
	},
	{
		"1.2.3.4/24 in cidrv4", "refused", "accepted, as in cidr", "cidrv4", "1.2.3.4/24",
		onText("cidrv4", false, matches(`^[0-9.]+/`)),
	},
	{
		"host name of any length", "accepted", "253 bytes", "hostname", longHost,
		onText("hostname hostname_rfc1123 hostname_port", true, longer(253)),
	},
	{
		"a-.com in fqdn", "accepted", "refused", "fqdn", "a-.com",
		onText("fqdn", true, matches(`-\.|-$`)),
	},
	{
		"[a]:80, a:+80, a:000080", "accepted", "refused", "hostname_port", "a:+80",
		onText("hostname_port", true, matches(`^\[[^:]*\]|:\+|:[0-9]{6}`)),
	},
	{
		"[::1]:80", "refused", "accepted", "hostname_port", "[::1]:80",
		onText("hostname_port", false, matches(`^\[.*:.*\]:`)),
	},
	{
		"ports above 65535 and zones in a URL", "accepted", "refused", "url", "http://a:99999",
		onText("url http_url https_url uri", true, matches(`:[0-9]*[0-9]{5}|%25`)),
	},
	{
		`< > ] " and controls in a URL`, "accepted", "refused", "url", "http://a<b",
		onText("url http_url https_url uri", true, matches(`[<>"\x00-\x1f\x7f]|//[^/[]*\]`)),
	},
	{
		"http://:80 in http_url", "accepted", "refused: there is no host", "http_url", "http://:80",
		onText("http_url https_url", true, matches(`//([^/]*@)?:`)),
	},
	{
		"URL, JSON or base64 of any length", "accepted", "8 KiB, 128 KiB, 128 KiB", "url", "http://a/" + strings.Repeat("a", 8<<10),
		onText("url http_url https_url uri json jwt base64 base64url base64rawurl hexadecimal", true, longer(8<<10)),
	},
	{
		"semver, cron, datetime, latitude, duration", "any length", "128 bytes", "duration", longText + "s",
		onText("semver cron datetime latitude longitude duration", true, longer(128)),
	},
	{
		"+123456 in e164", "refused: 8 digits or more", "accepted: 6 or more", "e164", "+123456",
		onText("e164", false, matches(`^\+?[0-9]{6,7}$`)),
	},
	{
		"capital letters in uuid4 and uuid7", "refused", "accepted", "uuid4", "F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6",
		onText("uuid4 uuid7", false, matches(`[A-F]`)),
	},
	{
		"the Kelvin sign in ulid", "is a K", "refused", "ulid", "01ARZ3NDE\u212aTSV4RRFFQ69G5FAV",
		onText("ulid", true, matches("[\u212a\u017f]")),
	},
	{
		"datetime without a layout", "the empty string", "RFC 3339", "datetime", "",
		func(d *disagreement) bool { return d.is("datetime") && d.param == "" },
	},
	{
		"datetime=x, a layout without a date", "x", "a mistake", "datetime=x", "x",
		func(d *disagreement) bool { return d.mistake && d.is("datetime") },
	},
	{
		"timezone", "asks the file system", "the names of IANA", "timezone", "posixrules",
		onText("timezone", true, func(string) bool { return true }),
	},
	{
		"language tags with unknown subtags", "refused", "accepted: the form is right", "bcp47_language_tag", "xx-XX",
		onText("bcp47_language_tag", false, func(string) bool { return true }),
	},
	{
		"@every 5\u03bcs (Greek mu) in cron", "refused", "accepted", "cron", "@every 5\u03bcs",
		onText("cron", false, matches("^@every .*\u03bcs")),
	},
}

// An outcome is what a library says about a struct.
type outcome struct {
	failures []failure
	panicked any   // what the library panicked with
	mistake  error // in the tags, as the library says without looking at the value
}

// A failure is a rule that a value breaks. Paths are written as in F0[1].F2, and
// a group of rules as the group.
type failure struct{ path, rule string }

func (o outcome) equal(p outcome) bool {
	return o.mistake == nil && p.mistake == nil && o.panicked == nil && p.panicked == nil && slices.Equal(o.failures, p.failures)
}

func (o outcome) String() string {
	switch {
	case o.mistake != nil:
		return "mistake: " + o.mistake.Error()
	case o.panicked != nil:
		return fmt.Sprint("panic: ", o.panicked)
	case len(o.failures) == 0:
		return "valid"
	}
	return fmt.Sprintf("invalid: %v", o.failures)
}

// plinthSays validates v, which points to a struct, with this module.
func plinthSays(t testing.TB, v any) (o outcome) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("plinth panics with %v on %T, %+v", r, v, v)
		}
	}()
	err := validate.Struct(v)
	if errs, ok := errors.AsType[validate.Errors](err); ok {
		for _, e := range errs {
			rule := e.Rule
			if rule == "" {
				rule = e.Code
			}
			o.failures = append(o.failures, failure{unquoteKeys(e.Path.String()), rule})
		}
		return o
	}
	if _, ok := errors.AsType[*validate.TagError](err); err != nil && !ok {
		t.Fatalf("plinth returns %v on %T; want Errors or TagErrors", err, v)
	}
	return outcome{mistake: err}
}

// playgroundSays validates v, which points to a struct, with the peer.
func playgroundSays(p *validator.Validate, v any) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			o = outcome{panicked: r}
		}
	}()
	errs, _ := errors.AsType[validator.ValidationErrors](p.Struct(v))
	for _, e := range errs {
		o.failures = append(o.failures, failure{e.Namespace(), e.Tag()})
	}
	return o
}

func newPlayground() *validator.Validate {
	return validator.New(validator.WithRequiredStructEnabled())
}

var (
	embedded  = regexp.MustCompile(`\bE[0-9]+\.`)
	quotedKey = regexp.MustCompile(`\["(?:[^"\\\\]|\\\\.)*"\]`)
)

// unquoteKeys writes the keys in a path as the peer does.
func unquoteKeys(path string) string {
	return quotedKey.ReplaceAllStringFunc(path, func(key string) string {
		text, err := strconv.Unquote(key[1 : len(key)-1])
		if err != nil {
			return key
		}
		return "[" + text + "]"
	})
}

// explain returns the number of the row that explains d, and -1 if there is
// none.
func explain(d *disagreement) int {
	return slices.IndexFunc(differences, func(row difference) bool { return row.explains != nil && row.explains(d) })
}

func (d *disagreement) String() string {
	value := "nil"
	if d.value.IsValid() {
		value = fmt.Sprintf("%#v", d.value)
	}
	verdict := "accepted"
	switch {
	case d.mistake:
		verdict = "a mistake"
	case d.refused:
		verdict = "refused"
	}
	return fmt.Sprintf("%s=%s on %v, %.100s: plinth says %s", d.rule, d.param, d.typ, value, verdict)
}

// structWith returns a struct type with a field V of type t, and perhaps one W.
func structWith(tag string, t reflect.Type, w ...reflect.Type) reflect.Type {
	fields := []reflect.StructField{{Name: "V", Type: t, Tag: tagged(tag)}}
	for _, t := range w {
		fields = append(fields, reflect.StructField{Name: "W", Type: t})
	}
	return reflect.StructOf(fields)
}

func tagged(tag string) reflect.StructTag { return reflect.StructTag("validate:" + strconv.Quote(tag)) }

// misfits reports whether this module calls the rule a mistake on type t.
func misfits(rule, param string, t reflect.Type) bool {
	if param != "" {
		rule += "=" + param
	}
	errs := validate.Compile(structWith(rule, t))
	return errs != nil
}

// TestDifferencesAreDocumented holds the table in the documentation of package
// validate to the one here.
func TestDifferencesAreDocumented(t *testing.T) {
	source, err := os.ReadFile("../validate/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(source), "// # Differences from go-playground/validator\n")
	_, table, _ := strings.Cut(section, "//\tcase ")
	var got []string
	for line := range strings.SplitSeq(table, "\n") {
		if row, ok := strings.CutPrefix(line, "//\t"); ok {
			got = append(got, row)
		}
	}
	var want []string
	for _, row := range differences {
		want = append(want, fmt.Sprintf("%-42s  %-32s  %s", row.what, row.playground, row.plinth))
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("the documentation lacks the row\n//\t%s", want[i])
		case i >= len(want):
			t.Errorf("the documentation has a row too many\n//\t%s", got[i])
		case got[i] != want[i]:
			t.Errorf("row %d of the documentation is\n//\t%s\nwant\n//\t%s", i+1, got[i], want[i])
		}
	}
}

// TestDifferencesAreTrue asks both libraries about the witness of each row.
func TestDifferencesAreTrue(t *testing.T) {
	for _, row := range differences {
		if row.value == nil {
			continue
		}
		value := reflect.ValueOf(row.value)
		in := reflect.New(value.Type())
		in.Elem().Set(value)
		if row.tag != "" {
			typ := value.Type()
			if h, ok := row.value.(holder); ok {
				typ, value = reflect.TypeFor[any](), reflect.ValueOf(h.any)
			}
			in = reflect.New(structWith(row.tag, typ))
			in.Elem().Field(0).Set(value)
		}
		ours, theirs := plinthSays(t, in.Interface()), playgroundSays(newPlayground(), in.Interface())
		if ours.equal(theirs) {
			t.Errorf("%s: both libraries say of %q on %.100q: %v", row.what, row.tag, fmt.Sprint(row.value), ours)
		}
	}
}
