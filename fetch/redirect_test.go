package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

const secret = "s3cret"

// secretive returns a request with a secret in all that a request has, but for
// what the names of the parts say.
func secretive(t testing.TB, method, target, without string) *http.Request {
	t.Helper()
	var body io.Reader
	if without != "body" {
		body = strings.NewReader("password=" + secret)
	}
	req, err := http.NewRequest(method, target, body)
	require.NoError(t, err)
	req.URL.User = url.UserPassword("user", secret)
	req.URL.RawQuery = "key=" + secret
	for _, key := range []string{"Authorization", "Proxy-Authorization", "Www-Authenticate", "Cookie", "Cookie2", "X-Api-Key", "X-Amz-Security-Token", "Private-Token", "Referer", "Forwarded", "X-Anything"} {
		req.Header.Set(key, secret)
	}
	req.Header["x-raw-key"] = []string{secret} // not in canonical form
	req.Header.Set("Accept", "text/plain")
	return req
}

// tells returns the parts of a request that have the secret in them.
func tells(req *http.Request, body string) []string {
	var parts []string
	for key, values := range req.Header {
		if strings.Contains(strings.Join(values, " "), secret) {
			parts = append(parts, key)
		}
	}
	if password, _ := req.URL.User.Password(); password == secret {
		parts = append(parts, "URL.User")
	}
	if _, password, ok := req.BasicAuth(); ok && password == secret {
		parts = append(parts, "basic auth")
	}
	if strings.Contains(body, secret) {
		parts = append(parts, "body")
	}
	slices.Sort(parts)
	return parts
}

// A world answers for all hosts and notes who was told the secret.
type world struct {
	t      testing.TB
	steps  []string // where the first requests are redirected to
	status int
	visits []visit
}

type visit struct {
	url     string
	crossed bool
	told    []string
	header  http.Header
}

func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			w.t.Errorf("reading the body for %s: %v", req.URL, err)
		}
		req.Body.Close()
		body = string(b)
	}
	w.visits = append(w.visits, visit{req.URL.Scheme + "://" + req.URL.Host, fetch.CrossedOrigin(req), tells(req, body), req.Header})
	resp := respond(200, "")
	if n := len(w.visits); n <= len(w.steps) {
		resp = respond(w.status, "", "Location", w.steps[n-1])
	}
	resp.Request = req
	return resp, nil
}

func TestRedirectsAndSecrets(t *testing.T) {
	home := "https://a.example"
	for name, tt := range map[string]struct {
		steps   []string
		trust   []string
		visited []string // "+" if the secrets came along
		denied  bool
	}{
		"path":                {[]string{"/b", "?c", home + "/d", "https://A.example:443/e"}, nil, []string{"+", "+", "+", "+", "+"}, false},
		"other host":          {[]string{"https://b.example/"}, nil, []string{"+", ""}, false},
		"subdomain":           {[]string{"https://x.a.example/"}, nil, []string{"+", ""}, false},
		"other port":          {[]string{"https://a.example:8443/"}, nil, []string{"+", ""}, false},
		"no scheme":           {[]string{"//b.example/"}, nil, []string{"+", ""}, false},
		"within the stranger": {[]string{"https://b.example/", "/again"}, nil, []string{"+", "", ""}, false},
		"and back":            {[]string{"https://b.example/", home + "/transfer?to=b"}, nil, []string{"+", "", ""}, false},
		"userinfo":            {[]string{"https://a.example@b.example/"}, nil, []string{"+", ""}, false},
		"to http":             {[]string{"http://a.example/"}, nil, []string{"+"}, true},
		"to http later":       {[]string{"https://b.example/", "http://b.example/"}, nil, []string{"+", ""}, true},
		"to http, trusted":    {[]string{"http://a.example/"}, []string{"http://a.example"}, []string{"+"}, true},
		"to ftp":              {[]string{"ftp://a.example/"}, nil, []string{"+"}, true},
		"to no host":          {[]string{"https:///x"}, nil, []string{"+"}, true},
		"trusted":             {[]string{"https://B.example:443/", "/x", home}, []string{"https://b.example/"}, []string{"+", "+", "+", "+"}, false},
		"one trusted":         {[]string{"https://b.example/", "https://c.example/", "https://b.example/"}, []string{"https://b.example"}, []string{"+", "+", "", ""}, false},
		"trusted port":        {[]string{"https://b.example:444/"}, []string{"https://b.example"}, []string{"+", ""}, false},
	} {
		w := &world{t: t, steps: tt.steps, status: http.StatusFound}
		c := newClient(t, fetch.Options{Transport: w, Redirect: fetch.RedirectPolicy{Trust: tt.trust}})
		_, err := fetch.Send[string](t.Context(), c, secretive(t, "GET", home, "body"))
		if errors.Is(err, fetch.ErrRedirectDenied) != tt.denied || !tt.denied && err != nil {
			t.Errorf("%s: %v; want denied %v", name, err, tt.denied)
		}
		var visited []string
		for _, v := range w.visits {
			told := ""
			if slices.Contains(v.told, "Authorization") && slices.Contains(v.told, "X-Api-Key") && slices.Contains(v.told, "x-raw-key") {
				told = "+"
			} else if len(v.told) > 0 {
				t.Errorf("%s: %s was told the secret in %q", name, v.url, v.told)
			}
			if v.crossed != (told == "") {
				t.Errorf("%s: CrossedOrigin at %s = %v", name, v.url, v.crossed)
			}
			if v.crossed && v.header.Get("Authorization") != "" {
				t.Errorf("%s: %s was sent the Authorization %q, which whoever redirects has chosen", name, v.url, v.header.Get("Authorization"))
			}
			if v.header.Get("Accept") != "text/plain" {
				t.Errorf("%s: Accept did not come along to %s", name, v.url)
			}
			visited = append(visited, told)
		}
		if !slices.Equal(visited, tt.visited) {
			t.Errorf("%s: the origins on the way were told %q; want %q", name, visited, tt.visited)
		}
	}
}

// openBody is a request body that notes when it is closed.
type openBody struct {
	io.Reader
	close func() // once, since http.Client closes some twice
}

func (b openBody) Close() error { b.close(); return nil }

func TestRedirectsAndBodies(t *testing.T) {
	for _, tt := range []struct {
		status int
		to     string
		trust  []string
		max    int
		denied bool
		told   bool // the last origin saw the body
	}{
		{307, "/b", nil, 0, false, true},
		{308, "/b", nil, 0, false, true},
		{307, "https://b.example/", nil, 0, true, false},
		{308, "https://b.example/", nil, 0, true, false},
		{307, "https://b.example/", []string{"https://b.example"}, 0, false, true},
		{302, "https://b.example/", nil, 0, false, false},
		{303, "https://b.example/", nil, 0, false, false},
		{303, "/b", nil, 0, false, false},
		{307, "/b", nil, -1, false, false},
	} {
		w := &world{t: t, steps: []string{tt.to}, status: tt.status}
		c := newClient(t, fetch.Options{Transport: w, Redirect: fetch.RedirectPolicy{Max: tt.max, Trust: tt.trust}})
		req := secretive(t, "POST", "https://a.example/", "")
		open := 0
		get := req.GetBody
		req.GetBody = func() (io.ReadCloser, error) {
			open++
			body, err := get()
			return openBody{body, sync.OnceFunc(func() { open-- })}, err
		}
		req.Body, _ = req.GetBody()
		_, err := fetch.Send[string](t.Context(), c, req)
		if errors.Is(err, fetch.ErrRedirectDenied) != tt.denied || !tt.denied && tt.max == 0 && err != nil {
			t.Errorf("%d to %s: %v; want denied %v", tt.status, tt.to, err, tt.denied)
		}
		if told := slices.Contains(w.visits[len(w.visits)-1].told, "body"); len(w.visits) > 1 && told != tt.told {
			t.Errorf("%d to %s: the body was sent there: %v; want %v", tt.status, tt.to, told, tt.told)
		}
		if open != 0 {
			t.Errorf("%d to %s: %d request bodies are open", tt.status, tt.to, open)
		}
	}
}

func TestRedirectMax(t *testing.T) {
	for _, tt := range []struct{ limit, redirects, status, requests int }{
		{0, 10, 200, 11}, {0, 11, 0, 11}, {2, 2, 200, 3}, {2, 3, 0, 3}, {-1, 1, 302, 1},
	} {
		w := &world{t: t, steps: slices.Repeat([]string{"/"}, tt.redirects), status: http.StatusFound}
		c := newClient(t, fetch.Options{Transport: w, Redirect: fetch.RedirectPolicy{Max: tt.limit}})
		req, err := http.NewRequest("GET", "http://a.example/", nil)
		require.NoError(t, err)
		r, err := fetch.Send[string](t.Context(), c, req)
		if r.Status != tt.status || len(w.visits) != tt.requests || (tt.status == 0) != errors.Is(err, fetch.ErrRedirectDenied) {
			t.Errorf("Max %d, %d redirects: status %d after %d requests, %v; want %d after %d", tt.limit, tt.redirects, r.Status, len(w.visits), err, tt.status, tt.requests)
		}
	}
}

func TestRedirectTrustMistakes(t *testing.T) {
	_, err := fetch.New(fetch.Options{Redirect: fetch.RedirectPolicy{Trust: []string{"https://a", "a.example", "https://a/path", "ftp://a", "https://u@a", "https://a?x", "https://:80", ""}}})
	require.Error(t, err)
	for i := range 8 {
		field := fmt.Sprintf("fetch: Options.Redirect.Trust[%d] is ", i)
		if strings.Contains(err.Error(), field) != (i > 0) {
			t.Errorf("New error = %v; says %s: %v", err, field, i == 0)
		}
	}
}

// FuzzRedirects leads a request along any chain. Whatever the chain, only the
// first origin is told the secret, and only until the first stranger.
func FuzzRedirects(f *testing.F) {
	f.Add("/a\nhttps://b.example/\nhttps://a.example/", uint16(302), "GET")
	f.Add("https://b.example/\n/x", uint16(307), "POST")
	f.Add("//b.example\nhttp://a.example/", uint16(308), "PUT")
	f.Add("https://a.example:443/\nhttps://a.example.:443/\nhttps://A.EXAMPLE/", uint16(303), "DELETE")
	f.Add("https://a.example@b.example/\nhttps://[::1]:1/\nhttps://a.example%2eb.example/", uint16(301), "HEAD")
	f.Add("https:a.example\nhttps:/\\b.example\n\\\\b.example\njavascript:1", uint16(302), "GET")
	f.Fuzz(func(t *testing.T, chain string, status uint16, method string) {
		if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE"}, method) {
			return
		}
		w := &world{t: t, steps: strings.Split(chain, "\n"), status: 301 + int(status)%8}
		c := newClient(t, fetch.Options{Transport: w, Retry: fetch.RetryPolicy{Attempts: 1}})
		without := ""
		if method == "GET" || method == "HEAD" {
			without = "body"
		}
		_, err := fetch.Send[[]byte](t.Context(), c, secretive(t, method, "https://a.example/", without))
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells the secret: %v", err)
		}
		stranger := false
		for _, v := range w.visits {
			host := strings.ToLower(v.url)
			stranger = stranger || host != "https://a.example" && host != "https://a.example:443" && host != "https://a.example:"
			if stranger && len(v.told) > 0 {
				t.Errorf("%s, after a stranger, was told the secret in %q", v.url, v.told)
			}
			if strings.HasPrefix(v.url, "http:") {
				t.Errorf("redirected from https to %s", v.url)
			}
		}
		if len(w.visits) > 11 {
			t.Errorf("%d requests; want at most 11", len(w.visits))
		}
	})
}

// A transport that adds a token does so above the redirect policy.
func ExampleCrossedOrigin() {
	other := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: fmt.Sprintf("token %q", r.Header.Get("Authorization"))}
	})
	defer other.Close()
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Status: http.StatusFound, Header: http.Header{"Location": {other.URL}}}
	})
	defer origin.Close()

	client, err := fetch.New(fetch.Options{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		if !fetch.CrossedOrigin(req) {
			req = req.Clone(req.Context())
			req.Header.Set("Authorization", "Bearer of the first origin")
		}
		return http.DefaultTransport.RoundTrip(req)
	})})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fetch.Get[string](context.Background(), client, origin.URL))
	// Output: token "" <nil>
}
