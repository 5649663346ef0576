package bench

import (
	"database/sql"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
)

// sampleTexts are strings on both sides of the border of some rule.
var sampleTexts = slices.Concat(
	[]string{"", " ", "a", "A", "b", "ab", "abc", "aB1", "a b", "ABC", "é", "É", "ß", "ǆ", "ǅ", "日本", "٣", "½", "\xff", "a\xff", "\u2028", "\n", "a\n", "\x00", "~", "a,b", "a|b",
		"0", "1", "2", "3", "8", "01", "-1", "+1", "1.5", "-1.5", "1.", ".5", "1e1", "12345678", "t", "T", "true", "TRUE", "tRUE", "False", "yes", "light blue", "Light Blue", "'", "nil"},
	strings.Fields(`a@b.co A@B.CO a@b a.b@c.de a..b@c.de .a@b.co a.@b.co a+b@c.de a_b@c.de a@b..co a@-b.co a@b-.co a@b.c a@b.1 a@b.c1 a@1.2.3.4 a@[1.2.3.4] "a"@b.co "a@b"@c.de é@b.co a@é.co
		a@b.é a@xn--bcher-kva.example a@b_c.de a@b.co. a@b~c.de a@@b.co a@b@c.de a(x)@b.co <a@b.co> a,b@c.de a@b.co,c@d.ee a@ab--c.de`),
	[]string{"\"a b\"@c.de", "Ann <a@b.co>", "a @b.co", "a@ b.co", " a@b.co", "a@b.co ", "\"\\\"\"@b.co", "a@" + strings.Repeat("b.", 130) + "co", strings.Repeat("a", 65) + "@b.co", "a@" + strings.Repeat("b", 64) + ".co"},
	strings.Fields(`http://a https://a.b/c?d=e#f HTTP://A http:// http:/// http://:80 http://a:80 http://a:99999 http://a: http://a:x http://a_b http://[::1] http://[::1]:80 http://[::1 http://[fe80::1%25eth0]
		http://a@b http://a:b@c http://a%20b http://a%zz http://é/ http://a/%zz http://a/é http://a#%zz http:a http:/a //a /a /a%zz a * # #a ?a ?a=b javascript:alert(1) mailto:a@b.co data:x a:b a: a:# a:#b 1a:b
		file:///etc/passwd file:/// file:// file:a file:///a%zz ftp://a.b https: https://é http://a:80:80 http://a,b postgres://a:1,b:2/c urn:x:y http://1.2.3.4 http://a<b http://a"b`),
	[]string{"http://a b", "http://a/b c", "http://a\n", "http://a/\x7f", "http://a#\x01", "/a\n", "http://\u212a"},
	strings.Fields(`1.2.3.4 1.2.3.256 1.2.3 01.2.3.4 1.2.3.4.5 :: ::1 1::2 ::ffff:1.2.3.4 fe80::1%eth0 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9 2001:DB8::1 [::1] 1:2:3:4:5:6:1.2.3.4
		1.2.3.0/24 1.2.3.4/24 1.2.3.4/32 1.2.3.4/33 1.2.3.4/024 1.2.3.4/ /24 ::/0 ::1/128 ::1/129 ::1/032 ::ffff:1.2.3.0/120 ::ffff:1.2.3.4/128 ::ffff:1.2.3.4/24 fe80::%1/64
		00:00:5e:00:53:01 00-00-5e-00-53-01 0000.5e00.5301 00005e005301 00:00:5e:00:53 00:00:5g:00:53:01 02:00:5e:10:00:00:00:01
		a.b a-b a-.b a.-b -a a- a_b a.b. a..b .a 1a 1.a a.1 a.b1 xn--a b--c example.com EXAMPLE.COM a.c localhost
		a:80 :80 a:0 a:65535 a:65536 a:080 a:00080 a:000080 a:+80 a: a:x a:-1 a:8 1.2.3.4:80 [::1]:80 [a]:80 [1.2.3.4]:80 []:80 ::1:80 a-:80 a:80:80 80 65535 65536 +80 080 000080 -80`),
	[]string{strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a.", 126) + "ab", strings.Repeat("a.", 127) + "ab", strings.Repeat("a.", 126) + "ab.", strings.Repeat("a.", 130) + "a:80"},
	strings.Fields(`f81d4fae-7dec-11d0-a765-00a0c91e6bf6 F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6 f81d4fae-7dec-41d0-a765-00a0c91e6bf6 F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6 f81d4fae-7dec-71d0-a765-00a0c91e6bf6
		F81D4FAE-7DEC-71D0-A765-00A0C91E6BF6 f81d4fae-7dec-41d0-7765-00a0c91e6bf6 f81d4fae7dec41d0a76500a0c91e6bf6 {f81d4fae-7dec-41d0-a765-00a0c91e6bf6} f81d4fae-7dec-41d0-a765-00a0c91e6bfg 00000000-0000-0000-0000-000000000000
		01ARZ3NDEKTSV4RRFFQ69G5FAV 01arz3ndektsv4rrffq69g5fav 81ARZ3NDEKTSV4RRFFQ69G5FAV 01ARZ3NDEKTSV4RRFFQ69G5FAI 01ARZ3NDEKTSV4RRFFQ69G5FA 507f1f77bcf86cd799439011 507F1F77BCF86CD799439011 507f1f77bcf86cd79943901
		e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855`),
	[]string{"01ARZ3NDE\u212aTSV4RRFFQ69G5FAV"},
	strings.Fields(`+491234567890 491234567890 +0123456789 +1234567 +123456 +12345 12345678 +123456789012345 +1234567890123456 ++12345678 4111111111111111 4111111111111112 378282246310005 411111111111 41111111111111111111
		0.0 90 -90 90.0 90.1 91 -90.00 089 9.5 180 -180.0 180.1 181 179.99 +90 00 1,5 4500000000000000006`),
	[]string{"4111 1111 1111 1111", "4111-1111-1111-1111", "41 11111111111111", "4111 1111 1111 1111 ", "4111  1111 1111 1111", "90." + strings.Repeat("0", 130)},
	strings.Fields(`2024-02-29 2023-02-29 2024-13-01 2024-1-1 2024-02-29T12:34:56Z 2024-02-29T12:34:56+01:00 2024-02-29T12:34:56 2024-02-29t12:34:56z 12:34 1:34 24:00 x
		UTC Europe/Berlin europe/berlin Local local America/New_York EST Nowhere Etc/GMT+1 ../UTC posixrules
		1s 1m30s -1s 1 1.5h 1d +5ms 1µs 9999999999h s`),
	[]string{"Jan 2", "Feb 30", "2024-02-29 ", "1ns1" + strings.Repeat("0", 130) + "ns", strings.Repeat("0", 130) + "1s"},
	strings.Fields(`{} {"a":1} {"a":} [] [1,] [1] null nul true "a" "a 1e5 01 -0 1.0 {"a":1}{} {'a':1} {"a":1,"a":2}
		YQ== YWI= YWJj YQ Y YQ= YWI YWJ+ YWJ- YWJ_ YWJ/ YQ==YQ== Y=Q= ==== = a.b.c a.b. a.b a.b.c.d .b.c a..c eyJhbGciOiJIUzI1NiJ9.e30.x-_
		ff FF 0xff 0XFF 0x xff fg #fff #FFFF #ffffff #ffffffff #fffff #ggg fff
		1.2.3 v1.2.3 1.2.3-alpha.1+build.5 1.2.3-01 1.2 1.2.3- 1.2.3+ 1.2.3-a..b 01.2.3 1.2.3-0a 1.2.3+01
		DE de US XK AA UK GB EU EUR eur USD BGN XXX HRK ZWL ZWG XCG ANG CUC SLL SLE VED VEF MRO MRU STD STN XAU AAA
		de en-US en_US de-DE-1996 zh-Hant-TW x-private i-klingon xx xx-XX qaa en-US-u-ca-gregory e en- -en en--US english deutsch1 art-lojban sl-rozaj-biske root und zh-min-nan en-QQ en-a-bc`),
	[]string{"* * * * *", "*/5 0 1,15 * 1-5", "0 0 * * MON L", "61 * * * *", "* * * *", "* * * * * * * *", "@daily", "@every 5m", "@every 1.5h", "@every 5µs", "@every 5\u03bcs", "@DAILY", "*  *  *  *  *", "* * * * * ", "a * * * *", "ab * * * *", "? ? ? ? ?"},
)

type (
	colour string
	stamp  time.Time
	point  struct {
		X int `validate:"max=5"`
		Y string
	}

	// A holder is an interface as a sample.
	holder struct{ any }
)

var (
	nan      = math.NaN()
	loopback = netip.MustParseAddr("127.0.0.1")
)

func sqlString(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

func isTimeSpan(t reflect.Type) bool { return t == reflect.TypeFor[time.Duration]() }

// sampleTypes are types of every kind, and of what a library may take for
// something else than its kind.
var sampleTypes = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[colour](), reflect.TypeFor[*string](), reflect.TypeFor[**string](),
	reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[*int](),
	reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[bool](), reflect.TypeFor[*bool](),
	reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Time](), reflect.TypeFor[*time.Time](), reflect.TypeFor[stamp](),
	reflect.TypeFor[[]string](), reflect.TypeFor[[]int](), reflect.TypeFor[[]float64](), reflect.TypeFor[[]byte](), reflect.TypeFor[[2]int](), reflect.TypeFor[[0]int](),
	reflect.TypeFor[[]*int](), reflect.TypeFor[[][]string](), reflect.TypeFor[[]any](), reflect.TypeFor[[]point](), reflect.TypeFor[*[]string](),
	reflect.TypeFor[map[string]int](), reflect.TypeFor[map[int]string](), reflect.TypeFor[map[string]*int](),
	reflect.TypeFor[point](), reflect.TypeFor[*point](), reflect.TypeFor[struct{}](), reflect.TypeFor[netip.Addr](), reflect.TypeFor[sql.NullString](),
	reflect.TypeFor[any](), reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[*any](),
	reflect.TypeFor[func()](), reflect.TypeFor[chan int](), reflect.TypeFor[complex128](),
}

// sampleValues returns values of type t, of which the first is zero.
func sampleValues(t reflect.Type) []reflect.Value {
	values := []reflect.Value{reflect.Zero(t)}
	add := func(list ...any) {
		for _, v := range list {
			v := reflect.ValueOf(v)
			if !v.CanConvert(t) || v.CanInt() && reflect.Zero(t).CanInt() && reflect.Zero(t).OverflowInt(v.Int()) {
				continue
			}
			values = append(values, v.Convert(t))
		}
	}
	// lists calls make for lists of n different elements, the last of which is
	// twice in it.
	lists := func(elem reflect.Type, list func(elems []reflect.Value)) {
		some := sampleValues(elem)
		some = some[:min(len(some), 4)]
		for n := range len(some) + 1 {
			list(some[:n])
			if n > 0 {
				list(append(slices.Clone(some[:n]), some[n-1]))
			}
		}
	}
	switch t.Kind() {
	case reflect.String:
		texts := sampleTexts
		if t != reflect.TypeFor[string]() {
			texts = texts[:30]
		}
		for _, s := range texts {
			add(s)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		add(1, 2, 3, -1, 8, 10, 90, 91, -91, 127, 181, 65535, 65536, math.MaxInt64, math.MinInt64, 2*time.Second, 3*time.Second)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		for _, n := range []uint64{1, 2, 3, 8, 10, 90, 91, 181, 65535, 65536, math.MaxUint64} {
			if !reflect.Zero(t).OverflowUint(n) {
				add(n)
			}
		}
	case reflect.Float32, reflect.Float64:
		add(1.0, 2.0, 3.0, 1.5, -1.0, 8.0, 10.0, 90.5, 0.1, 180.5, 1e-7, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1))
	case reflect.Bool:
		add(true)
	case reflect.Complex128:
		add(1i)
	case reflect.Func:
		add(func() {})
	case reflect.Chan:
		add(make(chan int))
	case reflect.Pointer:
		elems := sampleValues(t.Elem())
		for _, v := range elems[:min(len(elems), 20)] {
			p := reflect.New(t.Elem())
			p.Elem().Set(v)
			values = append(values, p)
		}
	case reflect.Slice:
		lists(t.Elem(), func(elems []reflect.Value) {
			values = append(values, reflect.Append(reflect.MakeSlice(t, 0, 0), elems...))
		})
	case reflect.Array:
		lists(t.Elem(), func(elems []reflect.Value) {
			v := reflect.New(t).Elem()
			for i := range min(t.Len(), len(elems)) {
				v.Index(i).Set(elems[i])
			}
			values = append(values, v)
		})
	case reflect.Map:
		keys := sampleValues(t.Key())[1:]
		lists(t.Elem(), func(elems []reflect.Value) {
			v := reflect.MakeMap(t)
			for i, elem := range elems {
				v.SetMapIndex(keys[i], elem)
			}
			values = append(values, v)
		})
	case reflect.Interface:
		nobody := (*string)(nil)
		add("", "a", "abc", "a@b.co", "1", 0, 1, 3, int8(3), uint(3), 1.5, float32(3), true, false, 3*time.Second, time.Time{}, time.Unix(0, 0), nobody, &nobody, new(string), new(3), point{}, &point{9, ""}, [2]int{},
			[]string(nil), []string{}, []string{"a", "a"}, []any{}, []any{1, "1", nil}, []any{1, int64(1)}, []any{[]int{1}, 2}, []any{[]int{1}}, []any{nil, nil}, []any{new(1), new(1)}, map[string]any{"a": nil}, map[string]int(nil), []byte("{}"),
			netip.MustParseAddr("::1"), sql.NullString{}, func() {}, make(chan int), 1i, colour("a"))
	case reflect.Struct:
		add(time.Unix(0, 0), time.Now().Add(time.Hour), time.Now().Add(-time.Hour), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
			point{1, "a"}, point{9, ""}, netip.MustParseAddr("1.2.3.4"), sql.NullString{String: "a", Valid: true}, sql.NullString{String: "a"}, sql.NullString{Valid: true})
	}
	return values
}
