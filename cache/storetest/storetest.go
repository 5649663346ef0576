// Package storetest checks implementations of [cache.Store], and has one in
// memory to test other code with.
//
// An implementation calls [Run] in a test of its own:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) (a, b cache.Store[string, []byte]) {
//			prefix := t.Name() + ":" // the keys of one test must not meet those of another
//			return open(t, prefix), open(t, prefix)
//		})
//	}
//
// [Memory] is a server in memory, with a handle for each process that the test
// plays. Its operations can be made to fail or to hang.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goplinth/plinth/cache"
)

// Run tests that a store keeps the [Laws], each in a subtest of its own. For
// each it calls open, which returns two handles, as two processes would have
// them, on one store that has none of the keys of the test, and ends what it
// opened by t.Cleanup. A run takes some seconds, since it waits for values to
// expire.
func Run(t *testing.T, open func(t *testing.T) (a, b cache.Store[string, []byte])) {
	run(t, Laws(), open)
}

func run(t *testing.T, laws []Law, open func(t *testing.T) (a, b store)) {
	for _, law := range laws {
		t.Run(law.Name, func(t *testing.T) {
			a, b := open(t)
			if err := law.Check(t.Context(), a, b); err != nil {
				t.Error(err)
			}
		})
	}
}

// A Law is something that holds for every [cache.Store].
type Law struct {
	Name string

	// Check returns an error that says how the law was broken. It is given two
	// handles on one store, which is empty, and ends what it has begun.
	Check func(ctx context.Context, a, b cache.Store[string, []byte]) error
}

// Laws returns what [Run] tests. A test that is to run in a synctest bubble,
// where there are no subtests, calls their Check itself.
func Laws() []Law {
	return []Law{
		{"missing key", checkMissing},
		{"set and get", checkSetAndGet},
		{"values of any size", checkSizes},
		{"keys of any kind", checkKeys},
		{"delete", checkDelete},
		{"time to live", checkTTL},
		{"cancelled context", checkCancelled},
		{"concurrent use", checkConcurrent},
		{"subscription in force", checkInForce},
		{"subscription ends", checkEnds},
		{"changes of others", checkOthers},
		{"own changes", checkOwn},
		{"changes before their reports", checkVisible},
	}
}

type store = cache.Store[string, []byte]

// patience is how long a law waits for what should come soon. It is meant for
// a slow network, so that a law is broken only by what never comes.
const patience = 10 * time.Second

// get returns an error unless s has want for key.
func get(ctx context.Context, s store, key string, want []byte) error {
	got, _, err := s.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("Get(%q) = %w; want %s", key, err, shown(want))
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("Get(%q) = %s; want %s", key, shown(got), shown(want))
	}
	return nil
}

func shown(value []byte) string {
	if len(value) > 40 {
		return fmt.Sprintf("%q... (%d bytes)", value[:40], len(value))
	}
	return fmt.Sprintf("%q", value)
}

// lacks returns an error unless s has nothing for key.
func lacks(ctx context.Context, s store, key string) error {
	value, _, err := s.Get(ctx, key)
	if err == nil {
		return fmt.Errorf("Get(%q) = %s, nil; want cache.ErrNotFound", key, shown(value))
	}
	if !errors.Is(err, cache.ErrNotFound) {
		return fmt.Errorf("Get(%q) = %w; want cache.ErrNotFound", key, err)
	}
	return nil
}

func set(ctx context.Context, s store, key string, value []byte, ttl time.Duration) error {
	if err := s.Set(ctx, key, value, ttl); err != nil {
		return fmt.Errorf("Set(%q, %s, %v) = %w; want nil", key, shown(value), ttl, err)
	}
	return nil
}

func remove(ctx context.Context, s store, key string) error {
	if err := s.Delete(ctx, key); err != nil {
		return fmt.Errorf("Delete(%q) = %w; want nil", key, err)
	}
	return nil
}

// first returns the first error of some steps, and does none after it.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func checkMissing(ctx context.Context, a, b store) error {
	return lacks(ctx, a, "missing")
}

func checkSetAndGet(ctx context.Context, a, b store) error {
	return first(
		func() error { return set(ctx, a, "key", []byte("one"), 0) },
		func() error { return get(ctx, a, "key", []byte("one")) },
		func() error { return get(ctx, b, "key", []byte("one")) },
		func() error { return set(ctx, b, "key", []byte("two"), 0) },
		func() error { return get(ctx, a, "key", []byte("two")) },
		func() error { return lacks(ctx, a, "other") },
	)
}

func checkSizes(ctx context.Context, a, b store) error {
	for _, size := range []int{0, 1, 255, 64 << 10, 1 << 20} {
		value := bytes.Repeat([]byte("\x00\xff\r\n"), size/4+1)[:size]
		key := fmt.Sprint("size", size)
		if err := first(
			func() error { return set(ctx, a, key, value, time.Minute) },
			func() error { return get(ctx, b, key, value) },
		); err != nil {
			return err
		}
	}
	return nil
}

func checkKeys(ctx context.Context, a, b store) error {
	keys := []string{"a b", "A B", "a\nb", "a*b", "a:b", "{a}b", "ключ", "\xff\xfe", strings.Repeat("k", 200)}
	for _, key := range keys {
		if err := set(ctx, a, key, []byte("value of "+key), 0); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := get(ctx, b, key, []byte("value of "+key)); err != nil {
			return err
		}
	}
	return nil
}

func checkDelete(ctx context.Context, a, b store) error {
	return first(
		func() error { return remove(ctx, a, "missing") },
		func() error { return set(ctx, a, "key", []byte("value"), 0) },
		func() error { return remove(ctx, b, "key") },
		func() error { return lacks(ctx, a, "key") },
		func() error { return lacks(ctx, b, "key") },
		func() error { return remove(ctx, b, "key") },
	)
}

// checkTTL uses whole seconds, since some servers know nothing shorter.
func checkTTL(ctx context.Context, a, b store) error {
	const ttl = 2 * time.Second
	ttlIs := func(key string, least, most time.Duration) error {
		_, got, err := b.Get(ctx, key)
		if err != nil || got < least || got > most {
			return fmt.Errorf("Get(%q) = a time to live of %v, %v; want from %v to %v", key, got, err, least, most)
		}
		return nil
	}
	if err := first(
		func() error { return set(ctx, a, "short", []byte("1"), ttl) },
		func() error { return set(ctx, a, "long", []byte("2"), time.Hour) },
		func() error { return set(ctx, a, "endless", []byte("3"), 0) },
		func() error { return set(ctx, a, "made endless", []byte("4"), ttl) },
		func() error { return set(ctx, a, "made endless", []byte("5"), 0) },
		func() error { return set(ctx, a, "made short", []byte("6"), 0) },
		func() error { return set(ctx, a, "made short", []byte("7"), ttl) },
		func() error { return ttlIs("short", 1, ttl) },
		func() error { return ttlIs("long", time.Hour-time.Minute, time.Hour) },
		func() error { return ttlIs("endless", 0, 0) },
		func() error { return ttlIs("made endless", 0, 0) },
		func() error { return ttlIs("made short", 1, ttl) },
	); err != nil {
		return err
	}
	time.Sleep(ttl + time.Second)
	return first(
		func() error { return lacks(ctx, a, "short") },
		func() error { return lacks(ctx, b, "made short") },
		func() error { return get(ctx, a, "endless", []byte("3")) },
		func() error { return get(ctx, a, "made endless", []byte("5")) },
		func() error { return ttlIs("long", time.Hour-time.Minute, time.Hour-ttl) },
	)
}

func checkCancelled(ctx context.Context, a, b store) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for name, op := range map[string]func() error{
		"Get":       func() error { _, _, err := a.Get(ended, "key"); return err },
		"Set":       func() error { return a.Set(ended, "key", nil, 0) },
		"Delete":    func() error { return a.Delete(ended, "key") },
		"Subscribe": func() error { return a.Subscribe(ended, func(...string) {}) },
	} {
		result := make(chan error, 1)
		go func() { result <- op() }()
		select {
		case err := <-result:
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s with a cancelled context = %v; want context.Canceled", name, err)
			}
		case <-time.After(patience):
			return fmt.Errorf("%s with a cancelled context has not returned after %v", name, patience)
		}
	}
	return nil
}

// checkConcurrent is worth most under the race detector.
func checkConcurrent(ctx context.Context, a, b store) error {
	const workers, rounds = 8, 25
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		s := a
		if i%2 > 0 {
			s = b
		}
		own := fmt.Sprint("own", i)
		wg.Go(func() {
			for n := range rounds {
				value := fmt.Append(nil, i, " ", n)
				errs[i] = first(
					func() error { return set(ctx, s, own, value, time.Minute) },
					func() error { return get(ctx, s, own, value) },
					func() error { return set(ctx, s, "shared", []byte("shared"), 0) },
					func() error {
						got, _, err := s.Get(ctx, "shared")
						if err != nil && !errors.Is(err, cache.ErrNotFound) || err == nil && string(got) != "shared" {
							return fmt.Errorf(`Get("shared") = %s, %v; want "shared" or cache.ErrNotFound`, shown(got), err)
						}
						return nil
					},
					func() error { return remove(ctx, s, "shared") },
					func() error { return remove(ctx, s, own) },
					func() error { return lacks(ctx, s, own) },
				)
				if errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// A subscriber collects what a subscription reports.
type subscriber struct {
	cancel context.CancelFunc
	ended  chan error

	mu     sync.Mutex
	keys   []string      // those reported
	all    int           // reports without keys
	report chan struct{} // closed and replaced at each report
}

func subscribe(ctx context.Context, s store) *subscriber {
	u := &subscriber{ended: make(chan error, 1), report: make(chan struct{})}
	ctx, u.cancel = context.WithCancel(ctx)
	go func() {
		u.ended <- s.Subscribe(ctx, func(keys ...string) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.keys = append(u.keys, keys...)
			if len(keys) == 0 {
				u.all++
			}
			close(u.report)
			u.report = make(chan struct{})
		})
	}()
	return u
}

// wait waits until the reports satisfy ok.
func (u *subscriber) wait(what string, ok func() bool) error {
	timeout := time.After(patience)
	for {
		u.mu.Lock()
		satisfied, report, keys := ok(), u.report, len(u.keys)
		u.mu.Unlock()
		if satisfied {
			return nil
		}
		select {
		case <-report:
		case err := <-u.ended:
			return fmt.Errorf("Subscribe ended with %v before it reported %s", err, what)
		case <-timeout:
			return fmt.Errorf("Subscribe has not reported %s after %v, but %d other keys", what, patience, keys)
		}
	}
}

func (u *subscriber) inForce() error {
	return u.wait("by a call without keys that it is in force", func() bool { return u.all > 0 })
}

// heard waits until key is reported, alone or by a report without keys.
func (u *subscriber) heard(key string) error {
	u.mu.Lock()
	all := u.all
	u.mu.Unlock()
	return u.wait(fmt.Sprintf("%q", key), func() bool { return slices.Contains(u.keys, key) || u.all > all })
}

// end ends the subscription and waits for that.
func (u *subscriber) end() error {
	u.cancel()
	select {
	case <-u.ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("Subscribe has not returned %v after its context ended", patience)
	}
}

// withSubscriber calls f with a subscription in force.
func withSubscriber(ctx context.Context, s store, f func(*subscriber) error) error {
	u := subscribe(ctx, s)
	defer u.cancel()
	return first(u.inForce, func() error { return f(u) }, u.end)
}

func checkInForce(ctx context.Context, a, b store) error {
	return withSubscriber(ctx, a, func(*subscriber) error { return nil })
}

func checkEnds(ctx context.Context, a, b store) error {
	return first(
		func() error { return withSubscriber(ctx, a, func(*subscriber) error { return nil }) },
		// One that ended does not stand in the way of the next, nor of others.
		func() error {
			return withSubscriber(ctx, a, func(u *subscriber) error {
				return first(
					func() error { return set(ctx, b, "key", nil, 0) },
					func() error { return u.heard("key") },
				)
			})
		},
	)
}

// checkOthers expects each change, whatever came of the key before.
func checkOthers(ctx context.Context, a, b store) error {
	return withSubscriber(ctx, a, func(u *subscriber) error {
		changes := []struct {
			key  string
			make func(key string) error
		}{
			{"set", func(key string) error { return set(ctx, b, key, []byte("1"), 0) }},
			{"set with a ttl", func(key string) error { return set(ctx, b, key, []byte("1"), time.Minute) }},
			{"mine", func(key string) error {
				return first(
					func() error { return set(ctx, a, key, []byte("1"), 0) },
					func() error { return set(ctx, b, key, []byte("2"), 0) },
				)
			}},
			{"deleted", func(key string) error {
				return first(
					func() error { return set(ctx, a, key, []byte("1"), 0) },
					func() error { return remove(ctx, b, key) },
				)
			}},
		}
		for _, change := range changes {
			if err := first(
				func() error { return change.make(change.key) },
				func() error { return u.heard(change.key) },
			); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkOwn makes changes through the handle that is subscribed, and then one
// through the other, whose report is the sign that no more are to come.
func checkOwn(ctx context.Context, a, b store) error {
	return withSubscriber(ctx, a, func(u *subscriber) error {
		return withSubscriber(ctx, b, func(other *subscriber) error {
			if err := first(
				func() error { return set(ctx, a, "own", []byte("1"), 0) },
				func() error { return set(ctx, a, "own", []byte("2"), time.Minute) },
				func() error { return remove(ctx, a, "own") },
				func() error { return other.heard("own") },
				func() error { return set(ctx, b, "sign", nil, 0) },
				func() error { return u.heard("sign") },
			); err != nil {
				return err
			}
			u.mu.Lock()
			defer u.mu.Unlock()
			if slices.Contains(u.keys, "own") {
				return errors.New("Subscribe reported a key that was changed through its own store only")
			}
			if u.all > 1 {
				return fmt.Errorf("Subscribe reported %d times that anything may have changed; want once, when it came into force", u.all)
			}
			return nil
		})
	})
}

// checkVisible asks for a key as soon as its change is reported.
func checkVisible(ctx context.Context, a, b store) error {
	const rounds = 20
	seen := make(chan error, rounds+1)
	subscribed, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		n := 0
		ended <- a.Subscribe(subscribed, func(keys ...string) {
			switch {
			case len(keys) == 0:
				seen <- nil
			case n < rounds:
				seen <- get(ctx, a, keys[0], fmt.Append(nil, n))
				n++
			}
		})
	}()
	next := func() error {
		select {
		case err := <-seen:
			return err
		case err := <-ended:
			return fmt.Errorf("Subscribe ended with %v", err)
		case <-time.After(patience):
			return fmt.Errorf("Subscribe has reported nothing for %v", patience)
		}
	}
	if err := next(); err != nil {
		return err
	}
	for n := range rounds {
		if err := first(
			func() error { return set(ctx, b, "key", fmt.Append(nil, n), 0) },
			next,
		); err != nil {
			return fmt.Errorf("when a change was reported: %w", err)
		}
	}
	cancel()
	select {
	case <-ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("Subscribe has not returned %v after its context ended", patience)
	}
}
