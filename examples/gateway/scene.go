package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/errors"
)

// scene is a client of the gateway that tells what it sees.
type scene struct {
	ctx      context.Context
	out      io.Writer
	url      string
	client   *http.Client
	services services
}

// playScene sends requests to the gateway at url that show what it does.
func playScene(ctx context.Context, out io.Writer, url string, all services) error {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	defer transport.CloseIdleConnections()
	s := &scene{ctx: ctx, out: out, url: url, services: all, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
	for _, part := range []struct {
		title string
		play  func() error
	}{
		{"All three answer, and the gateway knows", s.health},
		{"One trace goes through all", s.trace},
		{"What a service refuses, and what the gateway does", s.problems},
		{"Answers are kept as Cache-Control says", s.caching},
		{"Equal requests are one for the service", s.coalescing},
		{"A GET is sent again, a POST is not", s.retries},
		{"Nobody waits for ever", s.timeout},
		{"A service that fails is left in peace", s.breaker},
		{"A service that is gone takes none with it", s.gone},
	} {
		fmt.Fprintf(out, "\n%s\n", part.title)
		if err := part.play(); err != nil {
			return errors.Wrap(err, strings.ToLower(part.title))
		}
	}
	return nil
}

// seen is an answer as the scene tells of it.
type seen struct {
	status int
	header http.Header
	body   string
}

// ask sends a request. Each of headers is a name and a value.
func (s *scene) ask(method, path, body string, headers ...string) (seen, error) {
	req, err := http.NewRequestWithContext(s.ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return seen{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return seen{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return seen{resp.StatusCode, resp.Header, strings.TrimSpace(string(text))}, err
}

// show sends a request and prints the answer.
func (s *scene) show(method, path, body string, headers ...string) error {
	got, err := s.ask(method, path, body, headers...)
	if err != nil {
		return err
	}
	s.print(method, path, got)
	return nil
}

func (s *scene) print(method, path string, got seen) {
	fmt.Fprintf(s.out, "  %-28s %d", method+" "+path, got.status)
	if status := got.header.Get(cacheStatus); strings.HasPrefix(status, "gateway; ") && !strings.Contains(status, "bypass") {
		fmt.Fprintf(s.out, " [%s]", strings.TrimPrefix(status, "gateway; "))
	}
	if got.header.Get("Retry-After") != "" {
		fmt.Fprint(s.out, " [Retry-After]")
	}
	body := got.body
	if len(body) > 160 {
		body = body[:160] + "..."
	}
	fmt.Fprintf(s.out, " %s\n", body)
}

func (s *scene) health() error {
	return errors.Join(
		s.show("GET", "/healthz", ""),
		s.show("GET", "/readyz", ""),
		s.show("GET", "/users/1", ""),
		s.show("POST", "/ml/predict", `{"features":[1,2,5.5]}`, "Content-Type", "application/json"),
		s.show("GET", "/ml/models", ""))
}

func (s *scene) trace() error {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, path := range []string{"/users/1", "/ml/health", "/reports/health"} {
		got, err := s.ask("GET", path, "", "traceparent", "00-"+id+"-00f067aa0ba902b7-01", "X-Request-Id", "order-7")
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  GET %-24s %d the service saw trace %s, the client got request id %s\n",
			path, got.status, got.header.Get("X-Seen-Trace"), got.header.Get(requestIDHeader))
	}
	got, err := s.ask("GET", "/users/1", "", "traceparent", "00-nonsense-01")
	if err != nil {
		return err
	}
	fresh := regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-00$`).MatchString(got.header.Get(traceparentHeader))
	fmt.Fprintf(s.out, "  a malformed trace is replaced: %t\n", fresh && len(got.header.Get("X-Seen-Trace")) == 32)
	return nil
}

func (s *scene) problems() error {
	return errors.Join(
		s.show("POST", "/users/", `{"name":"Grace","email":"nobody"}`),
		s.show("POST", "/users/", `{"name":"Grace","email":"grace@example.com"}`),
		s.show("GET", "/users/99", ""),
		s.show("GET", "/nowhere", ""),
		s.show("POST", "/ml/predict", strings.Repeat("x", maxRequestBody+1)))
}

func (s *scene) caching() error {
	return errors.Join(
		s.show("GET", "/reports/daily?day=1", ""),
		s.show("GET", "/reports/daily?day=1", ""),
		s.show("GET", "/reports/daily?day=1", "", "Cache-Control", "no-cache"),
		s.show("GET", "/reports/daily?day=1", "", "Authorization", "Bearer of-somebody"),
		s.show("GET", "/reports/mine", ""),
		s.show("GET", "/reports/mine", ""),
		s.show("GET", "/users/", ""),
		s.show("GET", "/users/", ""),
		s.show("POST", "/users/", `{"name":"Barbara","email":"barbara@example.com"}`),
		s.show("GET", "/users/", ""))
}

func (s *scene) coalescing() error {
	const clients = 8
	var mu sync.Mutex // guards what follows
	bodies := make(map[string]int)
	var failed error
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			got, err := s.ask("GET", "/reports/slow", "")
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Append(failed, err)
			bodies[got.body]++
		})
	}
	wg.Wait()
	fmt.Fprintf(s.out, "  %d times GET /reports/slow: %d different answers, %d times %s\n",
		clients, len(bodies), bodies[`{"calls":1}`], `{"calls":1}`)
	return failed
}

func (s *scene) retries() error {
	return errors.Join(
		s.show("GET", "/ml/flaky?key=a", ""),
		s.show("POST", "/ml/flaky?key=b", "{}"),
		s.show("POST", "/ml/flaky?key=b", "{}"))
}

func (s *scene) timeout() error { return s.show("GET", "/ml/sleep?ms=8000", "") }

// breaker has the service fail until the gateway has seen enough of it.
func (s *scene) breaker() error {
	for range 100 {
		got, err := s.ask("POST", "/reports/crash", "")
		if err != nil {
			return err
		}
		if got.status != http.StatusInternalServerError {
			s.print("POST", "/reports/crash", got)
			break
		}
	}
	return errors.Join(
		s.show("GET", "/reports/health", ""),
		s.show("GET", "/reports/daily?day=1", ""), // which is in the cache
		s.show("GET", "/users/1", ""))
}

// gone ends the process of a service.
func (s *scene) gone() error {
	if err := s.services.named("ml").stop(); err != nil {
		return err
	}
	return errors.Join(
		s.show("GET", "/ml/health", ""),
		s.show("GET", "/readyz", ""),
		s.show("GET", "/ml/models", ""),
		s.show("GET", "/users/1", ""))
}
