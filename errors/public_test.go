package errors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/stretchr/testify/require"
)

func TestStatusTextIsThatOfHTTP(t *testing.T) {
	for status := 400; status < 600; status++ {
		want := http.StatusText(status)
		switch {
		case status == 499:
			want = "Client Closed Request"
		case want == "" && status < 500:
			want = "Client Error"
		case want == "":
			want = "Server Error"
		}
		if got := errors.StatusText(status); got != want {
			t.Errorf("statusText(%d) = %q; want %q", status, got, want)
		}
	}
}

// refused is an error of another package that brings an object of its own.
type refused struct{ extensions map[string]any }

func (refused) Error() string   { return "internal" }
func (refused) HTTPStatus() int { return 422 }
func (r refused) Problem() errors.ProblemDetails {
	return errors.ProblemDetails{Type: "urn:refused", Title: "Refused", Detail: "name: is empty", Extensions: r.extensions}
}

func TestPublicAndProblem(t *testing.T) {
	secret := errors.Wrap(io.ErrUnexpectedEOF, "select from users", slog.String("dsn", "secret"))
	public := errors.With(secret, errors.WithKind(errors.NotFound), errors.WithPublic("There is no such user."), errors.WithCode("no_user"), errors.WithHint("secret"))
	for _, tt := range []struct {
		name   string
		err    error
		public string
		want   string
	}{
		{"nil", nil, "", `{}`},
		{"internal", secret, "Internal Server Error", `{"status":500,"title":"Internal Server Error"}`},
		{"kind", errors.With(secret, errors.WithKind(errors.NotFound)), "Not Found", `{"status":404,"title":"Not Found"}`},
		{"public", public, "There is no such user.", `{"code":"no_user","detail":"There is no such user.","status":404,"title":"Not Found"}`},
		{"through fmt", fmt.Errorf("secret: %w", public), "There is no such user.", `{"code":"no_user","detail":"There is no such user.","status":404,"title":"Not Found"}`},
		{"outermost", errors.With(public, errors.WithPublic("Try later."), errors.WithKind(errors.Unavailable), errors.WithCode("busy")), "Try later.", `{"code":"busy","detail":"Try later.","status":503,"title":"Service Unavailable"}`},
		{"status", foreign{status: 418}, "I'm a teapot", `{"status":418,"title":"I'm a teapot"}`},
		{"status without a name", foreign{status: 599}, "Server Error", `{"status":599,"title":"Server Error"}`},
		{"status of success", foreign{status: 200}, "Internal Server Error", `{"status":500,"title":"Internal Server Error"}`},
		{"kind OK", errors.Wrap(errors.OK, "x"), "Internal Server Error", `{"status":500,"title":"Internal Server Error"}`},
		{"its own object", errors.Wrap(refused{}, "x"), "Unprocessable Entity", `{"detail":"name: is empty","status":422,"title":"Refused","type":"urn:refused"}`},
		{"its own object, with a code", errors.With(refused{map[string]any{"n": 1}}, errors.WithCode("c")), "Unprocessable Entity", `{"code":"c","detail":"name: is empty","n":1,"status":422,"title":"Refused","type":"urn:refused"}`},
		{"a kind around its own object", errors.With(refused{}, errors.WithKind(errors.Internal)), "Internal Server Error", `{"status":500,"title":"Internal Server Error"}`},
	} {
		if got := errors.Public(tt.err); got != tt.public {
			t.Errorf("%s: Public = %q; want %q", tt.name, got, tt.public)
		}
		got, err := json.Marshal(errors.Problem(tt.err))
		require.NoError(t, err)
		if string(got) != tt.want {
			t.Errorf("%s: Problem = %s; want %s", tt.name, got, tt.want)
		}
	}
	own := map[string]any{}
	errors.Problem(errors.With(refused{own}, errors.WithCode("c")))
	if len(own) != 0 {
		t.Errorf("Problem writes %v into the map of somebody else", own)
	}
}

func TestWriteProblem(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	open := httptest.NewRequest(http.MethodGet, "/", nil)
	gone := open.WithContext(ended)
	for _, tt := range []struct {
		name   string
		r      *http.Request
		err    error
		status int
		retry  string
	}{
		{"not found", open, errors.NotFound, 404, ""},
		{"wait", open, errors.With(errors.Unavailable, errors.WithRetryAfter(time.Second)), 503, "1"},
		{"wait, rounded up", open, errors.With(errors.ResourceExhausted, errors.WithRetryAfter(1001*time.Millisecond)), 429, "2"},
		{"wait for ever", open, errors.With(errors.Unavailable, errors.WithRetryAfter(1<<63-1)), 503, "9223372037"},
		{"the client is gone", gone, errors.Wrap(context.Canceled, "x"), 499, ""},
		{"the client is there", open, errors.Wrap(context.Canceled, "x"), 500, ""},
		{"the kind was attached", open, errors.With(context.Canceled, errors.WithKind(errors.Canceled)), 499, ""},
		{"unwritable extension", open, refused{map[string]any{"f": func() {}}}, 422, ""},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Length", "7")
		errors.WriteProblem(w, tt.r, tt.err)
		res := w.Result()
		var p errors.ProblemDetails
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil || p.Status != tt.status || res.StatusCode != tt.status || p.Title == "" {
			t.Errorf("%s: WriteProblem writes status %d, object %+v, %v; want %d", tt.name, res.StatusCode, p, err, tt.status)
		}
		for key, want := range map[string]string{
			"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", "Retry-After": tt.retry, "Content-Length": "",
		} {
			if got := res.Header.Get(key); got != want {
				t.Errorf("%s: header %s is %q; want %q", tt.name, key, got, want)
			}
		}
	}
	w := httptest.NewRecorder()
	var writer http.ResponseWriter = w
	errors.WriteProblem(writer, open, nil)
	if len(w.Header()) > 0 || w.Body.Len() > 0 {
		t.Errorf("WriteProblem(nil) writes %v %q; want nothing", w.Header(), w.Body)
	}
	errors.WriteProblem(writer, nil, io.EOF)
	if w.Code != 500 {
		t.Errorf("WriteProblem without a request: status %d; want 500", w.Code)
	}
}

// FuzzPublic hides a marked text in every place that is not public and looks for
// the mark in all that is.
func FuzzPublic(f *testing.F) {
	f.Add("password=hunter2", "There is no such user.", uint8(5), uint16(0xffff))
	f.Add("", "", uint8(0), uint16(0))
	f.Add("\"\\\x00", "<b>", uint8(200), uint16(0x1234))
	f.Fuzz(func(t *testing.T, text, public string, kind uint8, shape uint16) {
		const mark = "INTERNAL"
		if strings.Contains(public, mark) {
			t.Skip("the public text has the mark")
		}
		internal := mark + text + mark
		err := errors.New(internal)
		for bit := range 16 {
			if shape>>bit&1 == 0 {
				continue
			}
			switch bit {
			case 0:
				err = errors.Wrap(err, internal)
			case 1:
				err = errors.Wrap(err, internal, slog.String(internal, internal), slog.Any("s", errors.Secret(internal)))
			case 2:
				err = errors.Wrapf(err, "%s %v", internal, errors.Secret(internal))
			case 3:
				err = errors.Errorf("%s: %w", internal, err)
			case 4:
				err = fmt.Errorf("%s: %w", internal, err)
			case 5:
				err = errors.Join(errors.New(internal), err)
			case 6:
				err = errors.Append(err, errors.Const(internal))
			case 7:
				err = errors.With(err, errors.WithHint(internal), errors.WithSecondary(errors.New(internal)))
			case 8:
				err = errors.With(err, errors.WithAttrs(slog.Group(internal, slog.String("a", internal))))
			case 9:
				err = errors.With(err, errors.WithKind(errors.Kind(kind)))
			case 10:
				err = errors.With(err, errors.WithPublic(public))
			case 11:
				err = errors.With(err, errors.WithCode("code"), errors.WithRetryAfter(time.Duration(kind)))
			case 12:
				err = errors.WithStack(err)
			case 13:
				err = errors.Wrap(foreign{status: int(kind) + 350}, internal)
			case 14:
				err = func() (err error) {
					defer errors.Recover(&err)
					return explode(internal)
				}()
			case 15:
				data, _ := errors.Encode(err)
				err = errors.Decode(data)
			}
		}
		w := httptest.NewRecorder()
		errors.WriteProblem(w, nil, err)
		body, _ := json.Marshal(errors.Problem(err))
		for what, got := range map[string]string{
			"Public": errors.Public(err), "Problem": string(body), "WriteProblem": fmt.Sprint(w.Header(), w.Body),
		} {
			if strings.Contains(got, mark) {
				t.Errorf("%s shows what is internal: %q", what, got)
			}
		}
		if w.Code < 400 || w.Code > 599 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("WriteProblem writes status %d and %q", w.Code, w.Body)
		}
		if want := strings.ToValidUTF8(public, "\ufffd"); shape>>10&1 == 1 && shape>>13 == 0 && public != "" && errors.Problem(err).Detail != public && errors.Problem(err).Detail != want {
			t.Errorf("Detail = %q; want %q", errors.Problem(err).Detail, public)
		}
	})
}
