package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/workerpool"
)

func TestUsers(t *testing.T) { forEachEngine(t, testUsers) }

func testUsers(t *testing.T, databaseURL string) {
	r := startInside(t, databaseURL)
	ann, asAnn := signUp(t, r.base, "Ann")
	if ann.Name != "Ann" || ann.Email != "ann@example.com" || ann.Admin || ann.Created.IsZero() || ann.Created != ann.Updated {
		t.Errorf("the new user is %+v", ann)
	}
	for _, path := range []string{"/v1/users/me", "/v1/users/" + ann.ID} {
		if got := decode[user](t, asAnn.must(t, 200, "GET", path, "")); got != ann {
			t.Errorf("GET %s = %+v; want %+v", path, got, ann)
		}
	}

	// What is changed is seen by the next reader, cached or not.
	for i := range 50 {
		name := fmt.Sprintf("Ann %d ü", i)
		changed := decode[user](t, asAnn.must(t, 200, "PATCH", "/v1/users/me", fmt.Sprintf(`{"name":%q}`, name)))
		got := decode[user](t, asAnn.must(t, 200, "GET", "/v1/users/me", ""))
		if got != changed || got.Name != name || got.Email != ann.Email || !got.Updated.After(ann.Updated) {
			t.Fatalf("after a change to %q, GET = %+v and PATCH = %+v", name, got, changed)
		}
	}
	asAnn.must(t, 200, "PATCH", "/v1/users/me", `{"email":"Ann2@Example.com"}`)
	if got := decode[user](t, asAnn.must(t, 200, "PATCH", "/v1/users/me", `{"name":null}`)); got.Email != "ann2@example.com" || got.Name != "Ann 49 ü" {
		t.Errorf("after a change of the address the user is %+v", got)
	}
	logIn(t, r.base, "ANN2@example.com", "correct horse")

	taken := `{"email":"ann2@example.com","name":"Bob","password":"correct horse"}`
	if a := (client{base: r.base}).must(t, 409, "POST", "/v1/users", taken); !strings.Contains(a.body, `"code":"email_taken"`) {
		t.Errorf("the answer to a taken address is %s", a.body)
	}
	_, asBob := signUp(t, r.base, "Bob")
	asBob.must(t, 409, "PATCH", "/v1/users/me", `{"email":"ann2@example.com"}`)

	asAnn.must(t, 204, "DELETE", "/v1/users/me", "")
	asAnn.must(t, 401, "GET", "/v1/users/me", "")
	(client{base: r.base}).must(t, 401, "POST", "/v1/sessions", `{"email":"ann2@example.com","password":"correct horse"}`)
	signUp(t, r.base, "Ann2") // the address is free again
}

func TestListing(t *testing.T) { forEachEngine(t, testListing) }

func testListing(t *testing.T, databaseURL string) {
	r := startInside(t, databaseURL)
	admin := logIn(t, r.base, adminEmail, adminPassword)
	// A few at a time: who comes when many wait for their password to be hashed is sent away.
	require.NoError(t, workerpool.ForEachN(t.Context(), 119, func(_ context.Context, i int) error {
		body := fmt.Sprintf(`{"email":"u%d@example.com","name":"U","password":"correct horse"}`, i)
		if a, err := (client{base: r.base}).request("POST", "/v1/users", body); err != nil || a.status != 201 {
			return fmt.Errorf("POST /v1/users: %v, %v", a, err)
		}
		return nil
	}, workerpool.Options{Workers: 16}))
	for _, tt := range []struct {
		query string
		n     int
		limit int
		skip  int
	}{
		{"", 20, 20, 0},
		{"?limit=5", 5, 5, 0},
		{"?skip=115&limit=50", 5, 50, 115},
		{"?limit=100", 100, 100, 0},
		{"?limit=1000000", 100, 100, 0},
		{"?skip=120", 0, 20, 120},
	} {
		a := admin.must(t, 200, "GET", "/v1/users"+tt.query, "")
		page := decode[userPage](t, a)
		if len(page.Users) != tt.n || page.Limit != tt.limit || page.Skip != tt.skip || page.Total != 120 {
			t.Errorf("GET /v1/users%s has %d users, limit %d, skip %d, total %d; want %d, %d, %d, 120", tt.query,
				len(page.Users), page.Limit, page.Skip, page.Total, tt.n, tt.limit, tt.skip)
		}
		if page.Users == nil {
			t.Errorf("GET /v1/users%s: users are null in %s", tt.query, a.body)
		}
		if !slices.IsSortedFunc(page.Users, func(a, b user) int { return strings.Compare(a.ID, b.ID) }) {
			t.Errorf("GET /v1/users%s is out of order", tt.query)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=-1", "?skip=-1", "?skip=x", "?limit=1e3", "?skip=99999999999999999999", "?skip=1000001"} {
		if a := admin.must(t, 400, "GET", "/v1/users"+query, ""); !strings.Contains(a.body, "must be a whole number from") {
			t.Errorf("GET /v1/users%s is answered with %s", query, a.body)
		}
	}
}

// TestRights tries everything on everybody.
func TestRights(t *testing.T) {
	r := startInside(t, newSQLite(t))
	admin := logIn(t, r.base, adminEmail, adminPassword)
	ann, asAnn := signUp(t, r.base, "Ann")
	_, asBob := signUp(t, r.base, "Bob")
	nobody := client{base: r.base}
	absent, err := uuid.NewV7()
	require.NoError(t, err)
	for _, tt := range []struct {
		who    client
		method string
		path   string
		want   int
	}{
		{nobody, "GET", "/v1/users", 401},
		{nobody, "GET", "/v1/users/me", 401},
		{nobody, "GET", "/v1/users/" + ann.ID, 401},
		{nobody, "PATCH", "/v1/users/" + ann.ID, 401},
		{nobody, "DELETE", "/v1/users/" + ann.ID, 401},
		{nobody, "DELETE", "/v1/sessions", 401},
		{nobody, "GET", "/v1/echo", 401},
		{asAnn, "GET", "/v1/users", 403},
		{asBob, "GET", "/v1/users/" + ann.ID, 403},
		{asBob, "PATCH", "/v1/users/" + ann.ID, 403},
		{asBob, "DELETE", "/v1/users/" + ann.ID, 403},
		{asBob, "GET", "/v1/users/" + absent.String(), 403}, // as for one who exists
		{asAnn, "GET", "/v1/users/" + ann.ID, 200},
		{asAnn, "PATCH", "/v1/users/" + ann.ID, 200},
		{admin, "GET", "/v1/users", 200},
		{admin, "GET", "/v1/users/" + ann.ID, 200},
		{admin, "PATCH", "/v1/users/" + ann.ID, 200},
		{admin, "GET", "/v1/users/" + absent.String(), 404},
		{admin, "PATCH", "/v1/users/" + absent.String(), 404},
		{admin, "DELETE", "/v1/users/" + absent.String(), 404},
		{admin, "GET", "/v1/users/7", 404},
		{admin, "GET", "/v1/users/" + strings.ToUpper(ann.ID), 404},
		{admin, "DELETE", "/v1/users/" + ann.ID, 204},
		{admin, "GET", "/v1/users/" + ann.ID, 404},
		{asAnn, "GET", "/v1/users/" + ann.ID, 401},
	} {
		body := ""
		if tt.method == "PATCH" {
			body = `{"name":"Someone"}`
		}
		a, err := tt.who.request(tt.method, tt.path, body)
		if err != nil || a.status != tt.want {
			t.Errorf("%s %s = %v %v; want %d", tt.method, tt.path, a, err, tt.want)
		}
		if tt.want >= 400 && a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s is answered with %q", tt.method, tt.path, a.header.Get("Content-Type"))
		}
		if tt.want == 401 && a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s does not say how to authenticate", tt.method, tt.path)
		}
	}
}

// TestRefreshOfTheCaches has another process change a user and end the session, and looks
// that nobody waits for the database while both are in use.
func TestRefreshOfTheCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestService(t)
		ctx := t.Context()
		u := addAnn(t, s)
		_, hash, err := s.store.userByEmail(ctx, u.Email)
		require.NoError(t, err)
		key := sessionKey{1}
		require.NoError(t, s.store.createSession(ctx, key, session{userID: u.ID, expires: time.Now().Add(time.Hour)}, hash))
		read := func() (string, error) {
			cached, err1 := s.users.GetOrLoad(ctx, u.ID)
			require.NoError(t, err1)
			_, err2 := s.sessions.GetOrLoad(ctx, key)
			return cached.Name, err2
		}
		_, err = read()
		require.NoError(t, err)
		name := "Changed"
		_, err = s.store.updateUser(ctx, u.ID, change{name: &name})
		require.NoError(t, err)
		require.NoError(t, s.store.deleteSession(ctx, key))

		time.Sleep(cacheRefresh)
		if got, err := read(); got != u.Name || err != nil {
			t.Errorf("the read that refreshes = %q, %v; want what was at hand", got, err)
		}
		synctest.Wait() // for the loads
		if got, err := read(); got != name || !errors.Is(err, cache.ErrNotFound) {
			t.Errorf("the read after it = %q, %v; want %q and no session", got, err, name)
		}
	})
}

// TestRefreshUser has changes come to the cache in another order than to the database,
// and during a load.
func TestRefreshUser(t *testing.T) {
	s := newTestService(t)
	ctx := t.Context()
	version := func(n int64) *cachedUser { return &cachedUser{user: user{ID: "7", version: n}} }
	s.users.Set("7", version(1))
	for _, tt := range []struct{ comes, want int64 }{{3, 3}, {2, 3}, {4, 4}} {
		s.refreshUser(version(tt.comes))
		if got, _ := s.users.Peek("7"); got == nil || got.version != tt.want {
			t.Errorf("after version %d the cache has %+v; want %d", tt.comes, got, tt.want)
		}
	}
	s.users.Delete("7")
	got, err := s.users.GetOrLoadFunc(ctx, "7", func(context.Context, string) (*cachedUser, error) {
		old := version(4) // is read, and then changed
		s.refreshUser(version(5))
		return old, nil
	})
	if err != nil || got.version != 4 {
		t.Errorf("the load = %+v, %v; want what it has read", got, err)
	}
	if got, ok := s.users.Peek("7"); ok {
		t.Errorf("after a change during a load the cache has %+v; want nothing", got)
	}
}
