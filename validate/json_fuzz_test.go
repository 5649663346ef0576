//lint:file-ignore SA5008 how encoding/json takes malformed tags is to be tested too

package validate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goplinth/plinth/validate"
)

type (
	jsonInner struct {
		Deep  int8 `json:"deep"`
		Shade string
		Lower string `json:"Lone"` // hidden by jsonZoo.Lone, for all its tag
	}
	JSONOuter struct {
		Shade  bool `json:"shade"`
		Bottom *uint16
	}
	jsonNamed struct {
		Label string `json:"label"`
	}
	jsonTwice struct {
		Clash int
		Spare int `json:"spare"`
	}
	JSONAlso struct {
		Clash string
	}
	// upperKey is in upper case, whatever the text: two texts are one key.
	upperKey string
	// bothKey is read by UnmarshalJSON, even as the key of a map.
	bothKey struct{ N int }
	jsonRGB [3]uint8
)

func (k *upperKey) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("no text")
	}
	*k = upperKey(strings.ToUpper(string(text)))
	return nil
}

func (k *bothKey) UnmarshalJSON(text []byte) error {
	k.N = len(text)
	return nil
}

func (k *bothKey) UnmarshalText([]byte) error { return errors.New("not to be called") }

// jsonZoo has a field for every way in which encoding/json decodes. The names of
// fields with the option ",string" start with q.
type jsonZoo struct {
	jsonInner
	*JSONOuter
	jsonTwice
	JSONAlso
	jsonNamed `json:"named"`

	Bool    bool             `json:"bool"`
	Int     int              `json:"int"`
	Int8    int8             `json:"int8"`
	Int64   int64            `json:"int64,omitempty"`
	Uint    uint             `json:"uint"`
	Uint8   uint8            `json:"uint8"`
	Uint64  uint64           `json:"uint64"`
	Float32 float32          `json:"float32"`
	Float64 float64          `json:"float64"`
	Text    string           `json:"text,omitzero"`
	Colour  colour           `json:"colour"`
	Number  json.Number      `json:"number"`
	Ptr     *int             `json:"ptr"`
	PtrPtr  **string         `json:"ptrptr"`
	List    []int            `json:"list"`
	Lists   [][]string       `json:"lists"`
	Array   [2]*bool         `json:"array"`
	RGB     *jsonRGB         `json:"rgb"`
	Bytes   []byte           `json:"bytes"`
	Map     map[string]int   `json:"map"`
	ByInt   map[int8][]any   `json:"byint"`
	ByUint  map[uint]jsonRGB `json:"byuint"`
	ByText  map[upperKey]*int
	ByAddr  map[netip.Addr]string
	ByBoth  map[bothKey]bool
	Any     any             `json:"any"`
	Anys    []any           `json:"anys"`
	AnyMap  map[string]any  `json:"anymap"`
	Raw     json.RawMessage `json:"raw"`
	RawPtr  *json.RawMessage
	Time    time.Time  `json:"time"`
	TimePtr *time.Time `json:"timeptr"`
	Big     big.Int    `json:"big"`
	Addr    netip.Addr `json:"addr"`
	IP      net.IP     `json:"ip"`
	Chan    chan int   `json:"chan"`
	Stringy fmt.Stringer
	ByBool  map[bool]int

	QInt    int         `json:"qint,string"`
	QUint   *uint16     `json:"quint,string"`
	QFloat  float64     `json:"qfloat,string"`
	QBool   bool        `json:"qbool,string"`
	QText   string      `json:"qtext,string"`
	QNumber json.Number `json:"qnumber,string"`
	QList   []int       `json:"list2,string"` // to no effect

	Hidden  int `json:"-"`
	Dash    int `json:"-,"`
	Kelvin  int `json:"kelvin"`
	Lower   int `json:"same"`
	Upper   int `json:"SAME"`
	BadName int `json:"a\\b"`
	Lone    int
	//lint:ignore U1000 for reflection only
	hidden int
	Anon   struct {
		time.Time
		Zone string
	} `json:"anon"`
	Nested struct {
		X, Y float64
	} `json:"nested"`
	Next *jsonZoo           `json:"next"`
	Kids map[string]jsonZoo `json:"kids"`
}

// jsonEmbeds has embedded types that are not exported. Of two that have the same
// method, the struct has neither, and out of their names encoding/json makes
// fields whose methods it cannot call.
type jsonEmbeds struct {
	*jsonInner
	bothKey  `json:"both"`
	rawInner `json:"raw"`
	*jsonTwice
}

// jsonDiamond has the fields of jsonTwice twice, and therefore not at all.
type (
	jsonDiamond struct {
		jsonLeft
		jsonRight
	}
	jsonLeft  struct{ jsonTwice }
	jsonRight struct{ *jsonTwice }
)

type rawInner struct{ M int }

func (*rawInner) UnmarshalJSON([]byte) error { return errors.New("not to be called") }
func (*rawInner) UnmarshalText([]byte) error { return errors.New("not to be called") }

// extraRefusals are the codes for what encoding/json accepts and JSON refuses,
// as its documentation lists them.
var extraRefusals = []string{"null", "duplicate", "encoding", "items", "max_depth"}

// checkAgainstStandard compares JSON with a json.Decoder that refuses unknown
// fields and trailing data.
func checkAgainstStandard[T any](t *testing.T, body []byte) {
	t.Helper()
	got, err := validate.JSON[T](bytes.NewReader(body))
	var want T
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	stdErr := d.Decode(&want)
	if _, tail := d.Token(); stdErr == nil && !errors.Is(tail, io.EOF) {
		stdErr = errors.New("trailing data")
	}
	if err == nil {
		if stdErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("JSON[%T](%q) = %+v, nil; encoding/json: %+v, %v", want, body, got, want, stdErr)
		}
		return
	}
	errs, ok := err.(validate.Errors)
	if !ok || len(errs) == 0 || !reflect.ValueOf(&got).Elem().IsZero() {
		t.Errorf("JSON[%T](%q) = %+v, %v; want Errors and no value", want, body, got, err)
	}
	if stdErr == nil && !slices.ContainsFunc(errs, isExtraRefusal) {
		t.Errorf("JSON[%T](%q) = %v; encoding/json accepts it", want, body, err)
	}
}

func isExtraRefusal(e validate.FieldError) bool {
	path := e.Path.String()
	name := path[strings.LastIndex(path, ".")+1:]
	return slices.Contains(extraRefusals, e.Code) || e.Code == "type" && strings.HasPrefix(name, "q")
}

func FuzzJSON(f *testing.F) {
	for _, body := range jsonBodies {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"email":"ann@example.com","lines":[{"sku":"x","qty":1},{"qty":0}],"notes":{"a":"b"},"rates":{"1":2.5}}`))
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		f.Add(randomBody(r, reflect.TypeFor[jsonZoo]()))
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkBody(t, body) })
}

func checkBody(t *testing.T, body []byte) {
	t.Helper()
	checkAgainstStandard[jsonZoo](t, body)
	checkAgainstStandard[*jsonZoo](t, body)
	checkAgainstStandard[jsonEmbeds](t, body)
	checkAgainstStandard[jsonDiamond](t, body)
	checkAgainstStandard[any](t, body)
	checkAgainstStandard[[]map[string]jsonInner](t, body)
	checkAgainstStandard[json.RawMessage](t, body)
	checkAgainstStandard[time.Time](t, body)
	checkAgainstStandard[string](t, body)
	checkAgainstStandard[[]byte](t, body)
	checkAgainstStandard[float32](t, body)
	checkAgainstStandard[[2]int](t, body)
	checkAgainstStandard[struct{ time.Time }](t, body)
	checkErrors[jsonOrder](t, body)
	checkErrors[[]jsonLine](t, body)
	checkErrors[map[int8]*jsonOrder](t, body)
}

// checkErrors looks at the form of the errors for a type with rules.
func checkErrors[T any](t *testing.T, body []byte) {
	t.Helper()
	_, err := validate.JSON[T](bytes.NewReader(body))
	errs, ok := err.(validate.Errors)
	if err != nil && (!ok || len(errs) == 0 || len(errs) > 100) {
		t.Errorf("JSON[%v](%q) = %v; want up to 100 Errors", reflect.TypeFor[T](), body, err)
	}
	for _, e := range errs {
		text, err := json.Marshal(e)
		if err != nil || !utf8.Valid(text) || e.Code == "" || e.Message == "" {
			t.Errorf("JSON[%v](%q): error %#v, in JSON %q, %v", reflect.TypeFor[T](), body, e, text, err)
		}
	}
}

var jsonBodies = []string{
	``, ` `, `null`, `true`, `[]`, `{}`, `"x"`, `1.5e3`, `-0`, `01`, `[1,2]`, `[1,]`, `{"a":1,}`, `{"next":{"next":{}}}`,
	`{"int":1,"INT":2}`, `{"same":1,"SAME":2,"Same":3}`, `{"\u212Aelvin":1}`, `{"kelvin":"\ud83d\ude00"}`,
	`{"qint":"5","qtext":"\"x\"","qbool":"true","qfloat":"-Inf","quint":"null","qnumber":"12x","list2":[1]}`,
	`{"qint":" 5","qtext":"x","qbool":"1","qfloat":"1e3","quint":null,"qnumber":"\"1\""}`, `{"qint":"007"}`,
	`{"bytes":"aGk=","rgb":[1,2,3],"array":[true,null],"number":"12","Number":-1.5e+7}`, `{"bytes":[104,105]}`, `{"bytes":"a\nGk="}`,
	`{"ByText":{"a":1,"A":2,"":3},"ByAddr":{"::1":"x","nope":"y"},"ByBoth":{"a":true,"b":false}}`, `{"byint":{"1":[1e999],"01":[],"+1":null,"128":[]}}`,
	`{"time":"2020-01-02T03:04:05Z","timeptr":null,"big":123456789012345678901234567890,"addr":"::1","ip":"1.2.3.4"}`,
	`{"time":null,"ip":null,"addr":null,"raw":null,"RawPtr":null,"chan":null,"Stringy":null,"ByBool":null}`,
	`{"time":"x","ip":5,"addr":"","chan":1,"Stringy":{},"ByBool":{}}`, `{"named":{"label":"x"},"deep":1,"shade":true,"Bottom":7,"spare":1,"clash":1}`,
	`{"anon":{"Time":"2020-01-02T03:04:05Z"}}`, `{"anon":{"Zone":"x"}}`, `{"-":1,"a\\b":2,"BadName":3,"hidden":4,"Hidden":5}`,
	"{\"text\":\"\xff\"}", "{\"\xff\":1}", `{"text":"\ud800"}`, `{"any":{"x":[{}],"x":1}}`, `{"raw":{"x":1,"x":1e999}}`,
	`{"Lone":1}`, `{"both":{"N":1},"raw":{"M":2}}`, `{"both":"x"}`, `{"deep":1}`, `{"spare":null}`, `{"spare":1}`,
	"\ufeff{}", "{\"text\":\"\x00\"}", `{"text":"\'"}`, `{"int8":128,"uint8":-1,"float32":1e39,"uint":1.0,"int":1e2}`, `{} {}`, `nul`, `{"a"}`, `"\u12"`,
}

func TestJSONAgrees(t *testing.T) {
	for _, body := range jsonBodies {
		checkBody(t, []byte(body))
	}
	r := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	for range 5_000 {
		body := randomBody(r, reflect.TypeFor[jsonZoo]())
		checkAgainstStandard[jsonZoo](t, body)
		if _, err := validate.JSON[jsonZoo](bytes.NewReader(body)); err == nil {
			accepted++
		}
		if t.Failed() {
			return
		}
	}
	if accepted < 1_000 {
		t.Errorf("%d of 5000 random bodies were accepted; they are to be a test of values as well", accepted)
	}
}

// randomBody returns a text that could be decoded into a t but for a rare flaw.
func randomBody(r *rand.Rand, t reflect.Type) []byte {
	var b bytes.Buffer
	g := jsonGenerator{r, &b}
	g.value(t, 0)
	body := b.Bytes()
	if r.IntN(20) == 0 && len(body) > 0 {
		body[r.IntN(len(body))] = `{}[]",:0 x`[r.IntN(10)]
	}
	return body
}

type jsonGenerator struct {
	*rand.Rand
	*bytes.Buffer
}

func (g jsonGenerator) pick(texts ...string) { g.WriteString(texts[g.IntN(len(texts))]) }

func (g jsonGenerator) value(t reflect.Type, depth int) {
	if g.IntN(100) == 0 {
		g.pick("null", "0", `""`, "[]", "{}", "true", "1e400", `"\udead"`, "[[]]")
		return
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		g.pick(`"2020-01-02T03:04:05Z"`, `"0001-01-01T00:00:00+01:00"`)
		return
	case reflect.TypeFor[big.Int]():
		g.pick("1", "-123456789012345678901234567890")
		return
	case reflect.TypeFor[netip.Addr](), reflect.TypeFor[net.IP]():
		g.pick(`"::1"`, `"192.0.2.1"`)
		return
	case reflect.TypeFor[json.Number]():
		g.pick("1", "-1.5e7", `"2"`)
		return
	case reflect.TypeFor[[]byte]():
		g.pick(`"aGk="`, `""`, "[1,2]", "null")
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		if g.IntN(4) == 0 {
			g.WriteString("null")
			return
		}
		g.value(t.Elem(), depth)
	case reflect.Bool:
		g.pick("true", "false")
	case reflect.String:
		g.pick(`""`, `"text"`, `"\u00e9\n\ud83d\ude00\/"`, `"Grüße"`)
	case reflect.Float32, reflect.Float64:
		g.pick("0", "-0.0", "1.25", "1e30", "3E-2")
	case reflect.Slice, reflect.Array:
		n := g.IntN(4)
		if t.Kind() == reflect.Array && g.IntN(50) > 0 {
			n = t.Len()
		}
		g.list("[", n, "]", func(int) { g.value(t.Elem(), depth+1) })
	case reflect.Map:
		g.list("{", g.IntN(3), "}", func(i int) {
			g.key(t.Key(), i)
			g.value(t.Elem(), depth+1)
		})
	case reflect.Struct:
		g.structure(t, depth)
	case reflect.Interface, reflect.Chan:
		g.pick("null", "1", `"x"`, "[1,{}]", `{"a":{"b":[]},"c":null}`, "false")
	default:
		g.pick("0", "1", "7", "127")
	}
}

func (g jsonGenerator) key(t reflect.Type, i int) {
	switch {
	case t == reflect.TypeFor[netip.Addr]():
		fmt.Fprintf(g, `"10.0.0.%d":`, i)
	case t.Kind() == reflect.String:
		fmt.Fprintf(g, `"k%d":`, i)
	default:
		fmt.Fprintf(g, `"%d":`, i)
	}
}

func (g jsonGenerator) structure(t reflect.Type, depth int) {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous && g.IntN(8+16*depth) == 0 {
			fields = append(fields, f)
		}
	}
	g.list("{", len(fields), "}", func(i int) {
		name, options, _ := strings.Cut(fields[i].Tag.Get("json"), ",")
		if name == "" {
			name = fields[i].Name
		}
		if g.IntN(50) == 0 {
			name = strings.ToUpper(name)
		}
		fmt.Fprintf(g, "%s:", strconv.Quote(name))
		if !strings.Contains(options, "string") || g.IntN(50) == 0 {
			g.value(fields[i].Type, depth+1)
			return
		}
		var inner bytes.Buffer
		jsonGenerator{g.Rand, &inner}.value(fields[i].Type, depth+1)
		text, _ := json.Marshal(inner.String())
		g.Write(text)
	})
}

func (g jsonGenerator) list(open string, n int, end string, element func(i int)) {
	g.WriteString(open)
	for i := range n {
		if i > 0 {
			g.pick(",", ", ", " ,\n")
		}
		element(i)
	}
	g.WriteString(end)
}
