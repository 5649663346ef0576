package fetch

import (
	"context"
	"fmt"
	"io"
	"time"
)

// limitedBody is a response body that may not be longer than limit and that
// ends the context of its request when it is closed.
type limitedBody struct {
	body   io.ReadCloser
	rest   int64 // how much may still come
	limit  int64
	ctx    context.Context
	cancel context.CancelFunc
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.rest < 0 {
		return 0, b.tooLarge()
	}
	if int64(len(p)) > b.rest {
		p = p[:b.rest+1] // one more tells whether the body ends here
	}
	n, err := b.body.Read(p)
	b.rest -= int64(n)
	if b.rest < 0 {
		return n - 1, b.tooLarge()
	}
	if err != nil && err != io.EOF && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

func (b *limitedBody) tooLarge() error {
	return fmt.Errorf("more than Options.MaxBody, %d bytes: %w", b.limit, ErrBodyTooLarge)
}

func (b *limitedBody) Close() error {
	err := b.body.Close()
	b.cancel()
	return err
}

// attemptBody ends the context of its attempt when it is closed.
type attemptBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *attemptBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}

const (
	drainSize = 64 << 10
	drainTime = time.Second
)

// drain closes the body of a response that is not wanted. To keep its
// connection, the rest is read first, unless that is much or takes long; then
// cancel, which is to end the response's context, cuts it off.
func drain(body io.ReadCloser, cancel func()) {
	stop := time.AfterFunc(drainTime, cancel)
	defer stop.Stop()
	io.CopyN(io.Discard, body, drainSize)
	body.Close()
}
