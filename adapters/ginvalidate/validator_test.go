package ginvalidate_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"
	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/adapters/ginvalidate"
	"github.com/goplinth/plinth/validate"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	m.Run()
}

type item struct {
	SKU string `json:"sku" binding:"required,uuid"`
	Qty int    `json:"qty" binding:"min=1,max=99"`
}

type order struct {
	Email string `json:"email" form:"email" uri:"email" binding:"required,email"`
	Pages int    `json:"pages" form:"pages" binding:"omitempty,min=2"`
	Items []item `json:"items" binding:"max=3,dive"`
}

const sku = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

func newValidator(t testing.TB, o validate.Options) *ginvalidate.Validator {
	t.Helper()
	v, err := ginvalidate.New(o)
	require.NoError(t, err)
	return v
}

// use makes v the validator of Gin until the test ends.
func use(t *testing.T, v binding.StructValidator) {
	t.Helper()
	before := binding.Validator
	binding.Validator = v
	t.Cleanup(func() { binding.Validator = before })
}

// summary returns the path and code of each error.
func summary(err error) []string {
	errs, ok := errors.AsType[validate.Errors](err)
	if err != nil && !ok {
		return []string{err.Error()}
	}
	var lines []string
	for _, e := range errs {
		lines = append(lines, strings.TrimSpace(e.Path.String()+" "+e.Code))
	}
	return lines
}

// TestEngine sends requests to a Gin engine whose handlers bind them in all the
// ways that Gin has.
func TestEngine(t *testing.T) {
	use(t, newValidator(t, validate.Options{}))
	engine := gin.New()
	var got error
	handle := func(bind func(*gin.Context) error) gin.HandlerFunc {
		return func(c *gin.Context) {
			got = bind(c)
			if errs, ok := errors.AsType[validate.Errors](got); ok {
				c.JSON(errs.HTTPStatus(), errs)
			} else if got != nil {
				c.Status(http.StatusBadRequest)
			}
		}
	}
	engine.POST("/json", handle(func(c *gin.Context) error { return c.ShouldBindJSON(&order{}) }))
	engine.POST("/list", handle(func(c *gin.Context) error { return c.ShouldBindJSON(&[]item{}) }))
	engine.POST("/pointers", handle(func(c *gin.Context) error { return c.ShouldBindJSON(new([]*item)) }))
	engine.POST("/pointer", handle(func(c *gin.Context) error { return c.ShouldBindJSON(new(*order)) }))
	engine.POST("/map", handle(func(c *gin.Context) error { return c.ShouldBindJSON(&map[string]any{}) }))
	engine.POST("/form", handle(func(c *gin.Context) error { return c.ShouldBind(&order{}) }))
	engine.GET("/query", handle(func(c *gin.Context) error { return c.ShouldBindQuery(&order{}) }))
	engine.GET("/uri/:email", handle(func(c *gin.Context) error { return c.ShouldBindUri(&order{}) }))

	form := func(pairs ...string) string {
		values := url.Values{}
		for pair := range slices.Chunk(pairs, 2) {
			values.Add(pair[0], pair[1])
		}
		return values.Encode()
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               []string
	}{
		{"POST", "/json", `{"email": "ann@example.com", "items": [{"sku": "` + sku + `", "qty": 1}]}`, 200, nil},
		{"POST", "/json", `{"email": "ann", "pages": 1, "items": [{"sku": "` + sku + `", "qty": 1}, {"qty": 100}]}`, 422,
			[]string{"email email", "pages min", "items[1].sku required", "items[1].qty max"}},
		{"POST", "/json", `{"email": "ann@example.com", "items": [{}, {}, {}, {}]}`, 422, []string{"items max_items"}},
		{"POST", "/json", `{`, 400, []string{"unexpected EOF"}},
		{"POST", "/list", `[{"sku": "` + sku + `", "qty": 1}]`, 200, nil},
		{"POST", "/list", `[{"sku": "` + sku + `", "qty": 1}, {}]`, 422, []string{"[1].sku required", "[1].qty min"}},
		{"POST", "/pointers", `[null, {"sku": "` + sku + `"}]`, 422, []string{"[0] required", "[1].qty min"}},
		{"POST", "/pointer", `null`, 422, []string{"required"}},
		{"POST", "/pointer", `{"email": "ann@example.com"}`, 200, nil},
		{"POST", "/map", `{"a": null}`, 200, nil},
		{"POST", "/form", form("email", "ann@example.com"), 200, nil},
		{"POST", "/form", form("email", "ann", "pages", "1"), 422, []string{"email email", "pages min"}},
		{"GET", "/query?" + form("email", "ann@example.com", "pages", "2"), "", 200, nil},
		{"GET", "/query?" + form("pages", "1"), "", 422, []string{"email required", "pages min"}},
		{"GET", "/uri/ann@example.com", "", 200, nil},
		{"GET", "/uri/ann", "", 422, []string{"email email"}},
	} {
		request := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
		if tt.path == "/form" {
			request.Header.Set("Content-Type", binding.MIMEPOSTForm)
		}
		answer := httptest.NewRecorder()
		engine.ServeHTTP(answer, request)
		if answer.Code != tt.status || !slices.Equal(summary(got), tt.want) {
			t.Errorf("%s %s %s: status %d, %q; want %d, %q", tt.method, tt.path, tt.body, answer.Code, summary(got), tt.status, tt.want)
		}
		if answer.Code == http.StatusUnprocessableEntity {
			var body []struct{ Path, Pointer, Code, Message string }
			if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil || len(body) != len(tt.want) {
				t.Errorf("%s %s %s: the answer is %s; want an array of %d errors", tt.method, tt.path, tt.body, answer.Body, len(tt.want))
			}
		}
	}
}

func TestCompile(t *testing.T) {
	type wrong struct {
		Age   int    `binding:"min=old"`
		Email string `binding:"emial"`
		Other string `validate:"emial"` // of another key
	}
	v := newValidator(t, validate.Options{})
	err := v.Compile(order{}, []any{}, (*wrong)(nil))
	want := `validate: Compile was given the type []interface {}; pass a struct type: not a struct
validate: ginvalidate_test.wrong.Age: tag "min=old": "old" is not a 64-bit whole number; write it in base 10
validate: ginvalidate_test.wrong.Email: tag "emial": unknown rule; did you mean email?`
	if err == nil || err.Error() != want {
		t.Errorf("Compile = %v; want %s", err, want)
	}
	if err := v.Compile(order{}, reflect.TypeFor[*item]()); err != nil {
		t.Errorf("Compile = %v; want nil", err)
	}
	// Without Compile, the first request finds them.
	if _, ok := errors.AsType[*validate.TagError](v.ValidateStruct(&wrong{})); !ok {
		t.Error("ValidateStruct of a type with mistakes: no TagError")
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	v, err := ginvalidate.New(validate.Options{Tag: "a b", MaxDepth: -1})
	if v != nil || err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("New = %v, %v; want nil and two mistakes", v, err)
	}
}

func TestOptions(t *testing.T) {
	type form struct {
		Name string `form:"full-name" json:"n" binding:"short" check:"required"`
	}
	short := validate.Tag("short", func(string) (func(string) bool, error) {
		return func(s string) bool { return len(s) < 3 }, nil
	})
	v := newValidator(t, validate.Options{NameTag: "form", Tags: []validate.TagRule{short}})
	if got, want := summary(v.ValidateStruct(form{"Ann"})), []string{"full-name short"}; !slices.Equal(got, want) {
		t.Errorf("ValidateStruct = %q; want %q", got, want)
	}
	v = newValidator(t, validate.Options{Tag: "check", Messages: shout{}})
	if got, want := summary(v.ValidateStruct(form{})), []string{"n required"}; !slices.Equal(got, want) {
		t.Errorf("ValidateStruct = %q; want %q", got, want)
	}
	for _, in := range []any{form{}, (*form)(nil)} {
		if err := v.ValidateStruct(in); err == nil || !strings.HasSuffix(err.Error(), "REQUIRED") {
			t.Errorf("ValidateStruct(%T) = %v; want the message REQUIRED", in, err)
		}
	}
}

// shout is a language.
type shout struct{}

func (shout) Message(e validate.FieldError) string { return strings.ToUpper(e.Code) }

func TestErrorsOfNullAreTheCallersOwn(t *testing.T) {
	v := newValidator(t, validate.Options{})
	errs, ok := errors.AsType[validate.Errors](v.ValidateStruct((*order)(nil)))
	require.True(t, ok)
	errs[0].Message = "changed"
	if again := v.ValidateStruct((*order)(nil)); again.Error() != "validate: is required" {
		t.Errorf("ValidateStruct(nil) = %v; want that it is required", again)
	}
}

// TestNeverPanics holds the Validator to what Gin asks of one.
func TestNeverPanics(t *testing.T) {
	type loop *loop
	var self loop
	self = &self
	var boxed any
	boxed = &boxed
	type list []list
	lists := make(list, 1)
	lists[0] = lists
	v := newValidator(t, validate.Options{})
	for _, in := range []any{
		nil, 7, "text", []string{"a"}, []any{nil, 7}, map[string]order{"a": {}}, make(chan int), func() {}, [][]string{{}},
		new(int), (*int)(nil), (**int)(nil), []*string{nil}, self, &self, boxed, lists, new(any), struct{}{}, &struct{}{},
	} {
		if err := v.ValidateStruct(in); err != nil {
			t.Errorf("ValidateStruct(%T) = %v; want nil", in, err)
		}
	}
	for _, in := range []any{(*order)(nil), new(*order), (*[]order)(nil), []*order{nil}, [1]*order{}, []order{{}}, [][]order{{{}}}} {
		if err := v.ValidateStruct(in); err == nil {
			t.Errorf("ValidateStruct(%T) = nil; want an error", in)
		}
	}
}

func TestEngineIsTheValidator(t *testing.T) {
	all, ok := newValidator(t, validate.Options{}).Engine().(*validate.Validator[any])
	require.True(t, ok)
	var in any = &order{Email: "ann", Pages: 1}
	if got, want := summary(all.Partial(&in, "pages")), []string{"pages min"}; !slices.Equal(got, want) {
		t.Errorf("Partial = %q; want %q", got, want)
	}
}

func TestValidValueCostsOneAllocation(t *testing.T) {
	v := newValidator(t, validate.Options{})
	in := &order{Email: "ann@example.com", Items: []item{{sku, 1}, {sku, 2}}}
	if allocs := testing.AllocsPerRun(100, func() { v.ValidateStruct(in) }); allocs > 1 {
		t.Errorf("ValidateStruct: allocations = %v; want at most 1", allocs)
	}
}
