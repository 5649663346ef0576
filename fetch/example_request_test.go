package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
)

// startEcho starts a server that answers with what it was sent.
func startEcho() *fetchtest.Origin {
	return fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return fetchtest.Answer{Status: http.StatusBadRequest}
		}
		return fetchtest.Answer{Body: fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body)}
	})
}

func ExamplePost() {
	origin := startEcho()
	defer origin.Close()
	ctx := context.Background()

	fmt.Println(fetch.Post[string](ctx, nil, origin.URL+"/users", user{ID: 7, Name: "gopher"}))
	fmt.Println(fetch.Post[string](ctx, nil, origin.URL+"/form", url.Values{"name": {"gopher"}}))
	// Output:
	// POST /users application/json {"id":7,"name":"gopher"} <nil>
	// POST /form application/x-www-form-urlencoded name=gopher <nil>
}

func ExamplePost_multipart() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		file, header, err := r.FormFile("photo")
		if err != nil {
			return fetchtest.Answer{Status: http.StatusBadRequest}
		}
		defer file.Close()
		content, _ := io.ReadAll(file)
		return fetchtest.Answer{Body: fmt.Sprintf("%s of %s: %s", header.Filename, r.FormValue("name"), content)}
	})
	defer origin.Close()

	body := fetch.Multipart{
		Fields: url.Values{"name": {"gopher"}},
		Files: []fetch.File{{
			Field: "photo", Name: "gopher.txt", Type: "text/plain",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(":-)")), nil },
		}},
	}
	fmt.Println(fetch.Post[string](context.Background(), nil, origin.URL, body))
	// Output: gopher.txt of gopher: :-) <nil>
}

func ExampleWithQuery() {
	origin := startEcho()
	defer origin.Close()
	got, err := fetch.Get[string](context.Background(), nil, origin.URL+"/search?page=2", fetch.WithQuery("q", "a & b"))
	fmt.Println(strings.TrimSpace(got), err)
	// Output: GET /search?page=2&q=a+%26+b <nil>
}

func ExampleWithMethod() {
	origin := startEcho()
	defer origin.Close()
	got, err := fetch.Get[string](context.Background(), nil, origin.URL+"/users/7", fetch.WithMethod(http.MethodDelete))
	fmt.Println(strings.TrimSpace(got), err)
	// Output: DELETE /users/7 <nil>
}

func ExampleWithBody() {
	origin := startEcho()
	defer origin.Close()
	got, err := fetch.Get[string](context.Background(), nil, origin.URL+"/users/7",
		fetch.WithMethod(http.MethodPut), fetch.WithBody(user{ID: 7, Name: "gopher"}))
	fmt.Println(got, err)
	// Output: PUT /users/7 application/json {"id":7,"name":"gopher"} <nil>
}

func ExampleWithBearer() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: r.Header.Get("Authorization")}
	})
	defer origin.Close()
	fmt.Println(fetch.Get[string](context.Background(), nil, origin.URL, fetch.WithBearer("t0ken")))
	// Output: Bearer t0ken <nil>
}

// A payment may be retried because its key tells the server that it is the
// same one.
func ExampleWithIdempotencyKey() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: r.Header.Get("Idempotency-Key"), Failures: 1, FailStatus: http.StatusBadGateway}
	})
	defer origin.Close()
	fmt.Println(fetch.Post[string](context.Background(), nil, origin.URL, user{ID: 7}, fetch.WithIdempotencyKey("payment-1")))
	fmt.Println(origin.Requests())
	// Output:
	// payment-1 <nil>
	// 2
}

func ExampleWithTokens() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		if r.Header.Get("Authorization") != "Bearer new" {
			return fetchtest.Answer{Status: http.StatusUnauthorized}
		}
		return fetchtest.Answer{Body: "welcome"}
	})
	defer origin.Close()

	token := "old"
	source := func(ctx context.Context, refused string) (string, error) {
		if refused == token {
			token = "new" // a program would ask its identity provider, under a mutex
		}
		return token, nil
	}
	fmt.Println(fetch.Get[string](context.Background(), nil, origin.URL, fetch.WithTokens(source)))
	// Output: welcome <nil>
}
