package validate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/goplinth/plinth/validate"
)

// All that is wrong with a body is reported at once: what does not decode, and
// the rules that do not hold.
func ExampleJSON() {
	body := strings.NewReader(`{
		"emial":    "ann@example.com",
		"password": "hunter2",
		"tags":     ["go", 7],
		"plan":     "free",
		"plan":     "team"
	}`)
	_, err := validate.JSON[SignUp](body)
	errs, _ := errors.AsType[validate.Errors](err)
	for _, e := range errs {
		fmt.Println(e.Path.Pointer(), e.Code, "-", e)
	}
	// Output:
	// /emial unknown_field - emial: is not a known field; did you mean email?
	// /tags/1 type - tags[1]: must be a string
	// /plan duplicate - plan: must not be given more than once
	// /email required - email: is required
	// /password min_length - password: must be at least 8 characters long
}

// A handler answers with the errors as they are. What is not Errors is a mistake
// of the program, or a connection that broke.
func ExampleJSON_handler() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		in, err := validate.JSON[SignUp](r.Body)
		if errs, ok := errors.AsType[validate.Errors](err); ok {
			w.WriteHeader(errs.HTTPStatus())
			json.NewEncoder(w).Encode(errs)
			return
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "welcome, %s", in.Email)
	}
	for _, body := range []string{
		`{"email": "ann@example.com", "password": "correct horse"}`,
		`{"email": "ann@example.com", "password": "correct horse", "plan": null}`,
		`{"email": "ann@example.com"`,
	} {
		w := httptest.NewRecorder()
		handler(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 welcome, ann@example.com
	// 422 [{"path":"plan","pointer":"/plan","code":"null","param":"string","message":"must be a string, not null"}]
	// 422 [{"path":"","pointer":"","code":"syntax","param":[1,28],"message":"the body must be valid JSON: line 1, column 28: a comma or } is missing"}]
}

// A list as the body needs no struct around it.
func ExampleJSON_list() {
	type Reading struct {
		Sensor string  `json:"sensor" validate:"required"`
		Value  float64 `json:"value" validate:"min=-50,max=50"`
	}
	_, err := validate.JSON[[]Reading](strings.NewReader(`[{"sensor": "roof", "value": 21.5}, {"value": 99}]`))
	fmt.Println(err)
	// Output: validate: [1].sensor: is required; [1].value: must be at most 50
}

func ExampleValidator_JSON() {
	signUps, err := validate.For[SignUp](validate.Options{MaxErrors: 1})
	if err != nil {
		panic(err) // a mistake in a tag, found when the program starts
	}
	in, err := signUps.JSON(strings.NewReader(`{"email": "ann@example.com", "password": "correct horse"}`))
	fmt.Println(in.Email, err)
	_, err = signUps.JSON(strings.NewReader(`{"email": 7, "password": 7}`))
	fmt.Println(err)
	// Output:
	// ann@example.com <nil>
	// validate: email: must be a string
}

func ExampleWithMaxBytes() {
	body := io.LimitReader(neverEnding{}, 1<<40)
	_, err := validate.JSON[SignUp](body, validate.WithMaxBytes(64<<10))
	fmt.Println(err)
	// Output: validate: the body must be at most 65536 bytes long
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func ExampleWithUnknownFields() {
	type Event struct {
		Name string `json:"name" validate:"required"`
	}
	const body = `{"name": "deployed", "since": "version 2"}`
	_, err := validate.JSON[Event](strings.NewReader(body))
	fmt.Println(err)
	event, err := validate.JSON[Event](strings.NewReader(body), validate.WithUnknownFields())
	fmt.Println(event.Name, err)
	// Output:
	// validate: since: is not a known field
	// deployed <nil>
}
