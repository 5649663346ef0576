package validate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
	"github.com/stretchr/testify/require"
)

type schemaLeaf struct {
	N int64 `json:"n" validate:"min=1"`
}

// A schemaResult is what ValueSchema says about a field.
type schemaResult struct {
	schema   string
	required bool
	err      error
}

func valueSchema[V any](tag string) schemaResult {
	o := validate.Options{Tags: []validate.TagRule{
		validate.Tag("even", func(string) (func(int64) bool, error) { return func(n int64) bool { return n%2 == 0 }, nil }),
		validate.Tag("hostname", func(string) (func(string) bool, error) { return func(string) bool { return true }, nil }),
		validate.Regexp("sku", regexp.MustCompile(`\A.\z`)),
		validate.Regexp("flags", regexp.MustCompile(`(?i)abc`)),
	}}
	schema, required, err := validate.ValueSchema[V](o, tag)
	return schemaResult{schema, required, err}
}

func TestJSONSchemaOfValues(t *testing.T) {
	type empty struct{}
	for _, tt := range []struct {
		got      schemaResult
		want     string
		required bool
	}{
		// Types and null.
		{valueSchema[bool](""), `{"type":"boolean"}`, false},
		{valueSchema[string](""), `{"type":"string"}`, false},
		{valueSchema[int8](""), `{"type":"integer","minimum":-128,"maximum":127}`, false},
		{valueSchema[uint64](""), `{"type":"integer","minimum":0,"maximum":18446744073709551615}`, false},
		{valueSchema[float64](""), `{"type":"number"}`, false},
		{valueSchema[*string](""), `{"type":["string","null"]}`, false},
		{valueSchema[*string]("required"), `{"type":"string"}`, true},
		{valueSchema[[]string](""), `{"type":["array","null"],"items":{"type":"string"}}`, false},
		{valueSchema[map[string]bool](""), `{"type":["object","null"],"additionalProperties":{"type":"boolean"}}`, false},
		{valueSchema[map[int]bool](""), `{"type":["object","null"],"propertyNames":{"pattern":"^[+-]?[0-9]+$"},"additionalProperties":{"type":"boolean"}}`, false},
		{valueSchema[[2]bool](""), `{"type":"array","minItems":2,"maxItems":2,"items":{"type":"boolean"}}`, false},
		{valueSchema[any](""), `{}`, false},
		{valueSchema[error](""), `{"type":"null"}`, false},
		{valueSchema[error]("required"), `{"not":{}}`, true},
		{valueSchema[json.RawMessage](""), `{}`, false},
		{valueSchema[*json.RawMessage]("required"), `{"not":{"type":"null"}}`, true},
		{valueSchema[schemaLeaf](""), `{"$ref":"#/$defs/schemaLeaf"}`, true},
		{valueSchema[*schemaLeaf](""), `{"anyOf":[{"$ref":"#/$defs/schemaLeaf"},{"type":"null"}]}`, false},
		{valueSchema[struct{}](""), `{"type":"object","properties":{},"additionalProperties":false}`, false},
		{valueSchema[empty]("required"), `{"not":{"type":"object","properties":{},"additionalProperties":false},"$ref":"#/$defs/empty"}`, true},

		// A value that must be there, or need not be.
		{valueSchema[string]("required"), `{"type":"string","minLength":1}`, true},
		{valueSchema[string]("min=1"), `{"type":"string","minLength":1}`, true},
		{valueSchema[string]("max=1"), `{"type":"string","maxLength":1}`, false},
		{valueSchema[int]("required,max=9,min=-9"), `{"type":"integer","not":{"const":0},"maximum":9,"minimum":-9}`, true},
		{valueSchema[bool]("required"), `{"type":"boolean","const":true}`, true},
		{valueSchema[string]("omitempty,min=3"), `{"type":"string","anyOf":[{"const":""},{"minLength":3}]}`, false},
		{valueSchema[string]("omitempty,max=3"), `{"type":"string","maxLength":3}`, false},
		{valueSchema[*string]("omitempty,min=3"), `{"type":["string","null"],"minLength":3}`, false},
		{valueSchema[*string]("omitzero,min=3"), `{"anyOf":[{"type":"string","anyOf":[{"const":""},{"minLength":3}]},{"type":"null"}]}`, false},
		{valueSchema[*string]("min=3"), `{"type":"string","minLength":3}`, true},
		{valueSchema[*bool]("omitzero,isdefault"), `{"anyOf":[{"type":"boolean","anyOf":[{"const":false},{"not":{}}]},{"type":"null"}]}`, false},
		{valueSchema[[]bool]("omitempty,min=3"), `{"type":["array","null"],"minItems":3,"items":{"type":"boolean"}}`, false},
		{valueSchema[[]bool]("omitnil,min=3"), `{"type":["array","null"],"minItems":3,"items":{"type":"boolean"}}`, false},
		{valueSchema[[]bool]("min=3"), `{"type":"array","minItems":3,"items":{"type":"boolean"}}`, true},
		{valueSchema[string]("isdefault"), `{"type":"string","const":""}`, false},
		{valueSchema[[]int64]("isdefault"), `{"anyOf":[{"type":"array","not":{},"items":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}},{"type":"null"}]}`, false},
		{valueSchema[schemaLeaf]("omitempty"), `{"anyOf":[{"type":"object","properties":{"n":{"const":0}},"additionalProperties":false},{"$ref":"#/$defs/schemaLeaf"}]}`, false},
		{valueSchema[schemaLeaf]("structonly"), `{"$ref":"#/$defs/schemaLeaf"}`, false},

		// Bounds and words.
		{valueSchema[uint16]("gt=3,lt=70000"), `{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":70000,"maximum":65535}`, true},
		{valueSchema[float32]("gt=0.1,max=9,max=8"), `{"type":"number","exclusiveMinimum":0.1,"maximum":8}`, true},
		{valueSchema[time.Duration]("min=0,max=1m"), `{"type":"integer","minimum":0,"maximum":60000000000}`, false},
		{valueSchema[uint16]("port"), `{"type":"integer","minimum":1,"maximum":65535}`, true},
		{valueSchema[string]("len=3"), `{"type":"string","minLength":3,"maxLength":3}`, true},
		{valueSchema[string]("oneof=a <b>"), `{"type":"string","enum":["a","<b>"]}`, true},
		{valueSchema[*string]("omitempty,oneof=a b"), `{"type":["string","null"],"enum":["a","b",null]}`, false},
		{valueSchema[float64]("noneof=1 0.5"), `{"type":"number","not":{"enum":[1,0.5]}}`, false},
		{valueSchema[[]string]("unique,max=3"), `{"type":["array","null"],"uniqueItems":true,"maxItems":3,"items":{"type":"string"}}`, false},
		{valueSchema[[]any]("unique"), `{"type":["array","null"],"uniqueItems":true,"items":{"type":["string","number","boolean","null"]}}`, false},
		{valueSchema[map[string]string]("len=1,dive,keys,max=3,endkeys,max=4"), `{"type":"object","minProperties":1,"maxProperties":1,"propertyNames":{"maxLength":3},"additionalProperties":{"type":"string","maxLength":4}}`, true},
		{valueSchema[any]("omitempty,oneof=a 1"), `{"anyOf":[{"type":"string","enum":["a","1"]},{"type":"number","enum":[1]},{"type":"null"}]}`, false},
		{valueSchema[any]("required"), `{"type":["string","number","boolean","array","object"]}`, true},

		// Text.
		{valueSchema[string]("ne=a|eq=b"), `{"type":"string","anyOf":[{"not":{"const":"a"}},{"const":"b"}]}`, false},
		{valueSchema[string]("excludes=.,startswith=<"), `{"type":"string","not":{"pattern":"\\."},"pattern":"^<"}`, true},
		{valueSchema[string]("contains=a,contains=b"), `{"type":"string","pattern":"a","allOf":[{"pattern":"b"}]}`, true},
		{valueSchema[string]("eq_ignore_case=Ks-"), "{\"type\":\"string\",\"pattern\":\"^(?:[Kk\u212a][Ss\u017f]\\\\x2d)$\"}", true},
		{valueSchema[string]("regexp=@sku"), `{"type":"string","pattern":"^[^\\n]$"}`, true},
		{valueSchema[string]("sha256"), `{"type":"string","pattern":"^[0-9a-f]{64}$"}`, true},
		{valueSchema[string]("ipv4|ipv6|eq=any"), `{"type":"string","anyOf":[{"format":"ipv4","pattern":"^(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\\.(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$"},{"format":"ipv6","pattern":"^[0-9A-Fa-f:.]{2,45}$","$comment":"Go checks more: ipv6"},{"const":"any"}]}`, true},
		{valueSchema[string]("datetime=2006-01-02"), `{"type":"string","maxLength":128,"format":"date","pattern":"^[0-9]{4}\\x2d(?:0[1-9]|1[0-2])\\x2d(?:0[1-9]|[12][0-9]|3[01])$"}`, true},
		{valueSchema[string]("json"), `{"type":"string","contentMediaType":"application/json","maxLength":131072,"$comment":"Go checks more: json"}`, true},

		// What is left to Go is named.
		{valueSchema[bool]("eq=true"), `{"type":"boolean","const":true}`, true},
		{valueSchema[*int64]("even"), `{"type":"integer","$comment":"Go checks more: even","minimum":-9223372036854775808,"maximum":9223372036854775807}`, true},
		{valueSchema[string]("hostname"), `{"type":"string","$comment":"Go checks more: hostname"}`, false},
		{valueSchema[string]("hostname|eq=a"), `{"type":"string","$comment":"Go checks more: hostname|eq=a"}`, false},
		{valueSchema[string]("regexp=@flags"), `{"type":"string","$comment":"Go checks more: regexp=@flags"}`, true},
		{valueSchema[[]schemaLeaf]("unique=N"), `{"type":["array","null"],"$comment":"Go checks more: unique=n","items":{"$ref":"#/$defs/schemaLeaf"}}`, false},
		{valueSchema[[]struct{ P *int64 }]("unique"), `{"type":["array","null"],"$comment":"Go checks more: unique","items":{"type":"object","properties":{"P":` +
			`{"type":["integer","null"],"minimum":-9223372036854775808,"maximum":9223372036854775807}},"additionalProperties":false}}`, false},
		{valueSchema[[]json.Number]("unique"), `{"type":["array","null"],"$comment":"Go checks more: unique","items":{"type":["number","string"],"pattern":"^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"}}`, false},
		{valueSchema[[]*schemaLeaf]("unique"), `{"type":["array","null"],"uniqueItems":true,"$comment":"Go checks more: unique","items":{"anyOf":[{"$ref":"#/$defs/schemaLeaf"},{"type":"null"}]}}`, false},
	} {
		if tt.got.err != nil {
			t.Errorf("the tag for %s: %v", tt.want, tt.got.err)
		} else if tt.got.schema != tt.want || tt.got.required != tt.required {
			t.Errorf("schema %s, required %t; want %s, %t", tt.got.schema, tt.got.required, tt.want, tt.required)
		}
	}
}

// schemaMap returns the schema of T, decoded.
func schemaMap[T any](t *testing.T, tags ...validate.TagRule) map[string]any {
	t.Helper()
	val, err := validate.For[T](validate.Options{Tags: tags})
	require.NoError(t, err)
	text, err := val.JSONSchema()
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m), string(text))
	return m
}

// at returns the JSON of what path leads to in a schema.
func at(t *testing.T, m map[string]any, path ...string) string {
	t.Helper()
	var v any = m
	for _, name := range path {
		v = v.(map[string]any)[name]
	}
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

type schemaTree struct {
	Left  *schemaTree         `json:"left"`
	Other schemaPage[*string] `json:"other"`
	Heap  []schemaTree        `json:"heap"` // without dive
}

type schemaPage[T any] struct {
	Items []T            `json:"items" validate:"min=1"`
	Next  *schemaPage[T] `json:"next"`
	Root  *schemaTree    `json:"root"`
}

func TestJSONSchemaOfRecursiveTypes(t *testing.T) {
	m := schemaMap[schemaTree](t)
	for _, tt := range []struct {
		path []string
		want string
	}{
		{[]string{"$schema"}, `"https://json-schema.org/draft/2020-12/schema"`},
		{[]string{"title"}, `"schemaTree"`},
		{[]string{"properties", "left"}, `{"anyOf":[{"$ref":"#"},{"type":"null"}]}`},
		{[]string{"properties", "other"}, `{"$ref":"#/$defs/schemaPage_string"}`},
		{[]string{"properties", "heap", "items"}, `{"$ref":"#/$defs/schemaTree"}`},
		{[]string{"$defs", "schemaPage_string", "properties", "root"}, `{"anyOf":[{"$ref":"#"},{"type":"null"}]}`},
		{[]string{"$defs", "schemaPage_string", "properties", "items"}, `{"items":{"type":["string","null"]},"minItems":1,"type":"array"}`},
		// Under a list without dive nothing is checked, so that these differ.
		{[]string{"$defs", "schemaTree", "properties", "other"}, `{"$ref":"#/$defs/schemaPage_string2"}`},
		{[]string{"$defs", "schemaPage_string2", "properties", "items"}, `{"items":{"type":["string","null"]},"type":["array","null"]}`},
	} {
		if got := at(t, m, tt.path...); got != tt.want {
			t.Errorf("%v: %s; want %s", tt.path, got, tt.want)
		}
	}
}

type (
	schemaLists   []schemaLists
	schemaMaps    map[string]schemaMaps
	schemaPointer *[]schemaPointer
	schemaNoName  []struct {
		Next schemaNoName `json:"next" validate:"dive"`
	}
	schemaGrösse struct {
		Next *schemaGrösse `json:"next"`
	}
)

// TestJSONSchemaOfTypesThatHoldThemselves: what leads back to itself gets a name,
// even a type without one.
func TestJSONSchemaOfTypesThatHoldThemselves(t *testing.T) {
	type body struct {
		Lists   schemaLists   `json:"lists"`
		Maps    schemaMaps    `json:"maps" validate:"required"`
		Pointer schemaPointer `json:"pointer"`
		NoName  schemaNoName  `json:"noname" validate:"dive"`
		Grösse  schemaGrösse  `json:"size"`
	}
	m := schemaMap[body](t)
	for _, tt := range []struct {
		path []string
		want string
	}{
		{[]string{"properties", "lists"}, `{"anyOf":[{"$ref":"#/$defs/schemaLists"},{"type":"null"}]}`},
		{[]string{"$defs", "schemaLists"}, `{"items":{"anyOf":[{"$ref":"#/$defs/schemaLists"},{"type":"null"}]},"type":"array"}`},
		{[]string{"properties", "maps"}, `{"additionalProperties":{"anyOf":[{"$ref":"#/$defs/schemaMaps"},{"type":"null"}]},"type":"object"}`},
		{[]string{"properties", "pointer"}, `{"anyOf":[{"$ref":"#/$defs/schemaPointer"},{"type":"null"}]}`},
		{[]string{"$defs", "schemaPointer", "items"}, `{"anyOf":[{"$ref":"#/$defs/schemaPointer"},{"type":"null"}]}`},
		{[]string{"properties", "noname", "items"}, `{"$ref":"#/$defs/struct_Next_schemaNoName_json_next_validate_dive"}`},
		{[]string{"$defs", "schemaGrösse", "properties", "next"}, `{"anyOf":[{"$ref":"#/$defs/schemaGr%C3%B6sse"},{"type":"null"}]}`},
	} {
		if got := at(t, m, tt.path...); got != tt.want {
			t.Errorf("%v: %s; want %s", tt.path, got, tt.want)
		}
	}
}

// TestJSONSchemaOfOwnRules: a rule of Options.Tags is noted, whatever its name.
func TestJSONSchemaOfOwnRules(t *testing.T) {
	type body struct {
		V bool `json:"v" validate:"required"`
	}
	m := schemaMap[body](t, validate.Tag("required", func(string) (func(bool) bool, error) { return func(bool) bool { return true }, nil }))
	const want = `{"v":{"$comment":"Go checks more: required","type":"boolean"}}`
	if got := at(t, m, "properties"); got != want || m["required"] != nil {
		t.Errorf("properties %s, required %v; want %s, none", got, m["required"], want)
	}
}

func TestJSONSchemaIsStable(t *testing.T) {
	val, err := validate.For[schemaTree](validate.Options{})
	require.NoError(t, err)
	want, err := val.JSONSchema()
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			other, err := validate.For[schemaTree](validate.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			for _, v := range []*validate.Validator[schemaTree]{val, other} {
				if got, err := v.JSONSchema(); err != nil || !bytes.Equal(got, want) {
					t.Errorf("JSONSchema() = %s, %v; want %s", got, err, want)
				}
			}
		})
	}
	wg.Wait()
}

type SchemaBase struct {
	ID    string `json:"id" validate:"required"`
	Owner string `json:"owner" validate:"excluded_with=ID"`
}

func TestJSONSchemaOfStructs(t *testing.T) {
	type conditional struct {
		Kind  string    `json:"kind"`
		Start time.Time `json:"start"`
		Card  *int      `json:"card" validate:"required_if=Kind card"`
		Cash  string    `json:"cash" validate:"excluded_if=Kind card"`
		End   string    `json:"end" validate:"required_with=Start"`
		Total int       `json:"total" validate:"eqfield=Sum"`
		Sum   int       `json:"sum"`
		Words []string  `json:"words" validate:"dive,required_if=Kind card"`
		Ref   *struct {
			ID *int `json:"id"`
		} `json:"ref"`
		Why    string `json:"why" validate:"required_unless=Ref.ID nil"`
		None   *int   `json:"none" validate:"omitzero,excluded_if=Kind card"`
		hidden int
	}
	type embedded struct {
		*SchemaBase
		Name string `json:"name"`
	}
	type checked struct {
		Inner schemaChecked `json:"inner"`
	}
	const isCard = `"if":{"properties":{"kind":{"const":"card"}},"required":["kind"]}`
	m := schemaMap[conditional](t)
	for _, tt := range []struct {
		m    map[string]any
		path []string
		want string
	}{
		{m, []string{"allOf"}, `[{` + isCard + `,"then":{"properties":{"card":{"not":{"type":"null"}}},"required":["card"]}},` +
			`{` + isCard + `,"then":{"properties":{"cash":{"const":""}}}}]`},
		// Whether a time is the zero time, JSON does not show.
		{m, []string{"$comment"}, `"Go checks more: end: required_with=Start, why: required_unless=Ref.ID nil, none: excluded_if=Kind card"`},
		{m, []string{"properties", "total", "$comment"}, `"Go checks more: eqfield=sum"`},
		{m, []string{"properties", "words", "items", "$comment"}, `"Go checks more: required_if=Kind card"`},
		{m, []string{"required"}, `null`},
		{schemaMap[embedded](t), []string{"dependentRequired"}, `{"owner":["id"]}`},
		{schemaMap[embedded](t), []string{"required"}, `null`},
		{schemaMap[embedded](t), []string{"$comment"}, `"Go checks more: owner: excluded_with=ID"`},
		{schemaMap[checked](t), []string{"$defs", "schemaChecked", "$comment"}, `"Go checks more: Validate"`},
	} {
		if got := at(t, tt.m, tt.path...); got != tt.want {
			t.Errorf("%v: %s; want %s", tt.path, got, tt.want)
		}
	}
	_ = conditional{hidden: 0}
}

type schemaChecked struct {
	N int `json:"n"`
}

func (schemaChecked) Validate() error { return nil }

// TestJSONSchemaOfTypedRules: rules in code are functions, about which a schema
// says nothing.
func TestJSONSchemaOfTypedRules(t *testing.T) {
	val, err := validate.Schema(validate.Field("n", func(v *schemaLeaf) int64 { return v.N }, validate.Min[int64](3)))
	require.NoError(t, err)
	got, err := val.JSONSchema()
	require.NoError(t, err)
	const want = `{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"schemaLeaf","type":"object",` +
		`"properties":{"n":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}},"additionalProperties":false}`
	if string(got) != want {
		t.Errorf("JSONSchema() = %s; want %s", got, want)
	}
}

func TestJSONSchemaOfAPanickingMatcher(t *testing.T) {
	type body struct {
		V string `validate:"regexp=@nil"`
	}
	val, err := validate.For[body](validate.Options{Tags: []validate.TagRule{validate.Regexp("nil", (*regexp.Regexp)(nil))}})
	require.NoError(t, err)
	got, err := val.JSONSchema()
	if _, ok := errors.AsType[*validate.PanicError](err); !ok || got != nil {
		t.Errorf("JSONSchema() = %s, %v; want a *PanicError", got, err)
	}
}

func TestECMAPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, want string // empty if there is none
	}{
		{`^[A-Z]{2,3}-\d+$`, `^[A-Z]{2,3}-\d+$`},
		{`\A(?P<year>\d{4})(?<m>x)(y)\z`, `^(?:\d{4})(?:x)(?:y)$`},
		{`a.b`, `a[^\n]b`},
		{`[.]`, `[.]`},
		{`\s[\s,]\S`, `[\t\n\f\r ][\t\n\f\r ,][^\t\n\f\r ]`},
		{`a{,2}b}c]`, `a\{,2\}b\}c\]`},
		{`/\@\-\.\x41`, `\/@\x2d\.\x41`},
		{`[a[b\]-]é`, `[a\[b\]-]é`},
		{`[\s-z][\d-]`, `[\t\n\f\r \x2dz][\d\x2d]`},
		{`^*a`, ``},
		{`a\b{2}`, ``},
		{`a\b|\B`, `a\b|\B`},
		{`(?i)a`, ``},
		{`(?i:a)`, ``},
		{`[[:alpha:]]`, ``},
		{`[^\S]`, ``},
		{`[]a]`, ``},
		{`\pL`, ``},
		{`\Qa\E`, ``},
		{`\x{41}`, ``},
		{`\101`, ``},
		{`\C`, ``},
	} {
		got, ok := validate.ECMAPattern(tt.pattern)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("ECMAPattern(%q) = %q, %t; want %q", tt.pattern, got, ok, tt.want)
		}
		if _, err := regexp.Compile(tt.pattern); err != nil && tt.pattern != `\C` {
			t.Errorf("%q is no pattern: %v", tt.pattern, err)
		}
	}
}

// FuzzECMAPattern: a pattern means the same after translation, which is a pattern
// of package regexp too.
func FuzzECMAPattern(f *testing.F) {
	for _, seed := range []string{`^[A-Z]{2,3}-\d+$`, `\A(?P<year>\d{4})\z`, `a.b`, `\s[\s,]\S`, `a{,2}b}c]`, `[a[b\]-]`, `(a|b)*?c`, `[^\n]`, `[\s-z]`, `^*a`} {
		f.Add(seed, "ab 12-x")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		before, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		translated, ok := validate.ECMAPattern(pattern)
		if !ok {
			return
		}
		after, err := regexp.Compile(translated)
		if err != nil {
			t.Fatalf("ECMAPattern(%q) = %q: %v", pattern, translated, err)
		}
		if before.MatchString(s) != after.MatchString(s) {
			t.Errorf("%q matches %q: %t; as %q: %t", pattern, s, before.MatchString(s), translated, after.MatchString(s))
		}
	})
}

func BenchmarkJSONSchema(b *testing.B) {
	val, err := validate.For[SignUp](validate.Options{})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := val.JSONSchema(); err != nil {
			b.Fatal(err)
		}
	}
}
