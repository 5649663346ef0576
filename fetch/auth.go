package fetch

import (
	"context"
	"fmt"
	"net/http"
)

// A TokenSource returns the bearer token for a request. It is called for every
// attempt, possibly by several goroutines at once, and outside all locks; it is
// to keep the token until that expires. The refused token is empty, or one that
// it has returned and the server has answered with a 401: if the source still
// has that one, it gets a new one. An error fails the request.
//
// The token goes to the origin of the first request alone, never where a
// redirect leads.
type TokenSource func(ctx context.Context, refused string) (string, error)

// auth is what is added to the requests of a call to the origin it began with.
type auth struct {
	origin  origin
	tokens  TokenSource
	prepare func(*http.Request) error
	token   string // the last one
	refused string
	renewed bool // a token was refused and another one asked for
}

// addAuth adds what the client has for requests that bring no credentials.
func (c *Client) addAuth(call *call, req *http.Request) {
	if call.auth == nil {
		if c.tokens == nil && c.prepare == nil {
			return
		}
		call.auth = new(auth)
		if req.Header.Get("Authorization") == "" && req.URL.User == nil {
			call.auth.tokens = c.tokens
		}
	}
	call.auth.prepare = c.prepare
	call.auth.origin = originOf(req.URL)
}

// authorize returns req with its credentials, which is a copy if there are any.
func (c *call) authorize(req *http.Request) (*http.Request, error) {
	a := c.auth
	if a == nil || CrossedOrigin(req) || originOf(req.URL) != a.origin {
		return req, nil
	}
	out := req.WithContext(req.Context())
	if out.Header = req.Header.Clone(); out.Header == nil {
		out.Header = make(http.Header)
	}
	if a.tokens != nil {
		token, err := a.tokens(c, a.refused)
		if err != nil {
			return nil, fmt.Errorf("getting a token: %w", err)
		}
		a.token = token
		out.Header.Set("Authorization", "Bearer "+token)
	}
	if a.prepare != nil {
		if err := a.prepare(out); err != nil {
			return nil, fmt.Errorf("Options.PrepareAttempt: %w", err)
		}
	}
	return out, nil
}

// renew reports whether the answer to req asks for another token, which is got
// once in a call.
func (c *call) renew(status int, req *http.Request) bool {
	a := c.auth
	if status != http.StatusUnauthorized || a == nil || a.tokens == nil || a.renewed || !rewindable(req) || CrossedOrigin(req) || originOf(req.URL) != a.origin {
		return false
	}
	a.renewed, a.refused = true, a.token
	return true
}
