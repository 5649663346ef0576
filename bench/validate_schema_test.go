package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The types below have rules of all kinds. The tag good is a value that the
// rules of the field accept, from which others are made.

type schemaText struct {
	Required  string  `json:"required" validate:"required" good:"\"x\""`
	Min       string  `json:"min" validate:"min=2,max=4" good:"\"äöü\""`
	Len       string  `json:"len" validate:"omitempty,len=3" good:"\"abc\""`
	Gt        string  `json:"gt" validate:"gt=1,lt=5" good:"\"ab\""`
	Eq        string  `json:"eq" validate:"eq=a-b" good:"\"a-b\""`
	Ne        string  `json:"ne" validate:"ne=ab" good:"\"abc\""`
	EqFold    string  `json:"eqfold" validate:"eq_ignore_case=Kelvin" good:"\"kelvin\""`
	NeFold    string  `json:"nefold" validate:"ne_ignore_case=ab" good:"\"abc\""`
	OneOf     string  `json:"oneof" validate:"oneof=red 'light blue' <b>" good:"\"red\""`
	OneOfFold string  `json:"oneoffold" validate:"oneofci=red ss" good:"\"RED\""`
	NoneOf    string  `json:"noneof" validate:"noneof=red blue" good:"\"green\""`
	NoneFold  string  `json:"nonefold" validate:"noneofci=red blue" good:"\"green\""`
	Contains  string  `json:"contains" validate:"contains=a.b" good:"\"xa.bx\""`
	Any       string  `json:"any" validate:"containsany=a]b-^" good:"\"x]\""`
	Excludes  string  `json:"excludes" validate:"excludes=(" good:"\"x\""`
	All       string  `json:"all" validate:"excludesall=<>-\\\\" good:"\"x\""`
	Starts    string  `json:"starts" validate:"startswith=+1" good:"\"+1x\""`
	StartsNot string  `json:"startsnot" validate:"startsnotwith=$" good:"\"x\""`
	Ends      string  `json:"ends" validate:"endswith=." good:"\"x.\""`
	EndsNot   string  `json:"endsnot" validate:"endsnotwith=?" good:"\"x\""`
	Group     string  `json:"group" validate:"eq=any|ipv4|min=20" good:"\"any\""`
	Pointer   *string `json:"pointer" validate:"required,min=2" good:"\"ab\""`
	OmitPtr   *string `json:"omitptr" validate:"omitempty,alpha" good:"\"ab\""`
	OmitZero  *string `json:"omitzero" validate:"omitzero,alpha" good:"\"ab\""`
	OmitNil   *string `json:"omitnil" validate:"omitnil,alpha" good:"\"ab\""`
	Default   string  `json:"default" validate:"isdefault"`
	Pattern   string  `json:"pattern" validate:"regexp=@sku" good:"\"AB-1\""`
	Dots      string  `json:"dots" validate:"regexp=@dots" good:"\"a\\tb\""`
	Blank     string  `json:"blank" validate:"notblank" good:"\" x\""`
}

type schemaFormats struct {
	Alpha       string `json:"alpha" validate:"alpha" good:"\"abc\""`
	AlphaSpace  string `json:"alphaspace" validate:"alphaspace" good:"\"a b\""`
	Alnum       string `json:"alnum" validate:"alphanum" good:"\"a1\""`
	AlnumSpace  string `json:"alnumspace" validate:"alphanumspace" good:"\"a 1\""`
	AlphaUni    string `json:"alphauni" validate:"alphaunicode" good:"\"äb\""`
	AlnumUni    string `json:"alnumuni" validate:"alphanumunicode" good:"\"ä1٣\""`
	ASCII       string `json:"ascii" validate:"ascii" good:"\"a\\u007f\""`
	Print       string `json:"print" validate:"printascii" good:"\"a~\""`
	Boolean     string `json:"boolean" validate:"boolean" good:"\"True\""`
	Number      string `json:"number" validate:"number" good:"\"12\""`
	Numeric     string `json:"numeric" validate:"numeric" good:"\"-1.5\""`
	Lower       string `json:"lower" validate:"lowercase" good:"\"abc\""`
	Upper       string `json:"upper" validate:"uppercase" good:"\"ABC\""`
	Base64      string `json:"base64" validate:"base64" good:"\"aGk=\""`
	Base64URL   string `json:"base64url" validate:"base64url" good:"\"aG_-aA==\""`
	Base64Raw   string `json:"base64raw" validate:"base64rawurl" good:"\"aG_-aA\""`
	Tag         string `json:"tag" validate:"bcp47_language_tag" good:"\"de-CH-1996\""`
	CIDR        string `json:"cidr" validate:"cidr" good:"\"10.0.0.0/8\""`
	CIDR4       string `json:"cidr4" validate:"cidrv4" good:"\"10.0.0.0/32\""`
	CIDR6       string `json:"cidr6" validate:"cidrv6" good:"\"fe80::/128\""`
	Card        string `json:"card" validate:"credit_card" good:"\"4111 1111 1111 1111\""`
	Cron        string `json:"cron" validate:"cron" good:"\"*/5 0 1 * MON\""`
	Time        string `json:"time" validate:"datetime" good:"\"2024-02-29T23:59:59.5+01:00\""`
	Date        string `json:"date" validate:"datetime=2006-01-02" good:"\"2024-02-29\""`
	Clock       string `json:"clock" validate:"datetime=02/01/2006 15:04:05" good:"\"29/02/2024 7:04:05.1\""`
	Duration    string `json:"duration" validate:"duration" good:"\"1.5h3m\""`
	E164        string `json:"e164" validate:"e164" good:"\"+41446681800\""`
	Email       string `json:"email" validate:"email" good:"\"ann.b@ex-ample.com\""`
	Quoted      string `json:"quoted" validate:"email" good:"\"\\\"a b\\\"@example.com\""`
	Wide        string `json:"wide" validate:"email=idn" good:"\"用户@例子.世界\""`
	FQDN        string `json:"fqdn" validate:"fqdn" good:"\"ex-ample.com.\""`
	Hexadecimal string `json:"hexadecimal" validate:"hexadecimal" good:"\"0xfF\""`
	Color       string `json:"color" validate:"hexcolor" good:"\"#ffF0\""`
	Host        string `json:"host" validate:"hostname" good:"\"a-b.1.c\""`
	Host1123    string `json:"host1123" validate:"hostname_rfc1123" good:"\"1.2.x-y\""`
	HostPort    string `json:"hostport" validate:"hostname_port" good:"\"[::1]:80\""`
	HTTP        string `json:"http" validate:"http_url" good:"\"http://ex.com:80/a?b#c\""`
	HTTPS       string `json:"https" validate:"https_url" good:"\"https://u@ex.com/\""`
	IP          string `json:"ip" validate:"ip" good:"\"::ffff:1.2.3.4\""`
	IPv4        string `json:"ipv4" validate:"ipv4" good:"\"255.10.0.199\""`
	IPv6        string `json:"ipv6" validate:"ipv6" good:"\"fe80::1:2\""`
	Country     string `json:"country" validate:"iso3166_1_alpha2" good:"\"CH\""`
	Currency    string `json:"currency" validate:"iso4217" good:"\"CHF\""`
	JSON        string `json:"json" validate:"json" good:"\"[1]\""`
	JSONPtr     string `json:"jsonptr" validate:"jsonpointer" good:"\"/a~1/~0\""`
	JWT         string `json:"jwt" validate:"jwt" good:"\"a_.b-.\""`
	Lat         string `json:"lat" validate:"latitude" good:"\"-90.00\""`
	Long        string `json:"long" validate:"longitude" good:"\"+179.5\""`
	MAC         string `json:"mac" validate:"mac" good:"\"00:1b:63:84:45:e6\""`
	MACDots     string `json:"macdots" validate:"mac" good:"\"001b.6384.45e6\""`
	Mongo       string `json:"mongo" validate:"mongodb" good:"\"507f1f77bcf86cd799439011\""`
	Port        string `json:"port" validate:"port" good:"\"0655\""`
	Semver      string `json:"semver" validate:"semver" good:"\"1.0.20-a.1+b.01\""`
	SHA         string `json:"sha" validate:"sha256" good:"\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""`
	Zone        string `json:"zone" validate:"timezone" good:"\"Europe/Zurich\""`
	ULID        string `json:"ulid" validate:"ulid" good:"\"01ARZ3NDEKTSV4RRFFQ69G5FAV\""`
	URI         string `json:"uri" validate:"uri" good:"\"/a%20b?c\""`
	URL         string `json:"url" validate:"url" good:"\"mailto:a@b\""`
	UUID        string `json:"uuid" validate:"uuid" good:"\"0190163D-8694-739b-aea5-966c26f8ad91\""`
	UUID4       string `json:"uuid4" validate:"uuid4" good:"\"9b2d3f0e-7a1c-4e5d-8f6a-1b2c3d4e5f60\""`
	UUID7       string `json:"uuid7" validate:"uuid7" good:"\"0190163d-8694-739b-aea5-966c26f8ad91\""`
}

type schemaNumbers struct {
	Int      int           `json:"int" validate:"min=-3,max=7" good:"0"`
	Int8     int8          `json:"int8" validate:"gt=-200,lt=200" good:"1"`
	Uint8    uint8         `json:"uint8" validate:"max=250" good:"1"`
	Int64    int64         `json:"int64" good:"9223372036854775807"`
	Uint64   uint64        `json:"uint64" validate:"lte=18446744073709551614" good:"18446744073709551614"`
	Float    float64       `json:"float" validate:"gte=0.5,lt=2" good:"1.25"`
	Float32  float32       `json:"float32" validate:"gt=0.1" good:"0.5"`
	Required int           `json:"required" validate:"required" good:"-1"`
	Omit     int           `json:"omit" validate:"omitempty,min=5" good:"6"`
	OneOf    int           `json:"oneof" validate:"oneof=1 2 -3" good:"2"`
	NoneOf   uint          `json:"noneof" validate:"noneof=1 2" good:"3"`
	Words    float64       `json:"words" validate:"oneof=0.5 2" good:"0.5"`
	Eq       int           `json:"eq" validate:"eq=4" good:"4"`
	Ne       int           `json:"ne" validate:"ne=0" good:"1"`
	Timeout  time.Duration `json:"timeout" validate:"min=1us,max=1m" good:"1000"`
	Lat      float64       `json:"lat" validate:"latitude" good:"90"`
	Long     int           `json:"long" validate:"longitude" good:"-180"`
	Port     int           `json:"port" validate:"port" good:"80"`
	Number   int           `json:"number" validate:"number" good:"1"`
	Pointer  *int          `json:"pointer" validate:"omitempty,oneof=1 2" good:"1"`
	Zero     *int          `json:"zero" validate:"omitzero,min=5" good:"6"`
	Yes      bool          `json:"yes" validate:"required" good:"true"`
	No       bool          `json:"no" validate:"ne=true" good:"false"`
	Default  int           `json:"default" validate:"isdefault" good:"0"`
	Or       int           `json:"or" validate:"eq=1|gt=10" good:"11"`
	Free     bool          `json:"free" good:"true"`
}

type schemaItem struct {
	SKU  string      `json:"sku" validate:"required,len=3" good:"\"abc\""`
	Qty  int         `json:"qty" validate:"min=1" good:"1"`
	Next *schemaItem `json:"next" good:"null"`
}

type schemaPoint struct {
	X int `json:"x" good:"1"`
	Y int `json:"y" validate:"max=5" good:"2"`
}

type schemaLists struct {
	Items     []schemaItem          `json:"items" validate:"required,max=3,dive" good:"[{\"sku\":\"abc\",\"qty\":1}]"`
	Pointers  []*schemaItem         `json:"pointers" validate:"dive,required" good:"[{\"sku\":\"abc\",\"qty\":1}]"`
	Undived   []schemaItem          `json:"undived" validate:"min=0" good:"[{\"sku\":\"\"}]"`
	Words     []string              `json:"words" validate:"omitempty,min=2,dive,omitempty,alpha" good:"[\"a\",\"\"]"`
	Matrix    [][]int               `json:"matrix" validate:"dive,len=2,dive,min=1" good:"[[1,2]]"`
	Unique    []string              `json:"unique" validate:"unique" good:"[\"a\",\"b\"]"`
	Points    []schemaPoint         `json:"points" validate:"unique,dive" good:"[{\"x\":1,\"y\":2}]"`
	Pair      [2]int                `json:"pair" validate:"dive,max=5" good:"[1,2]"`
	OmitPair  [2]int                `json:"omitpair" validate:"omitempty,dive,min=5" good:"[6,7]"`
	OmitZero  []int                 `json:"omitzero" validate:"omitzero,min=2" good:"[1,2]"`
	OmitNil   []int                 `json:"omitnil" validate:"omitnil,min=2" good:"[1,2]"`
	Map       map[string]schemaItem `json:"map" validate:"max=2,dive,keys,alpha,max=3,endkeys" good:"{\"a\":{\"sku\":\"abc\",\"qty\":1}}"`
	Required  map[string]int        `json:"required" validate:"required" good:"{}"`
	IntKeys   map[int]string        `json:"intkeys" validate:"dive,max=2" good:"{\"1\":\"a\"}"`
	UintKeys  map[uint8]*string     `json:"uintkeys" validate:"dive,omitempty,max=2" good:"{\"1\":\"a\"}"`
	Default   []int                 `json:"default" validate:"isdefault" good:"null"`
	Bytes     []byte                `json:"bytes" validate:"required" good:"\"aGk=\""`
	Blob      []byte                `json:"blob" good:"[1,255]"`
	Numbers   []json.Number         `json:"numbers" validate:"unique" good:"[1,1.0,\"1e0\"]"`
	PtrToList *[]int                `json:"ptrtolist" validate:"required,min=1" good:"[1]"`
	Tree      schemaTree            `json:"tree" validate:"max=2" good:"[[],[null,[[]]]]"`
	Rows      schemaRows            `json:"rows" validate:"dive" good:"[{\"n\":1,\"rows\":[{\"n\":2}]}]"`
	Size      schemaGrösse          `json:"size" good:"{\"next\":{\"n\":1},\"n\":1}"`
}

type (
	schemaTree []schemaTree
	schemaRows []struct {
		N    int        `json:"n" validate:"min=1"`
		Rows schemaRows `json:"rows" validate:"dive"`
	}
	schemaGrösse struct {
		N    int           `json:"n" validate:"min=1"`
		Next *schemaGrösse `json:"next"`
	}
)

type schemaBase struct {
	ID    string `json:"id" validate:"required" good:"\"1\""`
	Owner string `json:"owner" validate:"omitempty,alpha" good:"\"ann\""`
}

type SchemaAudit struct {
	By string `json:"by" validate:"required"`
	At string `json:"at" validate:"omitempty,datetime=2006-01-02"`
}

type SchemaSeal struct {
	Key string `json:"key" validate:"required"`
}

type schemaNested struct {
	schemaBase
	*SchemaAudit
	*SchemaSeal `validate:"omitempty"`
	Item        schemaItem    `json:"item" good:"{\"sku\":\"abc\",\"qty\":1}"`
	Omit        schemaItem    `json:"omit" validate:"omitempty" good:"{}"`
	Point       schemaPoint   `json:"point" good:"{\"y\":1}"`
	MaybePoint  *schemaPoint  `json:"maybepoint" validate:"required" good:"{\"y\":1}"`
	Only        schemaItem    `json:"only" validate:"structonly" good:"{}"`
	Has         schemaPoint   `json:"has" validate:"required" good:"{\"x\":1}"`
	Root        *schemaNested `json:"root" good:"null"`
	Skipped     schemaItem    `json:"skipped" validate:"-" good:"{}"`
	Quoted      int           `json:"quoted,string" good:"\"12\""`
	QuotedBool  *bool         `json:"quotedbool,string" validate:"required" good:"\"true\""`
	Hidden      string        `json:"-" validate:"max=3"`
	When        time.Time     `json:"when" good:"\"2024-01-02T03:04:05Z\""`
	MaybeWhen   *time.Time    `json:"maybewhen" validate:"required" good:"\"2024-01-02T03:04:05.123+02:00\""`
	Num         json.Number   `json:"num" validate:"required" good:"1.5e3"`
	Raw         any           `json:"raw" good:"[1]"`
	Inline      struct {
		A int `json:"a" validate:"min=1" good:"1"`
	} `json:"inline" good:"{\"a\":1}"`
}

type schemaWhen struct {
	Kind     string   `json:"kind" validate:"oneof=card cash '' other" good:"\"cash\""`
	Card     string   `json:"card" validate:"required_if=Kind card,omitempty,number"`
	Cash     *int     `json:"cash" validate:"excluded_unless=Kind cash"`
	Note     *string  `json:"note" validate:"required_unless=Kind cash Paid true"`
	Paid     bool     `json:"paid"`
	Level    int      `json:"level"`
	Max      int      `json:"max" validate:"required_if=Kind other Level 3"`
	Email    string   `json:"email"`
	Phone    *string  `json:"phone"`
	Contact  []string `json:"contact" validate:"required_with=Email Phone"`
	Fax      string   `json:"fax" validate:"required_with_all=Email Phone"`
	Backup   string   `json:"backup" validate:"required_without=Email Phone" good:"\"x\""`
	None     string   `json:"none" validate:"required_without_all=Email Phone" good:"\"x\""`
	NotWith  string   `json:"notwith" validate:"excluded_with=Email"`
	NotBoth  *int     `json:"notboth" validate:"excluded_with_all=Email Phone"`
	Needs    string   `json:"needs" validate:"excluded_without=Phone"`
	Unpaid   string   `json:"unpaid" validate:"required_if=Paid false" good:"\"x\""`
	Empty    string   `json:"empty" validate:"required_if=Kind ''"`
	Rate     float64  `json:"rate"`
	Discount int      `json:"discount" validate:"excluded_if=Rate 0.5"`
	List     []int    `json:"list"`
	Two      string   `json:"two" validate:"required_if=List 2"`
	NoList   string   `json:"nolist" validate:"required_if=List 0" good:"\"x\""`
	NilPhone string   `json:"nilphone" validate:"required_if=Phone nil" good:"\"x\""`
	Period   struct {
		Start string `json:"start"`
	} `json:"period"`
	End string `json:"end" validate:"required_with=Period.Start"`
	Ref *struct {
		Code int `json:"code"`
	} `json:"ref"`
	Reason string `json:"reason" validate:"required_if=Ref.Code 7"`
	Zero   string `json:"zero" validate:"required_if=Ref.Code 0"`
}

type schemaAny struct {
	Min      any            `json:"min" validate:"omitempty,min=2" good:"\"ab\""`
	OneOf    any            `json:"oneof" validate:"oneof=a 1" good:"1"`
	Required any            `json:"required" validate:"required" good:"0"`
	Eq       any            `json:"eq" validate:"eq=true" good:"true"`
	Dive     any            `json:"dive" validate:"dive,min=2" good:"[2,\"ab\"]"`
	Group    any            `json:"group" validate:"email|min=3" good:"4"`
	Zero     any            `json:"zero" validate:"omitzero,max=3,min=1" good:"2"`
	Map      map[string]any `json:"map" validate:"dive,keys,alpha,endkeys,omitnil,alpha" good:"{\"a\":\"b\"}"`
	Unique   []any          `json:"unique" validate:"unique" good:"[1,\"1\"]"`
	Error    error          `json:"error" good:"null"`
}

// A schemaCase is a type under test, with its schema as others compile it.
type schemaCase struct {
	name   string
	fields []schemaField
	schema *jsonschema.Schema
	check  func(body []byte) error
	text   []byte
}

type schemaField struct{ name, good string }

func schemaOf[T any](tb testing.TB) schemaCase {
	tb.Helper()
	val, err := validate.For[T](validate.Options{Tags: []validate.TagRule{
		validate.Regexp("sku", regexp.MustCompile(`^[A-Z]{2,}-(?P<n>\d+)\z`)),
		validate.Regexp("dots", regexp.MustCompile(`^.\s.$`)),
	}})
	if err != nil {
		tb.Fatal(err)
	}
	text, err := val.JSONSchema()
	if err != nil {
		tb.Fatal(err)
	}
	t := reflect.TypeFor[T]()
	return schemaCase{t.Name(), fieldsOf(t), compileSchema(tb, text), func(body []byte) error {
		_, err := val.JSON(bytes.NewReader(body))
		return err
	}, text}
}

func compileSchema(tb testing.TB, text []byte) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("body.json", doc); err != nil {
		tb.Fatal(err)
	}
	s, err := c.Compile("body.json")
	if err != nil {
		tb.Fatalf("%#v in %s", err, text)
	}
	return s
}

func fieldsOf(t reflect.Type) []schemaField {
	var fields []schemaField
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Pointer:
			fields = append(fields, fieldsOf(f.Type.Elem())...)
		case f.Anonymous:
			fields = append(fields, fieldsOf(f.Type)...)
		case name != "-":
			fields = append(fields, schemaField{name, f.Tag.Get("good")})
		}
	}
	return fields
}

func schemaCases(tb testing.TB) []schemaCase {
	return []schemaCase{
		schemaOf[schemaText](tb), schemaOf[schemaFormats](tb), schemaOf[schemaNumbers](tb), schemaOf[schemaLists](tb),
		schemaOf[schemaNested](tb), schemaOf[schemaWhen](tb), schemaOf[schemaAny](tb),
	}
}

// body returns the body of all good values, with some of them replaced; an
// empty one is left out.
func (c *schemaCase) body(replaced map[string]string) []byte {
	var b strings.Builder
	b.WriteByte('{')
	for _, f := range c.fields {
		value := f.good
		if other, ok := replaced[f.name]; ok {
			value = other
		}
		if value == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", f.name, value)
	}
	b.WriteByte('}')
	return []byte(b.String())
}

// laxRules are the rules that a schema says in part or not at all, so that it
// may accept what they refuse. Each has a value that shows it, under the name of
// a field in the tests below.
var laxRules = map[string]string{
	"lowercase":          `"Ä"`,
	"uppercase":          `"ä"`,
	"bcp47_language_tag": `"1"`,
	"cidr":               `":::/1"`,
	"cidrv6":             `":::/1"`,
	"credit_card":        `"4111111111111112"`,
	"datetime":           `"31/02/2024 07:04:05"`, // with a layout; the format of others checks the day
	"duration":           `"9999999999h"`,
	"email":              `"a@ab--cd.com"`,
	"fqdn":               `"` + strings.Repeat(strings.Repeat("l", 62)+".", 4) + `co"`, // 254 bytes with no dot of the root
	"hostname_port":      `"[:]:80"`,
	"http_url":           `"http://:80"`,
	"https_url":          `"https://:80"`,
	"json":               `"{"`,
	"timezone":           `"Europe/Atlantis"`,
	"uri":                `"/%zz"`,
	"url":                `"a:"`,
	"unique":             `[{"x":1},{"x":1,"y":0}]`, // for structs
}

// laxCodes are the same for what does not decode.
var laxCodes = map[string]string{
	"type":      `1.0`,                         // a whole number with a point or exponent
	"range":     `1e999`,                       // of a float64
	"key":       `{"99999999999999999999":""}`, // of a map with numbers as keys, when it does not fit
	"duplicate": `{"1":"","01":""}`,            // two texts of one key, and a name that is there twice
	"encoding":  `"\ud800"`,
	"max_depth": "",
	"format":    `"9999-99-99T00:00:00Z"`,
}

// compare reports where Go and the schema disagree on a body, other than by the
// exceptions.
func (c *schemaCase) compare(t *testing.T, body []byte) (agree bool) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return true // not JSON: nothing that a schema is for
	}
	goErr := c.check(body)
	errs, ok := errors.AsType[validate.Errors](goErr)
	if goErr != nil && !ok {
		t.Fatalf("%s: JSON(%s) = %v; want Errors", c.name, body, goErr)
	}
	schemaErr := c.schema.Validate(doc)
	switch {
	case goErr == nil && schemaErr != nil && !isStrict(doc):
		t.Errorf("%s: the schema refuses %s, which JSON accepts: %v", c.name, body, schemaErr)
	case schemaErr == nil && slices.ContainsFunc(errs, func(e validate.FieldError) bool { return !isLax(e) }):
		t.Errorf("%s: the schema accepts %s, which JSON refuses: %v", c.name, body, goErr)
	}
	return (goErr == nil) == (schemaErr == nil)
}

func isLax(e validate.FieldError) bool {
	if e.Rule == "unique" {
		return e.Path.String() != "unique" // the name of the plain lists
	}
	_, rule := laxRules[e.Rule]
	_, code := laxCodes[e.Code]
	return rule || code && e.Rule == "" || strings.Contains(e.Rule, "|") && strings.Contains(e.Rule, "email")
}

// isStrict reports whether a schema may refuse what JSON accepts: names in
// another case, numbers that are rounded when they are decoded, times in forms
// that RFC 3339 does not have, and a backslash in the quotes of an e-mail
// address, which this validator does not know.
func isStrict(doc any) bool {
	switch v := doc.(type) {
	case map[string]any:
		for name, value := range v {
			if strings.ToLower(name) != name || strings.ContainsAny(name, "ſK") || isStrict(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, isStrict)
	case json.Number:
		exact, ok := new(big.Rat).SetString(v.String())
		x, err := strconv.ParseFloat(v.String(), 32)
		return !ok || err != nil || exact.Cmp(new(big.Rat).SetFloat64(x)) != 0
	case string:
		_, err := time.Parse(time.RFC3339, v)
		return strings.Contains(v, `"@`) && strings.Contains(v, `\`) || err == nil && !strictTime.MatchString(v)
	}
	return false
}

var strictTime = regexp.MustCompile(`T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// TestSchemaAgrees holds schemas against validate.JSON on bodies made from good
// ones by changing a few values.
func TestSchemaAgrees(t *testing.T) {
	cases := schemaCases(t)
	var pool []string
	for _, c := range cases {
		for _, f := range c.fields {
			if f.good != "" {
				pool = append(pool, f.good)
			}
		}
	}
	pool = append(pool, "null", "true", "false", "0", "1", "2", "3", "-1", "5", "6", "7", "128", "-129", "256", "65536", "0.5", "1.5", "1.0", "1e2", "-0",
		`""`, `" "`, `"0"`, `"card"`, `"other"`, `"K"`, `"ſs"`, `"K"`, `"kelvin"`, `"a\nb"`, `"\u2003"`, `"\u0085"`, `"<b>"`, `"light blue"`, `"ÄÖ"`,
		`[]`, `{}`, `[null]`, `[0,0]`, `[0,0.0]`, `["a","a"]`, `[[1,2],[3]]`, `[1,2,3,4]`, `{"a":null}`, `{"A":""}`, `{"ab1":{}}`, `{"x":0,"y":0}`,
		`{"start":""}`, `{"start":"x"}`, `{"code":7}`, `{"code":0}`, `{"code":null}`, `{"sku":"","qty":0,"next":null}`, `{"-1":""}`, `{"+1":"a"}`, `[256]`, `"aGk"`,
		`"null"`, `" 1"`, `"1 "`, `"01"`, `[{"x":1,"y":2},{"y":2,"x":1}]`, `[{"x":1},{"x":1,"y":0}]`, `[1,1.0]`, `{"a":0}`, `{"a":1,"b":2}`,
		`340282356779733642748073463979561713664`, `3.5e38`, `9223372036854775808`, `-9223372036854775809`, `18446744073709551615`, `60000000000`, `60000000001`)
	const rounds = 6000
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.check(c.body(nil)); err != nil {
				t.Fatalf("the good values are not: %v", err)
			}
			c.compare(t, c.body(nil))
			r := rand.New(rand.NewPCG(1, 2))
			agreed, refused := 0, 0
			for range rounds {
				replaced := make(map[string]string)
				for range 1 + r.IntN(3) {
					f := c.fields[r.IntN(len(c.fields))]
					replaced[f.name] = mutate(r, f.good, pool)
				}
				body := c.body(replaced)
				if t.Failed() {
					t.FailNow() // one is enough to see what is wrong
				}
				if c.compare(t, body) {
					agreed++
				}
				if c.check(body) != nil {
					refused++
				}
			}
			t.Logf("%d bodies, of which JSON refuses %d: the schema agrees on %d", rounds, refused, agreed)
			if refused < rounds/10 || refused > rounds*99/100 {
				t.Errorf("JSON refused %d of %d bodies; the bodies are no test", refused, rounds)
			}
		})
	}
}

// mutate returns a value like good, or one from the pool, or none.
func mutate(r *rand.Rand, good string, pool []string) string {
	switch r.IntN(6) {
	case 0:
		return ""
	case 1, 2:
		return pool[r.IntN(len(pool))]
	}
	var text string
	if json.Unmarshal([]byte(good), &text) != nil {
		return pool[r.IntN(len(pool))]
	}
	const alphabet = "aAzZfF019-_.:/@ +=~#%[]\"\\<,*T\n\x00äßK٣\u2028"
	letters := []rune(alphabet)
	chars := []rune(text)
	for range 1 + r.IntN(2) {
		at, c := r.IntN(len(chars)+1), letters[r.IntN(len(letters))]
		switch r.IntN(4) {
		case 0:
			chars = slices.Insert(chars, at, c)
		case 1:
			chars = slices.Delete(chars, at, min(at+1, len(chars)))
		case 2:
			if at < len(chars) {
				chars[at] = c
			}
		default: // repeat a part
			to := at + r.IntN(len(chars)-at+1)
			chars = slices.Insert(chars, at, slices.Repeat(slices.Clone(chars[at:to]), 1+r.IntN(20))...)
		}
	}
	value, err := json.Marshal(string(chars))
	if err != nil {
		return `""`
	}
	return string(value)
}

// TestSchemaExceptions shows each exception: what Go refuses and a schema
// accepts, and the few bodies for which it is the other way round.
func TestSchemaExceptions(t *testing.T) {
	formats := schemaOf[schemaFormats](t)
	fields := make(map[string]string)
	for f := range reflect.TypeFor[schemaFormats]().Fields() {
		rule, _, _ := strings.Cut(f.Tag.Get("validate"), "=")
		if rule != "datetime" || f.Name == "Clock" {
			fields[rule] = f.Tag.Get("json")
		}
	}
	fields["email"] = "email"
	for rule, value := range laxRules {
		if rule == "unique" {
			c := schemaOf[schemaLists](t)
			showLax(t, &c, "points", value, rule)
			continue
		}
		showLax(t, &formats, fields[rule], value, rule)
	}
	for code, value := range laxCodes {
		switch code {
		case "type":
			c := schemaOf[schemaNumbers](t)
			showLax(t, &c, "port", value, code)
		case "range":
			c := schemaOf[struct {
				X float64 `json:"x" good:"1"`
			}](t)
			showLax(t, &c, "x", value, code)
		case "key", "duplicate":
			c := schemaOf[schemaLists](t)
			showLax(t, &c, "intkeys", value, code)
		case "encoding":
			c := schemaOf[schemaText](t)
			showLax(t, &c, "required", value, code)
		case "max_depth":
			c := schemaOf[schemaLists](t)
			item := `{"sku":"abc","qty":1,"next":`
			showLax(t, &c, "items", "["+strings.Repeat(item, 70)+"null"+strings.Repeat("}", 70)+"]", code)
		case "format":
			c := schemaOf[struct {
				X json.Number `json:"x"`
				T textual     `json:"t"`
			}](t)
			showLax(t, &c, "t", value, code)
		}
	}

	for _, tt := range []struct {
		what string
		c    schemaCase
		body string
	}{
		{"a name in another case", schemaOf[SchemaSeal](t), `{"KEY":"x"}`},
		{"a number that is rounded to the bound", schemaOf[struct {
			X float64 `json:"x" validate:"max=0.5"`
		}](t), `{"x":0.50000000000000000001}`},
		{"a time with an hour of one digit", schemaOf[struct {
			X time.Time `json:"x"`
		}](t), `{"x":"2024-01-02T3:04:05Z"}`},
		{"a backslash in quotes", schemaOf[struct {
			X string `json:"x" validate:"email"`
		}](t), `{"x":"\"a\\\"b\"@example.com"}`},
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := tt.c.check([]byte(tt.body)); err != nil {
			t.Errorf("%s: JSON(%s) = %v; want nil", tt.what, tt.body, err)
		}
		if tt.c.schema.Validate(doc) == nil {
			t.Errorf("%s: the schema accepts %s; it is no exception any more", tt.what, tt.body)
		}
	}
}

// A textual refuses what is no year.
type textual struct{ year int }

func (x *textual) UnmarshalText(text []byte) (err error) {
	x.year, err = strconv.Atoi(string(text))
	return err
}

// showLax expects that the value of a field is refused by Go and accepted by the
// schema.
func showLax(t *testing.T, c *schemaCase, field, value, exception string) {
	t.Helper()
	body := c.body(map[string]string{field: value})
	if exception == "format" || exception == "range" {
		body = []byte(`{"` + field + `":` + value + `}`)
	}
	err := c.check(body)
	errs, _ := errors.AsType[validate.Errors](err)
	if len(errs) == 0 || errs[0].Rule != exception && errs[0].Code != exception {
		t.Errorf("%s: JSON(%s) = %v; want an error by it", exception, value, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.schema.Validate(doc); err != nil {
		t.Errorf("%s: the schema refuses %s: %v; it is no exception any more", exception, value, err)
	}
}

// FuzzSchemaAgrees puts any JSON value into a field of a good body.
func FuzzSchemaAgrees(f *testing.F) {
	cases := schemaCases(f)
	for i, c := range cases {
		for j, field := range c.fields {
			f.Add(uint8(i), uint8(j), field.good)
		}
	}
	f.Fuzz(func(t *testing.T, which, field uint8, value string) {
		c := cases[int(which)%len(cases)]
		c.compare(t, c.body(map[string]string{c.fields[int(field)%len(c.fields)].name: value}))
	})
}
