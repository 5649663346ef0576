package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
)

var (
	// errNoSession is returned when a request has no token, or one that is unknown,
	// has expired or was revoked: the answer does not say which.
	errNoSession = errors.With(errors.New("no valid token"),
		errors.WithKind(errors.Unauthenticated), errors.WithPublic("A valid bearer token is required."))

	// errForbidden is returned when the caller is known and may not do this.
	errForbidden = errors.With(errors.New("not allowed"),
		errors.WithKind(errors.PermissionDenied), errors.WithPublic("This is not yours."))

	// errLogin is returned when the address or the password is wrong: the answer does
	// not say which.
	errLogin = errors.With(errors.New("wrong address or password"),
		errors.WithKind(errors.Unauthenticated), errors.WithPublic("The e-mail address or the password is wrong."))

	// errBusy is returned when too many wait for their password to be hashed.
	errBusy = errors.With(errors.New("too many passwords to hash"),
		errors.WithKind(errors.Unavailable), errors.WithRetryAfter(time.Second), errors.WithPublic("Too many are logging in. Try again."))
)

// A hasher hashes passwords with Argon2id (RFC 9106). Each takes megabytes and tens of
// milliseconds on purpose, so that only as many are under way as there are processors:
// more would not be faster, and a burst of log-ins would take all memory.
type hasher struct {
	memory  uint32 // KiB
	slots   chan struct{}
	waiting atomic.Int64
	decoy   string // the hash of a password that nobody has
}

const (
	hashPasses  = 2
	hashThreads = 1
	hashLength  = 32
	saltLength  = 16
	maxWaiting  = 64 // for each processor
)

func newHasher(ctx context.Context, memory uint32) (*hasher, error) {
	h := &hasher{memory: memory, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	var err error
	h.decoy, err = h.hash(ctx, rand.Text())
	return h, err
}

// hash returns the hash of a password with all that is needed to verify it.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt) // never fails
	key, err := h.derive(ctx, password, salt, hashPasses, h.memory, hashThreads)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, hashPasses, hashThreads, encode(salt), encode(key)), nil
}

// verify reports whether a hash is that of password. An empty hash is nobody's; to find
// that out takes as long as for any other, so that the time does not tell who has an
// account.
func (h *hasher) verify(ctx context.Context, password, hash string) (bool, error) {
	exists := hash != ""
	if !exists {
		hash = h.decoy
	}
	var version int
	var memory, passes uint32
	var threads uint8
	fields := strings.Split(hash, "$")
	if len(fields) != 6 {
		return false, errors.New("a password hash is damaged")
	}
	_, err1 := fmt.Sscanf(fields[2]+" "+fields[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &threads)
	salt, err2 := base64.RawStdEncoding.DecodeString(fields[4])
	want, err3 := base64.RawStdEncoding.DecodeString(fields[5])
	if err := errors.Join(err1, err2, err3); err != nil || fields[1] != "argon2id" || version != argon2.Version || len(want) != hashLength {
		return false, errors.Errorf("a password hash is damaged: %w", err)
	}
	key, err := h.derive(ctx, password, salt, passes, memory, threads)
	return subtle.ConstantTimeCompare(key, want) == 1 && exists, err
}

func (h *hasher) derive(ctx context.Context, password string, salt []byte, passes, memory uint32, threads uint8) ([]byte, error) {
	if h.waiting.Add(1) > int64(maxWaiting*cap(h.slots)) {
		h.waiting.Add(-1)
		return nil, errors.Wrap(errBusy, "hash password")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, errors.Wrap(context.Cause(ctx), "wait to hash password")
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, hashLength), nil
}

// A session is what a token stands for.
type session struct {
	userID  string
	admin   bool
	expires time.Time
}

// A sessionKey is the hash of a token, which is what is kept of it: who reads the
// database cannot log in with what is there. Tokens are random, so a fast hash will do.
type sessionKey [sha256.Size]byte

func (k sessionKey) String() string { return hex.EncodeToString(k[:]) }

// tokenLength is that of what newToken returns: 256 bits in base64url.
const tokenLength = 43

func newToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// keyOf returns the key of a token. ok is false for what cannot be a token.
func keyOf(token string) (key sessionKey, ok bool) {
	var b [tokenLength]byte
	if copy(b[:], token) != len(token) || len(token) != tokenLength {
		return key, false
	}
	return sha256.Sum256(b[:]), true
}

// bearer returns the key of the token in the Authorization header.
func bearer(r *http.Request) (sessionKey, bool) {
	const prefix = "Bearer "
	values := r.Header["Authorization"]
	if len(values) != 1 || len(values[0]) < len(prefix) || !strings.EqualFold(values[0][:len(prefix)], prefix) {
		return sessionKey{}, false
	}
	return keyOf(values[0][len(prefix):])
}

// authenticate returns the session of a request at the time given.
func (s *service) authenticate(r *http.Request, now time.Time) (session, error) {
	key, ok := bearer(r)
	if !ok {
		return session{}, errNoSession
	}
	switch who, err := s.sessions.GetOrLoad(r.Context(), key); {
	case err == nil && now.Before(who.expires):
		return who, nil
	case err == nil || errors.Is(err, cache.ErrNotFound):
		return session{}, errNoSession
	default:
		return session{}, errors.Wrap(err, "look up session")
	}
}

// Credentials are the body of a log-in. Their rules are loose: what was a good password
// once may be a bad one by today's.
type credentials struct {
	Email    string `json:"email" validate:"required,max=254,regexp=@line"`
	Password string `json:"password" validate:"required,max=128"`
}

// A grant is the answer to a log-in.
type grant struct {
	Token   string    `json:"token" validate:"required"`
	UserID  string    `json:"user_id" validate:"required,uuid"`
	Expires time.Time `json:"expires"`
}

func (s *service) logIn(c *call) error {
	in, err := readBody(c, s.rules.credentials)
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	u, hash, err := s.store.userByEmail(ctx, strings.ToLower(in.Email))
	if err != nil && !errors.Is(err, errNoUser) {
		return err
	}
	if ok, err := s.passwords.verify(ctx, in.Password, hash); err != nil {
		return err
	} else if !ok {
		return errors.Wrap(errLogin, "log in")
	}
	token := newToken()
	key, _ := keyOf(token)
	who := session{userID: u.ID, admin: u.Admin, expires: time.Now().Add(s.cfg.SessionTTL).UTC().Truncate(time.Microsecond)}
	if err := s.store.createSession(ctx, key, who, hash); err != nil {
		return err
	}
	return c.answer(http.StatusCreated, grant{Token: token, UserID: who.userID, Expires: who.expires})
}

func (s *service) logOut(c *call) error {
	key, _ := bearer(c.r)
	err := s.store.deleteSession(c.r.Context(), key)
	s.sessions.Delete(key)
	if err != nil {
		return err
	}
	return c.write(http.StatusNoContent, nil)
}

// forgetSessions takes the sessions of a user out of the cache after they were deleted.
// One that is being loaded at that moment stays for sessionCacheTTL, as in the other
// processes.
func (s *service) forgetSessions(userID string) {
	s.sessions.DeleteFunc(func(_ sessionKey, who session) bool { return who.userID == userID })
}
