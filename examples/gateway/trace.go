package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

const (
	traceparentHeader = "Traceparent"
	requestIDHeader   = "X-Request-Id"
)

// trace is what a request is called on its way through all services: by W3C
// Trace Context, and by the older header that many programs log.
type trace struct {
	id        string // 32 hex digits, of the client if it has sent one
	span      string // 16 hex digits, of the gateway's part in it
	flags     string
	requestID string
}

var (
	validTraceparent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$`)
	validRequestID   = regexp.MustCompile(`^[0-9A-Za-z._:-]{1,128}$`)
)

// newTrace returns the trace that a client has sent, with a span of its own, or
// a new one. What is malformed is replaced and goes no further, into logs above
// all.
func newTrace(h http.Header) trace {
	t := trace{id: randomHex(16), span: randomHex(8), flags: "00", requestID: h.Get(requestIDHeader)}
	if sent := h.Get(traceparentHeader); validTraceparent.MatchString(sent) {
		version, id, span, flags := sent[:2], sent[3:35], sent[36:52], sent[53:55]
		isKnown := version == "00" && len(sent) == 55 || version != "00" && version != "ff"
		if isKnown && strings.Trim(id, "0") != "" && strings.Trim(span, "0") != "" {
			t.id, t.flags = id, flags
		}
	}
	if !validRequestID.MatchString(t.requestID) {
		t.requestID = t.id
	}
	return t
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// parent returns the trace as the header of the next hop.
func (t trace) parent() string { return fmt.Sprintf("00-%s-%s-%s", t.id, t.span, t.flags) }

func (t trace) set(h http.Header) {
	h.Set(traceparentHeader, t.parent())
	h.Set(requestIDHeader, t.requestID)
}

type traceKey struct{}

func withTrace(ctx context.Context, t trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// traceOf returns the trace of a request, or none.
func traceOf(ctx context.Context) trace {
	t, _ := ctx.Value(traceKey{}).(trace)
	return t
}
