package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/validate"
)

const (
	defaultLimit = 20
	maxLimit     = 100
	maxSkip      = 1_000_000 // OFFSET reads what it skips
)

// A user is what clients see of one. The hash of the password never leaves the store.
type user struct {
	ID      string    `json:"id" validate:"required,uuid"`
	Email   string    `json:"email" validate:"required,email"`
	Name    string    `json:"name" validate:"required"`
	Admin   bool      `json:"admin"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`

	version int64 // grows with each change; only the store and the cache look at it
}

// A newUser is the body of a sign-up.
type newUser struct {
	Email    string `json:"email" validate:"required,email"`
	Name     string `json:"name" validate:"required,notblank,max=100,regexp=@line"`
	Password string `json:"password" validate:"required,min=8,max=128"`
}

// A userPatch is the body of a change. What is absent, or null, stays as it is.
type userPatch struct {
	Email    *string `json:"email,omitempty" validate:"omitnil,email"`
	Name     *string `json:"name,omitempty" validate:"omitnil,notblank,max=100,regexp=@line"`
	Password *string `json:"password,omitempty" validate:"omitnil,min=8,max=128"`
}

// A userPage is a part of the list of users.
type userPage struct {
	Users []user `json:"users" validate:"max=100,dive"`
	Skip  int    `json:"skip" validate:"min=0"`
	Limit int    `json:"limit" validate:"min=1,max=100"`
	Total int    `json:"total" validate:"min=0"`
}

// line is the rule for text that ends up in the head of a mail: without line breaks,
// and without the zero bytes that PostgreSQL does not store.
var line = validate.Regexp("line", regexp.MustCompile(`^[^\x00-\x1F\x7F]*$`))

// errNoUser is returned when a user is not there. The cache remembers that, because it
// is also cache.ErrNotFound.
var errNoUser = errors.With(cache.ErrNotFound, errors.WithKind(errors.NotFound), errors.WithPublic("There is no such user."))

// A cachedUser is a user and its JSON, which is encoded once for all who read it.
type cachedUser struct {
	user
	body []byte
}

func newCachedUser(u user) (*cachedUser, error) {
	body, err := json.Marshal(u)
	return &cachedUser{u, append(body, '\n')}, errors.Wrap(err, "encode user")
}

// loadUser is the loader of the users' cache.
func (s *service) loadUser(ctx context.Context, id string) (*cachedUser, error) {
	u, err := s.store.user(ctx, id)
	if err != nil {
		return nil, err
	}
	return newCachedUser(u)
}

// refreshUser puts a user who has been changed in the place of what the cache has, so
// that the next reader need not load him. Of two changes the one that the database made
// last stays, whichever comes here first. Where the cache has nothing, Remove keeps a
// load that is under way from storing what it may have read before the change.
func (s *service) refreshUser(u *cachedUser) {
	s.users.Compute(u.ID, func(old *cachedUser, ok bool) (*cachedUser, cache.Op) {
		switch {
		case !ok:
			return nil, cache.Remove
		case old.version < u.version:
			return u, cache.Replace
		}
		return nil, cache.Keep
	})
}

func (s *service) createUser(c *call) error {
	in, err := readBody(c, s.rules.newUser)
	if err != nil {
		return err
	}
	u, err := s.addUser(c.r.Context(), in, false)
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "/v1/users/"+u.ID)
	return c.answer(http.StatusCreated, u)
}

// addUser stores a user and, in the same transaction, the job to welcome him.
func (s *service) addUser(ctx context.Context, in newUser, admin bool) (user, error) {
	hash, err := s.passwords.hash(ctx, in.Password)
	if err != nil {
		return user{}, err
	}
	id, err := uuid.NewV7() // in the order of creation
	if err != nil {
		return user{}, errors.Wrap(err, "make an id")
	}
	now := time.Now().UTC().Truncate(time.Microsecond) // what the store keeps
	u := user{ID: id.String(), Email: strings.ToLower(in.Email), Name: in.Name, Admin: admin, Created: now, Updated: now}
	welcome := &job{ID: u.ID, To: u.Email, Name: u.Name}
	if err := s.store.createUser(ctx, u, hash, welcome); err != nil {
		return user{}, err
	}
	s.outbox.wake()
	return u, nil
}

func (s *service) listUsers(c *call) error {
	skip, err := c.intParam("skip", 0, 0, maxSkip)
	if err != nil {
		return err
	}
	limit, err := c.intParam("limit", defaultLimit, 1, 0)
	if err != nil {
		return err
	}
	page := userPage{Skip: skip, Limit: min(limit, maxLimit)}
	if page.Users, page.Total, err = s.store.listUsers(c.r.Context(), page.Skip, page.Limit); err != nil {
		return err
	}
	return c.answer(http.StatusOK, page)
}

func (s *service) getUser(c *call) error {
	id, err := c.userID()
	if err != nil {
		return err
	}
	u, err := s.users.GetOrLoad(c.r.Context(), id)
	if err != nil {
		return errors.Wrap(err, "get user")
	}
	return c.write(http.StatusOK, u.body)
}

func (s *service) patchUser(c *call) error {
	id, err := c.userID()
	if err != nil {
		return err
	}
	in, err := readBody(c, s.rules.userPatch)
	if err != nil {
		return err
	}
	update := change{email: in.Email, name: in.Name}
	if in.Email != nil {
		*in.Email = strings.ToLower(*in.Email)
	}
	if in.Password != nil {
		hash, err := s.passwords.hash(c.r.Context(), *in.Password)
		if err != nil {
			return err
		}
		update.passwordHash = &hash
	}
	u, err := s.store.updateUser(c.r.Context(), id, update)
	if err != nil {
		s.users.Delete(id) // the commit may have worked nevertheless
		return err
	}
	if in.Password != nil {
		s.forgetSessions(id)
	}
	changed, err := newCachedUser(u)
	if err != nil {
		return err
	}
	s.refreshUser(changed)
	return c.write(http.StatusOK, changed.body)
}

func (s *service) deleteUser(c *call) error {
	id, err := c.userID()
	if err != nil {
		return err
	}
	err = s.store.deleteUser(c.r.Context(), id)
	s.users.Delete(id)
	if err != nil {
		return err
	}
	s.forgetSessions(id)
	return c.write(http.StatusNoContent, nil)
}

// userID returns the id in the path, if the caller may touch that user. Others get the
// same answer whether there is such a user or not.
func (c *call) userID() (string, error) {
	id := c.r.PathValue("id")
	if id == "me" {
		return c.who.userID, nil
	}
	if id == c.who.userID {
		return id, nil
	}
	if !c.who.admin {
		return "", errForbidden
	}
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.String() != id { // Parse also takes urn:uuid: and braces
		return "", errors.Wrap(errNoUser, "read id")
	}
	return id, nil
}

// intParam returns a number of the query, which is to be from low to high; a high of 0
// means no bound.
func (c *call) intParam(name string, otherwise, low, high int) (int, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && n >= low && (high == 0 || n <= high) {
		return n, nil
	}
	public := name + " must be a whole number from " + strconv.Itoa(low)
	if high > 0 {
		public += " to " + strconv.Itoa(high)
	}
	return 0, errors.With(errors.New("bad parameter"), errors.WithKind(errors.InvalidArgument),
		errors.WithPublic(public+"."), errors.WithAttrs(slog.String("parameter", name)))
}
