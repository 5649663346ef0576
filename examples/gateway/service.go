package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/validate"
)

// goService is service.py in Go.
type goService struct {
	*http.ServeMux
	mu    sync.Mutex // guards calls
	calls map[string]int
}

func newGoService() *goService {
	s := &goService{ServeMux: http.NewServeMux(), calls: make(map[string]int)}
	s.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	flaky := func(w http.ResponseWriter, r *http.Request) {
		status, n := http.StatusOK, s.count("flaky "+r.FormValue("key"))
		if n == 1 {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, map[string]int{"calls": n})
	}
	s.HandleFunc("GET /flaky", flaky)
	s.HandleFunc("POST /flaky", flaky)
	s.HandleFunc("GET /sleep", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		select {
		case <-time.After(min(time.Duration(ms)*time.Millisecond, 10*time.Second)):
		case <-r.Context().Done():
		}
		writeJSON(w, http.StatusOK, map[string]bool{"slept": true})
	})
	s.HandleFunc("POST /crash", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "crash"})
	})
	return s
}

// count returns the number of calls with this key so far, this one included.
func (s *goService) count(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[key]++
	return s.calls[key]
}

// ServeHTTP says which trace the service has seen.
func (s *goService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if parts := strings.Split(r.Header.Get(traceparentHeader), "-"); len(parts) > 1 {
		w.Header().Set("X-Seen-Trace", parts[1])
	}
	s.ServeMux.ServeHTTP(w, r)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

// startGo serves a handler on a free port of loopback.
func startGo(name, language string, handler http.Handler) (*service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	stop := sync.OnceValue(func() error {
		err := server.Close()
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Append(err, served)
		}
		return err
	})
	return &service{name: name, language: language, url: "http://" + listener.Addr().String(), stop: stop}, nil
}

// A user is what the service in Go keeps.
type user struct {
	ID    int    `json:"id"`
	Name  string `json:"name" validate:"required,max=100"`
	Email string `json:"email" validate:"required,email"`
}

// usersHandler is the service in Go.
func usersHandler() http.Handler {
	s := newGoService()
	users := map[int]user{1: {1, "Ada", "ada@example.com"}}
	var mu sync.Mutex // guards users
	s.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		all := slices.SortedFunc(maps.Values(users), func(a, b user) int { return a.ID - b.ID })
		mu.Unlock()
		w.Header().Set("Cache-Control", "max-age=60")
		writeJSON(w, http.StatusOK, all)
	})
	s.HandleFunc("GET /{id}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		mu.Lock()
		u, ok := users[id]
		mu.Unlock()
		if !ok {
			errors.WriteProblem(w, r, errors.With(errors.New("no such user"), errors.WithKind(errors.NotFound)))
			return
		}
		writeJSON(w, http.StatusOK, u)
	})
	s.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		u, err := validate.JSON[user](r.Body)
		if err != nil {
			errors.WriteProblem(w, r, err)
			return
		}
		mu.Lock()
		u.ID = len(users) + 1
		users[u.ID] = u
		mu.Unlock()
		writeJSON(w, http.StatusCreated, u)
	})
	return s
}

// mlStandIn is ml.py in Go.
func mlStandIn() *goService {
	s := newGoService()
	s.HandleFunc("POST /predict", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Features []float64 }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": fmt.Sprintf("%T", err)})
			return
		}
		score := 0.0
		for _, f := range in.Features {
			score += f / float64(len(in.Features))
		}
		writeJSON(w, http.StatusOK, map[string]float64{"score": math.Round(score*1000) / 1000})
	})
	s.HandleFunc("GET /models", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		writeJSON(w, http.StatusOK, map[string][]string{"models": {"mean-1"}})
	})
	return s
}

// reportsStandIn is reports.py in Go.
func reportsStandIn() *goService {
	s := newGoService()
	report := func(key, cacheControl string, takes time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(takes)
			if cacheControl != "" {
				w.Header().Set("Cache-Control", cacheControl)
			}
			writeJSON(w, http.StatusOK, map[string]int{"calls": s.count(key + r.FormValue("day"))})
		}
	}
	s.HandleFunc("GET /daily", report("daily ", "public, max-age=60", 0))
	s.HandleFunc("GET /mine", report("mine", "private, max-age=60", 0))
	s.HandleFunc("GET /slow", report("slow", "", time.Second))
	return s
}
