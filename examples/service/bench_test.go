package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// discard is a ResponseWriter for benchmarks.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkRead measures what the service does for a read beside what net/http does.
func BenchmarkRead(b *testing.B) {
	ctx := b.Context()
	s := newTestService(b)
	u := addAnn(b, s)
	_, hash, err := s.store.userByEmail(ctx, u.Email)
	require.NoError(b, err)
	token := newToken()
	key, _ := keyOf(token)
	require.NoError(b, s.store.createSession(ctx, key, session{userID: u.ID, expires: time.Now().Add(time.Hour)}, hash))
	r, err := http.NewRequest("GET", "http://service/v1/users/me", nil)
	require.NoError(b, err)
	r.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(discard{make(http.Header)}, r)
	}
}

// BenchmarkWrite measures a change of a user up to the disk.
func BenchmarkWrite(b *testing.B) {
	ctx := b.Context()
	s := newTestService(b)
	u := addAnn(b, s)
	name := "Anna"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.store.updateUser(ctx, u.ID, change{name: &name}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad measures a read of a user from the database.
func BenchmarkLoad(b *testing.B) {
	ctx := b.Context()
	s := newTestService(b)
	u := addAnn(b, s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.loadUser(ctx, u.ID); err != nil {
			b.Fatal(err)
		}
	}
}
