package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/errors"
)

func TestSessions(t *testing.T) { forEachEngine(t, testSessions) }

func testSessions(t *testing.T, databaseURL string) {
	r := startInside(t, databaseURL)
	_, first := signUp(t, r.base, "Ann")
	second := logIn(t, r.base, "ann@example.com", "correct horse")

	first.must(t, 200, "GET", "/v1/users/me", "")
	first.must(t, 204, "DELETE", "/v1/sessions", "")
	first.must(t, 401, "GET", "/v1/users/me", "")
	second.must(t, 200, "GET", "/v1/users/me", "")

	second.must(t, 200, "PATCH", "/v1/users/me", `{"password":"battery staple"}`)
	second.must(t, 401, "GET", "/v1/users/me", "")
	second.must(t, 401, "POST", "/v1/sessions", `{"email":"ann@example.com","password":"correct horse"}`)
	logIn(t, r.base, "ann@example.com", "battery staple")
}

// TestLogInTellsNothing compares the answers to a wrong password and to an address that
// nobody has.
func TestLogInTellsNothing(t *testing.T) {
	r := startInside(t, newSQLite(t))
	c := client{base: r.base}
	signUp(t, r.base, "Ann")
	wrong := c.must(t, 401, "POST", "/v1/sessions", `{"email":"ann@example.com","password":"incorrect horse"}`)
	absent := c.must(t, 401, "POST", "/v1/sessions", `{"email":"bob@example.com","password":"incorrect horse"}`)
	if wrong.body != absent.body || strings.Contains(wrong.body, "horse") {
		t.Errorf("a wrong password is answered with %s, a wrong address with %s", wrong.body, absent.body)
	}
}

func TestForgedTokens(t *testing.T) {
	r := startInside(t, newSQLite(t))
	_, asAnn := signUp(t, r.base, "Ann")
	flipped := []byte(asAnn.token)
	flipped[20] ^= 1
	key, ok := keyOf(asAnn.token)
	require.True(t, ok)
	for _, header := range []string{
		"", "Bearer", "Bearer ", "Bearer " + string(flipped), "Bearer " + asAnn.token[:42], "Bearer " + asAnn.token + "A",
		"Bearer  " + asAnn.token, "Bearer " + asAnn.token + " ", "Basic " + asAnn.token, asAnn.token, "Bearer " + key.String(),
		"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "Bearer ' OR 1=1 --", "Bearer " + strings.Repeat("A", 8000),
	} {
		a, err := client{base: r.base}.request("GET", "/v1/users/me", "", "Authorization", header)
		require.NoError(t, err)
		// net/http trims spaces at the end of a header.
		want := 401
		if strings.TrimSpace(header) == "Bearer "+asAnn.token {
			want = 200
		}
		if a.status != want {
			t.Errorf("GET with Authorization %q is answered with %d; want %d", header, a.status, want)
		}
	}
	if a, err := asAnn.request("GET", "/v1/users/me", "", "Authorization", "bearer "+asAnn.token); err != nil || a.status != 200 {
		t.Errorf("GET with a lower-case scheme = %v, %v; want 200", a, err)
	}
}

func TestExpiredSession(t *testing.T) {
	ctx := t.Context()
	s := newTestService(t)
	u := addAnn(t, s)
	_, hash, err := s.store.userByEmail(ctx, u.Email)
	require.NoError(t, err)
	for _, tt := range []struct {
		left time.Duration
		want error
	}{{time.Hour, nil}, {-time.Millisecond, errNoSession}} {
		token := newToken()
		key, _ := keyOf(token)
		require.NoError(t, s.store.createSession(ctx, key, session{userID: u.ID, expires: time.Now().Add(tt.left)}, hash))
		req := newRequest(t, "GET", "/v1/users/me", "Bearer "+token)
		if who, err := s.authenticate(req, time.Now()); !errors.Is(err, tt.want) || err == nil && who.userID != u.ID {
			t.Errorf("authenticate with %v left = %+v, %v; want %v", tt.left, who, err, tt.want)
		}
	}
	if err := s.store.createSession(ctx, sessionKey{1}, session{userID: u.ID, expires: time.Now()}, "another hash"); !errors.Is(err, errLogin) {
		t.Errorf("createSession after a change of the password = %v; want %v", err, errLogin)
	}
}

func TestHasher(t *testing.T) {
	ctx := t.Context()
	h, err := newHasher(ctx, 64)
	require.NoError(t, err)
	one, err := h.hash(ctx, "correct horse")
	require.NoError(t, err)
	two, err := h.hash(ctx, "correct horse")
	require.NoError(t, err)
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Errorf("hash = %q and %q; want two with parameters and salts", one, two)
	}
	stronger, err := newHasher(ctx, 128) // reads what was written before it was configured
	require.NoError(t, err)
	for _, tt := range []struct {
		password, hash string
		want           bool
	}{
		{"correct horse", one, true}, {"correct horse", two, true}, {"incorrect horse", one, false}, {"", one, false}, {"correct horse", "", false},
	} {
		if got, err := stronger.verify(ctx, tt.password, tt.hash); got != tt.want || err != nil {
			t.Errorf("verify(%q, %q) = %v, %v; want %v", tt.password, tt.hash, got, err, tt.want)
		}
	}
	for _, damaged := range []string{"x", "$argon2id$v=19$m=64,t=2,p=1$AAAA", "$argon2i$v=19$m=64,t=2,p=1$AAAA$AAAA", strings.Replace(one, "m=64", "m=x", 1), one + "!"} {
		if ok, err := h.verify(ctx, "correct horse", damaged); ok || err == nil {
			t.Errorf("verify with the damaged hash %q = %v, %v; want an error", damaged, ok, err)
		}
	}
}

// TestHasherIsBounded fills the places and the queue before them.
func TestHasherIsBounded(t *testing.T) {
	h, err := newHasher(t.Context(), 64)
	require.NoError(t, err)
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(gone, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("hash with no place and a context that has ended = %v; want context.Canceled", err)
	}
	// A hash that is nobody's takes the same way.
	if _, err := h.verify(gone, "correct horse", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("verify with no place and nobody's hash = %v; want context.Canceled", err)
	}
	h.waiting.Store(int64(maxWaiting * cap(h.slots)))
	if _, err := h.hash(t.Context(), "correct horse"); !errors.Is(err, errBusy) || errors.HTTPStatus(err) != 503 || errors.RetryAfter(err) != time.Second {
		t.Errorf("hash with a full queue = %v; want %v", err, errBusy)
	}
	if got := h.waiting.Load(); got != int64(maxWaiting*cap(h.slots)) {
		t.Errorf("%d wait after one was turned away; want as before", got)
	}
}
