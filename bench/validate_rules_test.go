package bench

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// coreRules are the rules of the peer that this module has, by what follows
// their name. All but dive, keys and endkeys, which are no rules on their own.
var (
	plainRules = strings.Fields(`required omitempty omitnil omitzero isdefault structonly nostructlevel unique gt gte lt lte
		alpha alphaspace alphanum alphanumspace alphaunicode alphanumunicode ascii printascii boolean number numeric lowercase uppercase
		email url http_url https_url uri ip ipv4 ipv6 cidr cidrv4 cidrv6 mac hostname hostname_rfc1123 fqdn hostname_port port
		uuid uuid4 uuid7 uuid_rfc4122 uuid4_rfc4122 ulid e164 datetime timezone json jwt base64 base64url base64rawurl hexadecimal hexcolor
		sha256 semver cron latitude longitude credit_card iso3166_1_alpha2 iso4217 bcp47_language_tag mongodb duration`)

	paramRules = map[string][]string{
		"len min max eq ne lt lte gt gte":     {"0", "1", "2", "3", "8", "-1", "010", "0x3", "1.5", "1e1", "2s", "true", "t", "NaN", "99999999999999999999"},
		"eq ne eq_ignore_case ne_ignore_case": {"", "a", "A", "light blue", "ß", "a0x2Cb"},
		"oneof oneofci noneof noneofci":       {"a", "1 2 3", "a B 'light blue'", "1.5 -1", "''", "01", "a'b'", "2s 3"},
		"contains containsany excludes excludesall startswith endswith startsnotwith endsnotwith": {"a", "ab", "é", " ", "0x2C", "0x7C", "1"},
		"datetime": {"2006-01-02", "15:04", "2006-01-02T15:04:05Z07:00", "Jan 2", "x"},
	}

	// fieldRules name a field W of the same struct, of the same type.
	fieldRules = strings.Fields(`eqfield nefield gtfield gtefield ltfield ltefield fieldcontains fieldexcludes
		eqcsfield necsfield gtcsfield gtecsfield ltcsfield ltecsfield
		required_with required_with_all required_without required_without_all
		excluded_with excluded_with_all excluded_without excluded_without_all`)
	conditionRules = strings.Fields("required_if required_unless excluded_if excluded_unless skip_unless")
)

// eachRule calls f with every rule and parameter.
func eachRule(f func(rule, param string)) {
	for _, rule := range plainRules {
		f(rule, "")
	}
	for _, rules := range slices.Sorted(maps.Keys(paramRules)) {
		for rule := range strings.FieldsSeq(rules) {
			for _, param := range paramRules[rules] {
				f(rule, param)
			}
		}
	}
}

func joinRule(rule, param string) string {
	if param == "" && slices.Contains(plainRules, rule) {
		return rule
	}
	return rule + "=" + param
}

// behind returns what v leads to. It is invalid if that is nil.
func behind(v reflect.Value) (value reflect.Value, loose bool) {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		loose = loose || v.Kind() == reflect.Interface
		v = v.Elem()
	}
	return v, loose
}

func base(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// A tally counts what became of the comparisons of a test.
type tally struct {
	testing.TB
	values, panics int
	rows           map[int]int
}

// explain counts d under its row, or fails the test.
func (c *tally) explain(d *disagreement, ours, theirs outcome) bool {
	c.Helper()
	row := explain(d)
	if row >= 0 {
		c.rows[row]++
		return true
	}
	c.Errorf("%v\nplinth:     %v\nplayground: %v", d, ours, theirs)
	return false
}

func (c *tally) log() {
	c.Logf("%d values, the peer panics on %d", c.values, c.panics)
	for _, row := range slices.Sorted(maps.Keys(c.rows)) {
		c.Logf("%7d %s", c.rows[row], differences[row].what)
	}
}

// compareField compares the libraries on the struct type s, whose field V has
// the rule, for values of V, and for values of W if there are any.
func (c *tally) compareField(s reflect.Type, rule, param string, values, others []reflect.Value) {
	c.Helper()
	p := newPlayground()
	in := reflect.New(s)
	if len(others) == 0 {
		others = []reflect.Value{{}}
	}
	declared := base(s.Field(0).Type)
	mistaken := false
	verdicts := make(map[string]int)
	var ours, theirs outcome
	for _, v := range values {
		for _, other := range others {
			in.Elem().Field(0).Set(v)
			if other.IsValid() {
				in.Elem().Field(1).Set(other)
			}
			theirs = playgroundSays(p, in.Interface())
			if !mistaken { // which it is for all values
				ours = plinthSays(c, in.Interface())
			}
			c.values++
			if theirs.panicked != nil {
				c.panics++
			}
			d := disagreement{rule: rule, param: param, typ: declared, panics: theirs.panicked != nil}
			d.value, d.loose = behind(v)
			if d.loose && d.value.IsValid() {
				d.typ = d.value.Type()
			}
			if other.IsValid() {
				kind := s.Field(1).Type.Kind()
				d.indirect = kind == reflect.Pointer || kind == reflect.Interface
			}
			other, _ := behind(other)
			if d.other = reflect.TypeFor[any](); other.IsValid() {
				d.other = other.Type()
			}
			if ours.mistake != nil {
				// What is said of nil says nothing about the type.
				if mistaken = true; d.value.IsValid() && (other.IsValid() || s.NumField() == 1) {
					verdicts[verdictOf(theirs)]++
				}
				continue
			}
			d.refused = slices.ContainsFunc(ours.failures, func(f failure) bool { return f.path == "V" })
			if !ours.equal(theirs) && !c.explain(&d, ours, theirs) {
				return // one example will do
			}
		}
	}
	delete(verdicts, "panics")
	if mistaken {
		c.explain(&disagreement{rule: rule, param: param, typ: declared, mistake: true, same: len(verdicts) <= 1}, ours, outcome{panicked: verdicts})
	}
}

// verdictOf returns what the peer says of V itself.
func verdictOf(o outcome) string {
	switch {
	case o.panicked != nil:
		return "panics"
	case slices.ContainsFunc(o.failures, func(f failure) bool { return f.path == "V" }):
		return "refuses"
	}
	return "accepts"
}

// TestRulesAgainstPlayground compares every rule on values of every kind.
func TestRulesAgainstPlayground(t *testing.T) {
	c := tally{TB: t, rows: make(map[int]int)}
	samples := make([][]reflect.Value, len(sampleTypes))
	for i, typ := range sampleTypes {
		samples[i] = sampleValues(typ)
	}
	eachRule(func(rule, param string) {
		for i, typ := range sampleTypes {
			values := samples[i]
			if param != "" && rule != "datetime" { // and so no format
				values = values[:min(len(values), 60)]
			}
			c.compareField(structWith(joinRule(rule, param), typ), rule, param, values, nil)
		}
	})
	c.log()
}

// TestFieldRulesAgainstPlayground compares the rules that look at another field.
func TestFieldRulesAgainstPlayground(t *testing.T) {
	c := tally{TB: t, rows: make(map[int]int)}
	compare := func(typ, other reflect.Type) {
		values, others := sampleValues(typ), sampleValues(other)
		values, others = values[:min(len(values), 4)], others[:min(len(others), 4)]
		for _, rule := range fieldRules {
			c.compareField(structWith(rule+"=W", typ, other), rule, "W", values, others)
		}
		for _, rule := range conditionRules {
			for _, word := range []string{"0", "1", "2", "a", "abc", "true", "nil", "''", "1.5", "0x1", "2s"} {
				c.compareField(structWith(rule+"=W "+word, typ, other), rule, "W "+word, values, others)
			}
		}
	}
	for _, typ := range sampleTypes {
		compare(typ, typ)
		compare(reflect.TypeFor[string](), typ)
		compare(typ, reflect.TypeFor[*int]())
	}
	c.log()
}
