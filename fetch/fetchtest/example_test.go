package fetchtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
)

// show prints what a client gets.
func show(c *http.Client, url string) {
	resp, err := c.Get(url)
	if err != nil {
		fmt.Println("no answer")
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Printf("%s, %q, %v\n", resp.Status, body, err)
}

func ExampleNewOrigin() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: "done", Failures: 1, FailStatus: http.StatusBadGateway}
	})
	defer origin.Close()

	show(http.DefaultClient, origin.URL)
	show(http.DefaultClient, origin.URL)
	fmt.Println(origin.Stats().Conns, origin.Stats().Requests)
	// Output:
	// 502 Bad Gateway, "", <nil>
	// 200 OK, "done", <nil>
	// 1 2
}

func ExampleNewTLSOrigin() {
	origin := fetchtest.NewTLSOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: r.Proto}
	})
	defer origin.Close()

	show(&http.Client{Transport: origin.Transport()}, origin.URL)
	// Output: 200 OK, "HTTP/2.0", <nil>
}

// In a bubble of testing/synctest the hour would be over at once.
func ExampleNewPipeOrigin() {
	origin := fetchtest.NewPipeOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Delay: time.Hour}
	})
	defer origin.Close()

	client := &http.Client{Transport: origin.Transport(), Timeout: time.Millisecond}
	_, err := client.Get(origin.URL)
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	fmt.Println(origin.URL, ok && timeout.Timeout())
	// Output: http://origin.test true
}

func ExampleBusy() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		busy := fetchtest.Busy(http.StatusTooManyRequests, 2*time.Second)
		return fetchtest.Answer{Body: "at last", Failures: 1, Fail: &busy}
	})
	defer origin.Close()

	show(http.DefaultClient, origin.URL)
	show(http.DefaultClient, origin.URL)
	// Output:
	// 429 Too Many Requests, "", <nil>
	// 200 OK, "at last", <nil>
}

func ExampleBusyUntil() {
	a := fetchtest.BusyUntil(http.StatusServiceUnavailable, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(a.Status, a.Header)
	// Output: 503 map[Retry-After:[Tue, 01 Jan 2030 00:00:00 GMT]]
}

func ExampleRedirect() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Redirect(r.URL.Path) // for ever
	})
	defer origin.Close()

	show(http.DefaultClient, origin.URL+"/loop")
	fmt.Println(origin.Requests())
	// Output:
	// no answer
	// 10
}

func ExampleBomb() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Bomb(8 << 20)
	})
	defer origin.Close()

	resp, err := http.Get(origin.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	fmt.Println(n, err)
	// Output: 8388608 <nil>
}

func ExampleContent() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		a := fetchtest.Content("a file that breaks off", `"v1"`)
		a.CutAfter = 6
		return a
	})
	defer origin.Close()

	show(http.DefaultClient, origin.URL)
	// Output: 200 OK, "a file", unexpected EOF
}
