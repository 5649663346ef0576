package validate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/goplinth/plinth/internal/race"
	"github.com/goplinth/plinth/validate"
)

type jsonLine struct {
	SKU string `json:"sku" validate:"required"`
	Qty uint8  `json:"qty" validate:"min=1"`
}

type jsonOrder struct {
	Email string              `json:"email" validate:"required,email"`
	Lines []jsonLine          `json:"lines" validate:"min=1,max=3,dive"`
	At    *time.Time          `json:"at"`
	Notes map[string]string   `json:"notes" validate:"dive,max=5"`
	Rates map[int8]float32    `json:"rates"`
	Point [2]float64          `json:"point"`
	Any   any                 `json:"any"`
	Count int                 `json:"count,string"`
	Bytes []byte              `json:"bytes"`
	Paths map[upperKey]string `json:"paths"`
	Pipe  chan int            `json:"pipe"`
	Limit *int                `json:"limit,string"`
}

// jsonOK is what a valid order has at least; it stands where the tests say OK.
const jsonOK = `"email":"ann@example.com","lines":[{"sku":"x","qty":1}]`

func decodeOrder(body string, opts ...validate.JSONOption) (jsonOrder, error) {
	return validate.JSON[jsonOrder](strings.NewReader(strings.ReplaceAll(body, "OK", jsonOK)), opts...)
}

func TestJSON(t *testing.T) {
	for _, tt := range []struct {
		body string
		want []string
	}{
		{`{OK}`, nil},
		{" \n{OK}\t\r\n", nil},
		{`{OK,"at":null,"notes":null,"any":null,"rates":null,"bytes":null,"pipe":null}`, nil},
		{`{"EMAIL":"ann@example.com","lines":[{"Sku":"x","qty":1}]}`, nil},

		// The body as a whole.
		{``, []string{"empty"}},
		{" \n ", []string{"empty"}},
		{`null`, []string{"null"}},
		{`[]`, []string{"type"}},
		{`"{}"`, []string{"type"}},
		{`{OK} {}`, []string{"trailing_data"}},
		{`{OK}]`, []string{"trailing_data"}},
		{`{OK`, []string{"syntax"}},
		{`{OK,}`, []string{"syntax"}},
		{`{"email":"x","lines":7,"at":nil}`, []string{"lines type", "syntax"}},

		// Kinds and ranges.
		{`{"email":7,"lines":{},"at":5,"notes":[],"point":"x","any":[]}`, []string{
			"email type", "lines type", "at format", "notes type", "point type"}},
		{`{"email":null,"lines":[{"sku":"x","qty":null},null],"point":null}`, []string{
			"email null", "lines[0].qty null", "lines[1] null", "point null"}},
		{`{OK,"rates":{"1":1e39,"x":1,"128":1},"any":[1e400]}`, []string{"rates[1] range", `rates[x] key`, `rates["128"] key`, "any[0] range"}},
		{`{"email":"ann@example.com","lines":[{"sku":"x","qty":256},{"sku":"x","qty":-1},{"sku":"x","qty":1.0}]}`, []string{
			"lines[0].qty range", "lines[1].qty range", "lines[2].qty type"}},
		{`{OK,"point":[1]}`, []string{"point items"}},
		{`{OK,"point":[1,2,3]}`, []string{"point items"}},
		{`{OK,"at":"soon","bytes":"?","count":5,"paths":{"":""},"pipe":1}`, []string{
			"at format", "bytes format", "count type", `paths[""] key`, "pipe type"}},
		{`{OK,"count":"5"}`, nil},
		{`{OK,"count":""}`, []string{"count type"}},
		{`{OK,"count":"null","limit":"null"}`, []string{"count type", "limit type"}},
		{`{OK,"limit":null}`, nil},

		// Names.
		{`{OK,"emial":"","x":{"y":7}}`, []string{"emial unknown_field", "x unknown_field"}},
		{`{OK,"a b":1,"\n":2}`, []string{`["a b"] unknown_field`, `["\n"] unknown_field`}},
		{`{OK,"email":"bob@example.com"}`, []string{"email duplicate"}},
		{`{OK,"Email":"bob@example.com"}`, []string{"email duplicate"}},
		{`{OK,"at":null,"at":null}`, []string{"at duplicate"}},
		{`{OK,"notes":{"a":"b","a":"c"},"any":[{"x":1,"\u0078":2}]}`, []string{"notes[a] duplicate", "any[0][x] duplicate"}},
		{`{OK,"rates":{"1":1,"01":2},"paths":{"a":"","A":""}}`, []string{"rates[01] duplicate", "paths[A] duplicate"}},

		// Unicode.
		{"{OK,\"any\":\"\xff\",\"notes\":{\"a\":\"\\ud800\",\"\\udc00\":\"\"}}", []string{"any encoding", "notes[a] encoding", "notes encoding"}},
		{"{OK,\"\xff\":1}", []string{"encoding"}},

		// Rules, on what was decoded.
		{`{"email":"ann","lines":[{"qty":0}]}`, []string{"email email", "lines[0].sku required", "lines[0].qty min"}},
		{`{"email":"ann","lines":[{"sku":7,"qty":0}]}`, []string{"lines[0].sku type", "email email", "lines[0].qty min"}},
		{`{"email":7,"lines":[7,{"qty":1}]}`, []string{"email type", "lines[0] type", "lines[1].sku required"}},
		{`{OK,"notes":{"a":"too long","b":7}}`, []string{"notes[b] type", "notes[a] max_length"}},
		{`{"email":"ann@example.com","lines":[1,2,3,4]}`, []string{"lines[0] type", "lines[1] type", "lines[2] type", "lines[3] type"}},
		{`{"emial":"ann@example.com","lines":[]}`, []string{"emial unknown_field", "email required", "lines min_items"}},
	} {
		got, err := decodeOrder(tt.body)
		checkCodes(t, fmt.Sprintf("JSON(%q)", tt.body), err, tt.want...)
		if err != nil && !reflect.DeepEqual(got, jsonOrder{}) {
			t.Errorf("JSON(%q) = %+v with an error; want the zero value", tt.body, got)
		}
	}
}

// The position is that of the first byte that cannot be, and columns count
// characters.
func TestJSONSyntaxErrors(t *testing.T) {
	for _, tt := range []struct {
		body, want string
	}{
		{`{`, "line 1, column 2: the name of a member is missing; it stands in quotes"},
		{"{\n  \"é\": 1,\n}", "line 3, column 1: the name of a member is missing; it stands in quotes"},
		{`{"é" 1}`, "line 1, column 6: a colon is missing after the name of a member"},
		{`{"a":}`, "line 1, column 6: a value is missing"},
		{`{"a":tru}`, "line 1, column 6: a value is missing; text stands in quotes"},
		{`{"a":undefined}`, "line 1, column 6: a value is missing"},
		{`[1 2]`, "line 1, column 4: a comma or ] is missing"},
		{`[1,2`, "line 1, column 5: a comma or ] is missing"},
		{`{"a":1]`, "line 1, column 7: a comma or } is missing"},
		{`[1,]`, "line 1, column 4: a value is missing"},
		{`"a`, "line 1, column 3: a string has no closing quote"},
		{`"\x"`, "line 1, column 2: a backslash starts no escape; to stand for itself it is written twice"},
		{`"\u12g4"`, "line 1, column 2: a backslash starts no escape; to stand for itself it is written twice"},
		{"\"a\nb\"", "line 1, column 3: a control character stands in a string; it is to be escaped"},
		{`-`, "line 1, column 2: a number has no digits where they are needed"},
		{`-a`, "line 1, column 2: a number has no digits where they are needed"},
		{`1.`, "line 1, column 3: a number has no digits after its point"},
		{`1e+`, "line 1, column 4: a number has no digits in its exponent"},
		{"\ufeff{}", "line 1, column 1: a value is missing"},
		{`'a'`, "line 1, column 1: a value is missing"},
	} {
		_, err := validate.JSON[any](strings.NewReader(tt.body))
		if got, want := fmt.Sprint(err), "validate: the body must be valid JSON: "+tt.want; got != want {
			t.Errorf("JSON(%q) = %q; want %q", tt.body, got, want)
		}
	}
	_, err := validate.JSON[any](strings.NewReader("[1,\n 02]"))
	if errs, _ := errors.AsType[validate.Errors](err); len(errs) != 1 || !reflect.DeepEqual(errs[0].Param, []int{2, 3}) {
		t.Errorf("Param of a syntax error = %v; want line and column [2 3]", errs)
	}
}

func TestJSONMessages(t *testing.T) {
	for _, tt := range []struct {
		body, want string
		param      any
	}{
		{``, "the body must not be empty", nil},
		{`{OK}x`, "the body must end after its JSON value: line 1, column 58: more text follows", []int{1, 58}},
		{`[]`, "must be an object", "object"},
		{`null`, "must be an object, not null", "object"},
		{`{"email":1}`, "email: must be a string", "string"},
		{`{OK,"at":1}`, "at: must be a date and time as in 2006-01-02T15:04:05Z", "date-time"},
		{`{OK,"count":true}`, "count: must be a string that holds a whole number in JSON", "string"},
		{`{OK,"bytes":true}`, "bytes: must be a string in base64", "string"},
		{`{OK,"bytes":"?"}`, "bytes: must be a string in base64", "base64"},
		{`{OK,"rates":{"1":true}}`, "rates[1]: must be a number", "number"},
		{`{OK,"rates":{"1":-1e39}}`, "rates[1]: must be from -3.4e38 to 3.4e38", []float64{-3.4028234663852886e38, 3.4028234663852886e38}},
		{`{OK,"rates":{"x":1}}`, "rates[x]: must have a whole number that fits as its key", nil},
		{`{OK,"paths":{"":""}}`, `paths[""]: must have another key; this one is malformed`, nil},
		{`{OK,"point":[]}`, "point: must have exactly 2 items", 2},
		{`{OK,"pipe":[]}`, "pipe: must be left out; nothing can be stored in it", "null"},
		{`{OK,"nots":{}}`, "nots: is not a known field; did you mean notes?", "notes"},
		{`{OK,"xyz":{}}`, "xyz: is not a known field", nil},
		{`{OK,"email":""}`, "email: must not be given more than once", nil},
		{`{OK,"any":"\ud800"}`, "any: must be valid Unicode, encoded in UTF-8", nil},
		{`{OK,"any":{"\ud800":1}}`, "any: must have names that are valid Unicode, encoded in UTF-8", nil},
		{`{OK,"any":-1e999}`, "any: must be from -1.7e308 to 1.7e308", []float64{-1.7976931348623157e308, 1.7976931348623157e308}},
	} {
		_, err := decodeOrder(tt.body)
		errs, _ := errors.AsType[validate.Errors](err)
		if len(errs) == 0 || errs[0].Error() != tt.want || !reflect.DeepEqual(errs[0].Param, tt.param) {
			t.Errorf("JSON(%q) = %#v; want %q with the Param %v", tt.body, err, tt.want, tt.param)
		}
	}
	_, err := validate.JSON[[]int16](strings.NewReader(`[1e2,40000]`))
	if want := "validate: [0]: must be a whole number, written without a point or exponent; [1]: must be from -32768 to 32767"; fmt.Sprint(err) != want {
		t.Errorf("JSON[[]int16] = %v; want %v", err, want)
	}
	_, err = validate.JSON[[]uint64](strings.NewReader(`[18446744073709551616,true]`))
	if want := "validate: [0]: must be from 0 to 18446744073709551615; [1]: must be a whole number"; fmt.Sprint(err) != want {
		t.Errorf("JSON[[]uint64] = %v; want %v", err, want)
	}
}

func TestJSONHints(t *testing.T) {
	type form struct {
		Email, FirstName, Country, Qty, X string
		FirstNames                        []string
	}
	for _, tt := range []struct{ name, want string }{
		{"emial", "Email"}, {"e-mail", "Email"}, {"mail", "Email"}, {"Emailx", "Email"}, {"first_name", "FirstName"},
		{"fristName", "FirstName"}, {"firstnamess", "FirstNames"}, {"contry", "Country"}, {"qyt", "Qty"},
		{"y", ""}, {"", ""}, {"q", ""}, {"password", ""}, {strings.Repeat("email", 1000), ""}, {"名前", ""},
	} {
		name, _ := json.Marshal(tt.name)
		_, err := validate.JSON[form](strings.NewReader(fmt.Sprintf(`{%s:1}`, name)))
		errs, _ := errors.AsType[validate.Errors](err)
		got := ""
		if len(errs) == 1 {
			got, _ = errs[0].Param.(string)
		}
		if len(errs) != 1 || got != tt.want {
			t.Errorf("the field suggested for %q is %q; want %q (%v)", tt.name, got, tt.want, err)
		}
	}
}

func TestJSONPointers(t *testing.T) {
	_, err := decodeOrder(`{OK,"notes":{"a/b~c":7},"any":{"x y":[{},{"":[1e999]}]}}`)
	errs, _ := errors.AsType[validate.Errors](err)
	var got []string
	for _, e := range errs {
		got = append(got, e.Path.Pointer())
	}
	if want := []string{"/notes/a~1b~0c", "/any/x y/1//0"}; !reflect.DeepEqual(got, want) {
		t.Errorf("pointers = %q; want %q", got, want)
	}
}

func TestJSONOptions(t *testing.T) {
	body := `{OK}`
	size := int64(len(jsonOK) + 2)
	for _, tt := range []struct {
		name string
		body string
		opts []validate.JSONOption
		want []string
	}{
		{"of just the limit", body, []validate.JSONOption{validate.WithMaxBytes(size)}, nil},
		{"one byte over the limit", body, []validate.JSONOption{validate.WithMaxBytes(size - 1)}, []string{"too_large"}},
		{"limit 0", body + strings.Repeat(" ", 1<<20-int(size)), []validate.JSONOption{validate.WithMaxBytes(0)}, nil},
		{"of 1 MiB", body + strings.Repeat(" ", 1<<20-int(size)), nil, nil},
		{"of more than 1 MiB", body + strings.Repeat(" ", 1<<20-int(size)+1), nil, []string{"too_large"}},
		{"nil option, highest limit", body, []validate.JSONOption{nil, validate.WithMaxBytes(1<<63 - 1)}, nil},
		{"unknown fields allowed", `{OK,"x":{"a":[1e999]},"y":null}`, []validate.JSONOption{validate.WithUnknownFields()}, nil},
		{"wrong in unknown fields", "{OK,\"x\":{\"a\":1,\"a\":2,\"b\":\"\xff\"}}", []validate.JSONOption{validate.WithUnknownFields()},
			[]string{"x[a] duplicate", "x[b] encoding"}},
		{"many names in unknown fields", `{OK,"x":{` + manyNames(40) + `,"n7":2,"n39":3,"other":4}}`, []validate.JSONOption{validate.WithUnknownFields()},
			[]string{"x[n7] duplicate", "x[n39] duplicate"}},
	} {
		_, err := decodeOrder(tt.body, tt.opts...)
		checkCodes(t, "JSON of a body "+tt.name, err, tt.want...)
	}
	_, err := decodeOrder(body, validate.WithMaxBytes(9))
	if want := "validate: the body must be at most 9 bytes long"; fmt.Sprint(err) != want {
		t.Errorf("JSON of a large body = %v; want %v", err, want)
	}
	func() {
		defer func() {
			if got, want := recover(), "validate: WithMaxBytes was given -1; pass the greatest size of a body in bytes"; got != want {
				t.Errorf("WithMaxBytes(-1) panics with %v; want %q", got, want)
			}
		}()
		validate.WithMaxBytes(-1)
	}()
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%d":%d`, i, i)
	}
	return b.String()[1:]
}

// countingReader gives out what reads of it got.
type countingReader struct {
	io.Reader
	n int
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += n
	return n, err
}

func TestJSONReadsNoMoreThanTheLimit(t *testing.T) {
	for _, limit := range []int{1, 1000, 1 << 16} {
		r := &countingReader{Reader: strings.NewReader(strings.Repeat(" ", 1<<20))}
		_, err := validate.JSON[any](r, validate.WithMaxBytes(int64(limit)))
		checkCodes(t, "JSON", err, "too_large")
		if r.n != limit+1 { // the last byte tells that there is more
			t.Errorf("JSON with a limit of %d bytes read %d; want one more than the limit", limit, r.n)
		}
	}
}

func TestJSONOfManyFields(t *testing.T) {
	type many struct {
		A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, B0, B1, B2, B3, B4, B5, B6, B7, B8, B9 int
		C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, D0, D1, D2, D3, D4, D5, D6, D7, D8, D9 int
		E0, E1, E2, E3, E4, E5, E6, E7, E8, E9, F0, F1, F2, F3, F4, F5, F6, F7, F8, F9 int
		G0, G1, G2, G3, G4, G5, G6, G7, G8, G9, H0, H1, H2, H3, H4, H5, H6, H7, H8, H9 int
	}
	checkJSON[many](t, `{"A0":1,"G3":1,"G4":1,"H9":1}`)
	checkJSON[many](t, `{"A0":1,"G3":1,"G4":1,"H9":1,"a0":1,"g3":1,"g4":1,"h9":1}`, "A0 duplicate", "G3 duplicate", "G4 duplicate", "H9 duplicate")
}

func TestJSONReadError(t *testing.T) {
	lost := errors.New("connection lost")
	for _, r := range []io.Reader{
		io.MultiReader(strings.NewReader(`{`+jsonOK+`}`), iotest.ErrReader(lost)),
		iotest.DataErrReader(io.MultiReader(strings.NewReader(`[`), iotest.ErrReader(lost))),
	} {
		_, err := validate.JSON[jsonOrder](r)
		if _, ok := errors.AsType[validate.Errors](err); ok || !errors.Is(err, lost) {
			t.Errorf("JSON = %v; want the error of the reader", err)
		}
	}
	for _, r := range []io.Reader{
		iotest.HalfReader(strings.NewReader(`{` + jsonOK + `}`)),
		iotest.DataErrReader(strings.NewReader(`{` + jsonOK + `}`)),
	} {
		if _, err := validate.JSON[jsonOrder](r); err != nil {
			t.Errorf("JSON = %v; want nil", err)
		}
	}
	defer func() {
		if got, want := recover(), "validate: JSON was given a nil reader; pass the body of the request"; got != want {
			t.Errorf("JSON(nil) panics with %v; want %q", got, want)
		}
	}()
	validate.JSON[any](nil)
}

func TestJSONOfOtherTypes(t *testing.T) {
	checkJSON[jsonLine](t, `{"sku":"","qty":1}`, "sku required")
	checkJSON[*jsonLine](t, `{"sku":"","qty":1}`, "sku required")
	checkJSON[**jsonLine](t, `{"sku":"","qty":1}`, "sku required")
	checkJSON[*jsonLine](t, `null`, "null")
	checkJSON[[]jsonLine](t, `[{"sku":"x","qty":1},{"sku":"x","qty":0},{}]`, "[1].qty min", "[2].sku required", "[2].qty min")
	checkJSON[[]jsonLine](t, `null`, "null")
	checkJSON[[]*jsonLine](t, `[null,{"sku":"x"}]`, "[1].qty min")
	checkJSON[[2][]jsonLine](t, `[[],[{"sku":"x"}]]`, "[1][0].qty min")
	checkJSON[map[string]jsonLine](t, `{"b":{"qty":1},"a":{"sku":"x"},"a b":{"sku":"x","qty":true}}`, `["a b"].qty type`, "[a].qty min", "[b].sku required")
	checkJSON[map[int][]jsonLine](t, `{"2":[{"qty":1}],"1":null}`, "[2][0].sku required")
	checkJSON[[]string](t, `["a",1]`, "[1] type")
	checkJSON[any](t, `null`)
	checkJSON[any](t, `[null,{}]`)
	checkJSON[json.RawMessage](t, `null`)
	checkJSON[*json.RawMessage](t, `null`, "null")
	checkJSON[bool](t, `tru`, "syntax")
	checkJSON[func()](t, `1`, "type")
	checkJSON[selfPointer](t, `1`, "type")
	checkJSON[[]selfSlice](t, `[[[],null]]`)
	checkJSON[time.Time](t, `"x"`, "format")
}

type selfSlice []selfSlice

func checkJSON[T any](t *testing.T, body string, want ...string) {
	t.Helper()
	_, err := validate.JSON[T](strings.NewReader(body))
	checkCodes(t, fmt.Sprintf("JSON[%v](%s)", reflect.TypeFor[T](), body), err, want...)
}

func TestJSONTagErrors(t *testing.T) {
	type wrong struct {
		A int `validate:"nonsense"`
	}
	for _, body := range []string{`{}`, `{"A":"x"}`} {
		_, err := validate.JSON[wrong](strings.NewReader(body))
		if _, ok := errors.AsType[*validate.TagError](err); !ok {
			t.Errorf("JSON(%s) = %v; want a TagError", body, err)
		}
		_, err = validate.JSON[map[string][]wrong](strings.NewReader(`{"x":[` + body + `]}`))
		if _, ok := errors.AsType[*validate.TagError](err); !ok {
			t.Errorf("JSON(%s) in a map of slices = %v; want a TagError", body, err)
		}
	}
}

func TestValidatorJSON(t *testing.T) {
	type nested struct {
		Email string    `json:"email" check:"email"`
		Next  []*nested `json:"next"`
	}
	v := newValidator[nested](t, validate.Options{Tag: "check", MaxDepth: 4, MaxErrors: 3})
	for _, tt := range []struct {
		body string
		want []string
	}{
		{`{"email":"ann@example.com"}`, nil},
		{`{"email":"ann"}`, []string{"email email"}},
		{`{"email":"ann@example.com","next":[{"email":"x","next":[]}]}`, nil}, // no dive
		{`{"email":"ann@example.com","next":[{"next":[{}]}]}`, []string{"next[0].next[0] max_depth"}},
		{`{"a":1,"b":2,"c":3,"email":"ann@example.com"}`, []string{"a unknown_field", "b unknown_field", "c unknown_field"}},
		{`{"a":1,"b":2,"c":3,"email":"ann"}`, []string{"a unknown_field", "b unknown_field", "max_errors"}},
		{`{"a":1,"b":2,"c":3,"d":4}`, []string{"a unknown_field", "b unknown_field", "max_errors"}},
		{`{"a":1,"b":2,"c":3,]`, []string{"a unknown_field", "b unknown_field", "max_errors"}},
	} {
		_, err := v.JSON(strings.NewReader(tt.body))
		checkCodes(t, fmt.Sprintf("Validator.JSON(%s)", tt.body), err, tt.want...)
	}
	one := newValidator[nested](t, validate.Options{MaxErrors: 1})
	_, err := one.JSON(strings.NewReader(`{"a":1,"b":2}`))
	checkCodes(t, "Validator.JSON with MaxErrors 1", err, "a unknown_field")
	ptr := newValidator[*nested](t, validate.Options{})
	if _, err := ptr.JSON(strings.NewReader(`{}`), validate.WithMaxBytes(1)); err == nil {
		t.Error("Validator.JSON ignores its options")
	}
	defer func() {
		if got, want := recover(), "validate: the Validator was not made by For or Schema"; got != want {
			t.Errorf("JSON of a zero Validator panics with %v; want %q", got, want)
		}
	}()
	new(validate.Validator[nested]).JSON(strings.NewReader(`{}`))
}

// The rules of a list or map as T end in the same limit.
func TestJSONMaxErrors(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"rules in a list", `[` + strings.Repeat(`{},`, 200) + `{}]`},
		{"types in a list", `[` + strings.Repeat(`7,`, 200) + `7]`},
		{"both", `[` + strings.Repeat(`{},`, 60) + strings.Repeat(`7,`, 60) + `7]`},
		{"rules of values that are not there", `[` + strings.Repeat(`7,`, 98) + strings.Repeat(`{},`, 60) + `7]`},
	} {
		_, err := validate.JSON[[]jsonLine](strings.NewReader(tt.body))
		errs, _ := errors.AsType[validate.Errors](err)
		if len(errs) != 100 || errs[99].Code != "max_errors" || errs[99].Path.String() != "" || errs[98].Code == "max_errors" {
			t.Errorf("%s: %d errors, the last of which is %v; want 100 with max_errors", tt.name, len(errs), errs[len(errs)-1:])
		}
	}
	var members []string
	for i := range 150 {
		members = append(members, fmt.Sprintf(`"k%d":{}`, i))
	}
	_, err := validate.JSON[map[string]jsonLine](strings.NewReader("{" + strings.Join(members, ",") + "}"))
	if errs, _ := errors.AsType[validate.Errors](err); len(errs) != 100 || errs[99].Code != "max_errors" {
		t.Errorf("rules in a map: %d errors; want 100 with max_errors", len(errs))
	}
}

// A limit on the errors is one on the work for them.
func TestJSONStopsCheckingAtTheLimit(t *testing.T) {
	body := `[` + strings.Repeat(`{},`, 1<<20/3-1) + `{}]`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := validate.JSON[[]jsonLine](strings.NewReader(body))
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 64 || err == nil {
		t.Errorf("JSON of 350,000 wrong elements allocates %d MiB; want at most 64 for the elements, and an error", n)
	}
}

func TestJSONOrderOfMaps(t *testing.T) {
	var members, want []string
	for i := range 20 {
		members = append(members, fmt.Sprintf(`"%c":{"qty":1}`, 't'-i))
		want = append(want, fmt.Sprintf("[%c].sku required", 'a'+i))
	}
	checkJSON[map[string]jsonLine](t, "{"+strings.Join(members, ",")+"}", want...)
}

// A rule that compares fields may have seen a value that was not decoded.
func TestJSONDropsRulesDueToLoss(t *testing.T) {
	_, err := decodeOrder(`{OK,"any":[{"a":1e999}]}`)
	errs, _ := errors.AsType[validate.Errors](err)
	if len(errs) != 1 {
		t.Fatalf("JSON = %v; want one error", err)
	}
	lost := errs[0].Path // any[0].a
	pathTo := func(body string) validate.Path {
		_, err := decodeOrder(body)
		return err.(validate.Errors)[0].Path
	}
	for _, tt := range []struct {
		rule string
		path validate.Path
		want bool
	}{
		{"min", lost, true},
		{"min", validate.Path{}, true},
		{"min", pathTo(`{OK,"any":["\ud800"]}`), true},
		{"min", pathTo(`{OK,"any":[{"a":["\ud800"]}]}`), true},
		{"min", pathTo(`{OK,"any":[{"b":["\ud800"]}]}`), false},
		{"min", pathTo(`{OK,"any":[0,"\ud800"]}`), false},
		{"min", pathTo(`{"email":1}`), false},
		{"eqfield", pathTo(`{"email":1}`), true},
		{"ltcsfield", pathTo(`{"email":1}`), true},
		{"fieldcontains", pathTo(`{"email":1}`), true},
		{"required_with", pathTo(`{"email":1}`), true},
		{"excluded_if", pathTo(`{"email":1}`), true},
		{"skip_unless", pathTo(`{"email":1}`), true},
		{"required", pathTo(`{"email":1}`), false},
	} {
		if got := validate.IsDueToLoss(lost, validate.FieldError{Rule: tt.rule, Path: tt.path}); got != tt.want {
			t.Errorf("with %v lost, the error of %s at %v is dropped: %v; want %v", lost, tt.rule, tt.path, got, tt.want)
		}
		if validate.IsDueToLoss(validate.Path{}, validate.FieldError{Rule: tt.rule, Path: tt.path}) != true {
			t.Errorf("with everything lost, the error of %s at %v is kept", tt.rule, tt.path)
		}
	}
}

func TestJSONMaxDepth(t *testing.T) {
	for depth, want := range map[int][]string{64: nil, 65: {strings.Repeat("[0]", 64) + " max_depth"}} {
		for _, opts := range [][]validate.JSONOption{nil, {validate.WithUnknownFields()}} {
			body := strings.Repeat("[", depth) + strings.Repeat("]", depth)
			_, err := validate.JSON[any](strings.NewReader(body), opts...)
			checkCodes(t, fmt.Sprintf("JSON of %d arrays", depth), err, want...)
			_, err = validate.JSON[selfSlice](strings.NewReader(body), opts...)
			checkCodes(t, fmt.Sprintf("JSON of %d arrays into slices", depth), err, want...)
		}
	}
	// The deepest that Options allow is no deeper than the stack.
	v := newValidator[chainLink](t, validate.Options{MaxDepth: 10_000})
	_, err := v.JSON(strings.NewReader(strings.Repeat(`{"next":`, 20_000)))
	if errs, _ := errors.AsType[validate.Errors](err); len(errs) != 1 || errs[0].Code != "max_depth" {
		t.Errorf("JSON of 20000 objects = %.100v; want max_depth", err)
	}
}

type chainLink struct {
	Next *chainLink `json:"next"`
}

// A secret is read by a method that tells what it read.
type secret struct{ text string }

func (s *secret) UnmarshalText(text []byte) error {
	switch string(text) {
	case "panic":
		panic("a secret panic")
	case "wrong":
		return fmt.Errorf("secret: cannot read %q", text)
	}
	s.text = string(text)
	return nil
}

type rawSecret struct{ secret }

func (s *rawSecret) UnmarshalJSON(text []byte) error {
	return s.UnmarshalText([]byte(strings.Trim(string(text), `"`)))
}

type secrets struct {
	Text  secret            `json:"text"`
	Raw   *rawSecret        `json:"raw"`
	Keys  map[secret]int    `json:"keys"`
	Raws  map[rawSecret]int `json:"raws"`
	Plain string            `json:"plain" validate:"omitempty,oneof=a b"`
	Num   int               `json:"num"`
	Quote rawInt            `json:"quote,string"`
}

type rawInt int

func (n *rawInt) UnmarshalJSON(text []byte) error {
	if len(text) == 3 {
		panic("a secret panic")
	}
	*n = rawInt(len(text))
	return nil
}

func TestJSONErrorsNeverHoldValues(t *testing.T) {
	for _, body := range []string{
		`{"text":"wrong"}`, `{"raw":"wrong"}`, `{"keys":{"wrong":1}}`, `{"raws":{"wrong":1}}`, `{"plain":"wrong","num":4711}`, `{"plain":4711}`,
		`{"num":"wrong"}`, `{"num":4711e1}`, `{"num":47114711471147114711}`, `{"num":{"x":"wrong","x":"wrong"}}`, `{"num":wrong}`,
		`{"plain":"wrong` + "\xff" + `"}`, `{"plain":"wrong`, `{"unknown":"wrong"}`, `{} wrong`, `wrong`, `"wrong"`, `{"plain":"\wrong"}`,
	} {
		_, err := validate.JSON[secrets](strings.NewReader(body))
		errs, ok := errors.AsType[validate.Errors](err)
		if !ok {
			t.Errorf("JSON(%s) = %v; want Errors", body, err)
			continue
		}
		for i, e := range errs {
			if body == `{"keys":{"wrong":1}}` || body == `{"raws":{"wrong":1}}` {
				errs[i].Path = validate.Path{} // keys are names
			}
			if e.Code == "" || e.Message == "" {
				t.Errorf("JSON(%s): %#v has no code or message", body, e)
			}
		}
		text, jsonErr := json.Marshal(errs)
		for _, part := range []string{"wrong", "4711"} {
			if jsonErr != nil || strings.Contains(err.Error()+fmt.Sprintf("%+v", errs)+string(text), part) && !strings.Contains(string(text), `"keys`) && !strings.Contains(string(text), `"raws`) {
				t.Errorf("JSON(%s) = %v (%s); it repeats the body", body, err, text)
			}
		}
	}
}

func TestJSONPanicsOfMethodsAreErrors(t *testing.T) {
	for _, body := range []string{
		`{"text":"panic"}`, `{"raw":"panic","x":7}`, `{"keys":{"panic":1}}`, `{"raws":{"panic":1}}`, `{"quote":"123"}`,
	} {
		_, err := validate.JSON[secrets](strings.NewReader(body))
		_, isErrors := errors.AsType[validate.Errors](err)
		want := "validate: a method panicked while JSON decoded a validate_test.secrets; correct its UnmarshalJSON or UnmarshalText: panic: a secret panic"
		if isErrors || fmt.Sprint(err) != want {
			t.Errorf("JSON(%s) = %v; want %v", body, err, want)
		}
	}
	for _, body := range []string{`{"quote":"12"}`, `{"quote":null}`} {
		if _, err := validate.JSON[secrets](strings.NewReader(body)); err != nil {
			t.Errorf("JSON(%s) = %v; want nil", body, err)
		}
	}
}

// Each body is small for what it asks for. The limits are generous for a slow
// machine, and far below what the body would cost without a bound.
func TestJSONBearsHostileBodies(t *testing.T) {
	mib := 1 << 20
	if race.Enabled { // ten times as slow
		mib /= 8
	}
	repeat := func(part string, n int) string { return strings.Repeat(part, n/len(part)) }
	var distinct strings.Builder
	for i := range mib {
		fmt.Fprintf(&distinct, `,"k%d":0`, i)
	}
	names := distinct.String()[1:]
	type wide struct {
		Next       *wide           `json:"next"`
		Raw        json.RawMessage `json:"raw"`
		A1, A2, A3 int
	}
	for _, tt := range []struct {
		name, body string
		opts       []validate.JSONOption
		maxAlloc   int
		codes      []string // the first and the last
	}{
		{"10 MiB of [", repeat("[", 10*mib), nil, 12 * mib, []string{"type", "max_depth"}},
		{"10 MiB of objects", repeat(`{"next":`, 10*mib), nil, 12 * mib, []string{"max_depth", "max_depth"}},
		{"a million duplicate names", `{"A1":1` + repeat(`,"a1":1`, 7*mib) + `}`, nil, 12 * mib, []string{"duplicate", "max_errors"}},
		{"a million unknown names", `{` + names + `}`, nil, 20 * mib, []string{"unknown_field", "max_errors"}},
		{"a million unknown names, allowed", `{` + names + `}`, []validate.JSONOption{validate.WithUnknownFields()}, 20 * mib, nil},
		{"a million names in raw", `{"raw":{` + names + `}}`, nil, 400 * mib, nil},
		{"a number of 10 MiB", `{"A1":` + repeat("9", 10*mib) + `}`, nil, 40 * mib, []string{"range", "range"}},
		{"a name of 10 MiB", `{"` + repeat("a", 10*mib) + `":1}`, nil, 40 * mib, []string{"unknown_field", "unknown_field"}},
		{"10 MiB of escapes", `{"` + repeat(`\u0000`, 10*mib) + `":1}`, nil, 40 * mib, []string{"unknown_field", "unknown_field"}},
		{"10 MiB of wrong bytes", `{"` + repeat("\xff", 10*mib) + `":1}`, nil, 12 * mib, []string{"encoding", "encoding"}},
		{"10 MiB of white space", repeat(" \n", 10*mib), nil, 12 * mib, []string{"empty", "empty"}},
		{"10 MiB of lines before an error", repeat("\n", 10*mib) + "x", nil, 12 * mib, []string{"syntax", "syntax"}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := validate.JSON[wide](strings.NewReader(tt.body), append(tt.opts, validate.WithMaxBytes(int64(20*mib)))...)
		runtime.ReadMemStats(&after)
		if n := int(after.TotalAlloc - before.TotalAlloc); n > tt.maxAlloc+len(tt.body) && !race.Enabled {
			t.Errorf("%s: %d MiB allocated; want at most %d and the body", tt.name, n/mib, tt.maxAlloc/mib)
		}
		errs, _ := errors.AsType[validate.Errors](err)
		if text := err; text != nil && len(text.Error()) > 1<<18 {
			t.Errorf("%s: an error of %d bytes", tt.name, len(text.Error()))
		}
		if tt.codes == nil && err != nil || tt.codes != nil && (len(errs) == 0 || errs[0].Code != tt.codes[0] || errs[len(errs)-1].Code != tt.codes[1]) {
			t.Errorf("%s: %.200v; want %q", tt.name, err, tt.codes)
		}
	}
}

func TestJSONAllocations(t *testing.T) {
	v := newValidator[jsonLine](t, validate.Options{})
	const body = `{"sku":"x","qty":1}`
	r := strings.NewReader(body)
	// The body, the value, and its string.
	if got := testing.AllocsPerRun(100, func() {
		r.Reset(body)
		if _, err := v.JSON(r); err != nil {
			t.Fatal(err)
		}
	}); got > 3 {
		t.Errorf("JSON of %s: %v allocations; want at most 3", body, got)
	}
}
