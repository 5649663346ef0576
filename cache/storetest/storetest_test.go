package storetest_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/cache/storetest"
)

type (
	store  = cache.Store[string, []byte]
	memory = storetest.Memory[string, []byte]
)

func TestMemoryKeepsTheLaws(t *testing.T) {
	for _, law := range storetest.Laws() {
		t.Run(law.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m memory
				if err := law.Check(t.Context(), m.Open(), m.Open()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// broken is a store with some methods replaced.
type broken struct {
	store
	get       func(ctx context.Context, key string) ([]byte, time.Duration, error)
	set       func(ctx context.Context, key string, value []byte, ttl time.Duration) error
	remove    func(ctx context.Context, key string) error
	subscribe func(ctx context.Context, invalidate func(...string)) error
}

func (b *broken) Get(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if b.get != nil {
		return b.get(ctx, key)
	}
	return b.store.Get(ctx, key)
}

func (b *broken) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if b.set != nil {
		return b.set(ctx, key, value, ttl)
	}
	return b.store.Set(ctx, key, value, ttl)
}

func (b *broken) Delete(ctx context.Context, key string) error {
	if b.remove != nil {
		return b.remove(ctx, key)
	}
	return b.store.Delete(ctx, key)
}

func (b *broken) Subscribe(ctx context.Context, invalidate func(...string)) error {
	if b.subscribe != nil {
		return b.subscribe(ctx, invalidate)
	}
	return b.store.Subscribe(ctx, invalidate)
}

// TestLawsCatchBrokenStores breaks each law in the ways that a store is likely
// to. Both handles are broken.
func TestLawsCatchBrokenStores(t *testing.T) {
	tested := make(map[string]bool)
	for _, tt := range []struct {
		law   string
		how   string
		spoil func(t *testing.T, m *memory, b *broken)
	}{
		{"missing key", "no error", func(_ *testing.T, m *memory, b *broken) {
			b.get = func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				value, ttl, err := b.store.Get(ctx, key)
				if errors.Is(err, cache.ErrNotFound) {
					err = nil
				}
				return value, ttl, err
			}
		}},
		{"missing key", "an error of its own", func(_ *testing.T, m *memory, b *broken) {
			b.get = func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				value, ttl, err := b.store.Get(ctx, key)
				if errors.Is(err, cache.ErrNotFound) {
					err = io.EOF
				}
				return value, ttl, err
			}
		}},
		{"set and get", "sets once", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				if _, _, err := b.store.Get(ctx, key); err == nil {
					return nil
				}
				return b.store.Set(ctx, key, value, ttl)
			}
		}},
		{"set and get", "a store for each handle", func(_ *testing.T, m *memory, b *broken) {
			b.store = new(memory).Open()
		}},
		{"values of any size", "empty is missing", func(_ *testing.T, m *memory, b *broken) {
			b.get = func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				value, ttl, err := b.store.Get(ctx, key)
				if err == nil && len(value) == 0 {
					err = cache.ErrNotFound
				}
				return value, ttl, err
			}
		}},
		{"values of any size", "large is cut", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				return b.store.Set(ctx, key, value[:min(len(value), 1<<16)], ttl)
			}
		}},
		{"keys of any kind", "ignores case", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				return b.store.Set(ctx, strings.ToLower(key), value, ttl)
			}
			b.get = func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				return b.store.Get(ctx, strings.ToLower(key))
			}
		}},
		{"delete", "of a missing key is an error", func(_ *testing.T, m *memory, b *broken) {
			b.remove = func(ctx context.Context, key string) error {
				if _, _, err := b.store.Get(ctx, key); err != nil {
					return err
				}
				return b.store.Delete(ctx, key)
			}
		}},
		{"delete", "does nothing", func(_ *testing.T, m *memory, b *broken) {
			b.remove = func(context.Context, string) error { return nil }
		}},
		{"time to live", "not kept", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				return b.store.Set(ctx, key, value, 0)
			}
		}},
		{"time to live", "not reported", func(_ *testing.T, m *memory, b *broken) {
			b.get = func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				value, _, err := b.store.Get(ctx, key)
				return value, 0, err
			}
		}},
		{"time to live", "kept by a later Set without one", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				if _, old, err := b.store.Get(ctx, key); err == nil && ttl == 0 {
					ttl = old
				}
				return b.store.Set(ctx, key, value, ttl)
			}
		}},
		{"time to live", "of what has none is negative", func(_ *testing.T, m *memory, b *broken) {
			b.get = func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				value, ttl, err := b.store.Get(ctx, key)
				if ttl == 0 {
					ttl = -1
				}
				return value, ttl, err
			}
		}},
		{"cancelled context", "ignored", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				return b.store.Set(context.WithoutCancel(ctx), key, value, ttl)
			}
		}},
		{"cancelled context", "hangs", func(t *testing.T, m *memory, b *broken) {
			stop := make(chan struct{})
			t.Cleanup(func() { close(stop) })
			b.remove = func(context.Context, string) error {
				<-stop
				return context.Canceled
			}
		}},
		{"concurrent use", "one Set of several is lost", func(_ *testing.T, m *memory, b *broken) {
			var busy atomic.Bool
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				if !busy.CompareAndSwap(false, true) {
					return nil
				}
				defer busy.Store(false)
				time.Sleep(time.Millisecond)
				return b.store.Set(ctx, key, value, ttl)
			}
		}},
		{"subscription in force", "not said", func(_ *testing.T, m *memory, b *broken) {
			b.subscribe = func(ctx context.Context, invalidate func(...string)) error {
				return b.store.Subscribe(ctx, func(keys ...string) {
					if len(keys) > 0 {
						invalidate(keys...)
					}
				})
			}
		}},
		{"subscription ends", "not with its context", func(t *testing.T, m *memory, b *broken) {
			stop := make(chan struct{})
			t.Cleanup(func() { close(stop) })
			b.subscribe = func(_ context.Context, invalidate func(...string)) error {
				invalidate()
				<-stop
				return nil
			}
		}},
		{"subscription ends", "but is not renewed", func(t *testing.T, m *memory, b *broken) {
			used := false
			b.subscribe = func(ctx context.Context, invalidate func(...string)) error {
				if used {
					invalidate()
					<-ctx.Done()
					return ctx.Err()
				}
				used = true
				return b.store.Subscribe(ctx, invalidate)
			}
		}},
		{"changes of others", "deletions are not reported", func(_ *testing.T, m *memory, b *broken) {
			b.subscribe = func(ctx context.Context, invalidate func(...string)) error {
				return b.store.Subscribe(ctx, func(keys ...string) {
					if len(keys) == 0 || keys[0] != "deleted" {
						invalidate(keys...)
					}
				})
			}
		}},
		{"changes of others", "not of keys it has set itself", func(_ *testing.T, m *memory, b *broken) {
			own := make(map[string]bool)
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				own[key] = true
				return b.store.Set(ctx, key, value, ttl)
			}
			b.subscribe = func(ctx context.Context, invalidate func(...string)) error {
				return b.store.Subscribe(ctx, func(keys ...string) {
					if len(keys) == 0 || !own[keys[0]] {
						invalidate(keys...)
					}
				})
			}
		}},
		{"own changes", "reported", func(_ *testing.T, m *memory, b *broken) {
			b.subscribe = m.Open().Subscribe
		}},
		{"own changes", "reported as unknown ones", func(_ *testing.T, m *memory, b *broken) {
			b.subscribe = func(ctx context.Context, invalidate func(...string)) error {
				return m.Open().Subscribe(ctx, func(keys ...string) { invalidate() })
			}
		}},
		{"changes before their reports", "the other way round", func(_ *testing.T, m *memory, b *broken) {
			b.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
				b.store.Delete(ctx, key) // it is reported
				time.Sleep(time.Millisecond)
				return b.store.Set(ctx, key, value, ttl)
			}
		}},
	} {
		tested[tt.law] = true
		t.Run(tt.law+", "+tt.how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m memory
				var handles [2]*broken
				for i := range handles {
					handles[i] = &broken{store: m.Open()}
					tt.spoil(t, &m, handles[i])
				}
				for _, law := range storetest.Laws() {
					if law.Name == tt.law {
						err := law.Check(t.Context(), handles[0], handles[1])
						if err == nil {
							t.Errorf("the law %q does not notice a store that breaks it: %s", tt.law, tt.how)
						} else if strings.Contains(err.Error(), "%!") {
							t.Errorf("the error is ill-formed: %v", err)
						}
						t.Log(err)
					}
				}
			})
		})
	}
	for _, law := range storetest.Laws() {
		if !tested[law.Name] {
			t.Errorf("the law %q is not tested by a store that breaks it", law.Name)
		}
	}
}

// TestRunFails runs itself in another process, with a store that is broken: a
// test that fails cannot be had in this one.
func TestRunFails(t *testing.T) {
	const variable = "STORETEST_IN_ANOTHER_PROCESS"
	if os.Getenv(variable) != "" {
		storetest.RunLaws(t, storetest.Laws()[:2], func(*testing.T) (a, b store) {
			forgetful := func(ctx context.Context, key string, value []byte, ttl time.Duration) error { return nil }
			var m memory
			return &broken{store: m.Open(), set: forgetful}, m.Open()
		})
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunFails$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"=1")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"--- PASS: TestRunFails/missing_key", "--- FAIL: TestRunFails/set_and_get", `Get("key") = cache: not found; want "one"`} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("a run with a broken store ended with %v, and did not print %q:\n%s", err, want, out)
		}
	}
}

func TestFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = func(ctx context.Context, op storetest.Op, key string) error {
			switch {
			case key == "bad":
				return io.EOF
			case op == storetest.Subscribe:
				return io.ErrUnexpectedEOF
			case key == "slow":
				<-ctx.Done()
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, get := h.Get(ctx, "bad")
		for name, tt := range map[string]struct{ got, want error }{
			"Get(bad)":    {get, io.EOF},
			"Delete(bad)": {h.Delete(ctx, "bad"), io.EOF},
			"Set(good)":   {h.Set(ctx, "good", nil, 0), nil},
			"Set(slow)":   {h.Set(ctx, "slow", nil, 0), context.DeadlineExceeded},
			"Subscribe":   {h.Subscribe(ctx, nil), io.ErrUnexpectedEOF},
		} {
			if !errors.Is(tt.got, tt.want) {
				t.Errorf("%s = %v; want %v", name, tt.got, tt.want)
			}
		}
		if _, _, err := m.Open().Get(t.Context(), "slow"); !errors.Is(err, cache.ErrNotFound) {
			t.Errorf("Get(slow) = %v; want ErrNotFound: the operation that failed does nothing", err)
		}
	})
}

func TestDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Disconnect(io.EOF) // there is nothing to disconnect
		ended := make(chan error, 1)
		go func() { ended <- h.Subscribe(t.Context(), func(...string) {}) }()
		synctest.Wait()
		h.Disconnect(io.EOF)
		if err := <-ended; err != io.EOF {
			t.Errorf("Subscribe = %v; want EOF", err)
		}
	})
}

// TestRun runs the suite as an implementation does. It takes some seconds,
// because it is in no bubble.
func TestRun(t *testing.T) {
	storetest.Run(t, func(*testing.T) (a, b cache.Store[string, []byte]) {
		var m storetest.Memory[string, []byte]
		return m.Open(), m.Open()
	})
}
