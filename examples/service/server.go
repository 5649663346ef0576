package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/validate"
	"github.com/goplinth/plinth/workerpool"
)

const (
	maxHeader = 16 << 10

	// What another process changes is seen here after these times at the latest.
	userCacheTTL    = 10 * time.Second
	sessionCacheTTL = 10 * time.Second

	// What is in use is loaded anew at this age, in the background. If it were left to
	// expire, all requests for it would wait for the load, and on a busy machine that
	// waits for its turn itself.
	cacheRefresh = 5 * time.Second
)

// A service is all the parts.
type service struct {
	cfg   config
	log   *slog.Logger
	debug bool // log every request

	store     *store
	users     *cache.Cache[string, *cachedUser]
	sessions  *cache.Cache[sessionKey, session]
	queue     workerpool.Queue[job]
	outbox    *outbox
	mailer    *mailer
	passwords *hasher
	rules     rules

	mux      *http.ServeMux
	ids      *requestIDs
	cors     *cors
	metrics  *metrics
	sockets  *sockets
	document *document
	draining atomic.Bool

	admin string // the password of an administrator that was made up, to be shown once
}

// newService opens what the configuration names, puts the parts together and starts
// none of them. After an error nothing is left open.
func newService(ctx context.Context, cfg config, log *slog.Logger) (_ *service, err error) {
	s := &service{cfg: cfg, log: log, debug: log.Enabled(ctx, slog.LevelDebug),
		ids: newRequestIDs(), metrics: newMetrics(), sockets: newSockets(), mailer: &mailer{dir: cfg.MailDir, log: log}}
	if err := s.newRules(); err != nil {
		return nil, err
	}
	if s.passwords, err = newHasher(ctx, cfg.PasswordMemory); err != nil {
		return nil, err
	}
	if s.store, err = openStore(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Append(err, s.store.close())
		}
	}()
	if err := s.newCaches(cfg.CacheURL); err != nil {
		return nil, err
	}
	s.queue, err = newQueue(cfg.QueueURL, log, func(ctx context.Context, j job, err error) { s.outbox.bury(ctx, j, err) })
	if err != nil {
		return nil, err
	}
	s.outbox = newOutbox(s.store, s.queue, cfg.JobLease, log)
	if err := s.store.releaseJobs(ctx); err != nil {
		return nil, err
	}
	if err := s.ensureAdmin(ctx); err != nil {
		return nil, err
	}

	routes := s.routeTable()
	if s.document, err = newDocument(routes); err != nil {
		return nil, err
	}
	s.mux = s.newMux(routes)
	s.cors = newCORS(cfg.CORSOrigins, routes)
	s.metrics.watch(s)
	return s, nil
}

// newRules compiles the rules of the bodies, so that a mistake in a tag is found now.
func (s *service) newRules() error {
	o := validate.Options{Tags: []validate.TagRule{line}}
	var err1, err2, err3 error
	s.rules.newUser, err1 = validate.For[newUser](o)
	s.rules.userPatch, err2 = validate.For[userPatch](o)
	s.rules.credentials, err3 = validate.For[credentials](o)
	return errors.Join(err1, err2, err3)
}

// newCaches makes the caches that a URL names. One that several processes share is
// another case here, which sets cache.Options.Store.
func (s *service) newCaches(url string) error {
	if scheme, _, _ := strings.Cut(url, ":"); scheme != "memory" {
		return errors.Errorf("CACHE_URL: no engine for the scheme %q: must be memory", scheme)
	}
	var err1, err2 error
	s.users, err1 = cache.New(cache.Options[string, *cachedUser]{
		MaxEntries: 100_000, TTL: userCacheTTL, TTLJitter: 0.2, RefreshAfter: cacheRefresh,
		NegativeTTL: time.Second, Loader: s.loadUser})
	// What is not found is not remembered: tokens that are made up are never twice
	// the same, and would only drive out those that are real.
	s.sessions, err2 = cache.New(cache.Options[sessionKey, session]{
		MaxEntries: 100_000, TTL: sessionCacheTTL, TTLJitter: 0.2, RefreshAfter: cacheRefresh, Loader: s.store.session})
	return errors.Join(err1, err2)
}

// ensureAdmin creates an administrator if there is none, so that somebody can list the
// users. One that is there keeps his password.
func (s *service) ensureAdmin(ctx context.Context) error {
	if has, err := s.store.hasAdmin(ctx); has || err != nil {
		return err
	}
	password := s.cfg.AdminPassword
	if password == "" {
		password = rand.Text()
		s.admin = password
	}
	_, err := s.addUser(ctx, newUser{Email: s.cfg.AdminEmail, Name: "Administrator", Password: password}, true)
	if errors.Is(err, errEmailTaken) { // another process was faster, or ADMIN_EMAIL is that of a user
		s.admin = ""
		s.log.Warn("no administrator was created", "err", err)
		return nil
	}
	return errors.Wrap(err, "create administrator")
}

// serve runs the service until ctx ends, and then stops its parts, those first that
// bring work to the others: requests, then jobs, then the database.
func (s *service) serve(ctx context.Context, stdout io.Writer) (err error) {
	defer errors.Defer(&err, s.store.close)
	listener, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return errors.Wrap(err, "listen on ADDR")
	}
	server := s.httpServer()
	// The parts do not stop when ctx ends, but when their turn has come, or when one
	// of them has failed.
	parts := workerpool.NewGroup(context.WithoutCancel(ctx))
	jobsCtx, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	part := func(f func() error) {
		parts.Go(func(ctx context.Context) error {
			context.AfterFunc(ctx, stopJobs)
			return f()
		})
	}
	part(func() error { return s.outbox.relay(jobsCtx) })
	part(func() error { return s.queue.Run(jobsCtx, s.outbox.handler(s.mailer.welcome)) })
	part(func() error {
		if err := server.Serve(withCoarseDeadlines(listener)); err != http.ErrServerClosed {
			return errors.Wrap(err, "serve")
		}
		return nil
	})
	s.greet(stdout, listener.Addr().String())
	s.log.Info("serving", "addr", listener.Addr().String(), "engine", s.store.name)

	select {
	case <-ctx.Done():
	case <-jobsCtx.Done():
	}
	s.log.Info("stopping")
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopTimeout)
	defer cancel()
	s.drain(stopCtx)
	err = errors.Wrap(server.Shutdown(stopCtx), "shut down")
	s.sockets.close()
	stopJobs()
	err = errors.Append(err, parts.Wait())
	s.log.Info("stopped")
	return err
}

// httpServer returns the server of the API, which gives up every client that keeps it
// waiting.
func (s *service) httpServer() *http.Server {
	return &http.Server{
		Handler:        s,
		ReadTimeout:    s.cfg.ReadTimeout, // from the first byte of the head to the last of the body
		WriteTimeout:   s.cfg.ReadTimeout + 2*queryTimeout,
		IdleTimeout:    s.cfg.IdleTimeout,
		MaxHeaderBytes: maxHeader,
		// Then OPTIONS * is a request like any other.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // what clients do wrong
	}
}

// drain has clients leave by themselves: each answer closes its connection, and /readyz
// says so to whoever distributes requests. Without it, a request that is on its way
// over an idle connection when Shutdown closes that would be lost.
func (s *service) drain(ctx context.Context) {
	s.draining.Store(true)
	timer := time.NewTimer(s.cfg.DrainDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// greet prints what to try.
func (s *service) greet(w io.Writer, addr string) {
	url := "http://" + addr
	fmt.Fprintf(w, "Serving on %s, documentation on %s/docs. Ctrl-C ends it.\n", url, url)
	if s.admin == "" {
		return
	}
	fmt.Fprintf(w, `
An administrator was created. This is shown once:

  e-mail    %s
  password  %s

Try:

  curl -d '{"email":"ann@example.com","name":"Ann","password":"correct horse"}' -H 'Content-Type: application/json' %s/v1/users
  curl -d '{"email":"ann@example.com","password":"correct horse"}' -H 'Content-Type: application/json' %s/v1/sessions
  curl -H "Authorization: Bearer $TOKEN" %s/v1/users/me

`, s.cfg.AdminEmail, s.admin, url, url, url)
}
